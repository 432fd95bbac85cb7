"""Alarms on compute: fewer engines or tasks than desired."""

from __future__ import annotations

from collections.abc import Iterator

from components.observability import aws_metrics as published
from components.observability.alarms.spec import Alarm, Comparison, Concern, Missing, highest
from components.observability.monitored_layers import MonitoredLayers
from components.observability.series import Series, of_aws

_STARTING_MINUTES = 5


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
    if sizes.service_tasks_min:
        yield _too_few(
            "services-too-few",
            f"Fewer than {sizes.service_tasks_min} tasks of the trading services run.",
            of_aws(published.TASKS_RUNNING, services.cluster.name, services.service_name),
            sizes.service_tasks_min,
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
