"""The ultra-low latency layer."""

from __future__ import annotations

import base64
import json
from itertools import pairwise
from typing import Any

import pytest

from blueprint import Blueprint, record_dr, record_primary
from blueprint.references import references_in
from components.latency import metrics
from components.security.keys import KEY_USE

TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
GROUP = "aws:autoscaling/group:Group"
PLACEMENT = "aws:ec2/placementGroup:PlacementGroup"
RESERVATION = "aws:ec2/capacityReservation:CapacityReservation"
INSTANCE = "aws:ec2/instance:Instance"
POLICY = "aws:autoscaling/policy:Policy"
ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
TEMPLATES = ("engine-fixed", "engine-fleet")


@pytest.fixture(params=TEMPLATES)
def template(request: pytest.FixtureRequest, stack: Blueprint) -> dict[str, Any]:
    """The properties of each launch template."""
    return dict(stack.one(TEMPLATE, request.param).properties)


def fed_by(value: Any) -> list[tuple[str, str]]:
    """Type and name of what a property refers to."""
    return [(reference.type, reference.name) for reference in references_in(value)]


def test_engines_stand_next_to_each_other(stack: Blueprint, template: dict[str, Any]):
    group = stack.one(PLACEMENT, "engines")
    assert group.properties["strategy"] == "cluster"
    assert fed_by(template["placement"]["groupName"]) == [(PLACEMENT, "engines")] or (
        template["placement"]["groupName"] == group.properties["name"]
    )


def test_engines_share_hardware_with_nobody(template: dict[str, Any]):
    assert template["placement"]["tenancy"] == "dedicated"


def test_a_host_gives_its_credentials_to_nobody_but_itself(template: dict[str, Any]):
    metadata = template["metadataOptions"]
    assert metadata["httpTokens"] == "required"
    assert metadata["httpPutResponseHopLimit"] == 1, "no container on the host reaches the host's credentials"


def test_a_host_has_no_public_address_and_the_engines_group_alone(template: dict[str, Any]):
    (interface,) = template["networkInterfaces"]
    assert interface["associatePublicIpAddress"] == "false"
    assert fed_by(interface["securityGroups"]) == [("aws:ec2/securityGroup:SecurityGroup", "trading-engines")]


def test_ena_express_is_a_choice_that_is_said(template: dict[str, Any]):
    specification = template["networkInterfaces"][0]["enaSrdSpecification"]
    assert specification["enaSrdEnabled"] is False
    assert specification["enaSrdUdpSpecification"]["enaSrdUdpEnabled"] is False


def test_volumes_are_gp3_under_the_key_for_compute(template: dict[str, Any]):
    (mapping,) = template["blockDeviceMappings"]
    assert mapping["ebs"]["encrypted"] == "true"
    assert mapping["ebs"]["volumeType"] == "gp3"
    assert [name for _, name in fed_by(mapping["ebs"]["kmsKeyId"])] == ["compute"]


def test_hosts_are_watched_closely_and_reach_their_volumes_by_a_path_of_their_own(template: dict[str, Any]):
    assert template["monitoring"]["enabled"] is True
    assert template["ebsOptimized"] == "true"


def test_one_thread_runs_on_each_core(template: dict[str, Any]):
    assert template["instanceType"] == "c5n.9xlarge"
    assert template["cpuOptions"] == {"coreCount": 18, "threadsPerCore": 1}


def test_the_image_is_resolved_by_the_cloud(template: dict[str, Any]):
    image = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
    assert template["imageId"] == f"resolve:ssm:{image}"


def test_what_a_launch_makes_is_tagged_like_what_the_stack_makes(template: dict[str, Any]):
    kinds = {entry["resourceType"]: entry["tags"] for entry in template["tagSpecifications"]}
    assert set(kinds) == {"instance", "volume", "network-interface"}
    assert all(tags["ManagedBy"] == "pulumi" for tags in kinds.values())


def test_only_hosts_of_the_fleet_report_to_it(stack: Blueprint):
    texts = {name: base64.b64decode(stack.one(TEMPLATE, name).properties["userData"]).decode() for name in TEMPLATES}
    group = stack.one(GROUP, "engines").properties["name"]
    assert f"FLEET_GROUP={group}" in texts["engine-fleet"]
    assert "FLEET_GROUP=''" in texts["engine-fixed"]


