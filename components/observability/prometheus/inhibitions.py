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
    # The kubelet of a node that is not ready does not answer: of all targets, only it has the label of its node
    # (Prometheus Operator, "Endpoints" of the kind Node). Pods and tasks may fail for reasons of their own meanwhile.
    Inhibition("NodeNotReady", ("TargetDown",), ("node",)),
)
