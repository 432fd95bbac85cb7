"""What every step of a run is given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from recovery.clients import Clients
from recovery.configuration import Configuration, Site
from recovery.errors import StepFailedError
from recovery.intake import Intake, InvokedIntake
from recovery.journal import Facts
from recovery.scale_out import ScaleOut
from recovery.switch import Switch
from recovery.waiting import Waiter

Announce = Callable[[str], None]
"""Takes a line about the progress of a step that lasts."""


def _silent(_line: str) -> None:
    return


@dataclass(frozen=True)
class Parts:
    """The parts of a run that can be made otherwise, for a function, a rehearsal or a test.

    `intake` gives order intake of a site; `grow` brings the site that takes over to full size and `shrink` the one that
    is left back to standing by, None where there is no such part.
    """

    switch: Switch
    grow: ScaleOut
    shrink: ScaleOut | None = None
    intake: Callable[[Site], Intake] | None = None


@dataclass
class Context:
    """One run: from `source` to `target`. `control` is a DynamoDB client of the control table, in the recovery region
    unless that is lost; `results` are the facts of steps that are done, by step."""

    configuration: Configuration
    run: str
    verb: str
    source: Site
    target: Site
    clients: Clients
    parts: Parts
    waiter: Waiter = field(default_factory=Waiter)
    announce: Announce = _silent
    results: dict[str, Facts] = field(default_factory=dict)
    started: dict[str, str] = field(default_factory=dict)
    """What this process has started, by step; another process has to find it again."""
    check_lock: Callable[[], None] = lambda: None
    """Raises LockLostError once another runbook has taken the lock."""
    overridden: str | None = None
    """Why a person forced the run past what it found wanting, None if nobody did."""

    standby_lost: bool = False
    """Whether the run leaves a recovery region that is lost: everything is asked of the primary's region first."""

    @property
    def control_region(self) -> str:
        """The region that is asked first about the lease, the lock and the journal."""
        return (self.configuration.primary if self.standby_lost else self.configuration.standby).region

    @property
    def control(self) -> Any:
        first, second = self.configuration.standby.region, self.configuration.primary.region
        return self.clients.control(*((second, first) if self.standby_lost else (first, second)))

    def turn_page(self, line: str) -> None:
        """Between two pages of a long step: shows progress, and stops a process that has lost the lock or its time."""
        self.check_lock()
        self.waiter.sleep(0)
        self.announce(line)

    def intake(self, site: Site) -> Intake:
        if self.parts.intake is not None:
            return self.parts.intake(site)
        client = self.clients.prompt("lambda", site.region)
        return InvokedIntake(client, site.order_intake, self.configuration.account_claim)

    def result(self, step: str) -> Mapping[str, Any]:
        """What an earlier step has proved; raises StepFailedError if it is not done."""
        if step not in self.results:
            raise StepFailedError(f"step {step} is not done, and this one builds on it; `resume`")
        return self.results[step]