def test_everything_of_the_engines_is_in_one_zone(stack: Blueprint):
    fixed = stack.one(TEMPLATE, "engine-fixed").properties["networkInterfaces"][0]["subnetId"]
    group = stack.one(GROUP, "engines")
    (zone,) = group.properties["vpcZoneIdentifiers"]
    assert fed_by(fixed) == fed_by(zone)
    subnet = stack.one(*fed_by(zone)[0])
    assert subnet.properties["availabilityZone"].endswith("a")
    for reservation in stack.of_type(RESERVATION):
        assert reservation.properties["availabilityZone"] == subnet.properties["availabilityZone"]


def test_the_primary_has_four_engines_in_capacity_that_is_theirs(primary: Blueprint):
    reservation = primary.one(RESERVATION, "engines").properties
    assert len(primary.of_type(INSTANCE)) == 4
    assert reservation["instanceCount"] == 4
    assert reservation["instanceType"] == "c5n.9xlarge"
    assert reservation["tenancy"] == "dedicated", "a reservation of shared hardware would not be theirs"
    assert reservation["instanceMatchCriteria"] == "targeted", "the fleet would use it up"
    assert fed_by(reservation["placementGroupArn"]) == [(PLACEMENT, "engines")]
    for engine in primary.of_type(INSTANCE):
        target = engine.properties["capacityReservationSpecification"]["capacityReservationTarget"]
        assert fed_by(target) == [(RESERVATION, "engines")]
        assert fed_by(engine.properties["launchTemplate"]["id"]) == [(TEMPLATE, "engine-fixed")]
        assert engine.options["deleteBeforeReplace"], "the reservation has no place for a successor beside it"
        assert engine.options["ignoreChanges"] == ["userData"], "what is read back of the template's is no change"


def test_a_pilot_light_has_no_engine_and_pays_for_none(dr: Blueprint):
    assert dr.of_type(INSTANCE, RESERVATION) == []
    group = dr.one(GROUP, "engines").properties
    assert (group["minSize"], group["maxSize"]) == (0, 20)
    assert "warmPool" not in group


def test_a_region_that_takes_over_has_the_primarys_engines(primary: Blueprint, dr_active: Blueprint):
    for kind in (INSTANCE, RESERVATION):
        assert len(dr_active.of_type(kind)) == len(primary.of_type(kind)) > 0
    ours, theirs = (stack.one(GROUP, "engines").properties for stack in (dr_active, primary))
    for size in ("minSize", "maxSize", "warmPool"):
        assert ours[size] == theirs[size]


def test_every_engine_takes_fix_sessions(primary: Blueprint):
    attached = primary.of_type("aws:lb/targetGroupAttachment:TargetGroupAttachment")
    fix = ("aws:lb/targetGroup:TargetGroup", "fix")
    assert sorted(fed_by(a.properties["targetId"])[0][1] for a in attached) == [f"engine-{n}" for n in range(1, 5)]
    assert all(fed_by(a.properties["targetGroupArn"]) == [fix] for a in attached)
    assert fed_by(primary.one(GROUP, "engines").properties["targetGroupArns"]) == [fix]


def test_the_fleet_has_two_engines_at_least_and_twenty_at_most_and_some_warm(primary: Blueprint):
    group = primary.one(GROUP, "engines").properties
    assert (group["minSize"], group["maxSize"]) == (2, 20)
    assert group["warmPool"]["poolState"] == "Stopped"
    assert group["warmPool"]["minSize"] == 2
    assert group["warmPool"]["maxGroupPreparedCapacity"] < 20, "the pool is not as large as the fleet could ever be"


def test_no_host_is_in_service_before_it_is_proven_or_leaves_before_it_has_drained(stack: Blueprint):
    hooks = {
        hook["lifecycleTransition"]: hook for hook in stack.one(GROUP, "engines").properties["initialLifecycleHooks"]
    }
    assert hooks["autoscaling:EC2_INSTANCE_LAUNCHING"]["defaultResult"] == "ABANDON"
    assert hooks["autoscaling:EC2_INSTANCE_TERMINATING"]["defaultResult"] == "CONTINUE"
    text = base64.b64decode(stack.one(TEMPLATE, "engine-fleet").properties["userData"]).decode()
    assert f"LAUNCH_HOOK={hooks['autoscaling:EC2_INSTANCE_LAUNCHING']['name']}" in text
    assert f"TERMINATE_HOOK={hooks['autoscaling:EC2_INSTANCE_TERMINATING']['name']}" in text


