"""EventBridge: rules also deliver to SNS topics and to Firehose; an event that no target transforms arrives whole.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-targets.html
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any

from moto.core.utils import iso_8601_datetime_without_milliseconds
from moto.events.models import Rule
from moto.events.utils import EventMessageType
from moto.firehose.models import firehose_backends
from moto.sns.models import sns_backends
from moto.utilities.arns import parse_arn

from aws_emulator.corrections._patch import around


@cache
def install() -> None:
    around(Rule, "send_to_targets", _send_to_targets)


def _send_to_targets(original: Any, rule: Rule, event: EventMessageType, transform_input: bool = True) -> None:
    if rule.event_pattern.matches_event(event):
        for target in rule.targets:
            deliver = _DELIVERIES.get(parse_arn(target["Arn"]).service)
            if deliver:
                deliver(target["Arn"], _as_delivered(event))
    others = [target for target in rule.targets if parse_arn(target["Arn"]).service not in _DELIVERIES]
    for target in others:
        only = copy.copy(rule)
        only.targets = [target]
        # Delivery changes the event, which the other rules have yet to see.
        original(only, copy.deepcopy(event), transform_input=transform_input and "InputTransformer" in target)


def _as_delivered(event: EventMessageType) -> str:
    time = event.get("time")
    if isinstance(time, int | float):
        event = {**event, "time": iso_8601_datetime_without_milliseconds(datetime.fromtimestamp(time, UTC))}
    return json.dumps(event)


def _to_topic(arn: str, event: str) -> None:
    topic = parse_arn(arn)
    sns_backends[topic.account][topic.region].publish(event, arn=arn)


def _to_firehose(arn: str, event: str) -> None:
    stream = parse_arn(arn)
    firehose_backends[stream.account][stream.region].put_record(stream.resource_id, {"Data": event.encode()})


_DELIVERIES: dict[str, Callable[[str, str], None]] = {"sns": _to_topic, "firehose": _to_firehose}
