"""Fields that never change once an object exists.

https://kubernetes.io/docs/reference/kubernetes-api/ says so field by field; the functions `Validate...Update` of
k8s.io/kubernetes (pkg/apis/*/validation) enforce it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

FIELDS: Mapping[str, tuple[str, ...]] = {
    "ClusterRoleBinding": ("roleRef",),
    "CSIDriver": ("spec.attachRequired",),
    "DaemonSet": ("spec.selector",),
    "Deployment": ("spec.selector",),
    "Job": ("spec.selector", "spec.template", "spec.completionMode"),
    "PersistentVolume": ("spec.csi", "spec.nfs", "spec.hostPath", "spec.volumeMode"),
    "PersistentVolumeClaim": (
        "spec.accessModes",
        "spec.dataSource",
        "spec.selector",
        "spec.storageClassName",
        "spec.volumeMode",
        "spec.volumeName",
    ),
    "PriorityClass": ("value", "preemptionPolicy"),
    "RoleBinding": ("roleRef",),
    "RuntimeClass": ("handler",),
    "Secret": ("type",),
    "StatefulSet": ("spec.podManagementPolicy", "spec.selector", "spec.serviceName", "spec.volumeClaimTemplates"),
    "StorageClass": ("parameters", "provisioner", "reclaimPolicy", "volumeBindingMode"),
}
"""Paths by kind."""

_FROZEN = {"ConfigMap": ("data", "binaryData"), "Secret": ("data", "stringData")}
"""What `immutable: true` freezes."""


def paths(kind: str, present: Mapping[str, Any]) -> tuple[str, ...]:
    """Paths that never change in an object as it is."""
    frozen = _FROZEN.get(kind, ()) if present.get("immutable") is True else ()
    return (*FIELDS.get(kind, ()), *frozen)


def changed_path(kind: str, present: Mapping[str, Any], wanted: Mapping[str, Any]) -> str | None:
    """The first of those paths that differs between two states of an object."""
    return next((path for path in paths(kind, present) if _at(present, path) != _at(wanted, path)), None)


def _at(value: Any, path: str) -> Any:
    for step in path.split("."):
        value = value.get(step) if isinstance(value, Mapping) else None
    return value
