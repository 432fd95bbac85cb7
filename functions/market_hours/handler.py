"""Lambda entry of the market hours: runs every few minutes and plans the floor of the engines' fleet.

Environment: GROUP (name of the Auto Scaling group), RAISED and LOWERED (its floor in and out of trading hours, numbers
of engines from 0). `hours.json` beside this file has the trading hours.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

from aws_lambda_powertools import Logger, Metrics, Tracer

from functions import metrics
from functions.clients import patient_client
from functions.clock import Clock, system_clock
from functions.environment import Environment
from functions.market_hours.floor import Floor
from functions.market_hours.plan import DAY, HOURS_PATH, Hours

logger = Logger(service=metrics.MARKET_HOURS)
tracer = Tracer(service=metrics.MARKET_HOURS, patch_modules=["botocore"])
_sink = Metrics(namespace=metrics.NAMESPACE, service=metrics.MARKET_HOURS)

_CALL_MILLISECONDS = 2_000


@dataclass(frozen=True)
class Keeper:
    """The floor of one process, and the hours that it follows."""

    floor: Floor
    hours: Hours
    clock: Clock = system_clock

    def run(self, sink: Any) -> dict[str, int]:
        """Plan the coming days, publish that it was done, and give what was done."""
        now = self.clock() // 60_000
        days_left = max(0, self.hours.calendars_end - now) // DAY
        metrics.publish(sink, metrics.CALENDAR_DAYS_LEFT, days_left)
        planned = self.floor.plan(self.hours, now)
        metrics.publish(sink, metrics.FLOOR_PLANNED, 1)
        if planned.written or planned.removed:
            logger.info("the floor's actions changed", written=planned.written, removed=planned.removed)
        return {**asdict(planned), "days_left": days_left}


def build(variables: Mapping[str, str], autoscaling: Any, hours: Hours, clock: Clock = system_clock) -> Keeper:
    """Raises SettingError for variables that are missing or wrong."""
    environment = Environment(variables)
    floor = Floor(autoscaling, environment.text("GROUP"), environment.whole("RAISED"), environment.whole("LOWERED"))
    return Keeper(floor, hours, clock)


@cache
def keeper() -> Keeper:
    """Made once in a process."""
    hours = Hours.parse(Path(__file__).with_name(PurePosixPath(HOURS_PATH).name).read_text(encoding="utf-8"))
    return build(os.environ, patient_client("autoscaling", _CALL_MILLISECONDS), hours)


@logger.inject_lambda_context(clear_state=True)
@tracer.capture_lambda_handler(capture_response=False)
@_sink.log_metrics
def handle(_event: dict[str, Any], context: Any) -> dict[str, Any]:
    """One run of the plan."""
    return dict(keeper().run(_sink))
