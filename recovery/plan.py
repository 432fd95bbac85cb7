"""What each verb does: frozen steps, in the order in which they are taken, apart from their execution."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from recovery.errors import ConfigurationError
from recovery.steps.compare import CatchUp, CompareOrders
from recovery.steps.engines import AwaitEngines, StartEngines
from recovery.steps.growth import DrainBacklog, ScaleOutStep, StandBy
from recovery.steps.lease import AwaitLease, AwaitQuiet, Quiesce, TakeLease
from recovery.steps.orders import ReconcileOrders, ReconcileReturned, RecordKnownOrders
from recovery.steps.positions import ReconcilePositions, ReconcilePositionsHere
from recovery.steps.republish import RepublishOrders, RestoreCancellations, RestoreCancellationsHere
from recovery.steps.step import Stage, Step
from recovery.steps.stores import (
    AwaitDatabase,
    AwaitFiles,
    AwaitReplica,
    DetachFiles,
    DetachSecret,
    PromoteDatabase,
    RotateSecret,
)
from recovery.steps.traffic import OpenIntake, ProveOrder, TurnTraffic


class Verb(StrEnum):
    """The runs that there are."""

    OPEN = "open"
    FAILOVER = "failover"
    SWITCHOVER = "switchover"
    FAILBACK = "failback"
    FAILOVER_TO_PRIMARY = "failover-to-primary"
    """The way out of a second disaster: the recovery region is lost while it holds the lease."""
    REJOIN = "rejoin"
    """The region that was lost stands by again, with the lease where it is."""
    DRILL = "drill"


UNPLANNED = frozenset({Verb.FAILOVER, Verb.FAILOVER_TO_PRIMARY})
"""Verbs that do not wait for the region that is left."""
GIVES_WAY = {verb: frozenset({Verb.DRILL}) for verb in UNPLANNED}
"""Whose runs are given up where one of a verb begins, even while somebody is at work on them: they move nothing, and it
cannot wait."""
GIVEN_UP = {verb: frozenset({Verb.DRILL}) for verb in Verb}
"""Whose unfinished runs are given up where one of a verb begins, once nobody is at work on them any more: a drill that
was killed moves nothing, and there is nothing to resume."""


@dataclass(frozen=True)
class Plan:
    """`to_standby` says which region takes over; `loses` what is lost at most, for whoever has to decide."""

    verb: Verb
    to_standby: bool
    does: str
    loses: str
    steps: tuple[Step, ...]

    def stage(self, stage: Stage) -> tuple[Step, ...]:
        return tuple(step for step in self.steps if step.stage is stage)

    @property
    def help(self) -> str:
        """What it does, as a sentence."""
        return f"{self.does[0].upper()}{self.does[1:]}."

    @property
    def names(self) -> list[str]:
        return [step.name for step in self.steps]


# Traffic turns while the old lease ends: health checks and resolvers take longer than that to notice, and the old
# region can extend its lease no more.
_HAND_OVER = (TakeLease(), TurnTraffic(), AwaitLease(), OpenIntake(), ProveOrder())
_QUIET = (Quiesce(), AwaitQuiet(), CatchUp())
_ASKED = (PromoteDatabase(), DetachSecret(), DetachFiles())
_ENGINES_STARTED, _ENGINES_STAND = (StartEngines(),), (AwaitEngines(),)
_AWAITED = (AwaitDatabase(), RotateSecret(), AwaitFiles())

PLANS: dict[Verb, Plan] = {
    plan.verb: plan
    for plan in (
        Plan(
            Verb.OPEN,
            False,
            "grant the right to accept orders to the primary for the first time",
            "nothing",
            (TakeLease(), AwaitLease(), OpenIntake(), ProveOrder()),
        ),
        Plan(
            Verb.FAILOVER,
            True,
            "move order intake to the recovery region, whatever has become of the primary",
            "orders of the last moment that had not arrived; each is named by failback, none with strongly consistent "
            "tables. Open orders that had arrived are published again; those older than redriveHoldMinutes and not "
            "published are named for the trading desk",
            (
                *_HAND_OVER,
                RecordKnownOrders(),
                *_ENGINES_STARTED,
                RepublishOrders(),
                *_ASKED,
                *_ENGINES_STAND,
                *_AWAITED,
                ScaleOutStep(),
                DrainBacklog(),
            ),
        ),
        Plan(
            Verb.SWITCHOVER,
            True,
            "move order intake to the recovery region while both regions are well",
            "nothing: orders are refused until all that were accepted have arrived",
            (
                CompareOrders(),
                AwaitReplica(),
                *_QUIET,
                *_HAND_OVER,
                *_ENGINES_STARTED,
                RepublishOrders(),
                *_ASKED,
                *_ENGINES_STAND,
                *_AWAITED,
                ScaleOutStep(),
                DrainBacklog(),
            ),
        ),
        Plan(
            Verb.FAILBACK,
            False,
            "name what the takeover had not known, and move order intake back to the primary",
            "nothing: orders are refused until all that were accepted have arrived",
            (
                ReconcileOrders(),
                RestoreCancellations(),
                CompareOrders(),
                ReconcilePositions(),
                AwaitReplica(),
                *_QUIET,
                *_HAND_OVER,
                RepublishOrders(),
                *_ASKED,
                *_AWAITED,
                StandBy(),
                DrainBacklog(),
            ),
        ),
        Plan(
            Verb.FAILOVER_TO_PRIMARY,
            False,
            "move order intake to the primary, whether or not the recovery region responds",
            "orders of the last moment that had not arrived; each is named by rejoin, none with strongly consistent "
            "tables. Orders of the failover before that had not arrived in time are named by this run",
            (
                *_HAND_OVER,
                RecordKnownOrders(),
                RestoreCancellationsHere(),
                RepublishOrders(),
                ReconcileReturned(),
                ReconcilePositionsHere(),
                *_ASKED,
                *_AWAITED,
                DrainBacklog(),
            ),
        ),
        Plan(
            Verb.REJOIN,
            True,
            "name what the failover to the primary had not known, and let the recovery region stand by again",
            "nothing: orders are accepted where they were",
            (ReconcileOrders(), RestoreCancellations(), CompareOrders(), ReconcilePositions(), StandBy()),
        ),
        Plan(
            Verb.DRILL,
            True,
            "compare both regions and see that the recovery region could take over now; moves nothing",
            "nothing",
            (CompareOrders(),),
        ),
    )
}
"""Every plan, by verb."""


def plan_of(verb: str) -> Plan:
    """The plan of a verb; raises ConfigurationError for a verb of another version of the program."""
    try:
        return PLANS[Verb(verb)]
    except ValueError:
        raise ConfigurationError(
            f"run {verb!r}: this version of the program knows {', '.join(PLANS)}; resume it with the one that began it"
        ) from None
