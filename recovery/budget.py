"""How long recovery takes at most, as a function of the settings.

The recovery time objective runs from the decision to the first order that the recovery region accepts. Detection comes
before the decision and is reported beside it, never inside. Every term is what the settings allow at most, not what is
usual: a call takes milliseconds, and is counted as long as its client waits for one answer
(`functions.clients.prompt_client`), which is several times what a strongly consistent write between regions takes. A
call that needs a second try or a new connection, and a look that was cut, are beyond the budget. The run is late then
by as much and goes on. The budget holds for a caller inside the region; `round_trip_seconds` is what distance adds.

The switch is turned directly after the epoch is raised. From then on two things pass at the same time: health checks,
name servers and resolvers notice (`terms`), and the old lease ends and order intake opens (`beside`). The longer of
both counts. The budget ends with a client's order: the run's own order passes while clients resolve the name.

After a failover to the primary because the recovery region is lost (`second_disaster_seconds`), nothing can answer that
traffic leads to the primary before the primary accepts orders (`components.recovery.traffic`). The two then pass one
after the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

RTO_SECONDS = 30.0
"""The objective: from the decision to the first accepted order."""
SILENT_REGION_SECONDS = 2.0
"""How long anything waits for a region that may be gone: the longest that one attempt to reach it may take."""

# The lease is observed, read again, written on the condition that it is still what was read, and read to verify it.
CALLS_OF_THE_EPOCH = 4
# The beginning of the run, what is intended and done for the epoch, and what is intended for the traffic.
ENTRIES_OF_THE_JOURNAL = 4
# What is done for the traffic, and what is intended and done for the lease and for order intake.
ENTRIES_BESIDE_THE_TRAFFIC = 5
ASKED_EVERY_MILLISECONDS = 100
"""How often a run asks whether what it waits for has come."""


class SwitchKind(StrEnum):
    """How traffic is turned."""

    HEALTH_CHECK = "healthCheck"
    """The standby answers the primary's health check: it takes over by saying so from its own region."""
    ROUTING_CONTROL = "routingControl"
    """Routing controls of Application Recovery Controller, through any of five regional endpoints."""


# Where it stands is read before it is turned. A routing control knows no condition, so the epoch is looked at first; of
# the five regional endpoints of a cluster one may be in the region that is lost, and costs its time once.
CALLS_TO_TURN = {SwitchKind.HEALTH_CHECK: 2, SwitchKind.ROUTING_CONTROL: 4}


_CALLS_OF_ORDER_INTAKE = 2


@dataclass(frozen=True)
class Times:
    """What the settings say, in seconds; `threshold` is a count of health checks in a row.

    `decision` is what passes before the first step: the hand-over, a look at what is needed, a lock. `call` bounds one
    call to a data plane that is up. `lease` is the longest that an old holder, who does not answer, may go on by its
    own clock, from which the new holder's differs by up to `margin`. `recheck` is how often order intake looks for a
    lease that it does not have, and `look` the longest that it takes to look.
    `interval`, `threshold` and `ttl` are those of the health check and of the record that are switched; `propagation`
    is the way of a health check's status to the name servers. `cold_start` is what the functions of a first order take
    to start. `first_order` bounds the calls of one order.
    `engines` is what the first engine takes from its launch to service, 0 where one stands by.
    `observed_every` and `observations` are how often the primary is observed, and how many observations in a row make
    an alarm.
    """

    switch: SwitchKind
    decision: float
    call: float
    lease: float
    margin: float
    recheck: float
    look: float
    interval: float
    threshold: int
    propagation: float
    ttl: float
    cold_start: float
    first_order: float
    engines: float
    observed_every: float
    observations: int


@dataclass(frozen=True)
class Term:
    """One part of the budget: `seconds` at most, and where the number comes from."""

    name: str
    seconds: float
    source: str


@dataclass(frozen=True)
class Budget:
    """The terms in the order in which they pass; `beside` passes while clients learn of the switch, and counts as far
    as it takes longer (the term LONGER). `engines` comes after the first accepted order: until then it is not traded.
    `detection` is how long a loss goes unnoticed before the decision."""

    terms: tuple[Term, ...]
    beside: tuple[Term, ...]
    engines: Term
    detection: Term

    @property
    def seconds(self) -> float:
        """From the decision to the first accepted order, at most."""
        return sum(term.seconds for term in self.terms)

    @property
    def tradable_seconds(self) -> float:
        """From the decision to the first accepted order that an engine trades, at most. No part of the objective."""
        return self.seconds + self.engines.seconds

    @property
    def second_disaster_seconds(self) -> float:
        """The same for a failover to the primary after the recovery region was lost: nothing passes beside."""
        longer = sum(term.seconds for term in self.terms if term.name == LONGER)
        return self.seconds - longer + sum(term.seconds for term in self.beside)

    @property
    def kept(self) -> bool:
        """Whether the objective is reached."""
        return self.seconds <= RTO_SECONDS

    @property
    def headroom(self) -> float:
        """Seconds of the objective that the terms leave over; negative where it is not reached."""
        return RTO_SECONDS - self.seconds

    def explained(self) -> str:
        """The terms and their sum on one line."""
        parts = " + ".join(f"{term.name} {term.seconds:g} s" for term in self.terms)
        return f"{parts} = {self.seconds:g} s"

    def as_json(self) -> dict[str, Any]:
        """The export of the recovery stack: the terms, and the sums for readers that do not add."""
        return {
            "terms": [asdict(term) for term in self.terms],
            "beside": [asdict(term) for term in self.beside],
            "engines": asdict(self.engines),
            "detection": asdict(self.detection),
            "seconds": self.seconds,
            "tradableSeconds": self.tradable_seconds,
            "secondDisasterSeconds": self.second_disaster_seconds,
        }

    @classmethod
    def of_json(cls, found: Mapping[str, Any]) -> Budget:
        """The budget of an export of this version of the program."""
        return cls(
            tuple(Term(**term) for term in found["terms"]),
            tuple(Term(**term) for term in found["beside"]),
            Term(**found["engines"]),
            Term(**found["detection"]),
        )


