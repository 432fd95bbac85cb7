"""Credentials of the platform's registries, from which Helm takes charts during an update.

The Kubernetes provider reads them from Docker's file, as Helm does (helm.sh, "Use OCI-based registries"; the provider
takes none as inputs: github.com/pulumi/pulumi-kubernetes, issue 1914). A token is valid for 12 hours (Amazon ECR API
Reference, GetAuthorizationToken).
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from pydantic import ValidationError

from components.settings import NAMESPACES, SettingsError, stack_files
from components.settings.root import GeneralSettings

Client = Callable[[str, str], Any]
"""Makes a client of a service in a region."""


class LoginError(Exception):
    """A registry gave no credentials; the message states the remedy."""


def docker_file() -> Path:
    """Path of Docker's file of credentials."""
    folder = os.environ.get("DOCKER_CONFIG")
    return (Path(folder) if folder else Path.home() / ".docker") / "config.json"


def registry_of(folder: Path, stack: str) -> tuple[str, str]:
    """Return the registry's host and the region of a stack, from the stack's file. Raises `LoginError`."""
    file = folder / f"Pulumi.{stack.rpartition('/')[2]}.yaml"
    if not file.is_file():
        raise LoginError(f"{file.name}: does not exist; name a stack with a file beside Pulumi.yaml")
    try:
        config = stack_files.read(file).configuration()
        keys = ("role", "region", "accountId")
        given = {key: config[f"{space}:{key}"] for space in NAMESPACES for key in keys if f"{space}:{key}" in config}
        general = GeneralSettings.model_validate(given)
    except SettingsError as error:
        raise LoginError(str(error)) from error
    except ValidationError as error:
        raise LoginError(f"{file.name}: {'; '.join(item['msg'] for item in error.errors())}") from error
    return general.registry_host, general.region


def log_in(host: str, region: str, file: Path, client: Client = boto3.client) -> None:
    """Write the credentials of a registry into Docker's file; those of other registries stay. Raises `LoginError`."""
    try:
        answer = client("ecr", region).get_authorization_token()
    except (BotoCoreError, ClientError) as error:
        raise LoginError(
            f"{host}: gave no credentials: {error}; allow ecr:GetAuthorizationToken to the role of this build"
        ) from error
    known = _read(file)
    known.setdefault("auths", {})[host] = {"auth": answer["authorizationData"][0]["authorizationToken"]}
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        json.dump(known, out, indent=2)


def _read(file: Path) -> dict[str, Any]:
    if not file.is_file():
        return {}
    try:
        known = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise LoginError(f"{file}: is not readable as JSON; move it away, then log in again") from error
    if not isinstance(known, dict):
        raise LoginError(f"{file}: holds no object; move it away, then log in again")
    return known
