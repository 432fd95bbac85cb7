"""The events of one drill, derived from its seed."""

from __future__ import annotations

import random
from dataclasses import dataclass
from enum import StrEnum

from aws_emulator.faults import Fault, FaultKind


class Loss(StrEnum):
    """The failure of the primary."""

    DEAD = "dead"
    CUT_OFF = "cut-off"
    PLANNED = "planned"
    """The primary does not fail: a switchover."""


class Second(StrEnum):
    """The second fault of a drill."""

    NOTHING = "nothing"
    KILLED = "operator killed"
    TWO_OPERATORS = "two operators"
    THROTTLED = "throttled"
    LOST_ANSWER = "lost answer"


# Steps before and after the first accepted order at whose start a drill may kill the operator.
_KILLED_AT = ("take-lease", "await-lease", "open-intake", "turn-traffic", "prove-order", "promote-database")
_LOSSES = (Loss.DEAD, Loss.CUT_OFF, Loss.PLANNED)
_SECONDS = (Second.NOTHING, Second.KILLED, Second.TWO_OPERATORS, Second.THROTTLED, Second.LOST_ANSWER)


@dataclass(frozen=True)
class Scenario:
    """A scenario.

    `accepted_first`: orders accepted before the loss. `lag`: lag of the global tables in seconds. `kill_at`: step of
    the runbook at which the operator is killed. `fault`: fault in the operator's calls.
    """

    seed: int
    loss: Loss
    second: Second
    accepted_first: int
    lag: float
    rate: float
    kill_at: str | None
    fault: Fault | None

    @property
    def verb(self) -> str:
        return "switchover" if self.loss is Loss.PLANNED else "failover"


def scenario(seed: int, region: str) -> Scenario:
    """Return the scenario of a seed, in which `region` takes over.

    Losses and second faults rotate, so that fifteen consecutive seeds include every pair. The other values are random.
    """
    chance = random.Random(seed)
    second = _SECONDS[seed % len(_SECONDS)]
    return Scenario(
        seed=seed,
        loss=_LOSSES[seed % len(_LOSSES)],
        second=second,
        accepted_first=chance.randint(10, 40),
        lag=round(chance.uniform(0.2, 1.5), 2),
        rate=chance.choice((5.0, 10.0)),
        kill_at=chance.choice(_KILLED_AT) if second is Second.KILLED else None,
        fault=_fault(second, region, chance),
    )


def _fault(second: Second, region: str, chance: random.Random) -> Fault | None:
    if second is Second.THROTTLED:
        action = chance.choice(("PutItem", "GetItem"))
        return Fault(FaultKind.THROTTLED, action=action, region=region, count=2, after=chance.randint(0, 8))
    if second is Second.LOST_ANSWER:
        return Fault(FaultKind.LOST_ANSWER, action="PutItem", region=region, after=chance.randint(0, 12))
    return None
