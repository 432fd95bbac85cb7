"""The parts of a run, made from what the recovery stack exports."""

from __future__ import annotations

import os
from typing import Any

from functions.clients import bounded_client
from recovery import lease
from recovery.budget import SILENT_REGION_SECONDS, SwitchKind
from recovery.clients import Clients
from recovery.configuration import Configuration
from recovery.errors import ConfigurationError
from recovery.scale_out import CodeBuildScaleOut, CommandScaleOut, ScaleOut
from recovery.switch import ArcSwitch, EndpointProbe, HealthCheckSwitch, Switch, by_distance


def switch_of(configuration: Configuration, clients: Clients) -> Switch:
    """The traffic switch by `recovery.switch`, reached from the region that takes over first; raises
    ConfigurationError.

    `{"kind": "healthCheck", "url": ...}`: without a `url` the endpoint is not asked. `{"kind": "routingControl",
    "endpoints": {region: url}, "primaryControlArn": ..., "standbyControlArn": ...}`.
    """
    settings, limit = configuration.switch, configuration.timing.call
    here, there = clients.here_region, clients.there_region
    control = clients.control(here, there)
    try:
        kind = SwitchKind(settings["kind"])
        if kind is SwitchKind.HEALTH_CHECK:
            probe = EndpointProbe(settings["url"], SILENT_REGION_SECONDS) if settings.get("url") else None
            return HealthCheckSwitch(control, configuration.tables.control, probe)
        ordered = by_distance(settings["endpoints"], here, there)
        endpoints = {region: _cluster(region, endpoint, limit) for region, endpoint in ordered}

        def epoch_now() -> int:
            found = lease.read(control, configuration.tables.control)
            return found.epoch if found else 0

        return ArcSwitch(endpoints, settings["primaryControlArn"], settings["standbyControlArn"], epoch_now)
    except (KeyError, ValueError, AttributeError) as error:
        raise ConfigurationError(
            f"recovery.switch = {dict(settings)!r}: {error}; bring the recovery stack up with this version"
        ) from error


def growth_of(configuration: Configuration, clients: Clients) -> ScaleOut:
    """How the recovery region grows where no engine is: `recovery.scaleOut` names a CodeBuild `project` or a
    `command`; raises ConfigurationError."""
    settings = configuration.scale_out
    match dict(settings):
        case {"project": str(project)}:
            return CodeBuildScaleOut(clients.at("codebuild", configuration.standby.region), project)
        case {"command": list(command)}:
            return CommandScaleOut([str(word) for word in command], dict(os.environ))
    raise ConfigurationError(
        f"recovery.scaleOut = {dict(settings)!r}: names neither a CodeBuild project nor a command; "
        "bring the recovery stack up with this version"
    )


def _cluster(region: str, endpoint: str, limit: int) -> Any:
    """One try: a cluster has other endpoints to ask."""
    return bounded_client("route53-recovery-cluster", limit, region, endpoint)
