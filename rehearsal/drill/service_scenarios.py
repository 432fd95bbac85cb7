"""Drills in which one service of one region fails, by name.

Each states what the platform does, as docs/runbook.md does: the statuses of orders, the votes of observers, and whether
a failover is needed. A short lease stands for the stacks' longer one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from aws_emulator.service_failures import Manner, Plane, ServiceFailure

UNANSWERED, UNSEEN, STALE = "primary-unanswered", "primary-unseen", "lease-stale"
"""Observers of the primary, without the one of the database's replica: its metric is AWS's."""
ALL_VOTES = frozenset({UNANSWERED, UNSEEN, STALE})
_ACCEPTED, _KEPT, _REFUSED = 201, 202, 503


class Way(StrEnum):
    """The action of operators."""

    WAIT = "wait"
    """The primary keeps the lease, and the failure ends by itself."""
    FAILOVER = "failover"
    """The recovery region takes over while the service of the primary still fails."""
    FAILOVER_INTO_FAILURE = "failover into a failure"
    """The primary is lost as a whole, and a service of the recovery region fails."""


@dataclass(frozen=True)
class Part:
    """A failure of one service without its region."""

    service: str
    manner: Manner
    seconds: float = 0.0
    every: int = 1
    plane: Plane = Plane.ALL

    def at(self, region: str) -> ServiceFailure:
        return ServiceFailure(self.service, region, self.manner, self.seconds, self.every, self.plane)


@dataclass(frozen=True)
class ServiceScenario:
    """A failure and what has to follow.

    `statuses` are the statuses that orders may get once the failure has lasted longer than the lease; each of
    `certain` must occur. `votes` are exactly the observers that vote. `resumed`: a step of the failover fails, and
    `resume` ends it after the failure; otherwise no step may fail.
    """

    name: str
    does: str
    parts: tuple[Part, ...]
    way: Way
    statuses: frozenset[int] = frozenset()
    certain: frozenset[int] = frozenset()
    votes: frozenset[str] = frozenset()
    resumed: bool = False


def _refuses(name: str, does: str, *parts: Part) -> ServiceScenario:
    """A primary that refuses every order is voted out."""
    only = frozenset({_REFUSED})
    return ServiceScenario(name, does, parts, Way.FAILOVER, only, only, ALL_VOTES)


def _waits(name: str, does: str, certain: set[int], may: set[int], *parts: Part) -> ServiceScenario:
    return ServiceScenario(name, does, parts, Way.WAIT, frozenset(certain | may), frozenset(certain))


def _into(name: str, does: str, *parts: Part, resumed: bool = False) -> ServiceScenario:
    return ServiceScenario(name, does, parts, Way.FAILOVER_INTO_FAILURE, resumed=resumed)


SERVICE_SCENARIOS: Mapping[str, ServiceScenario] = {
    one.name: one
    for one in (
        _refuses("dynamodb-unreachable", "DynamoDB closes connections", Part("dynamodb", Manner.UNREACHABLE)),
        _refuses("dynamodb-silent", "DynamoDB takes requests and does not answer", Part("dynamodb", Manner.SILENT)),
        _refuses(
            "kms-down",
            "KMS does not answer, and what uses its keys returns errors",
            Part("kms", Manner.UNREACHABLE),
            Part("dynamodb", Manner.ERROR),
            Part("kinesis", Manner.ERROR),
        ),
        ServiceScenario(
            "dynamodb-too-slow",
            "DynamoDB executes each call after the time-out of a write",
            (Part("dynamodb", Manner.SLOW, seconds=1.0),),
            Way.FAILOVER,
            frozenset({_REFUSED}),
            frozenset({_REFUSED}),
            # A late write extends the lease, and its writer does not learn of it.
            frozenset({UNANSWERED, UNSEEN}),
        ),
        _waits(
            "dynamodb-slow",
            "DynamoDB is slow within the time-out of a write",
            {_ACCEPTED},
            {_KEPT, _REFUSED},
            Part("dynamodb", Manner.SLOW, seconds=0.1),
        ),
        _waits(
            "dynamodb-zone",
            "one zone of DynamoDB fails",
            {_ACCEPTED},
            {_KEPT, _REFUSED},
            Part("dynamodb", Manner.UNREACHABLE, every=5),
        ),
        _waits("kinesis-silent", "Kinesis does not answer", {_KEPT}, {_REFUSED}, Part("kinesis", Manner.SILENT)),
        _waits("kinesis-errors", "Kinesis returns errors", {_KEPT}, set(), Part("kinesis", Manner.ERROR)),
        _waits(
            "kinesis-zone",
            "one zone of Kinesis fails",
            {_ACCEPTED, _KEPT},
            set(),
            Part("kinesis", Manner.UNREACHABLE, every=3),
        ),
        _waits(
            "control-planes",
            "the control planes of the primary fail, and its data planes work",
            {_ACCEPTED},
            {_KEPT},
            *(
                Part(service, Manner.ERROR, plane=Plane.CONTROL)
                for service in ("dynamodb", "kinesis", "lambda", "ec2", "autoscaling", "rds", "kms", "sts")
            ),
        ),
        _into("recovery-sts", "STS of the recovery region does not answer", Part("sts", Manner.SILENT)),
        _into(
            "recovery-control-planes",
            "STS and the control planes of DynamoDB, Lambda, Kinesis, EC2 and Auto Scaling fail in the recovery region",
            Part("sts", Manner.ERROR),
            *(
                Part(service, Manner.ERROR, plane=Plane.CONTROL)
                for service in ("dynamodb", "lambda", "kinesis", "ec2", "autoscaling")
            ),
        ),
        _into(
            "recovery-databases",
            "RDS of the recovery region returns errors",
            Part("rds", Manner.ERROR),
            resumed=True,
        ),
        _into(
            "recovery-kinesis",
            "Kinesis of the recovery region returns errors",
            Part("kinesis", Manner.ERROR),
            resumed=True,
        ),
    )
}
"""Every scenario by its name."""
