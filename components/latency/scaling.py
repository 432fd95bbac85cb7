"""Scaling of the engine fleet: by order rate, by volatility, and by market hours."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from components.latency.metrics import ORDER_RATE, PERIOD, REALISED_VOLATILITY
from components.settings import Settings
from components.settings.coherence_latency import open_spans
from components.settings.market import Weekday
from components.settings.windows import DAY

# Seconds until a new engine in service has its share of the sessions.
WARMUP_SECONDS = 60
# Steps: percent above the threshold, and percent by which the fleet grows.
_STEPS = ((0, 25), (50, 50), (100, 100))
# Two of three samples, ten seconds each: one price print is not a market move.
_SAMPLES, _BREACHING = 3, 2
# Auto Scaling API Reference, PutScheduledUpdateGroupAction: the provider's value for "leave this bound unchanged".
_UNCHANGED = -1


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


def scale_by_market_hours(
    settings: Settings, group: pulumi.Input[str], opts: pulumi.ResourceOptions
) -> list[aws.autoscaling.Schedule]:
    """Raise the minimum size from before the opening to after the close, in the markets' own time zone.

    It sets the minimum and not the desired count. `scale_by_order_rate` would lower a desired count before the
    opening, while order rates are low, and a fleet that is larger than the count would lose busy engines. A group
    grows to a higher minimum by itself (Amazon EC2 Auto Scaling User Guide, "Scheduled scaling"). After the close
    the fleet shrinks with its order rate.

    Sessions that are too close together to lower the minimum between them become one span. Auto Scaling refuses two
    actions at the same time (EC2 Auto Scaling User Guide, "Scheduled scaling", considerations).
    """
    spans, sizes = open_spans(settings), settings.sizes
    actions = {
        "market-open": ([start for start, _ in spans], sizes.elastic_engines_open),
        "market-close": ([end for _, end in spans], sizes.elastic_engines_min),
    }
    return [
        aws.autoscaling.Schedule(
            name,
            scheduled_action_name=name,
            autoscaling_group_name=group,
            recurrence=recurrence(minutes),
            time_zone=settings.market.market_time_zone,
            min_size=engines,
            max_size=_UNCHANGED,
            desired_capacity=_UNCHANGED,
            opts=opts,
        )
        for name, (minutes, engines) in actions.items()
    ]


def recurrence(minutes_of_week: Sequence[int]) -> str:
    """Return a cron expression of five fields for times of the week that share one time of day. Settings refuse an
    empty list."""
    minute = minutes_of_week[0] % DAY
    on = {minute_of_week // DAY % len(Weekday) for minute_of_week in minutes_of_week}
    days = ",".join(day for index, day in enumerate(Weekday) if index in on)
    return f"{minute % 60} {minute // 60} * * {days}"


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
