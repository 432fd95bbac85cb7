"""Configuration of a runbook run, exported by the recovery stack. It contains physical names, so that a run looks
nothing up in a region that may be lost. `recovery.configuration` parses it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pulumi

from components.compute.function import ALIAS
from components.data.table_schemas import TableName
from components.data.tables import Tables
from components.events.access import bus_name
from components.recovery.scale_out import ScaleOut
from components.recovery.switch_endpoint import SwitchEndpoint
from components.recovery.traffic import Traffic
from components.settings import Role, Settings
from components.settings.consistency.recovery import order_milliseconds


@dataclass(frozen=True)
class RunConfiguration:
    """`files` are the ids of the file systems by role, because EFS assigns ids; `secret` is the name of the database's
    secret."""

    settings: Settings
    tables: Tables
    files: dict[Role, pulumi.Input[str]]
    secret: str
    traffic: Traffic
    endpoint: SwitchEndpoint
    scale_out: ScaleOut

    def output(self) -> dict[str, Any]:
        """The object as exported."""
        settings, functions, recovery = self.settings, self.settings.functions, self.settings.recovery
        return {
            "accountId": settings.general.account_id,
            "primary": self._site(Role.PRIMARY),
            "standby": self._site(Role.DR),
            "tables": {table.value: self.tables.name(table) for table in TableName},
            "timing": {
                "leaseMilliseconds": functions.lease_milliseconds,
                "marginMilliseconds": functions.lease_margin_milliseconds,
                "recheckMilliseconds": functions.lease_recheck_milliseconds,
                "cooldownMilliseconds": recovery.failover_cooldown_minutes * 60_000,
                "replicationLagMilliseconds": recovery.replication_lag_milliseconds,
                "decisionMilliseconds": recovery.decision_milliseconds,
                "callMilliseconds": recovery.control_call_milliseconds,
                "orderMilliseconds": order_milliseconds(settings),
            },
            "databaseSecret": self.secret,
            "rotationDays": settings.security.secret_rotation_days,
            "accountClaim": settings.api.token_account_claim,
            "canaryAccount": recovery.canary_account,
            "switch": self._switch(),
            "scaleOut": {
                "project": self.scale_out.name,
                "engineGroup": settings.name("engines"),
                "engines": recovery.engines_at_takeover,
            },
        }

    def _site(self, role: Role) -> dict[str, Any]:
        general = self.settings.general
        region = general.primary_region if role is Role.PRIMARY else general.dr_region

        def name(*parts: str) -> str:
            return self.settings.name_in(role, *parts)

        bus = name(bus_name(self.settings).removeprefix(f"{self.settings.name()}-"))
        return {
            "region": region,
            "orderIntake": f"{name('order-intake')}:{ALIAS}",
            "redrive": f"{name('redrive')}:{ALIAS}",
            "integrity": f"{name('integrity')}:{ALIAS}",
            "rotation": f"arn:aws:lambda:{region}:{general.account_id}:function:{name('rotation')}",
            "database": name("trade-history"),
            "fileSystem": self.files[role],
            "orderStream": name("orders"),
            "bus": bus,
            "archive": f"arn:aws:events:{region}:{general.account_id}:archive/{bus}",
        }

    def _switch(self) -> dict[str, Any]:
        kind = self.settings.recovery.traffic_switch.value
        if self.traffic.controls is None:
            return {"kind": kind, "url": self.endpoint.url}
        controls = self.traffic.controls
        return {
            "kind": kind,
            "endpoints": controls.endpoints,
            "primaryControlArn": controls.arns["primary"],
            "standbyControlArn": controls.arns["standby"],
        }
