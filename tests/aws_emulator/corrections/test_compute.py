from __future__ import annotations

import io
import zipfile

import pytest

from tests.aws_emulator.conftest import TRUST

ROLE = "arn:aws:iam::123456789012:role/compute"
REGION = "eu-west-2"


@pytest.fixture
def ec2(client):
    return client("ec2", REGION)


@pytest.fixture
def subnets(client):
    ec2 = client("ec2", REGION)
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    return [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=f"{REGION}{zone}")["Subnet"][
            "SubnetId"
        ]
        for number, zone in enumerate("ab")
    ]


def test_tags_of_a_launch_template_do_not_apply_to_its_instances(ec2):
    own = [{"ResourceType": "launch-template", "Tags": [{"Key": "Of", "Value": "template"}]}]
    launched = [{"ResourceType": "instance", "Tags": [{"Key": "Of", "Value": "instance"}]}]
    template = ec2.create_launch_template(
        LaunchTemplateName="tagged",
        TagSpecifications=own,
        LaunchTemplateData={"InstanceType": "c5n.large", "TagSpecifications": launched},
    )["LaunchTemplate"]
    assert template["Tags"] == own[0]["Tags"]
    version = ec2.describe_launch_template_versions(LaunchTemplateName="tagged")["LaunchTemplateVersions"][0]
    assert version["LaunchTemplateData"]["TagSpecifications"] == launched


@pytest.fixture
def group(client, ec2, subnets, image, request):
    name = request.node.name
    ec2.create_launch_template(
        LaunchTemplateName=name, LaunchTemplateData={"ImageId": image, "InstanceType": "c5n.large"}
    )
    client("autoscaling", REGION).create_auto_scaling_group(
        AutoScalingGroupName=name,
        MinSize=0,
        MaxSize=1,
        VPCZoneIdentifier=",".join(subnets),
        LaunchTemplate={"LaunchTemplateName": name},
    )
    return name


def test_a_scaling_policy_is_enabled_and_not_predictive_by_default(client, group):
    autoscaling = client("autoscaling", REGION)
    step = [{"MetricIntervalLowerBound": 0.0, "ScalingAdjustment": 1}]
    autoscaling.put_scaling_policy(
        AutoScalingGroupName=group,
        PolicyName="step",
        PolicyType="StepScaling",
        AdjustmentType="ChangeInCapacity",
        StepAdjustments=step,
    )
    policy = autoscaling.describe_policies(AutoScalingGroupName=group)["ScalingPolicies"][0]
    assert policy["Enabled"] is True
    assert "PredictiveScalingConfiguration" not in policy


def test_a_lifecycle_hook_without_a_target_sends_no_notification(client, group):
    autoscaling = client("autoscaling", REGION)
    autoscaling.put_lifecycle_hook(
        AutoScalingGroupName=group,
        LifecycleHookName="drain",
        LifecycleTransition="autoscaling:EC2_INSTANCE_TERMINATING",
    )
    hook = autoscaling.describe_lifecycle_hooks(AutoScalingGroupName=group)["LifecycleHooks"][0]
    assert "NotificationTargetARN" not in hook
    assert "RoleARN" not in hook


def test_a_cluster_keeps_its_access_settings(client, subnets):
    eks = client("eks", REGION)
    access = {"authenticationMode": "API", "bootstrapClusterCreatorAdminPermissions": False}
    eks.create_cluster(name="trading", roleArn=ROLE, resourcesVpcConfig={"subnetIds": subnets}, accessConfig=access)
    assert eks.describe_cluster(name="trading")["cluster"]["accessConfig"] == access


def test_a_node_group_keeps_its_update_settings_and_has_no_remote_access(client, subnets):
    eks = client("eks", REGION)
    eks.create_cluster(name="nodes", roleArn=ROLE, resourcesVpcConfig={"subnetIds": subnets})
    eks.create_nodegroup(
        clusterName="nodes",
        nodegroupName="engine",
        subnets=subnets,
        nodeRole=ROLE,
        updateConfig={"maxUnavailablePercentage": 33},
    )
    group = eks.describe_nodegroup(clusterName="nodes", nodegroupName="engine")["nodegroup"]
    assert group["updateConfig"] == {"maxUnavailablePercentage": 33}
    assert "remoteAccess" not in group


