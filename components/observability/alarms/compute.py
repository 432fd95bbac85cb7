"""Alarms on compute: fewer engines or tasks than desired."""

from __future__ import annotations

from collections.abc import Iterator

from components.observability import aws_metrics as published
from components.observability.alarms.spec import Alarm, Comparison, Concern, Missing, highest
from components.observability.monitored_layers import MonitoredLayers
from components.observability.series import Series, of_aws, of_function
from functions import metrics

_STARTING_MINUTES = 5
_HOUR = 3600
# Time to take a release of the library: exchanges publish the holidays of a year in the autumn before it.
_CALENDAR_DAYS = 60


def alarms(layers: MonitoredLayers) -> Iterator[Alarm]:
    """Alarms on engines and tasks. A pilot light has none of either, and then no alarm is declared."""
    engines, services, sizes = layers.engines, layers.services, layers.settings.sizes
    for number, engine in enumerate(engines.fixed, start=1):
        yield (
            highest(
                f"engine-{number}-broken",
                f"Engine {number} fails its status checks: the host or the instance is broken.",
                of_aws(published.ENGINE_BROKEN, engine.id),
                1,
            )
            .for_minutes(2)
            .pages(Concern.PLATFORM)
        )
    if sizes.elastic_engines_min:
        yield _too_few(
            "fleet-too-small",
            f"Fewer than {sizes.elastic_engines_min} engines of the fleet are in service.",
            of_aws(published.FLEET_IN_SERVICE, engines.fleet.group.name),
            sizes.elastic_engines_min,
        )
    yield from _market_hours()
    if sizes.service_tasks_min:
        yield _too_few(
            "services-too-few",
            f"Fewer than {sizes.service_tasks_min} tasks of the trading services run.",
            of_aws(published.TASKS_RUNNING, services.cluster.name, services.service_name),
            sizes.service_tasks_min,
        )


def _market_hours() -> Iterator[Alarm]:
    """Tickets: Auto Scaling follows the plan for a fortnight without the function, and then the floor stays raised."""
    yield Alarm(
        "market-hours-unplanned",
        "The floor of the engines' fleet is not planned any more. Look at the function market-hours: after 14 days the "
        "floor stays raised.",
        of_function(metrics.FLOOR_PLANNED),
        1,
        statistic="Sum",
        comparison=Comparison.BELOW,
        period=_HOUR,
        missing=Missing.BREACH,
    )
    yield Alarm(
        "market-calendars-end",
        f"A calendar of marketCalendars ends within {_CALENDAR_DAYS} days; from then on holidays raise the fleet's "
        "floor. Run `make calendars` with a newer exchange_calendars, and deploy.",
        of_function(metrics.CALENDAR_DAYS_LEFT),
        _CALENDAR_DAYS,
        statistic="Minimum",
        comparison=Comparison.BELOW,
        period=_HOUR,
    )


def _too_few(name: str, description: str, series: Series, fewest: int) -> Alarm:
    return Alarm(
        name,
        description,
        series,
        fewest,
        statistic="Average",
        comparison=Comparison.BELOW,
        periods=_STARTING_MINUTES,
        breaching=_STARTING_MINUTES,
        # Missing data breaches: either there is no instance, or the group is not measured.
        missing=Missing.BREACH,
        concern=Concern.PLATFORM,
    )
