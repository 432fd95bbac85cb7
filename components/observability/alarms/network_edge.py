"""Alarms on network paths and load balancers."""

from __future__ import annotations

from collections.abc import Iterator

from components.observability import aws_metrics as published
from components.observability.alarms.spec import Alarm, Comparison, Concern, Missing, counted, highest, summed
from components.observability.monitored_layers import MonitoredLayers
from components.observability.series import of_aws

_TUNNEL_MINUTES = 5
# Packets a minute: a network scan alone can cause this rate.
_DROPPED_PACKETS = 100
# Errors a minute that the load balancer itself generates.
_BALANCER_ERRORS = 10


def alarms(layers: MonitoredLayers) -> Iterator[Alarm]:
    """NAT gateways, hybrid links, transit gateway and load balancers."""
    yield from _network_paths(layers)
    yield from _tunnels(layers)
    yield from _balancers(layers)


def _network_paths(layers: MonitoredLayers) -> Iterator[Alarm]:
    network = layers.network
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
        "The transit gateway drops packets without a route or with a deleted attachment.",
        {"unrouted": of_aws(published.HUB_UNROUTED, hub), "blackholed": of_aws(published.HUB_BLACKHOLED, hub)},
        _DROPPED_PACKETS,
    ).for_minutes(5)


def _tunnels(layers: MonitoredLayers) -> Iterator[Alarm]:
    """Alarms on the VPN. A tunnel's state is 1 while it is up. Missing data breaches. AWS maintenance takes one of two
    tunnels down.

    Both alarms are in ALARM until the on-premises side connects. They have a concern of their own, because they would
    keep another concern in ALARM and hide its other alarms.
    """
    tunnels = of_aws(published.TUNNELS_UP, layers.network.links.vpn.id)
    for name, description, statistic, up, concern in (
        # While one tunnel is up, the connection's metric is 1 (of that tunnel) or 0.5 (of both; same page): only 0
        # means that both are down.
        ("vpn-down", "Both VPN tunnels to the on-premises network are down.", "Maximum", 0.5, Concern.ON_PREMISES),
        ("vpn-tunnel-down", "One of two VPN tunnels is down: there is no redundancy.", "Minimum", 1, None),
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


def _balancers(layers: MonitoredLayers) -> Iterator[Alarm]:
    api, fix = layers.balancers.api, layers.balancers.fix
    api_name, fix_name = api.balancer.arn_suffix, fix.balancer.arn_suffix
    yield (
        highest(
            "services-unhealthy",
            "Tasks of the trading services fail the load balancer's health check.",
            of_aws(published.API_HOSTS_UNHEALTHY, api_name, api.targets.arn_suffix),
            1,
        )
        .for_minutes(3)
        .pages(Concern.PLATFORM)
    )
    yield (
        counted(
            "services-balancer-errors",
            "The load balancer returns 5xx: no healthy task, or a task is too slow.",
            of_aws(published.API_BALANCER_ERRORS, api_name),
            _BALANCER_ERRORS,
        )
        .for_minutes(2, of=3)
        .pages(Concern.PLATFORM)
    )
    yield counted(
        "services-errors",
        "Trading services return 5xx.",
        of_aws(published.API_TARGET_ERRORS, api_name),
        _BALANCER_ERRORS,
    ).for_minutes(2, of=3)
    yield (
        highest(
            "fix-engines-unhealthy",
            "Engines fail the health check of the FIX load balancer.",
            of_aws(published.FIX_HOSTS_UNHEALTHY, fix_name, fix.targets.arn_suffix),
            1,
        )
        .for_minutes(3)
        .pages(Concern.PLATFORM)
    )
    yield counted(
        "fix-ports-exhausted",
        "The FIX load balancer has no free port for another connection.",
        of_aws(published.FIX_PORTS_EXHAUSTED, fix_name),
    ).pages(Concern.PLATFORM)
