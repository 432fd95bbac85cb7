"""Scaling of the trading services: by processor load and by queue depth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.observability.aws_metrics import MESSAGES_WAITING, TASKS_RUNNING, AwsMetric
from components.settings import Settings

# Seconds. Scale out quickly, because orders wait. Scale in slowly, because a quiet minute is often followed by more
# orders.
_OUT_COOLDOWN, _IN_COOLDOWN = 30, 300


@dataclass(frozen=True)
class Scaled:
    """A service and the queues that it consumes: names of the cluster, the service and the queues."""

    cluster: pulumi.Input[str]
    service: pulumi.Input[str]
    queues: Sequence[pulumi.Input[str]]


def scale(settings: Settings, scaled: Scaled, opts: pulumi.ResourceOptions) -> None:
    """Declare the bounds and two scaling policies. The policy that asks for more tasks wins."""
    target = aws.appautoscaling.Target(
        "services",
        service_namespace="ecs",
        scalable_dimension="ecs:service:DesiredCount",
        resource_id=pulumi.Output.concat("service/", scaled.cluster, "/", scaled.service),
        min_capacity=settings.sizes.service_tasks_min,
        max_capacity=settings.sizes.service_tasks_max,
        opts=opts,
    )
    compute = settings.compute
    _policy(settings, target, "services-cpu", opts, compute.service_cpu_percent, _cpu())
    _policy(settings, target, "services-queue-depth", opts, compute.service_queue_depth, _queue_depth(scaled))


def _policy(
    settings: Settings,
    target: aws.appautoscaling.Target,
    name: str,
    opts: pulumi.ResourceOptions,
    value: int,
    metric: dict[str, Any],
) -> None:
    aws.appautoscaling.Policy(
        name,
        name=settings.name(name),
        policy_type="TargetTrackingScaling",
        service_namespace=target.service_namespace,
        scalable_dimension=target.scalable_dimension,
        resource_id=target.resource_id,
        target_tracking_scaling_policy_configuration=(
            aws.appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationArgs(
                target_value=value,
                scale_out_cooldown=_OUT_COOLDOWN,
                scale_in_cooldown=_IN_COOLDOWN,
                **metric,
            )
        ),
        opts=opts,
    )


def _cpu() -> dict[str, Any]:
    return {
        "predefined_metric_specification": (
            aws.appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationPredefinedMetricSpecificationArgs(
                predefined_metric_type="ECSServiceAverageCPUUtilization"
            )
        )
    }


def _queue_depth(scaled: Scaled) -> dict[str, Any]:
    """Messages in all queues, for each running task."""
    waiting = [_stat(f"waiting{index}", MESSAGES_WAITING, "Sum", queue) for index, queue in enumerate(scaled.queues)]
    tasks = _stat("tasks", TASKS_RUNNING, "Average", scaled.cluster, scaled.service)
    total = " + ".join(f"FILL(waiting{index}, 0)" for index in range(len(waiting)))
    depth = aws.appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationCustomizedMetricSpecificationMetricArgs(
        id="depth",
        # Without a running task, the backlog counts as that of one task.
        expression=f"({total}) / IF(FILL(tasks, 0) > 0, tasks, 1)",
        label="Executions waiting for each task",
        return_data=True,
    )
    return {
        "customized_metric_specification": (
            aws.appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationCustomizedMetricSpecificationArgs(
                metrics=[*waiting, tasks, depth]
            )
        )
    }


def _stat(
    id_: str, metric: AwsMetric, statistic: str, *values: pulumi.Input[str]
) -> aws.appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationCustomizedMetricSpecificationMetricArgs:
    prefix = aws.appautoscaling
    return prefix.PolicyTargetTrackingScalingPolicyConfigurationCustomizedMetricSpecificationMetricArgs(
        id=id_,
        metric_stat=prefix.PolicyTargetTrackingScalingPolicyConfigurationCustomizedMetricSpecificationMetricMetricStatArgs(
            metric=prefix.PolicyTargetTrackingScalingPolicyConfigurationCustomizedMetricSpecificationMetricMetricStatMetricArgs(
                namespace=metric.namespace,
                metric_name=metric.name,
                dimensions=[
                    prefix.PolicyTargetTrackingScalingPolicyConfigurationCustomizedMetricSpecificationMetricMetricStatMetricDimensionArgs(
                        name=name, value=value
                    )
                    for name, value in metric.under(*values).items()
                ],
            ),
            stat=statistic,
        ),
        return_data=False,
    )
