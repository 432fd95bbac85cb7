"""The DNS zone of the platform's names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.layer import Layer
from components.settings import Settings


@dataclass(frozen=True)
class ZoneArgs:
    """`primary_zone_id` is the primary's export in the recovery region, None in the primary."""

    settings: Settings
    primary_zone_id: pulumi.Input[str] | None


class Zone(Layer):
    """The zone that the settings name, or a zone that the primary creates. An operator must delegate a created zone at
    the registrar of the parent domain."""

    id: pulumi.Output[str]
    name_servers: pulumi.Output[Sequence[str]] | None
    """Name servers for the delegation; None if the settings name the zone or the primary created it."""

    def __init__(self, name: str, args: ZoneArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("edge:Zone", name, opts)
        given = args.settings.compute.dns_zone_id or args.primary_zone_id
        self.name_servers = None
        if given:
            self.id = pulumi.Output.from_input(given)
        else:
            zone = aws.route53.Zone(
                "platform",
                name=zone_name(args.settings),
                comment="Names of the trading platform in both regions",
                force_destroy=False,
                opts=self.stateful,
            )
            self.id, self.name_servers = zone.zone_id, pulumi.Output.from_input(zone.name_servers)
            if not pulumi.runtime.is_dry_run():
                # Outputs are shown after an update, but its certificates wait for the delegation, so it is logged.
                self.name_servers.apply(lambda servers: self._log_required_action(zone_name(args.settings), servers))
        self.register_outputs({"id": self.id})

    def _log_required_action(self, domain: str, servers: Sequence[str]) -> None:
        pulumi.log.info(
            f"zone {domain}: delegate it to {', '.join(servers)}; the update's certificates wait for it", self
        )


def zone_name(settings: Settings) -> str:
    """The parent domain of the Trading API's name."""
    return settings.recovery.trading_api_domain.partition(".")[2]
