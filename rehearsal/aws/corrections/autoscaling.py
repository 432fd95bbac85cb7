"""EC2 Auto Scaling: policies and lifecycle hooks come back as they were put.

- Enabled is true unless it is given; a policy that is not predictive has no predictive configuration.
  https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_PutScalingPolicy.html
- A hook notifies the target that it names, and nobody when it names none.
  https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_PutLifecycleHook.html
"""

from __future__ import annotations

from functools import cache
from typing import Any

from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult

from rehearsal.aws.corrections._patch import around


@cache
def install() -> None:
    around(AutoScalingResponse, "put_scaling_policy", _put_policy)
    around(AutoScalingResponse, "put_lifecycle_hook", _put_hook)


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
