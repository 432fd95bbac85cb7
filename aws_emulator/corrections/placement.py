"""EC2: placement groups, and what RunInstances says about placement and monitoring.

- https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreatePlacementGroup.html (also Describe, Delete)
- https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RunInstances.html: tenancy, group and partition of the
  request, else of the launch template, are kept; they are what DescribeInstances answers.
- https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_MonitorInstances.html
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models.core import TaggedEC2Resource
from moto.ec2.models.instances import Instance
from moto.ec2.responses import EC2Response
from moto.ec2.responses.instances import InstanceResponse
from moto.ec2.responses.monitoring import Monitoring
from moto.moto_api._internal import mock_random

from aws_emulator.corrections._patch import around, lacking

DEFAULT_PARTITIONS = 2
"""https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreatePlacementGroup.html leaves the number to AWS."""


@cache
def install() -> None:
    lacking(EC2Response, "create_placement_group", _create_group)
    lacking(EC2Response, "describe_placement_groups", _describe_groups)
    lacking(EC2Response, "delete_placement_group", _delete_group)
    around(Instance, "__init__", _launch)
    around(InstanceResponse, "run_instances", _run)
    around(Monitoring, "monitor_instances", lambda _original, response: _monitor(response, "enabled"))
    around(Monitoring, "unmonitor_instances", lambda _original, response: _monitor(response, "disabled"))


class PlacementGroup(TaggedEC2Resource):
    """One placement group of a Region. Strategy: cluster, spread or partition."""

    def __init__(
        self, backend: Any, name: str, strategy: str, partitions: int | None, spread_level: str | None
    ) -> None:
        self.ec2_backend = backend
        self.id = f"pg-{mock_random.get_random_hex(17)}"
        self.group_id = self.id
        self.group_name = name
        self.group_arn = (
            f"arn:{backend.partition}:ec2:{backend.region_name}:{backend.account_id}:placement-group/{name}"
        )
        self.state = "available"
        self.strategy = strategy
        self.partition_count = partitions
        self.spread_level = spread_level


def _groups(response: EC2Response) -> dict[str, PlacementGroup]:
    backend = response.ec2_backend
    if not hasattr(backend, "placement_groups"):
        backend.placement_groups = {}
    return backend.placement_groups


def _create_group(response: EC2Response) -> ActionResult:
    name = response._get_param("GroupName")
    groups = _groups(response)
    if name in groups:
        raise EC2ClientError("InvalidPlacementGroup.Duplicate", f"The placement group '{name}' already exists.")
    strategy = response._get_param("Strategy") or "cluster"
    partitions = response._get_int_param("PartitionCount") if strategy == "partition" else None
    if strategy == "partition" and partitions is None:
        partitions = DEFAULT_PARTITIONS
    spread_level = (response._get_param("SpreadLevel") or "rack") if strategy == "spread" else None
    group: Any = PlacementGroup(response.ec2_backend, name, strategy, partitions, spread_level)
    groups[name] = group
    group.add_tags(response._parse_tag_specification().get("placement-group", {}))
    return ActionResult({"PlacementGroup": group})


def _describe_groups(response: EC2Response) -> ActionResult:
    names = set(response._get_param("GroupNames", []))
    ids = set(response._get_param("GroupIds", []))
    filters = response._filters_from_querystring()
    groups = _groups(response)
    unknown = names - groups.keys()
    if unknown:
        raise EC2ClientError("InvalidPlacementGroup.Unknown", f"The Placement Group '{unknown.pop()}' is unknown.")
    found = [
        group
        for group in groups.values()
        if (not names or group.group_name in names)
        and (not ids or group.id in ids)
        and all(str(group.get_filter_value(key)) in values for key, values in filters.items())
    ]
    return ActionResult({"PlacementGroups": found})


def _delete_group(response: EC2Response) -> ActionResult:
    name = response._get_param("GroupName")
    if name not in _groups(response):
        raise EC2ClientError("InvalidPlacementGroup.Unknown", f"The Placement Group '{name}' is unknown.")
    instances = response.ec2_backend.all_instances()
    if any(instance.placement.group_name == name and instance.state != "terminated" for instance in instances):
        raise EC2ClientError("InvalidPlacementGroup.InUse", f"The placement group '{name}' is in use.")
    del _groups(response)[name]
    return EmptyResult()


def _place(instance: Instance, placement: Mapping[str, Any], monitoring: Mapping[str, Any]) -> None:
    placed = instance.placement
    placed.tenancy = placement.get("Tenancy") or placed.tenancy
    placed.group_name = placement.get("GroupName") or placed.group_name
    placed.host_id = placement.get("HostId") or placed.host_id
    if placement.get("PartitionNumber"):
        placed.partition_number = int(placement["PartitionNumber"])  # pyright: ignore[reportAttributeAccessIssue]
    if "Enabled" in monitoring:
        instance.monitoring_state = "enabled" if monitoring["Enabled"] in {True, "true"} else "disabled"


def _launch(original: Any, instance: Instance, ec2_backend: Any, *args: Any, **kwargs: Any) -> None:
    original(instance, ec2_backend, *args, **kwargs)
    template = kwargs.get("launch_template")
    if template:
        data = ec2_backend._get_template_from_args(template).data
        _place(instance, data.get("Placement") or {}, data.get("Monitoring") or {})


def _run(original: Any, response: InstanceResponse) -> ActionResult:
    answer = original(response)
    for instance in answer.result.instances:
        _place(instance, response._get_param("Placement", {}), response._get_param("Monitoring", {}))
    return answer


def _monitor(response: Monitoring, state: str) -> ActionResult:
    response.error_on_dryrun()
    ids = response._get_param("InstanceIds", [])
    instances = [response.ec2_backend.get_instance(instance_id) for instance_id in ids]
    for instance in instances:
        instance.monitoring_state = state
    monitored = [{"InstanceId": instance.id, "Monitoring": {"State": state}} for instance in instances]
    return ActionResult({"InstanceMonitorings": monitored})
