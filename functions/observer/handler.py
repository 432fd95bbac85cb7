"""Lambda entry of the observer: runs once a minute in the recovery region, and publishes what it sees.

Environment: PRIMARY_REGION, PRIMARY_HEALTH_URL, CHECKERS_NAME (host whose address is the health checkers' verdict),
SEEN_ADDRESS, UNSEEN_ADDRESS, CONTROL_TABLE, STANDBY_API_URL (this region's own API with its stage), CALL_SECONDS
(default 2, the longest that one observation may take).
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger, Metrics, Tracer

from functions import metrics
from functions.clients import bounded_client
from functions.clock import Clock, system_clock
from functions.environment import Environment
from functions.observer import canary
from functions.observer.observations import (
    Ask,
    ObservationError,
    Resolve,
    asker,
    resolver,
    stale_for,
    unanswered,
    unseen,
)

logger = Logger(service=metrics.OBSERVER)
tracer = Tracer(service=metrics.OBSERVER, patch_modules=["botocore"])
_sink = Metrics(namespace=metrics.NAMESPACE, service=metrics.OBSERVER)

Observation = Callable[[], float]
_CALL_SECONDS = 2
# A cold start of the authorizer or of order intake takes longer than an observation may.
_CANARY_SECONDS = 5.0


@dataclass(frozen=True)
class Observer:
    """One process' observations, by the metric that each is published as."""

    observations: Mapping[metrics.Metric, Observation]
    canary: Observation

    def run(self, sink: Any) -> dict[str, float | None]:
        """Publishes each value, and gives them by name; None for what could not be observed."""
        seen: dict[str, float | None] = {}
        for metric, observe in self.observations.items():
            try:
                value = observe()
            except ObservationError as error:
                logger.warning("an observation could not be made", observation=metric.name, detail=str(error))
                seen[metric.name] = None
                continue
            seen[metric.name] = value
            metrics.publish(sink, metric, value)
        failed = sum(value is None for value in seen.values())
        metrics.publish(sink, metrics.OBSERVATIONS, len(seen) - failed)
        metrics.publish(sink, metrics.OBSERVATIONS_FAILED, failed)
        # No observation of the primary: it counts as none, and comes last.
        standby = self.canary()
        metrics.publish(sink, metrics.STANDBY_UNANSWERED, standby)
        return {**seen, metrics.STANDBY_UNANSWERED.name: standby}


def build(
    variables: Mapping[str, str],
    dynamodb: Any,
    ask: Ask,
    resolve: Resolve = resolver,
    clock: Clock = system_clock,
    *,
    call: canary.Call,
    sleep: Callable[[float], None] = time.sleep,
) -> Observer:
    """Raises SettingError for variables that are missing or wrong."""
    environment = Environment(variables)
    url, name = environment.text("PRIMARY_HEALTH_URL"), environment.text("CHECKERS_NAME")
    addresses = environment.text("SEEN_ADDRESS"), environment.text("UNSEEN_ADDRESS")
    table, holder = environment.text("CONTROL_TABLE"), environment.text("PRIMARY_REGION")
    standby = environment.text("STANDBY_API_URL")
    return Observer(
        {
            metrics.PRIMARY_UNANSWERED: lambda: float(unanswered(ask, url)),
            metrics.PRIMARY_UNSEEN: lambda: float(unseen(resolve, name, *addresses)),
            metrics.LEASE_STALE_FOR: lambda: stale_for(dynamodb, table, holder, clock),
        },
        lambda: float(canary.unanswered(call, standby, sleep)),
    )


@cache
def observer() -> Observer:
    """Made once in a process."""
    milliseconds = Environment(os.environ).milliseconds("CALL_SECONDS", _CALL_SECONDS)
    seconds = milliseconds / 1000
    return build(
        os.environ, bounded_client("dynamodb", milliseconds), asker(seconds), call=canary.caller(_CANARY_SECONDS)
    )


@logger.inject_lambda_context(clear_state=True)
@tracer.capture_lambda_handler(capture_response=False)
@_sink.log_metrics
def handle(_event: dict[str, Any], context: Any) -> dict[str, Any]:
    """One round of observations."""
    return dict(observer().run(_sink))
