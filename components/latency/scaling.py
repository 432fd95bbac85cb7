"""When the fleet of engines grows and shrinks."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from components.latency.metrics import ORDER_RATE, PERIOD, REALISED_VOLATILITY
from components.settings import Settings

# Seconds until a new engine, proven and in service, has its share of the sessions.
WARMUP_SECONDS = 60
# From how far above the threshold, in percent of it, the fleet grows by how much of itself.
_STEPS = ((0, 25), (50, 50), (100, 100))
# Two of three samples of ten seconds: a single print is no market.
_SAMPLES, _BREACHING = 3, 2


def follow_orders(settings: Settings, group: pulumi.Input[str], opts: pulumi.ResourceOptions) -> aws.autoscaling.Policy:
    """Keeps the rate of orders on each engine at its target; it alone makes the fleet smaller."""
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


def lead_volatility(
    settings: Settings, group: pulumi.Input[str], opts: pulumi.ResourceOptions
) -> aws.cloudwatch.MetricAlarm:
    """Grows the fleet when the market begins to move: orders follow volatility, and new engines take a while."""
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
        alarm_description="The market moves: the fleet of engines grows ahead of the orders.",
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
        # Where no engine runs, none publishes.
        treat_missing_data="notBreaching",
        alarm_actions=[policy.arn],
        opts=opts,
    )


def _step(threshold: int, index: int) -> aws.autoscaling.PolicyStepAdjustmentArgs:
    """Bounds are distances from the alarm's threshold, written as text by the provider."""
    above, growth = _STEPS[index]
    upper = _STEPS[index + 1][0] if index + 1 < len(_STEPS) else None
    return aws.autoscaling.PolicyStepAdjustmentArgs(
        scaling_adjustment=growth,
        metric_interval_lower_bound=_distance(threshold, above),
        metric_interval_upper_bound=_distance(threshold, upper) if upper is not None else None,
    )


def _distance(threshold: int, percent: int) -> str:
    return f"{threshold * percent / 100:g}"
