"""The Auto Scaling group of engines that follows the load."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.latency.host_tuning import Fleet
from components.latency.launch import Launch
from components.latency.scaling import WARMUP_SECONDS, scale_by_order_rate, scale_by_volatility
from components.layer import Layer
from components.providers import default_tags
from components.settings import Settings

LAUNCH_HOOK, TERMINATE_HOOK = "prove-host", "drain-host"
# Refresh: launch before terminate, and replace at most half of the fleet at a time.
_HEALTHY_PERCENT, _MOST_PERCENT = 100, 150
_GROUP_METRICS = (
    aws.autoscaling.Metric.GROUP_DESIRED_CAPACITY,
    aws.autoscaling.Metric.GROUP_IN_SERVICE_INSTANCES,
    aws.autoscaling.Metric.GROUP_MAX_SIZE,
    aws.autoscaling.Metric.GROUP_MIN_SIZE,
    aws.autoscaling.Metric.GROUP_PENDING_INSTANCES,
    aws.autoscaling.Metric.GROUP_TERMINATING_INSTANCES,
    aws.autoscaling.Metric.GROUP_TOTAL_INSTANCES,
    aws.autoscaling.Metric.WARM_POOL_WARMED_CAPACITY,
)


def fleet_of(settings: Settings) -> Fleet:
    """Names of the group and its hooks, which the hosts' role and user data need before the group exists."""
    return Fleet(
        settings.name("engines"),
        LAUNCH_HOOK,
        TERMINATE_HOOK,
        settings.region.name,
        settings.latency.engine_readiness_seconds,
    )


@dataclass(frozen=True)
class EngineFleetArgs:
    """`subnet_id` is the app subnet of the engines' zone; `fix_target_group` the ARN of the target group for FIX
    sessions; `autoscaling_role` the ARN of the service-linked role that can use the volumes' key."""

    settings: Settings
    launch: Launch
    subnet_id: pulumi.Input[str]
    fix_target_group: pulumi.Input[str]
    autoscaling_role: pulumi.Input[str]


class EngineFleet(Layer):
    """An Auto Scaling group in one zone. A host enters service after it has validated its tuning, and leaves after it
    has transferred its sessions. Hosts in the warm pool have already been through the restart that tuning needs, so
    that a scale-out takes only as long as a start."""

    def __init__(self, name: str, args: EngineFleetArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("latency:EngineFleet", name, opts)
        self._args = args
        settings = args.settings
        self.template = args.launch.template("engine-fleet", self.child, fleet=fleet_of(settings))
        self.group = self._group()
        scale_by_order_rate(settings, self.group.name, self.child)
        self.volatility = scale_by_volatility(settings, self.group.name, self.child)
        self.register_outputs({"groupName": self.group.name})

    def _group(self) -> aws.autoscaling.Group:
        args, settings = self._args, self._args.settings
        sizes = settings.sizes
        return aws.autoscaling.Group(
            "engines",
            name=fleet_of(settings).group,
            min_size=sizes.elastic_engines_min,
            max_size=sizes.elastic_engines_max,
            vpc_zone_identifiers=[args.subnet_id],
            launch_template=aws.autoscaling.GroupLaunchTemplateArgs(
                # A version number and not $Latest: an update of the number starts the instance refresh.
                id=self.template.id,
                version=self.template.latest_version.apply(str),
            ),
            target_group_arns=[args.fix_target_group],
            service_linked_role_arn=args.autoscaling_role,
            health_check_type=_health_check(settings),
            health_check_grace_period=WARMUP_SECONDS,
            default_instance_warmup=WARMUP_SECONDS,
            termination_policies=["OldestLaunchTemplate", "Default"],
            # Hosts take minutes to become ready: a takeover must not wait for them.
            wait_for_capacity_timeout="0",
            # Hooks are declared in the group, so that they also apply to its first hosts.
            initial_lifecycle_hooks=self._hooks(),
            instance_refresh=_refresh(),
            warm_pool=self._warm_pool(),
            metrics_granularity="1Minute",
            enabled_metrics=list(_GROUP_METRICS),
            tags=[
                aws.autoscaling.GroupTagArgs(key=key, value=value, propagate_at_launch=False)
                for key, value in {**default_tags(settings), "Name": settings.name("engines")}.items()
            ],
            opts=self.child,
        )

    def _hooks(self) -> list[aws.autoscaling.GroupInitialLifecycleHookArgs]:
        latency = self._args.settings.latency
        return [
            aws.autoscaling.GroupInitialLifecycleHookArgs(
                name=LAUNCH_HOOK,
                lifecycle_transition="autoscaling:EC2_INSTANCE_LAUNCHING",
                heartbeat_timeout=latency.engine_readiness_seconds,
                default_result="ABANDON",
            ),
            aws.autoscaling.GroupInitialLifecycleHookArgs(
                name=TERMINATE_HOOK,
                lifecycle_transition="autoscaling:EC2_INSTANCE_TERMINATING",
                heartbeat_timeout=latency.engine_drain_seconds,
                default_result="CONTINUE",
            ),
        ]

    def _warm_pool(self) -> aws.autoscaling.GroupWarmPoolArgs | None:
        sizes = self._args.settings.sizes
        warm = sizes.elastic_engines_warm
        if warm == 0:
            return None
        return aws.autoscaling.GroupWarmPoolArgs(
            pool_state="Stopped",
            min_size=warm,
            # Without this limit, the pool grows to the group's maximum size.
            max_group_prepared_capacity=sizes.elastic_engines_open + warm,
            instance_reuse_policy=aws.autoscaling.GroupWarmPoolInstanceReusePolicyArgs(reuse_on_scale_in=True),
        )


def _health_check(settings: Settings) -> str:
    """Use the EC2 check with Amazon's own image, which runs no engine: the load balancer's check of the FIX port would
    fail and the group would replace its hosts endlessly."""
    return "ELB" if settings.latency.engine_image_parameter else "EC2"


def _refresh() -> aws.autoscaling.GroupInstanceRefreshArgs:
    return aws.autoscaling.GroupInstanceRefreshArgs(
        strategy="Rolling",
        preferences=aws.autoscaling.GroupInstanceRefreshPreferencesArgs(
            min_healthy_percentage=_HEALTHY_PERCENT,
            max_healthy_percentage=_MOST_PERCENT,
            instance_warmup=str(WARMUP_SECONDS),
            # No rollback: Auto Scaling refuses it for a launch template whose image is an SSM parameter (Auto Scaling
            # API Reference, RollbackInstanceRefresh). A failed refresh stops, and the old hosts stay.
            auto_rollback=False,
            skip_matching=True,
        ),
    )
