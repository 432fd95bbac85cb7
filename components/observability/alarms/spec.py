"""Definition of an alarm, independent of CloudWatch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from components.observability.series import Series

_MINUTE = 60


class Concern(StrEnum):
    """Effect on users or operations. Each concern has a composite alarm that pages once and lists its child alarms. The
    value is the last part of the composite alarm's name."""

    ORDERS = "orders-impaired"
    LATENCY = "latency-degraded"
    REPLICATION = "replication-impaired"
    RECOVERY = "recovery-not-ready"
    PLATFORM = "platform-degraded"
    ON_PREMISES = "premises-cut-off"


MEANING: Mapping[Concern, str] = {
    Concern.ORDERS: "Orders are not accepted, not executed, or may be lost.",
    Concern.LATENCY: "Order latency is above its objective.",
    Concern.REPLICATION: "Replication to the other region is late: a loss of this region would lose data.",
    Concern.RECOVERY: "The recovery region is not ready to take over.",
    Concern.PLATFORM: "Shared infrastructure is failing or near a limit.",
    Concern.ON_PREMISES: "The on-premises network cannot reach this region by VPN.",
}


class Comparison(StrEnum):
    """Comparison of a value with the threshold."""

    AT_LEAST = "GreaterThanOrEqualToThreshold"
    ABOVE = "GreaterThanThreshold"
    BELOW = "LessThanThreshold"


class Missing(StrEnum):
    """Treatment of missing data. Counters and latencies of unused resources have no data, which is normal."""

    WELL = "notBreaching"
    BREACH = "breaching"


@dataclass(frozen=True)
class Term:
    """One of several series in an expression."""

    id: str
    series: Series
    statistic: str


@dataclass(frozen=True)
class Combined:
    """Metric math over terms with one period (CloudWatch User Guide, "Using math expressions")."""

    expression: str
    label: str
    terms: tuple[Term, ...]

    @property
    def resolution(self) -> int:
        """Resolution in seconds: the coarsest of its terms."""
        return max(term.series.resolution for term in self.terms)


@dataclass(frozen=True)
class Alarm:
    """An alarm that fires when `statistic` of `metric` breaches `threshold` in `breaching` of the last `periods`
    periods of `period` seconds.

    `name` is the last part of the alarm's name; `description` states the fault and the first action. An alarm with a
    `concern` pages through the concern's composite alarm and has no action of its own; an alarm without one is a
    ticket. `serving` marks alarms that are normal in standby: they are declared only in an active region. `statistic`
    is empty if the terms of an expression have their own.
    """

    name: str
    description: str
    metric: Series | Combined
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
        """Return a copy that fires if that many of the last `of` periods breach; all of them by default."""
        return replace(self, breaching=minutes, periods=of or minutes)

    def for_any_of(self, periods: int) -> Alarm:
        """Return a copy that stays in ALARM while one of the last `periods` periods breaches."""
        return replace(self, breaching=1, periods=periods)

    def only_when_active(self) -> Alarm:
        """Return a copy that is declared only in the active region."""
        return replace(self, serving=True)

    def pages(self, concern: Concern) -> Alarm:
        """Return a copy that pages through `concern`."""
        return replace(self, concern=concern)


def counted(name: str, description: str, series: Series, threshold: float = 1, period: int = _MINUTE) -> Alarm:
    """Return an alarm on the sum of one period."""
    return Alarm(name, description, series, threshold, statistic="Sum", period=period)


def highest(name: str, description: str, series: Series, threshold: float, period: int = _MINUTE) -> Alarm:
    """Return an alarm on the maximum of a period."""
    return Alarm(name, description, series, threshold, statistic="Maximum", period=period)


def average(name: str, description: str, series: Series, threshold: float, period: int = _MINUTE) -> Alarm:
    """Return an alarm on the mean of a period."""
    return Alarm(name, description, series, threshold, statistic="Average", period=period)


def summed(name: str, description: str, terms: Mapping[str, Series], threshold: float = 1) -> Alarm:
    """Return an alarm on the sum of several counters by id; a counter without data counts as zero."""
    combined = Combined(
        " + ".join(f"FILL({id_}, 0)" for id_ in terms),
        description.partition(".")[0],
        tuple(Term(id_, series, "Sum") for id_, series in terms.items()),
    )
    return Alarm(name, description, combined, threshold)