def test_a_node_group_with_a_launch_template_has_an_auto_scaling_group_until_its_deletion(client, subnets):
    eks, ec2, autoscaling = (client(service, REGION) for service in ("eks", "ec2", "autoscaling"))
    template = ec2.create_launch_template(
        LaunchTemplateName="nodes", LaunchTemplateData={"Monitoring": {"Enabled": True}}
    )
    eks.create_cluster(name="scaled", roleArn=ROLE, resourcesVpcConfig={"subnetIds": subnets})
    eks.create_nodegroup(
        clusterName="scaled",
        nodegroupName="engine",
        subnets=subnets,
        nodeRole=ROLE,
        scalingConfig={"minSize": 3, "maxSize": 12, "desiredSize": 3},
        launchTemplate={"id": template["LaunchTemplate"]["LaunchTemplateId"], "version": "1"},
    )
    described = eks.describe_nodegroup(clusterName="scaled", nodegroupName="engine")["nodegroup"]
    (name,) = (group["name"] for group in described["resources"]["autoScalingGroups"])
    (group,) = autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[name])["AutoScalingGroups"]
    assert {tag["Key"]: tag["Value"] for tag in group["Tags"]}["k8s.io/cluster-autoscaler/scaled"] == "owned"
    assert group["MaxSize"] == 12
    autoscaling.create_or_update_tags(
        Tags=[
            {
                "ResourceId": name,
                "ResourceType": "auto-scaling-group",
                "Key": "k8s.io/cluster-autoscaler/enabled",
                "Value": "true",
                "PropagateAtLaunch": False,
            }
        ]
    )
    eks.delete_nodegroup(clusterName="scaled", nodegroupName="engine")
    assert autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[name])["AutoScalingGroups"] == []


def test_a_service_keeps_its_capacity_providers_and_its_deployment_settings(client):
    ecs = client("ecs", REGION)
    ecs.create_cluster(clusterName="risk")
    ecs.register_task_definition(
        family="risk", containerDefinitions=[{"name": "risk", "image": "risk:1", "memory": 128}]
    )
    strategy = [{"capacityProvider": "FARGATE", "weight": 1, "base": 0}]
    breaker = {"enable": True, "rollback": True}
    ecs.create_service(
        cluster="risk",
        serviceName="risk",
        taskDefinition="risk",
        desiredCount=1,
        capacityProviderStrategy=strategy,
        deploymentConfiguration={"deploymentCircuitBreaker": breaker, "maximumPercent": 200},
        enableExecuteCommand=True,
    )
    service = ecs.describe_services(cluster="risk", services=["risk"])["services"][0]
    assert service["capacityProviderStrategy"] == strategy
    assert service["deploymentConfiguration"]["deploymentCircuitBreaker"] == breaker
    assert service["enableExecuteCommand"] is True
    assert service["availabilityZoneRebalancing"] == "DISABLED"


@pytest.fixture
def role(client):
    client("iam").create_role(RoleName=ROLE.rpartition("/")[2], AssumeRolePolicyDocument=TRUST)
    return ROLE


def test_a_function_keeps_its_dead_letter_target_and_its_logging(client, role):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("index.py", "def handler(event, context): return event")
    target = {"TargetArn": f"arn:aws:sqs:{REGION}:123456789012:dead-letters"}
    functions = client("lambda", REGION)
    functions.create_function(
        FunctionName="intake",
        Runtime="python3.12",
        Role=role,
        Handler="index.handler",
        Code={"ZipFile": packed.getvalue()},
        DeadLetterConfig=target,
        LoggingConfig={"LogFormat": "JSON"},
    )
    found = functions.get_function_configuration(FunctionName="intake")
    assert found["DeadLetterConfig"] == target
    assert found["LoggingConfig"] == {"LogFormat": "JSON", "LogGroup": "/aws/lambda/intake"}


def test_a_function_accepts_a_layer_of_another_account(client, role):
    layer = "arn:aws:lambda:eu-west-2:017000801446:layer:Published:7"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("index.py", "handler = print")
    functions = client("lambda", REGION)
    described = functions.create_function(
        FunctionName="layered",
        Runtime="python3.13",
        Role=role,
        Handler="index.handler",
        Code={"ZipFile": packed.getvalue()},
        Layers=[layer],
    )
    assert [found["Arn"] for found in described["Layers"]] == [layer]
