"""SQS: a redrive policy comes back without white space, a redrive-allow policy comes back, and what is not set is kept.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from moto.sqs.models import Queue

from aws_emulator.corrections._patch import around

_COMPACT = (",", ":")


@cache
def install() -> None:
    attributes = Queue.attributes.fget
    if attributes is None:
        raise AttributeError("Queue.attributes is no longer a property that can be read")
    Queue.attributes = property(lambda queue: _attributes(attributes, queue))  # type: ignore[method-assign]
    Queue.BASE_ATTRIBUTES = [*Queue.BASE_ATTRIBUTES, "RedriveAllowPolicy"]
    Queue.redrive_allow_policy = None  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]
    around(Queue, "_set_attributes", _set_attributes)


def _attributes(original: Any, queue: Queue) -> dict[str, Any]:
    attributes = original(queue)
    if queue.redrive_policy:
        attributes["RedrivePolicy"] = json.dumps(queue.redrive_policy, separators=_COMPACT)
    allowed = getattr(queue, "redrive_allow_policy", None)
    # An empty policy takes it back: the attribute is not there any more.
    attributes["RedriveAllowPolicy"] = json.dumps(json.loads(allowed), separators=_COMPACT) if allowed else None
    return attributes


def _set_attributes(original: Any, queue: Queue, attributes: dict[str, Any], *args: Any, **kwargs: Any) -> None:
    policy = getattr(queue, "policy", None)
    original(queue, attributes, *args, **kwargs)
    if "Policy" not in attributes:
        queue.policy = policy
