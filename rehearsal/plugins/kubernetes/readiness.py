"""Readiness of objects, by the rules of the official provider.

https://www.pulumi.com/registry/packages/kubernetes/how-to-guides/managing-resources-with-server-side-apply/
and the resources' own pages: Deployments wait for available replicas, claims wait until they are bound.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

SKIP = "pulumi.com/skipAwait"
DEFAULT_SECONDS = {"Deployment": 600.0, "PersistentVolumeClaim": 300.0}
_LOOK_EVERY_SECONDS = 0.5


def unready(found: Mapping[str, Any]) -> str | None:
    """Return why an object is not ready; None if it is ready or if its kind needs no wait."""
    if (found["metadata"].get("annotations") or {}).get(SKIP) == "true":
        return None
    status = found.get("status") or {}
    if found["kind"] == "Deployment":
        wanted, ready = found["spec"].get("replicas", 1), status.get("availableReplicas", 0)
        said = next((c.get("message", "") for c in status.get("conditions", ()) if c["type"] == "Available"), "")
        return None if ready == wanted else f"{ready} of {wanted} replicas are available; {said}"
    if found["kind"] == "PersistentVolumeClaim" and status.get("phase") != "Bound":
        return f"the claim is {status.get('phase')}; its volume, class and access modes have to fit"
    return None


def wait(
    look: Callable[[], Mapping[str, Any] | None],
    seconds: float,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> tuple[Mapping[str, Any] | None, str | None]:
    """Return the ready object, or the object after `seconds` with the reason why it is not ready."""
    deadline = clock() + seconds
    while True:
        found = look()
        if found is None:
            return None, "the object no longer exists"
        why = unready(found)
        if why is None or clock() >= deadline:
            return found, why
        sleep(_LOOK_EVERY_SECONDS)
