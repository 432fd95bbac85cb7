"""Inhibition rules: alerts that Alertmanager suppresses while their cause fires."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Inhibition:
    """While `source` fires, Alertmanager suppresses `targets` with equal values of the labels `equal`."""

    source: str
    targets: tuple[str, ...]
    equal: tuple[str, ...] = ()


INHIBITIONS: tuple[Inhibition, ...] = (
    Inhibition("EngineDown", ("EngineQueueGrows", "MarketDataStalled", "MarketDataUnknown"), ("instance",)),
    Inhibition("OrderLatencyBudgetBurnsInHours", ("OrderLatencyBudgetBurnsInDays", "OrderLatencyBudgetRunsOut")),
    Inhibition("OrderLatencyBudgetBurnsInDays", ("OrderLatencyBudgetRunsOut",)),
    # The kubelet of a node that is not ready does not answer. Of all targets, only kubelets have the label of their
    # node (Prometheus Operator, "Endpoints" of the kind Node). Pods and tasks can fail for other reasons at the same
    # time.
    Inhibition("NodeNotReady", ("TargetDown",), ("node",)),
)