def test_a_takeover_does_not_wait_for_hosts(stack: Blueprint):
    assert stack.one(GROUP, "engines").properties["waitForCapacityTimeout"] == "0"


def test_a_change_reaches_the_fleet_host_by_host(stack: Blueprint):
    group = stack.one(GROUP, "engines").properties
    preferences = group["instanceRefresh"]["preferences"]
    assert preferences["minHealthyPercentage"] == 100
    assert "latestVersion" in group["launchTemplate"]["version"], "a new version begins a refresh, $Latest does not"


def test_the_fleet_follows_the_orders_that_engines_publish(stack: Blueprint):
    policy = stack.one(POLICY, "engines-order-rate").properties
    assert policy["policyType"] == "TargetTrackingScaling"
    specification = policy["targetTrackingConfiguration"]["customizedMetricSpecification"]
    assert specification["metricName"] == metrics.ORDER_RATE.name
    assert specification["namespace"] == metrics.NAMESPACE
    assert specification["statistic"] == "Average", "the metric falls when there are more engines"
    assert specification["metricDimensions"] == [{"name": "service", "value": "trading_engine"}]


def test_the_fleet_grows_with_volatility_ahead_of_the_orders(stack: Blueprint):
    alarm, policy = (stack.one(kind, "engines-volatility").properties for kind in (ALARM, POLICY))
    assert alarm["metricName"] == metrics.REALISED_VOLATILITY.name
    assert alarm["period"] == 10
    assert alarm["treatMissingData"] == "notBreaching", "a region without engines publishes nothing"
    assert fed_by(alarm["alarmActions"]) == [(POLICY, "engines-volatility")]
    steps = policy["stepAdjustments"]
    growth = [step["scalingAdjustment"] for step in steps]
    assert growth == sorted(growth)
    assert min(growth) > 0, "only the rate of orders makes the fleet smaller"
    for below, above in pairwise(steps):
        assert below["metricIntervalUpperBound"] == above["metricIntervalLowerBound"], "no volatility is between steps"
    assert steps[0]["metricIntervalLowerBound"] == "0"
    assert "metricIntervalUpperBound" not in steps[-1]


def test_a_host_may_do_what_an_engine_does_and_no_more(stack: Blueprint):
    policy = json.loads(stack.one("aws:iam/rolePolicy:RolePolicy", "engine").properties["policy"])
    statements = {statement["Sid"]: statement for statement in policy["Statement"]}
    everywhere = {sid for sid, statement in statements.items() if statement["Resource"] == "*"}
    assert everywhere == {"LogInToRegistry", "PublishMetrics", "Trace"}, (
        "only what has no resource is allowed on all of them"
    )
    assert statements["PublishMetrics"]["Condition"] == {"StringEquals": {"cloudwatch:namespace": metrics.NAMESPACE}}
    group = stack.one(GROUP, "engines").properties["name"]
    assert statements["ReportToTheFleet"]["Resource"].endswith(f":autoScalingGroupName/{group}")
    actions = {action for statement in statements.values() for action in statement["Action"]}
    assert all("*" not in action for action in actions - set(KEY_USE))


def test_graviton_has_its_own_image_and_no_threads_to_choose():
    stack = record_primary({"engineInstanceType": "c7gn.16xlarge", "engineEnaExpress": True})
    template = stack.one(TEMPLATE, "engine-fleet").properties
    assert template["imageId"].endswith("-arm64")
    assert "cpuOptions" not in template
    assert template["networkInterfaces"][0]["enaSrdSpecification"]["enaSrdEnabled"] is True


def test_partitions_take_no_reservation_inside_the_group():
    stack = record_primary({"enginePlacement": "partition"})
    assert stack.one(PLACEMENT, "engines").properties["partitionCount"] == 2
    assert "placementGroupArn" not in stack.one(RESERVATION, "engines").properties


def test_engines_can_stand_in_another_zone_of_the_stack():
    stack = record_dr(overrides={"engineZone": "us-west-2c"})
    (zone,) = stack.one(GROUP, "engines").properties["vpcZoneIdentifiers"]
    assert stack.one(*fed_by(zone)[0]).properties["availabilityZone"] == "us-west-2c"
