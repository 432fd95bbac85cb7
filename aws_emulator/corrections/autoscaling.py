"""EC2 Auto Scaling: groups, policies and lifecycle hooks come back as they were put.

- A group keeps its warmup and what it says about reserved capacity, which is "default" unless it says something.
  https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_CreateAutoScalingGroup.html
- An update changes whatever it names, and nothing else.
  https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_UpdateAutoScalingGroup.html
- Enabled is true unless it is given; a policy that is not predictive has no predictive configuration.
  https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_PutScalingPolicy.html
- A hook notifies the target that it names, and nobody when it names none.
  https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_PutLifecycleHook.html
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult

from aws_emulator.corrections._patch import around

_OF_GROUPS = {
    "AvailabilityZoneDistribution": "availability_zone_distribution",
    "CapacityReservationSpecification": "capacity_reservation_specification",
    "InstanceMaintenancePolicy": "instance_maintenance_policy",
    "ServiceLinkedRoleARN": "service_linked_role_arn",
}
_NUMBERS_OF_GROUPS = {
    "DefaultCooldown": "default_cooldown",
    "DefaultInstanceWarmup": "default_instance_warmup",
    "MaxInstanceLifetime": "max_instance_lifetime",
}
# What moto takes when a group is made, and leaves alone in an update.
_ONLY_MADE = {
    "CapacityRebalance": "capacity_rebalance",
    "PlacementGroup": "placement_group",
    "TerminationPolicies": "termination_policies",
}
_NO_CHOICE_OF_CAPACITY = {"CapacityReservationPreference": "default"}


@cache
def install() -> None:
    around(AutoScalingResponse, "create_auto_scaling_group", _create_group)
    around(AutoScalingResponse, "update_auto_scaling_group", _update_group)
    around(AutoScalingResponse, "put_scaling_policy", _put_policy)
    around(AutoScalingResponse, "put_lifecycle_hook", _put_hook)


def _create_group(original: Any, response: AutoScalingResponse) -> ActionResult:
    answer = original(response)
    group = _group(response)
    group.capacity_reservation_specification = dict(_NO_CHOICE_OF_CAPACITY)
    _keep(response, group, _OF_GROUPS)
    return answer


def _update_group(original: Any, response: AutoScalingResponse) -> ActionResult:
    answer = original(response)
    _keep(response, _group(response), _OF_GROUPS | _ONLY_MADE)
    return answer


def _group(response: AutoScalingResponse) -> Any:
    name = response._get_param("AutoScalingGroupName")
    return response.autoscaling_backend.autoscaling_groups[name]


def _keep(response: AutoScalingResponse, group: Any, members: Mapping[str, str]) -> None:
    for member, attribute in members.items():
        given = response._get_param(member)
        if given is not None:
            setattr(group, attribute, given)
    for member, attribute in _NUMBERS_OF_GROUPS.items():
        number = response._get_int_param(member)
        if number is not None:
            setattr(group, attribute, number)


def _put_policy(original: Any, response: AutoScalingResponse) -> ActionResult:
    answer = original(response)
    policies: Any = response.autoscaling_backend.describe_policies(
        autoscaling_group_name=response._get_param("AutoScalingGroupName"),
        policy_names=[response._get_param("PolicyName")],
    )
    for policy in policies:
        policy.enabled = response._get_bool_param("Enabled", True)
        policy.predictive_scaling_configuration = policy.predictive_scaling_configuration or None
    return answer


def _put_hook(original: Any, response: AutoScalingResponse) -> ActionResult:
    answer = original(response)
    hooks: Any = response.autoscaling_backend.describe_lifecycle_hooks(
        as_name=response._get_param("AutoScalingGroupName"),
        lifecycle_hook_names=[response._get_param("LifecycleHookName")],
    )
    for hook in hooks:
        hook.role_arn = response._get_param("RoleARN")
        hook.notification_target_arn = response._get_param("NotificationTargetARN")
        hook.notification_metadata = response._get_param("NotificationMetadata")
    return answer
