"""When an object is ready, as the genuine provider waits for it.

https://www.pulumi.com/registry/packages/kubernetes/how-to-guides/managing-resources-with-server-side-apply/ and the
resources' own pages: Deployments until their replicas are available, claims until they are bound.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

SKIP = "pulumi.com/skipAwait"
DEFAULT_SECONDS = {"Deployment": 600.0, "PersistentVolumeClaim": 300.0}
_LOOK_EVERY_SECONDS = 0.5


def unready(found: Mapping[str, Any]) -> str | None:
    """Why an object is not ready; None when it is, or when nobody waits for its kind."""
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
    """The object once it is ready, or as it is after `seconds`, with the reason why it is not."""
    deadline = clock() + seconds
    while True:
        found = look()
        if found is None:
            return None, "it is gone"
        why = unready(found)
        if why is None or clock() >= deadline:
            return found, why
        sleep(_LOOK_EVERY_SECONDS)
