"""What a command works with: the exports, and `recovery` set up on them."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from recovery import configuration, parts
from recovery.budget import SwitchKind, round_trip_seconds
from recovery.check import Check
from recovery.clients import Clients, between
from recovery.configuration import Configuration
from recovery.context import Announce, Parts
from recovery.executor import Watch
from recovery.operations import Operations, this_process
from recovery.round_trip import SUPPORTED_MILLISECONDS, RoundTrips
from recovery.scale_out import CommandScaleOut, ScaleOut
from recovery.waiting import Waiter
from runbook import outputs
from runbook.engine import PulumiScaleOut
from runbook.retained_resources import RetainedStore


@dataclass
class Session:
    """`outputs_file` stands over `stack`; `command` grows the region instead of the engine."""

    outputs_file: Path | None
    stack: str
    work_dir: Path
    command: str | None
    waiter: Waiter
    make_clients: Callable[[str, str], Clients] | None = None
    round_trips: RoundTrips = field(default_factory=RoundTrips)

    @cached_property
    def outputs(self) -> Mapping[str, Any]:
        """Raises ConfigurationError."""
        if self.outputs_file is not None:
            return outputs.of_file(self.outputs_file)
        return outputs.of_stack(self.stack, self.work_dir)

    def state(self) -> list[Check]:
        """Whether the state outlives the primary's region; nothing where a file of exports stands for it."""
        if self.outputs_file is not None:
            return []
        backend = outputs.backend_of(self.stack, self.work_dir)
        return [outputs.state_check(backend, self.configuration.primary.region)]

    def distance(self) -> Check:
        """The round trip to the recovery region, and what it adds to the recovery time."""
        region = self.configuration.standby.region
        found = self.round_trips.measured(region)
        if found is None:
            return Check("round trip", False, f"{region} takes no connection", "check the network of this machine")
        added = round_trip_seconds(SwitchKind(self.configuration.switch["kind"]), found)
        shown = f"{region} is {found} ms away: up to {added:.1f} s more than the budget of a caller in the region"
        way_out = f"run it from nearer: it is tested up to {SUPPORTED_MILLISECONDS} ms"
        return Check("round trip", found <= SUPPORTED_MILLISECONDS, shown, way_out)

    @cached_property
    def configuration(self) -> Configuration:
        return configuration.from_outputs(self.outputs)

    def operations(self, watch: Watch, announce: Announce) -> Operations:
        return Operations(
            configuration=self.configuration,
            clients=self.make_clients or between(self.configuration.timing, self.round_trips),
            parts=self._parts,
            waiter=self.waiter,
            holder=this_process(),
            watch=watch,
            announce=announce,
        )

    def _parts(self, clients: Clients) -> Parts:
        switch = parts.switch_of(self.configuration, clients)
        if self.command is not None:
            return Parts(switch, grow=self._by_command(active=True), shrink=self._by_command(active=False))
        if self.outputs_file is not None:
            # Where there is no engine there is CodeBuild to grow, and a person to shrink by daylight.
            return Parts(switch, grow=parts.growth_of(self.configuration, clients))
        grow, shrink = (self.engine(clients, active=active) for active in (True, False))
        return Parts(switch, grow=grow, shrink=shrink)

    def engine(self, clients: Clients, *, active: bool) -> PulumiScaleOut:
        """Grows or shrinks the recovery stack from here."""
        found = self.configuration
        store = RetainedStore(clients.at("dynamodb", found.standby.region), found.tables.control)
        return PulumiScaleOut(self.stack, self.work_dir, active, store)

    def _by_command(self, *, active: bool) -> ScaleOut:
        variables = {**os.environ, "RECOVERY_ACTIVE": str(active).lower()}
        return CommandScaleOut(shlex.split(self.command or ""), variables)
