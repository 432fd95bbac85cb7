"""The component that declares the alarms of a stack."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.layer import Layer
from components.observability.alarms import (
    compute,
    functions,
    latency,
    logs,
    network_edge,
    orders,
    primary_region,
    queues,
    recovery,
    replication,
    stores,
    streams,
)
from components.observability.alarms.spec import MEANING, Alarm, Combined, Concern, Term
from components.observability.monitored_layers import MonitoredLayers
from components.observability.series import Series

_BY_CONCERN: tuple[Callable[[MonitoredLayers], Iterator[Alarm]], ...] = (
    orders.alarms,
    latency.alarms,
    streams.alarms,
    queues.alarms,
    functions.alarms,
    stores.alarms,
    replication.alarms,
    network_edge.alarms,
    compute.alarms,
    recovery.alarms,
    logs.alarms,
)


def alarms_of(layers: MonitoredLayers) -> list[Alarm]:
    """All alarms that the stack declares in its own region."""
    every = (alarm for concern in _BY_CONCERN for alarm in concern(layers))
    return [alarm for alarm in every if layers.is_active or not alarm.serving]


@dataclass(frozen=True)
class AlarmsArgs:
    """`alarms` are those of `alarms_of`; `primary_side` is the provider for the primary's region, None if the stack
    declares no alarms there."""

    layers: MonitoredLayers
    alarms: Sequence[Alarm]
    primary_side: pulumi.ProviderResource | None


class Alarms(Layer):
    """Metric alarms, and one composite alarm for each concern. Composite alarms page operators; tickets are alarms
    outside a composite, with an action of their own. One fault raises many alarms but must page once, so an alarm
    inside a composite has no action."""

    composites: dict[Concern, aws.cloudwatch.CompositeAlarm]

    def __init__(self, name: str, args: AlarmsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("observability:Alarms", name, opts)
        self._settings = args.layers.settings
        self._operations = args.layers.events.topics.operations.arn
        declared = {alarm.name: self._declare(alarm, self._operations, self.child) for alarm in args.alarms}
        self.composites = {
            concern: self._composite(concern, [declared[name] for name in names])
            for concern in Concern
            if (names := [alarm.name for alarm in args.alarms if alarm.concern is concern])
        }
        if args.primary_side:
            topic = primary_region.operations_topic(self._settings)
            for alarm in primary_region.alarms(args.layers):
                self._declare(alarm, topic, self.in_primary_region(args.primary_side))
        self.register_outputs({concern.value: composite.arn for concern, composite in self.composites.items()})

    def _declare(
        self, alarm: Alarm, topic: pulumi.Input[str], opts: pulumi.ResourceOptions
    ) -> aws.cloudwatch.MetricAlarm:
        notified = None if alarm.concern else [topic]
        return aws.cloudwatch.MetricAlarm(
            alarm.name,
            name=self._settings.name(alarm.name),
            alarm_description=alarm.description,
            **_metric_arguments(alarm),
            threshold=alarm.threshold,
            comparison_operator=alarm.comparison.value,
            evaluation_periods=alarm.periods,
            datapoints_to_alarm=alarm.breaching,
            treat_missing_data=alarm.missing.value,
            alarm_actions=notified,
            ok_actions=notified,
            opts=opts,
        )

    def _composite(
        self, concern: Concern, alarms: Iterable[aws.cloudwatch.MetricAlarm]
    ) -> aws.cloudwatch.CompositeAlarm:
        return aws.cloudwatch.CompositeAlarm(
            concern.value,
            alarm_name=self._settings.name(concern.value),
            alarm_description=f"{MEANING[concern]} See its child alarms.",
            alarm_rule=pulumi.Output.all(*(alarm.name for alarm in alarms)).apply(any_alarm_rule),
            alarm_actions=[self._operations],
            ok_actions=[self._operations],
            opts=self.child,
        )


def any_alarm_rule(names: Sequence[str]) -> str:
    """Return an alarm rule that is true while any of the alarms is in ALARM."""
    return " OR ".join(f'ALARM("{name}")' for name in names)


def _metric_arguments(alarm: Alarm) -> dict[str, Any]:
    """The metric, expression or statistic of the alarm as arguments of CloudWatch."""
    if isinstance(alarm.metric, Combined):
        return {"metric_queries": _queries(alarm.metric, alarm.period)}
    series = alarm.metric
    return {**_metric(series), "period": alarm.period, **_statistic(alarm.statistic)}


def _metric(series: Series) -> dict[str, Any]:
    return {
        "namespace": series.namespace,
        "metric_name": series.name,
        "dimensions": dict(series.dimensions) or None,
        "unit": series.unit,
    }


def _statistic(statistic: str) -> dict[str, Any]:
    if statistic.startswith("p"):
        # With few orders the 99th percentile is the slowest order: ignore it, so that a single order raises no alarm.
        return {"extended_statistic": statistic, "evaluate_low_sample_count_percentiles": "ignore"}
    return {"statistic": statistic}


def _queries(combined: Combined, period: int) -> list[aws.cloudwatch.MetricAlarmMetricQueryArgs]:
    result = aws.cloudwatch.MetricAlarmMetricQueryArgs(
        id="result", expression=combined.expression, label=combined.label, return_data=True
    )
    return [*(_query(term, period) for term in combined.terms), result]


def _query(term: Term, period: int) -> aws.cloudwatch.MetricAlarmMetricQueryArgs:
    metric = aws.cloudwatch.MetricAlarmMetricQueryMetricArgs(**_metric(term.series), period=period, stat=term.statistic)
    return aws.cloudwatch.MetricAlarmMetricQueryArgs(id=term.id, metric=metric, return_data=False)
