"""Checks of the settings of the engines against each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.settings.consistency.problem import Check, Problems
from components.settings.latency import Placement, Tenancy
from components.settings.windows import WEEK

if TYPE_CHECKING:
    from components.settings.root import Settings

# EC2 User Guide, "Placement strategies for your placement groups": instances of a spread group in one zone, and
# partitions of a group with Dedicated Instances.
_MOST_SPREAD = 7
_MOST_DEDICATED_PARTITIONS = 2


def engines_stand_in_a_zone_of_the_stack(settings: Settings) -> Problems:
    """The engines' subnet is one of the stack's."""
    zone, zones = settings.latency.engine_zone, settings.network.availability_zones
    if zone and zone not in zones:
        yield ("engineZone", zone, f"is not a zone of this stack; choose from {', '.join(zones)}, or leave it empty")


def the_instance_type_can_do_what_is_asked(settings: Settings) -> Problems:
    """Cluster placement and ENA Express exist on some types alone."""
    latency = settings.latency
    known = latency.instance_type
    if known.burstable:
        yield (
            "engineInstanceType",
            known.name,
            "runs at a fraction of its cores once its credits are used up; choose a type such as c5n.9xlarge",
        )
    elif latency.engine_placement is Placement.CLUSTER and not known.cluster_placement:
        yield (
            "engineInstanceType",
            known.name,
            "cannot be placed in a cluster; choose a type such as c5n.9xlarge, or enginePlacement = partition",
        )
    if latency.engine_ena_express and not known.ena_express:
        yield (
            "engineEnaExpress",
            True,
            f"is not to be had on engineInstanceType = {known.name!r}; choose a type such as c6in.8xlarge, or false",
        )


def tenancy_and_placement_go_together(settings: Settings) -> Problems:
    """EC2 User Guide, "Placement group rules and limitations"."""
    latency = settings.latency
    tenancy, placement = latency.engine_tenancy, latency.engine_placement
    if tenancy is Tenancy.HOST:
        yield (
            "engineTenancy",
            tenancy.value,
            f"excludes enginePlacement = {placement.value!r}: placement groups take no hosts; write dedicated",
        )
    if tenancy is Tenancy.DEDICATED and placement is Placement.SPREAD:
        yield (
            "enginePlacement",
            placement.value,
            "excludes engineTenancy = 'dedicated': a spread group takes no Dedicated Instances; write cluster",
        )
    dedicated_partitions = tenancy is Tenancy.DEDICATED and placement is Placement.PARTITION
    if dedicated_partitions and latency.engine_partitions > _MOST_DEDICATED_PARTITIONS:
        yield (
            "enginePartitions",
            latency.engine_partitions,
            "is too many for engineTenancy = 'dedicated': a group of Dedicated Instances has 2 partitions at most",
        )


def a_spread_group_takes_the_whole_fleet(settings: Settings) -> Problems:
    """All engines stand in one zone."""
    sizes = settings.sizes
    most = sizes.fixed_engines + sizes.elastic_engines_max
    if settings.latency.engine_placement is Placement.SPREAD and most > _MOST_SPREAD:
        yield (
            "enginePlacement",
            "spread",
            f"takes {_MOST_SPREAD} instances in a zone, and fixedEngines with elasticEnginesMax are {most}; "
            "lower these, or write cluster",
        )


def the_fleet_is_within_its_bounds(settings: Settings) -> Problems:
    """Fewest, at the opening, most."""
    sizes = settings.sizes
    least, at_open, most = sizes.elastic_engines_min, sizes.elastic_engines_open, sizes.elastic_engines_max
    if least > most:
        yield ("elasticEnginesMin", least, f"is more than elasticEnginesMax = {most}; lower it or raise the other")
    elif not least <= at_open <= most:
        yield (
            "elasticEnginesOpen",
            at_open,
            f"is not between elasticEnginesMin = {least} and elasticEnginesMax = {most}; choose one that is",
        )


def the_fleet_rests_once_a_week(settings: Settings) -> Problems:
    """A floor that is raised all week long is no schedule, but a fleet that is as large as elasticEnginesOpen."""
    latency = settings.latency
    if not open_spans(settings):
        yield (
            "marketOpenLeadMinutes",
            latency.market_open_lead_minutes,
            f"with marketCloseLagMinutes = {latency.market_close_lag_minutes} leaves no time in the week at which the "
            "fleet may be at its smallest; choose less, or set elasticEnginesMin to elasticEnginesOpen and fewer "
            "marketDays",
        )


def open_spans(settings: Settings) -> list[tuple[int, int]]:
    """Start and end of each time at which the fleet's floor is raised, in minutes from Monday 00:00 in the markets'
    zone; a session with its lead and lag, and one span where those of two sessions meet. Ends may lie past the week's.
    Empty where they cover the whole week.
    """
    lead, lag = settings.latency.market_open_lead_minutes, settings.latency.market_close_lag_minutes
    raised = sorted(((start - lead) % WEEK, minutes + lead + lag) for start, minutes in settings.market.sessions)
    spans: list[tuple[int, int]] = []
    for start, minutes in raised:
        if spans and start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(spans[-1][1], start + minutes))
        else:
            spans.append((start, start + minutes))
    return _joined_over_sunday(spans)


def _joined_over_sunday(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The last span of a week may meet the first ones of the next."""
    while len(spans) > 1 and spans[-1][1] >= spans[0][0] + WEEK:
        first, last = spans[0], spans[-1]
        spans = [*spans[1:-1], (last[0], max(last[1], first[1] + WEEK))]
    return [] if len(spans) == 1 and spans[0][1] - spans[0][0] >= WEEK else spans


CHECKS: tuple[Check, ...] = (
    engines_stand_in_a_zone_of_the_stack,
    the_instance_type_can_do_what_is_asked,
    tenancy_and_placement_go_together,
    a_spread_group_takes_the_whole_fleet,
    the_fleet_is_within_its_bounds,
    the_fleet_rests_once_a_week,
)
