"""Certificates, groups and instances come back as they were asked for, reserved capacity included."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

REGION = "eu-west-2"
ZONE = f"{REGION}a"


@pytest.fixture
def ec2(client):
    return client("ec2", REGION)


@pytest.fixture
def autoscaling(client):
    return client("autoscaling", REGION)


@pytest.fixture
def subnet(client):
    ec2 = client("ec2", REGION)
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    return ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.0.0/24", AvailabilityZone=ZONE)["Subnet"]["SubnetId"]


@pytest.fixture
def reservation(ec2):
    """Capacity for two engines, for those that name it."""
    return ec2.create_capacity_reservation(
        InstanceType="c5n.large",
        InstancePlatform="Linux/UNIX",
        AvailabilityZone=ZONE,
        InstanceCount=2,
        InstanceMatchCriteria="targeted",
    )["CapacityReservation"]["CapacityReservationId"]


def target(reservation):
    return {"CapacityReservationTarget": {"CapacityReservationId": reservation}}


@pytest.fixture
def launch(ec2, image, subnet):
    def launch(count=1, **given):
        arguments = {"ImageId": image, "InstanceType": "c5n.large", "SubnetId": subnet} | given
        launched = ec2.run_instances(MinCount=count, MaxCount=count, **arguments)["Instances"]
        return [instance["InstanceId"] for instance in launched]

    return launch


@pytest.fixture
def found(ec2):
    def found(instance_id):
        return ec2.describe_instances(InstanceIds=[instance_id])["Reservations"][0]["Instances"][0]

    return found


@pytest.fixture
def make_group(ec2, autoscaling, image, subnet, request):
    def make(**given):
        name = request.node.name
        ec2.create_launch_template(
            LaunchTemplateName=name, LaunchTemplateData={"ImageId": image, "InstanceType": "c5n.large"}
        )
        autoscaling.create_auto_scaling_group(
            AutoScalingGroupName=name,
            MinSize=0,
            MaxSize=1,
            VPCZoneIdentifier=subnet,
            LaunchTemplate={"LaunchTemplateName": name},
            **given,
        )
        return name

    return make


@pytest.fixture
def described(autoscaling):
    return lambda name: autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[name])["AutoScalingGroups"][0]


@pytest.mark.parametrize("algorithm", ["EC_prime256v1", "EC_secp384r1", "RSA_3072", "RSA_2048"])
def test_a_certificate_has_a_key_of_the_algorithm_that_was_asked_for(client, algorithm):
    acm = client("acm", REGION)
    arn = acm.request_certificate(
        DomainName="api.trading.example",
        SubjectAlternativeNames=["fix.trading.example"],
        ValidationMethod="DNS",
        KeyAlgorithm=algorithm,
    )["CertificateArn"]
    certificate = acm.describe_certificate(CertificateArn=arn)["Certificate"]
    assert certificate["KeyAlgorithm"] == algorithm
    assert certificate["DomainName"] == "api.trading.example"
    assert set(certificate["SubjectAlternativeNames"]) == {"api.trading.example", "fix.trading.example"}


def test_a_certificate_is_of_rsa_unless_it_is_told_otherwise(client):
    acm = client("acm", REGION)
    arn = acm.request_certificate(DomainName="plain.trading.example", ValidationMethod="DNS")["CertificateArn"]
    assert acm.describe_certificate(CertificateArn=arn)["Certificate"]["KeyAlgorithm"] == "RSA_2048"


def test_a_group_keeps_what_it_was_made_with(make_group, described, reservation):
    specification = {
        "CapacityReservationPreference": "capacity-reservations-first",
        "CapacityReservationTarget": {"CapacityReservationIds": [reservation]},
    }
    group = described(make_group(DefaultInstanceWarmup=60, CapacityReservationSpecification=specification))
    assert group["DefaultInstanceWarmup"] == 60
    assert group["CapacityReservationSpecification"] == specification


def test_a_group_that_says_nothing_of_reservations_takes_the_launch_templates_word(make_group, described):
    group = described(make_group())
    assert group["CapacityReservationSpecification"] == {"CapacityReservationPreference": "default"}
    assert "DefaultInstanceWarmup" not in group


def test_an_update_of_a_group_changes_what_it_names_and_nothing_else(autoscaling, make_group, described):
    name = make_group(DefaultInstanceWarmup=60, TerminationPolicies=["OldestInstance"])
    autoscaling.update_auto_scaling_group(AutoScalingGroupName=name, DefaultInstanceWarmup=90)
    assert described(name)["DefaultInstanceWarmup"] == 90
    assert described(name)["TerminationPolicies"] == ["OldestInstance"]
    autoscaling.update_auto_scaling_group(
        AutoScalingGroupName=name, MaxSize=3, TerminationPolicies=["NewestInstance"], DefaultCooldown=5
    )
    group = described(name)
    assert (group["DefaultInstanceWarmup"], group["MaxSize"]) == (90, 3)
    assert (group["TerminationPolicies"], group["DefaultCooldown"]) == (["NewestInstance"], 5)


def test_an_instance_stands_in_the_reservation_that_it_names(launch, found, reservation):
    instance = found(launch(CapacityReservationSpecification=target(reservation))[0])
    assert instance["CapacityReservationSpecification"] == target(reservation)
    assert instance["CapacityReservationId"] == reservation


def test_an_instance_that_names_no_reservation_takes_any_open_one(launch, found):
    instance = found(launch()[0])
    assert instance["CapacityReservationSpecification"] == {"CapacityReservationPreference": "open"}
    assert "CapacityReservationId" not in instance


def test_a_launch_template_says_in_which_reservation_its_instances_stand(ec2, launch, found, reservation, image):
    ec2.create_launch_template(
        LaunchTemplateName="reserved",
        LaunchTemplateData={
            "ImageId": image,
            "InstanceType": "c5n.large",
            "CapacityReservationSpecification": target(reservation),
        },
    )
    instance = found(launch(LaunchTemplate={"LaunchTemplateName": "reserved"})[0])
    assert instance["CapacityReservationId"] == reservation


def test_a_reservation_has_as_much_left_as_nobody_stands_in(ec2, launch, reservation):
    def left():
        described = ec2.describe_capacity_reservations(CapacityReservationIds=[reservation])
        return described["CapacityReservations"][0]["AvailableInstanceCount"]

    instances = launch(count=2, CapacityReservationSpecification=target(reservation))
    assert left() == 0
    ec2.terminate_instances(InstanceIds=instances[:1])
    assert left() == 1


def test_a_full_reservation_takes_nobody(launch, reservation):
    launch(count=2, CapacityReservationSpecification=target(reservation))
    with pytest.raises(ClientError) as refused:
        launch(CapacityReservationSpecification=target(reservation))
    assert refused.value.response["Error"]["Code"] == "ReservationCapacityExceeded"


def test_an_instance_can_leave_its_reservation(ec2, launch, found, reservation):
    [instance_id] = launch(CapacityReservationSpecification=target(reservation))
    ec2.modify_instance_capacity_reservation_attributes(
        InstanceId=instance_id, CapacityReservationSpecification={"CapacityReservationPreference": "none"}
    )
    assert found(instance_id)["CapacityReservationSpecification"] == {"CapacityReservationPreference": "none"}
    assert "CapacityReservationId" not in found(instance_id)


def test_capacity_is_reserved_in_a_placement_group_by_its_arn(ec2):
    """The model's pattern of such an ARN matches none; AWS's user guide reserves capacity so."""
    ec2.create_placement_group(GroupName="near", Strategy="cluster")
    group = f"arn:aws:ec2:{REGION}:123456789012:placement-group/near"
    made = ec2.create_capacity_reservation(
        InstanceType="c5n.large",
        InstancePlatform="Linux/UNIX",
        AvailabilityZone=ZONE,
        InstanceCount=1,
        PlacementGroupArn=group,
    )["CapacityReservation"]
    assert made["PlacementGroupArn"] == group
