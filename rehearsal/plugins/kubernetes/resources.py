"""Kubernetes objects as the engine asks for them: check, diff, create, read, update, delete."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from aws_emulator.kubernetes.immutable import paths
from rehearsal.plugins.difference import Difference
from rehearsal.plugins.kubernetes import releases
from rehearsal.plugins.kubernetes.awaiting import DEFAULT_SECONDS, wait
from rehearsal.plugins.kubernetes.client import Client, RefusedError, UnreachableError
from rehearsal.plugins.wire import UNKNOWN, Secret, holds_unknown

_AUTONAMED = "pulumi.com/autonamed"
_SUFFIX_HEX_DIGITS = 8
# Resources of the SDK that stand for several objects or for a part of one.
_REFUSED = ("List", "Patch")
# What a preview cannot know to be missing: an earlier step of the same update may add it.
_TOLERATED = frozenset({"NotFound", "AlreadyExists"})


@dataclass(frozen=True)
class Made:
    """Id and outputs of an object, and why it is not ready."""

    id: str
    outputs: dict[str, Any]
    unready: str | None = None


class Resources:
    """Objects of one cluster; `client` is None while a preview does not know it. Raises `UnreachableError`,
    `RefusedError`, and ValueError."""

    def __init__(self, client: Client | None) -> None:
        self._client = client

    def check(
        self, token: str, name: str, old: Mapping[str, Any], new: Mapping[str, Any], seed: bytes
    ) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        """Inputs with the name that the program leaves to the engine, and failures as (property, reason)."""
        kind = token.rsplit(":", 1)[1]
        if token != releases.TOKEN and (kind.endswith(_REFUSED) or not new.get("apiVersion") or not new.get("kind")):
            return dict(new), [("", f"this plugin makes single objects and Helm releases, not {token}")]
        suffix = seed.hex()[:_SUFFIX_HEX_DIGITS] or secrets.token_hex(_SUFFIX_HEX_DIGITS // 2)
        if token == releases.TOKEN:
            return {**new, "name": new.get("name") or old.get("name") or f"{name}-{suffix}"}, []
        metadata = dict(new.get("metadata") or {})
        if not metadata.get("name"):
            before = old.get("metadata") or {}
            kept = before.get("name") if (before.get("annotations") or {}).get(_AUTONAMED) == "true" else None
            metadata["name"] = kept or f"{name}-{suffix}"
            metadata["annotations"] = {**(metadata.get("annotations") or {}), _AUTONAMED: "true"}
        return {**new, "metadata": metadata}, []

    def diff(self, token: str, old: Mapping[str, Any], new: Mapping[str, Any], ignored: Iterable[str]) -> Difference:
        """What an update would change."""
        changed = [path for path in _differing(old, new) if not any(_within(path, given) for given in ignored)]
        if token == releases.TOKEN:
            fixed: tuple[str, ...] = ("name", "namespace")
            same_name = old.get("name") == new.get("name")
        else:
            fixed = ("apiVersion", "kind", "metadata.name", "metadata.namespace", *paths(str(old.get("kind")), old))
            same_name = (old.get("metadata") or {}).get("name") == (new.get("metadata") or {}).get("name")
        replacing = [path for path in changed if any(_within(path, one) or _within(one, path) for one in fixed)]
        return Difference(tuple(changed), tuple(replacing), bool(replacing) and same_name)

    def create(self, token: str, inputs: dict[str, Any], seconds: float, *, preview: bool) -> Made:
        """Add an object and wait until it is ready."""
        if preview:
            self._dry_run(token, inputs, known=False)
            return Made("", _previewed(inputs))
        if token == releases.TOKEN:
            releases.install(self._reached(), inputs, 1)
            return self._release(inputs, 1)
        self._reached().create(inputs)
        return self._awaited(inputs, seconds)

    def update(self, token: str, old: dict[str, Any], new: dict[str, Any], seconds: float, *, preview: bool) -> Made:
        """Change an object and wait until it is ready."""
        if preview:
            self._dry_run(token, new, known=True)
            return Made("", _previewed(new))
        if token == releases.TOKEN:
            revision = int((old.get("status") or {}).get("revision") or 1) + 1
            releases.install(self._reached(), new, revision)
            return self._release(new, revision)
        self._reached().replace(new)
        return self._awaited(new, seconds)

    def read(self, token: str, id_: str, old: dict[str, Any]) -> Made | None:
        """An object as it is now; None when it is gone."""
        client = self._reached()
        if token == releases.TOKEN:
            revision = releases.latest(client, old, int((old.get("status") or {}).get("revision") or 1))
            return None if revision is None else self._release(old, revision)
        if not (old.get("kind") and old.get("apiVersion") and old.get("metadata")):
            raise ValueError(f"{id_}: this plugin imports no objects")
        found = client.read(old)
        return None if found is None else Made(id_, _outputs(found))

    def delete(self, token: str, old: dict[str, Any]) -> None:
        """Remove an object."""
        client = self._reached()
        if token == releases.TOKEN:
            releases.remove(client, old, int((old.get("status") or {}).get("revision") or 1))
        else:
            client.delete(old)

    def _dry_run(self, token: str, inputs: dict[str, Any], *, known: bool) -> None:
        """Have the API validate what the preview knows whole; an unreachable cluster may be part of the update."""
        if self._client is None or token == releases.TOKEN or holds_unknown(inputs):
            return
        try:
            if known:
                self._client.replace(inputs, dry_run=True)
            else:
                self._client.create(inputs, dry_run=True)
        except UnreachableError:
            return
        except RefusedError as error:
            if error.reason not in _TOLERATED:
                raise

    def _awaited(self, inputs: dict[str, Any], seconds: float) -> Made:
        client = self._reached()
        limit = seconds or DEFAULT_SECONDS.get(str(inputs["kind"]), 0.0)
        found, why = wait(lambda: client.read(inputs), limit)
        outputs = _outputs(dict(found) if found is not None else inputs)
        return Made(_id(inputs), outputs, f"{inputs['kind']} {_id(inputs)} is not ready: {why}" if why else None)

    def _release(self, inputs: Mapping[str, Any], revision: int) -> Made:
        name = f"{inputs.get('namespace') or 'default'}/{inputs['name']}"
        return Made(name, {**inputs, "status": releases.status(inputs, revision)})

    def _reached(self) -> Client:
        if self._client is None:
            raise UnreachableError("the cluster is not known yet: its kubeconfig is an output of this update")
        return self._client


def _previewed(inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {**inputs, "status": UNKNOWN}


def _outputs(found: dict[str, Any]) -> dict[str, Any]:
    """An object with its data marked as secret where its kind is."""
    if found.get("kind") != "Secret":
        return found
    return {key: Secret(value) if key in ("data", "stringData") else value for key, value in found.items()}


def _id(inputs: Mapping[str, Any]) -> str:
    metadata = inputs["metadata"]
    return f"{metadata['namespace']}/{metadata['name']}" if metadata.get("namespace") else str(metadata["name"])


def _differing(old: Any, new: Any, path: str = "") -> list[str]:
    """Paths at which two values differ; lists are compared whole."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        keys = sorted(key for key in {*old, *new} if not key.startswith("__"))
        return [found for key in keys for found in _differing(old.get(key), new.get(key), f"{path}.{key}".lstrip("."))]
    return [] if old == new else [path]


def _within(path: str, whole: str) -> bool:
    return path == whole or path.startswith(whole + ".")