LONGER = "lease and order intake, beyond the way of the traffic"
"""Name of the term by which the terms beside the traffic take longer."""


def round_trip_seconds(switch: SwitchKind, milliseconds: int) -> float:
    """What a round trip of so many milliseconds adds at most: each call in the gap takes one longer.

    Beside the epoch, the journal and the switch, order intake is asked once whether it accepts and once for an order.
    """
    entries = ENTRIES_OF_THE_JOURNAL + ENTRIES_BESIDE_THE_TRAFFIC
    calls = CALLS_OF_THE_EPOCH + entries + CALLS_TO_TURN[switch] + _CALLS_OF_ORDER_INTAKE
    return calls * milliseconds / 1000


def budget(times: Times) -> Budget:
    """The budget of these settings."""
    beside = _beside(times)
    noticed = _noticed(times)
    longer = max(0.0, sum(term.seconds for term in beside) - sum(term.seconds for term in noticed))
    terms = (
        *_until_the_switch_is_turned(times),
        *noticed,
        Term(LONGER, longer, "what `beside` takes longer than health checks, name servers and resolvers"),
        Term(
            "cold start",
            times.cold_start,
            "setting coldStartMilliseconds: authorizer and order intake, one after the other; AWS Lambda Developer "
            "Guide, 'Lambda execution environment': a cold start takes from under 100 ms to over 1 s",
        ),
        Term(
            "first order",
            times.first_order + times.call,
            "calls of one order, each up to writeTimeoutMilliseconds, and the way to order intake and back",
        ),
    )
    engines = Term(
        "first engine in service",
        times.engines,
        "setting engineStartSeconds, 0 with elasticEnginesMin of the recovery stack above 0; AWS gives no number: "
        "measure it in a drill on AWS",
    )
    detection = Term(
        "detection",
        times.observed_every * times.observations,
        "period of the observers' metrics times the periods that an alarm evaluates",
    )
    return Budget(terms, beside, engines, detection)


def _until_the_switch_is_turned(times: Times) -> tuple[Term, ...]:
    return (
        Term(
            "decision",
            times.decision,
            "setting decisionMilliseconds; AWS Lambda Developer Guide, 'Lambda execution environment': a cold start "
            "takes from under 100 ms to over 1 s",
        ),
        Term(
            "raising the epoch",
            CALLS_OF_THE_EPOCH * times.call,
            "reads and a conditional write of the control table, each up to controlCallMilliseconds",
        ),
        Term(
            "journal",
            ENTRIES_OF_THE_JOURNAL * times.call,
            "entries of the control table until the switch is turned, each up to controlCallMilliseconds; DynamoDB "
            "Developer Guide, 'Global tables: multi-Region strong consistency': a write is in one other region before "
            "it is answered, some 50 ms from us-west-2 to us-east-2",
        ),
        Term(
            "turning the switch",
            CALLS_TO_TURN[times.switch] * times.call,
            "calls, each up to controlCallMilliseconds; Amazon Application Recovery Controller Developer Guide, 'Best "
            "practices for routing control': try each regional endpoint",
        ),
    )


def _noticed(times: Times) -> tuple[Term, ...]:
    """From the turned switch to a client that resolves the name."""
    return (
        Term(
            "health checks",
            times.interval * times.threshold,
            "Route 53 Developer Guide, 'Values that you specify when you create or update health checks': request "
            "interval times failure threshold",
        ),
        Term(
            "propagation to name servers",
            times.propagation,
            "setting dnsPropagationMilliseconds; Route 53 Developer Guide, 'How Amazon Route 53 averts failover "
            "problems': checkers send statuses to all locations of Route 53 constantly. AWS gives no number: measure "
            "it in a drill on AWS",
        ),
        Term(
            "answers that resolvers keep",
            times.ttl,
            "Route 53 Developer Guide, 'Values common for failover records': TTL of the record",
        ),
    )


def _beside(times: Times) -> tuple[Term, ...]:
    """From the raised epoch to order intake that accepts."""
    return (
        Term("lease of an old holder that does not answer", times.lease, "setting leaseMilliseconds"),
        Term("clock error", times.margin, "setting leaseMarginMilliseconds: the new holder's clock may be behind"),
        Term(
            "order intake's look at the lease",
            times.recheck + ASKED_EVERY_MILLISECONDS / 1000 + times.look + times.call,
            "settings leaseRecheckMilliseconds and writeTimeoutMilliseconds, how often the run asks, and its call",
        ),
        Term(
            "journal beside the traffic",
            ENTRIES_BESIDE_THE_TRAFFIC * times.call,
            "entries of the control table until order intake has opened, each up to controlCallMilliseconds",
        ),
    )
