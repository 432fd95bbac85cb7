"""Scaling of the engine fleet: by order rate, by volatility, and by market hours."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from components.latency.metrics import ORDER_RATE, PERIOD, REALISED_VOLATILITY
from components.settings import Settings

# Seconds until a new engine in service has its share of the sessions.
WARMUP_SECONDS = 60
# Steps: percent above the threshold, and percent by which the fleet grows.
_STEPS = ((0, 25), (50, 50), (100, 100))
# Two of three samples, ten seconds each: one price print is not a market move.
_SAMPLES, _BREACHING = 3, 2


def scale_by_order_rate(
    settings: Settings, group: pulumi.Input[str], opts: pulumi.ResourceOptions
) -> aws.autoscaling.Policy:
    """Keep the order rate of each engine at its target. Only this policy shrinks the fleet."""
    return aws.autoscaling.Policy(
        "engines-order-rate",
        name=settings.name("engines-order-rate"),
        autoscaling_group_name=group,
        policy_type="TargetTrackingScaling",
        estimated_instance_warmup=WARMUP_SECONDS,
        target_tracking_configuration=aws.autoscaling.PolicyTargetTrackingConfigurationArgs(
            target_value=settings.latency.orders_per_engine,
            customized_metric_specification=(
                aws.autoscaling.PolicyTargetTrackingConfigurationCustomizedMetricSpecificationArgs(
                    namespace=ORDER_RATE.namespace,
                    metric_name=ORDER_RATE.name,
                    metric_dimensions=[
                        aws.autoscaling.PolicyTargetTrackingConfigurationCustomizedMetricSpecificationMetricDimensionArgs(
                            name=name, value=value
                        )
                        for name, value in ORDER_RATE.dimensions.items()
                    ],
                    statistic=ORDER_RATE.statistic,
                    unit=ORDER_RATE.unit,
                    period=PERIOD,
                )
            ),
        ),
        opts=opts,
    )


def scale_by_volatility(
    settings: Settings, group: pulumi.Input[str], opts: pulumi.ResourceOptions
) -> aws.cloudwatch.MetricAlarm:
    """Grow the fleet when volatility rises: order rates follow volatility, and new engines take time to start."""
    threshold = settings.latency.volatility_percent
    policy = aws.autoscaling.Policy(
        "engines-volatility",
        name=settings.name("engines-volatility"),
        autoscaling_group_name=group,
        policy_type="StepScaling",
        adjustment_type="PercentChangeInCapacity",
        metric_aggregation_type=REALISED_VOLATILITY.statistic,
        min_adjustment_magnitude=1,
        estimated_instance_warmup=WARMUP_SECONDS,
        step_adjustments=[_step(threshold, index) for index in range(len(_STEPS))],
        opts=opts,
    )
    return aws.cloudwatch.MetricAlarm(
        "engines-volatility",
        name=settings.name("engines-volatility"),
        alarm_description="Volatility is high: the engine fleet grows ahead of the order rate.",
        namespace=REALISED_VOLATILITY.namespace,
        metric_name=REALISED_VOLATILITY.name,
        dimensions=REALISED_VOLATILITY.dimensions,
        unit=REALISED_VOLATILITY.unit,
        statistic=REALISED_VOLATILITY.statistic,
        comparison_operator="GreaterThanOrEqualToThreshold",
        threshold=threshold,
        period=PERIOD,
        evaluation_periods=_SAMPLES,
        datapoints_to_alarm=_BREACHING,
        # Without a running engine, no metric is published.
        treat_missing_data="notBreaching",
        alarm_actions=[policy.arn],
        opts=opts,
    )


def _step(threshold: int, index: int) -> aws.autoscaling.PolicyStepAdjustmentArgs:
    """Return one step. Bounds are distances from the alarm's threshold; the provider takes them as text."""
    above, growth = _STEPS[index]
    upper = _STEPS[index + 1][0] if index + 1 < len(_STEPS) else None
    return aws.autoscaling.PolicyStepAdjustmentArgs(
        scaling_adjustment=growth,
        metric_interval_lower_bound=_distance(threshold, above),
        metric_interval_upper_bound=_distance(threshold, upper) if upper is not None else None,
    )


def _distance(threshold: int, percent: int) -> str:
    return f"{threshold * percent / 100:g}"
