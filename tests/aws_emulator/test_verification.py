"""What a look at the cloud finds of engines, services and load balancers, and of how they are joined."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from blueprint import Blueprint, Resource
from rehearsal.verification import leftovers, verify
from rehearsal.verification.clients import Clients

REGION = "us-east-1"
HOME = "urn:pulumi:test::trading-platform::pulumi:providers:aws::regional"


def resource(type_: str, name: str, /, **properties: Any) -> Resource:
    urn = f"urn:pulumi:test::trading-platform::{type_}::{name}"
    return Resource(urn, type_, name, True, None, HOME, properties, (), {})


def blueprint(stack: str, region: str, *resources: Resource) -> Blueprint:
    provider = Resource(HOME, "pulumi:providers:aws", "regional", True, None, None, {"region": region}, (), {})
    return Blueprint(stack, (provider, *resources), {"region": region})


ENGINE = resource(
    "aws:ec2/instance:Instance",
    "engine-1",
    tags={"Name": "engine-1"},
    capacityReservationSpecification={"capacityReservationTarget": {"capacityReservationId": "cr"}},
)
DECLARED = (
    ENGINE,
    resource("aws:ec2/capacityReservation:CapacityReservation", "engines", tags={"Name": "engines"}),
    resource("aws:ec2/placementGroup:PlacementGroup", "engines", name="engines"),
    resource("aws:ec2/launchTemplate:LaunchTemplate", "fleet", name="engine-fleet"),
    resource("aws:autoscaling/group:Group", "fleet", name="fleet", targetGroupArns=["fix"]),
    resource("aws:ecs/service:Service", "services", name="services", loadBalancers=[{"targetGroupArn": "api"}]),
    resource("aws:lb/loadBalancer:LoadBalancer", "api", name="api"),
    resource("aws:lb/loadBalancer:LoadBalancer", "fix", name="fix"),
    resource("aws:lb/targetGroup:TargetGroup", "api", name="api"),
    resource("aws:lb/targetGroup:TargetGroup", "fix", name="fix"),
    resource("aws:lb/targetGroupAttachment:TargetGroupAttachment", "engine-1", targetId=str(ENGINE.reference("id"))),
    resource("aws:acm/certificate:Certificate", "balancers", domainName="api.trading.example"),
)
RELATIONS = {
    "engine in the capacity reserved for it",
    "engine that a load balancer reaches",
    "fleet that a load balancer reaches",
    "service that a load balancer reaches",
}


class Cloud:
    """A region in which everything that is declared stands, and is joined as declared."""

    def __init__(self, clients: Clients) -> None:
        self.ec2, self.elb, self.ecs = (clients.client(service) for service in ("ec2", "elbv2", "ecs"))
        self.autoscaling, self.acm = clients.client("autoscaling"), clients.client("acm")
        vpc = self.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        self.subnets = [
            self.ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=f"{REGION}{zone}")[
                "Subnet"
            ]["SubnetId"]
            for number, zone in enumerate("ab")
        ]
        self.acm.request_certificate(
            DomainName="api.trading.example", ValidationMethod="DNS", KeyAlgorithm="EC_prime256v1"
        )
        self.groups = {name: self._reached_group(name, vpc) for name in ("api", "fix")}
        self._engine()
        self._fleet()
        self._service()

    def _reached_group(self, name: str, vpc: str) -> str:
        protocol = {"api": "HTTP", "fix": "TCP"}[name]
        balancer = self.elb.create_load_balancer(
            Name=name, Subnets=self.subnets, Type={"api": "application", "fix": "network"}[name]
        )["LoadBalancers"][0]["LoadBalancerArn"]
        group = self.elb.create_target_group(Name=name, Protocol=protocol, Port=8443, VpcId=vpc)
        arn = group["TargetGroups"][0]["TargetGroupArn"]
        self.listener = self.elb.create_listener(
            LoadBalancerArn=balancer,
            Protocol=protocol,
            Port=8443,
            DefaultActions=[{"Type": "forward", "TargetGroupArn": arn}],
        )["Listeners"][0]["ListenerArn"]
        return arn

    def _engine(self) -> None:
        self.ec2.create_placement_group(GroupName="engines", Strategy="cluster")
        reservation = self.ec2.create_capacity_reservation(
            InstanceType="c5n.large",
            InstancePlatform="Linux/UNIX",
            AvailabilityZone=f"{REGION}a",
            InstanceCount=1,
            TagSpecifications=[{"ResourceType": "capacity-reservation", "Tags": [{"Key": "Name", "Value": "engines"}]}],
        )["CapacityReservation"]["CapacityReservationId"]
        self.engine = self.ec2.run_instances(
            MinCount=1,
            MaxCount=1,
            ImageId=self._image(),
            SubnetId=self.subnets[0],
            CapacityReservationSpecification={"CapacityReservationTarget": {"CapacityReservationId": reservation}},
            TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "engine-1"}]}],
        )["Instances"][0]["InstanceId"]
        self.elb.register_targets(TargetGroupArn=self.groups["fix"], Targets=[{"Id": self.engine}])

    def _fleet(self) -> None:
        self.ec2.create_launch_template(
            LaunchTemplateName="engine-fleet",
            LaunchTemplateData={"ImageId": self._image(), "InstanceType": "c5n.large"},
        )
        self.autoscaling.create_auto_scaling_group(
            AutoScalingGroupName="fleet",
            MinSize=0,
            MaxSize=1,
            VPCZoneIdentifier=self.subnets[0],
            LaunchTemplate={"LaunchTemplateName": "engine-fleet"},
            TargetGroupARNs=[self.groups["fix"]],
        )

    def _service(self) -> None:
        self.ecs.create_cluster(clusterName="services")
        self.ecs.register_task_definition(
            family="services", containerDefinitions=[{"name": "services", "image": "services:1", "memory": 128}]
        )
        self.ecs.create_service(
            cluster="services",
            serviceName="services",
            taskDefinition="services",
            desiredCount=1,
            loadBalancers=[{"targetGroupArn": self.groups["api"], "containerName": "services", "containerPort": 8443}],
        )

    def _image(self) -> str:
        return self.ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]


class Look:
    """Looks at the cloud of a test again and again."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.primary, self.dr = blueprint("primary", REGION, *DECLARED), blueprint("dr", "us-west-2")
        self.here, self.there = Clients(REGION, environment), Clients("us-west-2", environment)

    def missing(self) -> dict[str, tuple[str, ...]]:
        findings = verify(self.primary, self.dr, self.here, self.there)
        return {finding.what: finding.missing for finding in findings}

    def left(self) -> set[str]:
        return set(leftovers(self.primary, self.here))


def test_everything_that_stands_and_is_joined_is_found(own_aws):
    look = Look(own_aws.environment())
    missing = look.missing()
    assert missing.keys() >= RELATIONS
    assert all(missing.values()), "nothing stands yet"

    cloud = Cloud(look.here)
    assert not any(look.missing().values())

    cloud.elb.deregister_targets(TargetGroupArn=cloud.groups["fix"], Targets=[{"Id": cloud.engine}])
    assert look.missing()["engine that a load balancer reaches"] == ("engine-1",)

    cloud.elb.delete_listener(ListenerArn=cloud.listener)
    assert look.missing()["fleet that a load balancer reaches"] == ("fleet",)
    assert look.missing()["service that a load balancer reaches"] == ()

    cloud.ec2.terminate_instances(InstanceIds=[cloud.engine])
    assert look.missing()["engine"] == ("engine-1",)
    assert look.missing()["engine in the capacity reserved for it"] == ("engine-1",)
    assert "engine engine-1" not in look.left()
    assert {"fleet of engines fleet", "service on Fargate services"} <= look.left()
