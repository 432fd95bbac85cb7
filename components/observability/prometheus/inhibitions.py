"""Which alerts are not told while another says the same, or its cause."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Inhibition:
    """While `source` is raised, `targets` with the same values of the labels `equal` are not told."""

    source: str
    targets: tuple[str, ...]
    equal: tuple[str, ...] = ()


INHIBITIONS: tuple[Inhibition, ...] = (
    Inhibition("EngineDown", ("EngineQueueGrows", "MarketDataStalled", "MarketDataUnknown"), ("instance",)),
    Inhibition("OrderLatencyBudgetBurnsInHours", ("OrderLatencyBudgetBurnsInDays", "OrderLatencyBudgetRunsOut")),
    Inhibition("OrderLatencyBudgetBurnsInDays", ("OrderLatencyBudgetRunsOut",)),
    # What a node takes with it is told by the node; pods that still end elsewhere are told once it is back.
    Inhibition("NodeNotReady", ("PodCrashLooping", "TargetDown", "PodsFindNoNode")),
)
