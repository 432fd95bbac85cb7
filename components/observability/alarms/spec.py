"""What an alarm is, before it is declared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from components.observability.series import Series

_MINUTE = 60


class Concern(StrEnum):
    """What is wrong for whom, when an alarm of it is raised: people are woken by the concern, once, and find the
    alarms behind it. The value is the last part of the composite alarm's name."""

    ORDERS = "orders-impaired"
    LATENCY = "latency-degraded"
    REPLICATION = "replication-impaired"
    RECOVERY = "recovery-not-ready"
    PLATFORM = "platform-degraded"
    PREMISES = "premises-cut-off"


MEANING: Mapping[Concern, str] = {
    Concern.ORDERS: "Orders are not taken, not executed, or may be lost.",
    Concern.LATENCY: "Orders take longer than the objective.",
    Concern.REPLICATION: "What is written in one region does not reach the other in time: a loss would lose it.",
    Concern.RECOVERY: "The recovery region could not take over as it should.",
    Concern.PLATFORM: "A part that others stand on is broken or about to be.",
    Concern.PREMISES: "The premises do not reach this region by its VPN.",
}


class Comparison(StrEnum):
    """When a value breaches."""

    AT_LEAST = "GreaterThanOrEqualToThreshold"
    ABOVE = "GreaterThanThreshold"
    BELOW = "LessThanThreshold"


class Missing(StrEnum):
    """What no value means. Counters and latencies of what nobody uses say nothing, which is well."""

    WELL = "notBreaching"
    BREACH = "breaching"


@dataclass(frozen=True)
class Term:
    """One of several series that an expression combines."""

    id: str
    series: Series
    statistic: str


@dataclass(frozen=True)
class Combined:
    """Metric math over terms of one period (CloudWatch User Guide, "Using math expressions")."""

    expression: str
    label: str
    terms: tuple[Term, ...]

    @property
    def resolution(self) -> int:
        """Seconds: that of its coarsest term."""
        return max(term.series.resolution for term in self.terms)


@dataclass(frozen=True)
class Alarm:
    """Raised when `statistic` of `watched` breaches `threshold` in `breaching` of the last `periods` periods of
    `period` seconds.

    `name` is the last part of the alarm's name; `description` says what happened and what to do first. An alarm with a
    `concern` pages through it and notifies nobody by itself; one without is a ticket and notifies by itself. `serving`
    marks what a region that stands by is expected to do: it is declared once the region serves. `statistic` is empty
    where the terms of an expression have their own.
    """

    name: str
    description: str
    watched: Series | Combined
    threshold: float
    statistic: str = ""
    comparison: Comparison = Comparison.AT_LEAST
    period: int = _MINUTE
    periods: int = 1
    breaching: int = 1
    missing: Missing = Missing.WELL
    concern: Concern | None = None
    serving: bool = False

    def for_minutes(self, minutes: int, of: int | None = None) -> Alarm:
        """The same, raised when that many of the last `of` periods breach; all of them by default."""
        return replace(self, breaching=minutes, periods=of or minutes)

    def for_any_of(self, periods: int) -> Alarm:
        """The same, raised for as long as one of the last so many periods breaches."""
        return replace(self, breaching=1, periods=periods)

    def while_serving(self) -> Alarm:
        """The same, declared only where orders come to."""
        return replace(self, serving=True)

    def pages(self, concern: Concern) -> Alarm:
        """The same, as a reason to wake people."""
        return replace(self, concern=concern)


def counted(name: str, description: str, series: Series, threshold: float = 1, period: int = _MINUTE) -> Alarm:
    """An alarm on a sum: so many in one period."""
    return Alarm(name, description, series, threshold, statistic="Sum", period=period)


def highest(name: str, description: str, series: Series, threshold: float, period: int = _MINUTE) -> Alarm:
    """An alarm on the worst value of a period."""
    return Alarm(name, description, series, threshold, statistic="Maximum", period=period)


def average(name: str, description: str, series: Series, threshold: float, period: int = _MINUTE) -> Alarm:
    """An alarm on the mean of a period."""
    return Alarm(name, description, series, threshold, statistic="Average", period=period)


def summed(name: str, description: str, terms: Mapping[str, Series], threshold: float = 1) -> Alarm:
    """An alarm on the sum of several counters by id, of which those that are silent count as zero."""
    combined = Combined(
        " + ".join(f"FILL({id_}, 0)" for id_ in terms),
        description.partition(".")[0],
        tuple(Term(id_, series, "Sum") for id_, series in terms.items()),
    )
    return Alarm(name, description, combined, threshold)
