"""What is derived from the orders that engines work on: rates, quantiles, and how fast the error budget of the latency
objective burns.

The objective: 99 of 100 orders take no longer than the setting `engineLatencyObjective`. That is a bound of the
histogram, so the share of slower orders is counted, not interpolated. How fast a budget may burn, over which windows,
is from Google's Site Reliability Workbook, "Alerting on SLOs", multiwindow, multi-burn-rate alerts: the long window
says that it matters, the short one that it still goes on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from components.observability.buckets import in_seconds
from components.observability.prometheus import contract
from components.observability.prometheus.rule import Alert, Group, Recording, Severity
from components.settings import Settings

# The share of orders that may be slower.
BUDGET = 0.01
QUANTILES = ("0.5", "0.99", "0.999")
# Engines are scraped every 5 s; a rate wants four samples at least.
_RATE = "1m"
_INTERVAL = "15s"
_WINDOWS = ("5m", "30m", "1h", "6h", "3d")


@dataclass(frozen=True)
class Burn:
    """An alert on the budget: raised when both windows burn it `factor` times as fast as it lasts for 30 days."""

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
    """Name of the series that says which share of the orders of a window took longer than the objective."""
    return f"region:trading_order_latency_slow:ratio_rate{window}"


def burn_rate(window: str) -> str:
    """Name of the series that says how many times faster than allowed the budget burns: 1 uses it up in 30 days."""
    return f"region:trading_order_latency_budget:burn_rate{window}"


def order_recordings(settings: Settings) -> Group:
    """Everything that is recorded about orders. Where no orders come there are no shares, rather than shares of
    nothing."""
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
    """What raises an alert about the latency objective."""
    microseconds = settings.observability.engine_latency_objective
    return Group(
        "trading-orders-objective",
        _INTERVAL,
        [
            Alert(
                burn.name,
                f"{burn_rate(burn.long)} > {burn.factor:g} and {burn_rate(burn.short)} > {burn.factor:g}",
                burn.severity,
                f"Too many orders take longer than {microseconds} us",
                f'Over {burn.long} the error budget of order latency burned {{{{ $value | printf "%.1f" }}}} times as '
                f"fast as it lasts for, and still does; {burn.factor:g} times is too fast.",
            )
            for burn in BURNS
        ]
        + [_unmeasured(microseconds)],
    )


def _unmeasured(microseconds: int) -> Alert:
    """Orders without the objective's bound have no share of slow ones: no alert on the budget would be raised."""
    bucket = f'{contract.ORDER_LATENCY.bucket}{{le="{in_seconds(microseconds)}"}}'
    return Alert(
        "OrderLatencyUnmeasured",
        f"sum by (instance) (rate({contract.ORDERS.name}[5m])) > 0 unless on (instance) {bucket}",
        Severity.WARNING,
        "The latency of orders is not measured against its objective",
        f"{{{{ $labels.instance }}}} works on orders, and does not count those within {microseconds} us.",
        hold="5m",
    )


def _share(orders: str, outcome: str) -> str:
    every = f"sum(rate({orders}[5m]))"
    # A counter that was never touched is not exposed: that share is 0, not unknown.
    some = f'(sum(rate({orders}{{outcome="{outcome}"}}[5m])) or vector(0))'
    return f"{some} / ({every} > 0)"


def _of_the_budget(bucket: str, count: str, objective: str) -> Iterator[Recording]:
    for window in _WINDOWS:
        fast, every = f'sum(rate({bucket}{{le="{objective}"}}[{window}]))', f"sum(rate({count}[{window}]))"
        yield Recording(slow_ratio(window), f"1 - {fast} / ({every} > 0)")
        yield Recording(burn_rate(window), f"{slow_ratio(window)} / {BUDGET:g}")
