"""ECS: a service keeps its capacity providers, its deployment settings and its rebalancing over zones.

https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html
"""

from __future__ import annotations

from functools import cache
from typing import Any

from moto.core.responses import ActionResult
from moto.ecs.responses import EC2ContainerServiceResponse

from aws_emulator.corrections._patch import around

_KEPT = {
    "availabilityZoneRebalancing": "availability_zone_rebalancing",
    "capacityProviderStrategy": "capacity_provider_strategy",
    "deploymentConfiguration": "deployment_configuration",
    "enableECSManagedTags": "enable_ecs_managed_tags",
    "enableExecuteCommand": "enable_execute_command",
    "healthCheckGracePeriodSeconds": "health_check_grace_period_seconds",
    "placementConstraints": "placement_constraints",
    "placementStrategy": "placement_strategy",
}


@cache
def install() -> None:
    around(EC2ContainerServiceResponse, "create_service", _create_service)


def _create_service(original: Any, response: EC2ContainerServiceResponse) -> ActionResult:
    answer = original(response)
    service = answer.result["service"]
    for member, attribute in _KEPT.items():
        given = response._get_param(member)
        if given is not None:
            setattr(service, attribute, given)
    if not hasattr(service, "availability_zone_rebalancing"):
        service.availability_zone_rebalancing = "DISABLED"
    return answer
