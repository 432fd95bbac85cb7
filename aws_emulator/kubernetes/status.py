"""What controllers would make of an object: a claim finds its volume, a workload its accounts, claims and settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol


class Objects(Protocol):
    """What a controller looks at."""

    def find(self, kind: str, namespace: str = "", name: str | None = None) -> Iterator[dict[str, Any]]:
        """Objects of a kind in a namespace."""
        ...


def status_of(found: Mapping[str, Any], objects: Objects) -> dict[str, Any] | None:
    """The status of an object; None where its kind has none that anybody waits for."""
    rule = _RULES.get(found["kind"])
    return rule(found, objects) if rule else None


def _namespace(_: Mapping[str, Any], __: Objects) -> dict[str, Any]:
    return {"phase": "Active"}


def _claim(found: Mapping[str, Any], objects: Objects) -> dict[str, Any]:
    """https://kubernetes.io/docs/concepts/storage/persistent-volumes/#binding."""
    spec = found["spec"]
    if spec.get("volumeName"):
        volumes = objects.find("PersistentVolume", "", spec["volumeName"])
        return {"phase": "Bound" if any(_fits(spec, volume["spec"]) for volume in volumes) else "Pending"}
    # A class that provisions makes the volume: at once, or when the first pod that uses the claim is scheduled.
    classes = list(objects.find("StorageClass", "", spec.get("storageClassName")))
    made = any(found.get("volumeBindingMode", "Immediate") == "Immediate" for found in classes)
    return {"phase": "Bound" if made else "Pending"}


def _fits(claim: Mapping[str, Any], volume: Mapping[str, Any]) -> bool:
    return (claim.get("storageClassName") or "") == (volume.get("storageClassName") or "") and set(
        claim.get("accessModes", ())
    ) <= set(volume.get("accessModes", ()))


def _deployment(found: Mapping[str, Any], objects: Objects) -> dict[str, Any]:
    """https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#deployment-status."""
    wanted = found["spec"].get("replicas", 1)
    missing = _missing(found["metadata"]["namespace"], found["spec"]["template"]["spec"], objects)
    ready = 0 if missing else wanted
    available = {"type": "Available", "status": "True" if ready == wanted else "False"}
    if missing:
        available |= {"reason": "MinimumReplicasUnavailable", "message": f"{missing} not found"}
    counts = {"replicas": wanted, "updatedReplicas": wanted, "readyReplicas": ready, "availableReplicas": ready}
    return {**counts, "conditions": [available]}


def _missing(namespace: str, pod: Mapping[str, Any], objects: Objects) -> str | None:
    """The first thing that a pod needs and that is not there."""
    return next(
        (f'{kind} "{name}"' for kind, name in _needed(pod) if not list(objects.find(kind, namespace, name))), None
    )


def _needed(pod: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "ServiceAccount", pod.get("serviceAccountName", "default")
    for volume in pod.get("volumes", ()):
        if "configMap" in volume and not volume["configMap"].get("optional"):
            yield "ConfigMap", volume["configMap"]["name"]
        if "secret" in volume and not volume["secret"].get("optional"):
            yield "Secret", volume["secret"]["secretName"]
        if "persistentVolumeClaim" in volume:
            yield "PersistentVolumeClaim", volume["persistentVolumeClaim"]["claimName"]


_RULES = {"Deployment": _deployment, "Namespace": _namespace, "PersistentVolumeClaim": _claim}
