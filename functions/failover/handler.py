"""Lambda entry of the failover: started by the quorum's alarm, by its own continuation, and by a schedule for drills.

Environment: AUTOMATIC (true or false), QUORUM_ALARM, OPERATIONS_TOPIC, RECOVERY (JSON, the recovery stack's export of
that name: `recovery.configuration`), RESERVE_SECONDS (default 30, the part of the function's time in which nothing new
is waited for).
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping
from typing import Any

from aws_lambda_powertools import Logger, Metrics, Tracer

from functions import metrics
from functions.clients import patient_client
from functions.clock import system_clock
from functions.environment import Environment, SettingError
from functions.failover.decision import Decider, OutOfTimeError, subject
from recovery import configuration, parts
from recovery.clients import Clients, between
from recovery.configuration import Configuration
from recovery.context import Parts
from recovery.executor import Moment
from recovery.operations import Operations
from recovery.waiting import Waiter

logger = Logger(service=metrics.FAILOVER)
tracer = Tracer(service=metrics.FAILOVER, patch_modules=["botocore"])
_sink = Metrics(namespace=metrics.NAMESPACE, service=metrics.FAILOVER)

_CALL_MILLISECONDS = 5_000
_RESERVE_SECONDS = 30


def build(
    variables: Mapping[str, str],
    remaining_milliseconds: Callable[[], int],
    sink: Any,
    *,
    function: str,
    client: Callable[[str], Any],
    sleep: Callable[[float], None] = time.sleep,
) -> Decider:
    """`function` is what is invoked to go on; `client` gives one of this region by service.

    Raises SettingError, and ConfigurationError for a RECOVERY that this version does not understand.
    """
    environment = Environment(variables)
    found = configuration.from_outputs(_json(environment.text("RECOVERY")))
    alarm, topic = environment.text("QUORUM_ALARM"), environment.text("OPERATIONS_TOPIC")
    reserve = environment.milliseconds("RESERVE_SECONDS", _RESERVE_SECONDS)

    def in_time(_moment: Moment | None = None) -> None:
        if remaining_milliseconds() <= reserve:
            raise OutOfTimeError

    def wait(milliseconds: int) -> None:
        in_time()
        sleep(milliseconds / 1000)

    def quorum_holds() -> bool:
        answer = client("cloudwatch").describe_alarms(AlarmNames=[alarm], AlarmTypes=["CompositeAlarm"])
        return any(composite["StateValue"] == "ALARM" for composite in answer["CompositeAlarms"])

    return Decider(
        automatic=_truth(environment.text("AUTOMATIC")),
        quorum_alarm=alarm,
        quorum_holds=quorum_holds,
        operations=lambda: _operations(found, Waiter(system_clock, wait), in_time, function),
        tell=lambda head, text: client("sns").publish(TopicArn=topic, Subject=subject(head), Message=text),
        go_on=lambda: client("lambda").invoke(
            FunctionName=function, InvocationType="Event", Payload=json.dumps({"resume": True}).encode()
        ),
        count=lambda metric: metrics.publish(sink, metric, 1),
    )


def _operations(
    found: Configuration, waiter: Waiter, in_time: Callable[[Moment | None], None], holder: str
) -> Operations:
    def parts_of(clients: Clients) -> Parts:
        return Parts(parts.switch_of(found, clients), parts.growth_of(found, clients))

    def announce(line: str) -> None:
        logger.info(line)

    return Operations(found, between(found.timing), parts_of, waiter, holder, watch=in_time, announce=announce)


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise SettingError(
            f"RECOVERY is no JSON ({error.msg}); give the recovery stack's export of that name"
        ) from error


def _truth(text: str) -> bool:
    if text not in ("true", "false"):
        raise SettingError(f"AUTOMATIC = {text!r} is neither true nor false; write one of them")
    return text == "true"


@logger.inject_lambda_context(clear_state=True)
@tracer.capture_lambda_handler(capture_response=False)
@_sink.log_metrics
def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """One decision, or the next part of a run."""
    region = os.environ["AWS_REGION"]
    decider = build(
        os.environ,
        context.get_remaining_time_in_millis,
        _sink,
        function=context.invoked_function_arn,
        client=lambda service: patient_client(service, _CALL_MILLISECONDS, region),
    )
    decided = decider.decide(event)
    logger.info("decided", **decided)
    return decided
