"""The four steps in which Secrets Manager has a secret rotated, each safe to repeat.

Secrets Manager User Guide, "Lambda rotation functions": it calls the function once for each step, and all over
again when one fails. The new version is AWSPENDING until the last step makes it AWSCURRENT.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

CURRENT = "AWSCURRENT"
PENDING = "AWSPENDING"

logger = logging.getLogger(__name__)


class RotationError(Exception):
    """The step cannot be done; the text says why, and never holds a secret."""


class Credential(Protocol):
    """What is behind a secret."""

    def successor(self, current: Mapping[str, Any]) -> dict[str, Any]:
        """The next content of the secret, with a new password."""
        ...

    def change(self, current: Mapping[str, Any], pending: Mapping[str, Any]) -> None:
        """Makes the pending password the valid one. Repeating it changes nothing more."""
        ...

    def verify(self, pending: Mapping[str, Any]) -> None:
        """Returns once the pending password is valid. Raises RotationError when it does not become so."""
        ...


@dataclass(frozen=True)
class Rotation:
    """`secrets` is a client of Secrets Manager."""

    secrets: Any
    credential: Credential

    def run(self, step: str, secret_id: str, token: str) -> None:
        """Do one step of the rotation to version `token`. Raises RotationError."""
        steps = {
            "createSecret": self._create,
            "setSecret": self._set,
            "testSecret": self._test,
            "finishSecret": self._finish,
        }
        if step not in steps:
            raise RotationError(f"step {step!r} is none of {', '.join(steps)}")
        if self._is_current(secret_id, token):
            logger.info("version %s is current already", token)
            return
        steps[step](secret_id, token)
        logger.info("%s of version %s is done", step, token)

    def _is_current(self, secret_id: str, token: str) -> bool:
        described = self.secrets.describe_secret(SecretId=secret_id)
        if not described.get("RotationEnabled"):
            raise RotationError("rotation of this secret is not enabled; enable it, or do not call this function")
        stages = described.get("VersionIdsToStages", {}).get(token)
        if stages is None:
            raise RotationError(f"version {token} is no version of this secret")
        if CURRENT in stages:
            return True
        if PENDING not in stages:
            raise RotationError(f"version {token} is not {PENDING}; another rotation has taken its place")
        return False

    def _create(self, secret_id: str, token: str) -> None:
        if self._pending(secret_id, token) is not None:
            return
        successor = self.credential.successor(self._current(secret_id))
        self.secrets.put_secret_value(
            SecretId=secret_id, ClientRequestToken=token, SecretString=json.dumps(successor), VersionStages=[PENDING]
        )

    def _set(self, secret_id: str, token: str) -> None:
        self.credential.change(self._current(secret_id), self._created(secret_id, token))

    def _test(self, secret_id: str, token: str) -> None:
        self.credential.verify(self._created(secret_id, token))

    def _finish(self, secret_id: str, token: str) -> None:
        stages = self.secrets.describe_secret(SecretId=secret_id)["VersionIdsToStages"]
        current = next((version for version, of in stages.items() if CURRENT in of), None)
        leaving = {"RemoveFromVersionId": current} if current else {}
        self.secrets.update_secret_version_stage(
            SecretId=secret_id, VersionStage=CURRENT, MoveToVersionId=token, **leaving
        )

    def _current(self, secret_id: str) -> Mapping[str, Any]:
        return _content(self.secrets.get_secret_value(SecretId=secret_id, VersionStage=CURRENT))

    def _created(self, secret_id: str, token: str) -> Mapping[str, Any]:
        pending = self._pending(secret_id, token)
        if pending is None:
            raise RotationError(f"version {token} has no content; createSecret comes first")
        return pending

    def _pending(self, secret_id: str, token: str) -> Mapping[str, Any] | None:
        try:
            return _content(self.secrets.get_secret_value(SecretId=secret_id, VersionId=token, VersionStage=PENDING))
        except self.secrets.exceptions.ResourceNotFoundException:
            return None


def _content(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        content = json.loads(answer["SecretString"])
    except (KeyError, json.JSONDecodeError):
        # Without the cause, which would quote the secret.
        raise RotationError("the secret holds no JSON text; store an object with username and password") from None
    if not isinstance(content, dict) or not {"username", "password"} <= content.keys():
        raise RotationError("the secret lacks username or password; store an object with both")
    return content
