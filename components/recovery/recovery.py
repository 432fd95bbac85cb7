"""The recovery layer as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pulumi

from components.data.stores import Stores
from components.delivery.build_network import BuildNetwork
from components.edge.api import STAGE, TradingApi
from components.edge.api_name import ApiName, ApiNameArgs
from components.edge.zone import Zone, ZoneArgs
from components.events.events import Events
from components.exports import PrimaryExports
from components.layer import Layer
from components.network.network import Network
from components.recovery.drills import Drills, DrillsArgs
from components.recovery.standby import Standby, StandbyArgs
from components.recovery.traffic import Target
from components.security.keys import Keys
from components.security.secrets import Secrets
from components.settings import Role, Settings
from components.settings.consistency.recovery import recovery_budget

_HEALTH_PATH = f"/{STAGE}/health"


@dataclass(frozen=True)
class RecoveryArgs:
    """The layers whose orders, data and traffic move between the regions; `primary` is None in the primary."""

    settings: Settings
    keys: Keys
    secrets: Secrets
    network: Network
    stores: Stores
    events: Events
    api: TradingApi
    primary: PrimaryExports | None


class Recovery(Layer):
    """In both regions: the name of the Trading API, and drills. In the recovery region: everything for a takeover.

    The recovery stack declares the DNS records of both regions, because the primary must not depend on it. The primary
    accepts orders only after the recovery stack exists, because that stack declares the table with the lease.
    """

    zone: Zone
    name: ApiName
    drills: Drills
    standby: Standby | None

    def __init__(self, name: str, args: RecoveryArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("recovery:Recovery", name, opts)
        self._args = args
        settings, api = args.settings, args.api
        self.zone = Zone("zone", ZoneArgs(settings, args.primary.dns_zone_id if args.primary else None), self.child)
        self.name = ApiName(
            "api-name", ApiNameArgs(settings, self.zone.id, api.api.id, api.stage.stage_name), self.child
        )
        self.health_host = pulumi.Output.concat(api.api.id, f".execute-api.{settings.region.name}.amazonaws.com")
        self.drills = Drills(
            "drills",
            DrillsArgs(
                settings,
                args.keys,
                args.stores.tables,
                subnet_arns={
                    "app": [zone.app.arn for zone in args.network.vpc.zones],
                    "data": [zone.data.arn for zone in args.network.vpc.zones],
                },
                hub_arn=args.network.hub.gateway.arn,
            ),
            self.child,
        )
        self.standby = self._standby(args.primary) if args.primary else None
        self.register_outputs({"zoneId": self.zone.id})

    @property
    def outputs(self) -> dict[str, Any]:
        """Outputs for operators and the runbook: zone delegation, DNS validation records, and the configuration of a
        takeover."""
        outputs: dict[str, Any] = {
            "tradingApiName": self._args.settings.recovery.trading_api_domain,
            "dnsNameServers": self.zone.name_servers,
        }
        if self.standby:
            outputs["recovery"] = self.standby.configuration
            # Separate from the configuration of a run, which must fit into a function's environment.
            outputs["recoveryBudget"] = recovery_budget(self._args.settings).as_json()
        return outputs

    def _standby(self, primary: PrimaryExports) -> Standby:
        args = self._args
        return Standby(
            "standby",
            StandbyArgs(
                args.settings,
                args.keys,
                args.stores.tables,
                args.network.firewall,
                zone_id=self.zone.id,
                primary=Target(primary.api_host, primary.api_health_host, _HEALTH_PATH),
                here=Target(self.name.target, self.health_host, _HEALTH_PATH),
                files={Role.PRIMARY: primary.file_system_id, Role.DR: args.stores.files.id},
                files_arn=args.stores.files.arn,
                secret=args.secrets.database,
                replica=args.stores.database.identifier,
                operations=args.events.topics.operations.arn,
                place=BuildNetwork.of(args.network),
            ),
            self.child,
        )
