"""Recording rules and alerts of orders: rates, quantiles, and burn rates of the latency objective's error budget.

The objective: 99 of 100 orders take no longer than the setting `engineLatencyObjective`. This value is a bound of the
histogram, so the share of slower orders is exact and not interpolated. Burn rates and windows are from Google's Site
Reliability Workbook, "Alerting on SLOs", multiwindow, multi-burn-rate alerts: the long window shows that the burn is
significant, the short one that it continues.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from components.observability.buckets import in_seconds
from components.observability.prometheus import contract
from components.observability.prometheus.rule import Alert, Group, Recording, Severity
from components.settings import Settings

# Share of orders that can be slower than the objective.
BUDGET = 0.01
QUANTILES = ("0.5", "0.99", "0.999")
# Engines are scraped every 5 s, and a rate needs at least four samples.
_RATE = "1m"
_INTERVAL = "15s"
_WINDOWS = ("5m", "30m", "1h", "6h", "3d")


@dataclass(frozen=True)
class Burn:
    """A burn rate alert: fires while both windows burn the 30-day budget `factor` times too fast."""

    name: str
    factor: float
    long: str
    short: str
    severity: Severity


BURNS = (
    Burn("OrderLatencyBudgetBurnsInHours", 14.4, "1h", "5m", Severity.CRITICAL),
    Burn("OrderLatencyBudgetBurnsInDays", 6, "6h", "30m", Severity.CRITICAL),
    Burn("OrderLatencyBudgetRunsOut", 1, "3d", "6h", Severity.WARNING),
)

ORDER_RATE = "region_outcome:trading_orders:rate1m"
FILL_RATE = "region:trading_fills:rate1m"
REJECT_RATE = "region_reason:trading_order_rejects:rate1m"
FAILED_RATIO = "region:trading_orders_failed:ratio_rate5m"
REJECTED_RATIO = "region:trading_orders_rejected:ratio_rate5m"
LATENCY_QUANTILE = "region_quantile:trading_order_latency_seconds:rate1m"


def slow_ratio(window: str) -> str:
    """Name of the series with the share of orders in a window that were slower than the objective."""
    return f"region:trading_order_latency_slow:ratio_rate{window}"


def burn_rate(window: str) -> str:
    """Name of the series with the burn rate: 1 uses the budget up in 30 days."""
    return f"region:trading_order_latency_budget:burn_rate{window}"


def order_recordings(settings: Settings) -> Group:
    """Recording rules of orders. Without orders a share has no value."""
    orders, latency = contract.ORDERS.name, contract.ORDER_LATENCY
    objective = in_seconds(settings.observability.engine_latency_objective)
    return Group(
        "trading-orders-recorded",
        _INTERVAL,
        [
            Recording(ORDER_RATE, f"sum by (outcome) (rate({orders}[{_RATE}]))"),
            Recording(FILL_RATE, f"sum(rate({contract.FILLS.name}[{_RATE}]))"),
            Recording(REJECT_RATE, f"sum by (reason) (rate({contract.REJECTS.name}[{_RATE}]))"),
            Recording(FAILED_RATIO, _share(orders, contract.FAILED)),
            Recording(REJECTED_RATIO, _share(orders, contract.REJECTED)),
            *(
                Recording(
                    LATENCY_QUANTILE,
                    f"histogram_quantile({quantile}, sum by (le) (rate({latency.bucket}[{_RATE}])))",
                    {"quantile": quantile},
                )
                for quantile in QUANTILES
            ),
            *_of_the_budget(latency.bucket, latency.count, objective),
        ],
    )


def order_alerts(settings: Settings) -> Group:
    """Alerts on the latency objective."""
    microseconds = settings.observability.engine_latency_objective
    return Group(
        "trading-orders-objective",
        _INTERVAL,
        [
            Alert(
                burn.name,
                f"{burn_rate(burn.long)} > {burn.factor:g} and {burn_rate(burn.short)} > {burn.factor:g}",
                burn.severity,
                f"Too many orders are slower than {microseconds} us",
                f'The burn rate of the latency error budget over {burn.long} is {{{{ $value | printf "%.1f" }}}} and '
                f"stays high; the limit is {burn.factor:g}.",
            )
            for burn in BURNS
        ]
        + [_unmeasured(microseconds)],
    )


def _unmeasured(microseconds: int) -> Alert:
    """If the histogram lacks the objective's bound, there is no share of slow orders, and no burn rate alert would
    fire."""
    bucket = f'{contract.ORDER_LATENCY.bucket}{{le="{in_seconds(microseconds)}"}}'
    return Alert(
        "OrderLatencyUnmeasured",
        f"sum by (instance) (rate({contract.ORDERS.name}[5m])) > 0 unless on (instance) {bucket}",
        Severity.WARNING,
        "The latency objective is not measured",
        f"{{{{ $labels.instance }}}} processes orders but has no histogram bound at {microseconds} us.",
        hold="5m",
    )


def _share(orders: str, outcome: str) -> str:
    every = f"sum(rate({orders}[5m]))"
    # A counter without increments is not exposed: its share is 0 and not unknown.
    some = f'(sum(rate({orders}{{outcome="{outcome}"}}[5m])) or vector(0))'
    return f"{some} / ({every} > 0)"


def _of_the_budget(bucket: str, count: str, objective: str) -> Iterator[Recording]:
    for window in _WINDOWS:
        fast, every = f'sum(rate({bucket}{{le="{objective}"}}[{window}]))', f"sum(rate({count}[{window}]))"
        yield Recording(slow_ratio(window), f"1 - {fast} / ({every} > 0)")
        yield Recording(burn_rate(window), f"{slow_ratio(window)} / {BUDGET:g}")
