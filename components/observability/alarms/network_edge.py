"""Whether packets find their way, in and out."""

from __future__ import annotations

from collections.abc import Iterator

from components.observability import aws_metrics as published
from components.observability.alarms.spec import Alarm, Comparison, Concern, Missing, counted, highest, summed
from components.observability.series import of_aws
from components.observability.watched import Watched

_TUNNEL_MINUTES = 5
# A rate that a scan of the network makes by itself is no fault; packets in a minute.
_DROPPED_PACKETS = 100
# Answers of the load balancer itself, in a minute.
_BALANCER_ERRORS = 10


def alarms(watched: Watched) -> Iterator[Alarm]:
    """Gateways, the links to the premises, the hub, and the load balancers."""
    yield from _ways_out(watched)
    yield from _tunnels(watched)
    yield from _balancers(watched)


def _ways_out(watched: Watched) -> Iterator[Alarm]:
    network = watched.network
    for number, gateway in enumerate(network.vpc.nat_gateways.values(), start=1):
        yield (
            counted(
                f"nat-{number}-ports-exhausted",
                f"NAT gateway {number} has no port left for another connection: calls to the internet fail.",
                of_aws(published.NAT_PORTS_EXHAUSTED, gateway.id),
            )
            .for_minutes(2, of=5)
            .pages(Concern.PLATFORM)
        )
    hub = network.hub.gateway.id
    yield summed(
        "hub-drops",
        "The hub drops packets that it has no route for, or whose attachment is gone.",
        {"unrouted": of_aws(published.HUB_UNROUTED, hub), "blackholed": of_aws(published.HUB_BLACKHOLED, hub)},
        _DROPPED_PACKETS,
    ).for_minutes(5)


def _tunnels(watched: Watched) -> Iterator[Alarm]:
    """A tunnel says 1 while it is up. A silent VPN is no VPN; one of two tunnels is down while AWS maintains it.

    Both are raised until the premises connect: a concern of other alarms would be raised as long, and not say a word
    of them.
    """
    tunnels = of_aws(published.TUNNELS_UP, watched.network.links.vpn.id)
    for name, description, statistic, up, concern in (
        # While one is up, the connection says 1 for it or 0.5 for both together (same page): only 0 is neither.
        ("vpn-down", "Both tunnels to the premises are down.", "Maximum", 0.5, Concern.PREMISES),
        ("vpn-tunnel-down", "A tunnel to the premises is down: the other one is alone.", "Minimum", 1, None),
    ):
        yield Alarm(
            name,
            description,
            tunnels,
            threshold=up,
            statistic=statistic,
            comparison=Comparison.BELOW,
            periods=_TUNNEL_MINUTES,
            breaching=_TUNNEL_MINUTES,
            missing=Missing.BREACH,
            concern=concern,
        )


def _balancers(watched: Watched) -> Iterator[Alarm]:
    api, fix = watched.balancers.api, watched.balancers.fix
    api_name, fix_name = api.balancer.arn_suffix, fix.balancer.arn_suffix
    yield (
        highest(
            "services-unhealthy",
            "Tasks of the trading services do not answer their load balancer.",
            of_aws(published.API_HOSTS_UNHEALTHY, api_name, api.targets.arn_suffix),
            1,
        )
        .for_minutes(3)
        .pages(Concern.PLATFORM)
    )
    yield (
        counted(
            "services-balancer-errors",
            "The load balancer answers for services that do not: there is none, or it is too slow.",
            of_aws(published.API_BALANCER_ERRORS, api_name),
            _BALANCER_ERRORS,
        )
        .for_minutes(2, of=3)
        .pages(Concern.PLATFORM)
    )
    yield counted(
        "services-errors",
        "Trading services answer with errors of their own.",
        of_aws(published.API_TARGET_ERRORS, api_name),
        _BALANCER_ERRORS,
    ).for_minutes(2, of=3)
    yield (
        highest(
            "fix-engines-unhealthy",
            "Engines do not take FIX sessions.",
            of_aws(published.FIX_HOSTS_UNHEALTHY, fix_name, fix.targets.arn_suffix),
            1,
        )
        .for_minutes(3)
        .pages(Concern.PLATFORM)
    )
    yield counted(
        "fix-ports-exhausted",
        "The load balancer of the FIX sessions has no port left for another one.",
        of_aws(published.FIX_PORTS_EXHAUSTED, fix_name),
    ).pages(Concern.PLATFORM)
