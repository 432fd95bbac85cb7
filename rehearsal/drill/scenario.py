"""What happens in one drill, by its seed."""

from __future__ import annotations

import random
from dataclasses import dataclass
from enum import StrEnum

from aws_emulator.faults import Fault, FaultKind


class Loss(StrEnum):
    """How the primary is taken away."""

    DEAD = "dead"
    CUT_OFF = "cut-off"
    PLANNED = "planned"
    """It is not: a switchover."""


class Second(StrEnum):
    """What goes wrong besides."""

    NOTHING = "nothing"
    KILLED = "operator killed"
    TWO_OPERATORS = "two operators"
    THROTTLED = "throttled"
    LOST_ANSWER = "lost answer"


# Steps of the gap and after it, at whose beginning an operator may be killed.
_KILLED_AT = ("take-lease", "await-lease", "open-intake", "turn-traffic", "prove-order", "promote-database")
_LOSSES = (Loss.DEAD, Loss.CUT_OFF, Loss.PLANNED)
_SECONDS = (Second.NOTHING, Second.KILLED, Second.TWO_OPERATORS, Second.THROTTLED, Second.LOST_ANSWER)


@dataclass(frozen=True)
class Scenario:
    """`accepted_first` orders are accepted before the loss; `lag` is that of the global tables in seconds; `kill_at`
    names a step of the runbook; `fault` strikes the operator's calls."""

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
    """The losses and the second faults take turns, so that fifteen seeds in a row hold every pair; the rest is
    drawn. `region` is the one that takes over."""
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
