"""The objects of one cluster."""

from __future__ import annotations

import base64
import copy
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from aws_emulator.kubernetes.errors import ApiError, invalid, not_found
from aws_emulator.kubernetes.immutable import changed_path
from aws_emulator.kubernetes.status import status_of

Object = dict[str, Any]

# https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/, "Initial namespaces".
_FIRST_NAMESPACES = ("default", "kube-system", "kube-public", "kube-node-lease")
# `kubectl api-resources --namespaced=false`, those that programs declare.
_WITHOUT_NAMESPACE = frozenset(
    {
        "APIService",
        "ClusterRole",
        "ClusterRoleBinding",
        "CSIDriver",
        "CustomResourceDefinition",
        "IngressClass",
        "MutatingWebhookConfiguration",
        "Namespace",
        "Node",
        "PersistentVolume",
        "PriorityClass",
        "RuntimeClass",
        "StorageClass",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
        "ValidatingWebhookConfiguration",
        "VolumeAttachment",
    }
)
_DEFINITION = "CustomResourceDefinition"


class Key(NamedTuple):
    """What names an object; `namespace` is empty where its kind has none."""

    group: str
    kind: str
    namespace: str
    name: str


@dataclass
class Cluster:
    """Objects of a cluster whose Kubernetes version is `version`, such as "1.35". Raises `ApiError`."""

    version: str
    _objects: dict[Key, Object] = field(default_factory=dict)
    _revision: int = 0

    def __post_init__(self) -> None:
        for name in _FIRST_NAMESPACES:
            key = Key("", "Namespace", "", name)
            self._kept(key, {"apiVersion": "v1", "kind": key.kind, "metadata": {"name": name}}, dry_run=False)

    def create(self, wanted: Object, *, dry_run: bool = False) -> Object:
        """Add an object that does not exist yet."""
        key = self._checked(wanted)
        if key in self._objects:
            raise ApiError(409, "AlreadyExists", f"{_shown(key)} already exists")
        kept = _stored(wanted)
        kept["metadata"] |= {"uid": str(uuid.uuid4()), "creationTimestamp": _now()}
        return self._kept(key, kept, dry_run=dry_run)

    def replace(self, wanted: Object, *, dry_run: bool = False) -> Object:
        """Give an object another content."""
        key = self._checked(wanted)
        present = self._one(key)
        path = changed_path(key.kind, present, wanted)
        if path:
            raise invalid(_shown(key), f"{path}: field is immutable")
        kept = _stored(wanted)
        kept["metadata"] |= {name: present["metadata"][name] for name in ("uid", "creationTimestamp")}
        return self._kept(key, kept, dry_run=dry_run)

    def read(self, api_version: str, kind: str, namespace: str, name: str) -> Object:
        """An object with its status."""
        return self._with_status(self._one(self._key(api_version, kind, namespace, name)))

    def delete(self, api_version: str, kind: str, namespace: str, name: str) -> None:
        """Remove an object; a namespace takes what is in it along."""
        key = self._key(api_version, kind, namespace, name)
        self._one(key)
        del self._objects[key]
        if key.kind == "Namespace":
            for inner in [inner for inner in self._objects if inner.namespace == name]:
                del self._objects[inner]

    def find(self, kind: str, namespace: str = "", name: str | None = None) -> Iterator[Object]:
        """Objects of a kind in a namespace, of any group."""
        for key, found in self._objects.items():
            if (key.kind, key.namespace) == (kind, namespace) and name in (None, key.name):
                yield found

    def _checked(self, wanted: Object) -> Key:
        metadata = wanted.get("metadata")
        if not (
            wanted.get("kind") and wanted.get("apiVersion") and isinstance(metadata, dict) and metadata.get("name")
        ):
            raise ApiError(400, "BadRequest", "an object needs apiVersion, kind, and metadata.name")
        key = self._key(wanted["apiVersion"], wanted["kind"], metadata.get("namespace") or "", metadata["name"])
        if key.namespace:
            metadata["namespace"] = key.namespace
            if not list(self.find("Namespace", "", key.namespace)):
                raise not_found(f'namespaces "{key.namespace}"')
        self._validate(key, wanted)
        return key

    def _validate(self, key: Key, wanted: Object) -> None:
        import kubernetes_validate

        try:
            kubernetes_validate.validate(wanted, self.version, strict=True)
        except kubernetes_validate.ValidationError as error:
            path = ".".join(str(step) for step in error.absolute_path)
            raise invalid(_shown(key), f"{path or 'object'}: {error.message[:300]}") from error
        except kubernetes_validate.SchemaNotFoundError as error:
            if self._definition(wanted["apiVersion"], key.kind) is None:
                raise ApiError(404, "NotFound", _no_match(wanted["apiVersion"], key.kind)) from error

    def _key(self, api_version: str, kind: str, namespace: str, name: str) -> Key:
        group = api_version.rpartition("/")[0]
        definition = self._definition(api_version, kind)
        scoped = definition["spec"]["scope"] == "Namespaced" if definition else kind not in _WITHOUT_NAMESPACE
        return Key(group, kind, (namespace or "default") if scoped else "", name)

    def _definition(self, api_version: str, kind: str) -> Object | None:
        """The definition of a custom resource, if there is one."""
        group, _, version = api_version.rpartition("/")
        for found in self.find(_DEFINITION):
            spec = found["spec"]
            if spec["group"] == group and spec["names"]["kind"] == kind:
                return found if version in {served["name"] for served in spec["versions"]} else None
        return None

    def _one(self, key: Key) -> Object:
        if key not in self._objects:
            raise not_found(_shown(key))
        return self._objects[key]

    def _kept(self, key: Key, kept: Object, *, dry_run: bool) -> Object:
        if not dry_run:
            self._revision += 1
            kept["metadata"]["resourceVersion"] = str(self._revision)
            self._objects[key] = kept
            if key.kind == "Namespace":
                # https://kubernetes.io/docs/concepts/security/service-accounts/#default-service-accounts
                named = {"name": "default", "namespace": key.name}
                account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": named}
                self._objects.setdefault(Key("", "ServiceAccount", key.name, "default"), account)
        return self._with_status(kept)

    def _with_status(self, found: Object) -> Object:
        status = status_of(found, self)
        return copy.deepcopy(found) | ({"status": status} if status else {})


def _stored(wanted: Object) -> Object:
    """An object as the API keeps it: text of a secret goes into its data
    (https://kubernetes.io/docs/concepts/configuration/secret/#restriction-names-data)."""
    kept = copy.deepcopy(wanted)
    kept.pop("status", None)
    if kept["kind"] == "Secret" and "stringData" in kept:
        texts = {key: base64.b64encode(text.encode()).decode() for key, text in kept.pop("stringData").items()}
        kept["data"] = {**(kept.get("data") or {}), **texts}
    return kept


def _shown(key: Key) -> str:
    return f'{key.kind}{"." + key.group if key.group else ""} "{key.name}"'


def _no_match(api_version: str, kind: str) -> str:
    return f'no matches for kind "{kind}" in version "{api_version}"'


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
