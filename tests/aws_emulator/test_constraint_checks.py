"""Each documented constraint is asked about a real request, and no check of one fails itself."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError
from werkzeug.test import Client

from aws_emulator import server
from aws_emulator.store import Call
from aws_emulator.strict import policies
from aws_emulator.strict.constraint import Constraint
from aws_emulator.strict.constraints import CONSTRAINTS
from aws_emulator.strict.middleware import StrictMiddleware
from aws_emulator.strict.mode import STRICT_PATH
from tests.aws_emulator.conftest import ClientFactory
from tests.aws_emulator.test_documented_values import STATELESS
from tests.aws_emulator.test_strict import trust

REGION = "us-east-1"
ACCOUNT = server.ACCOUNT_ID
Made = dict[str, str]


@pytest.fixture
def made(client: ClientFactory, image: str) -> Made:
    """What requests name: a network, a role, a group with a launch template."""
    ec2, iam = client("ec2"), client("iam")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    # Without a zone it stands in any, and one of them has no EKS.
    zone = f"{REGION}a"
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24", AvailabilityZone=zone)["Subnet"]["SubnetId"]
    role = iam.create_role(RoleName="made", AssumeRolePolicyDocument=trust("lambda.amazonaws.com"))["Role"]["Arn"]
    second = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24", AvailabilityZone=f"{REGION}b")["Subnet"]["SubnetId"]
    acl = ec2.create_network_acl(VpcId=vpc)["NetworkAcl"]["NetworkAclId"]
    ec2.create_launch_template(
        LaunchTemplateName="made", LaunchTemplateData={"ImageId": image, "InstanceType": "c5n.large"}
    )
    client("autoscaling").create_auto_scaling_group(
        AutoScalingGroupName="made",
        MinSize=0,
        MaxSize=0,
        VPCZoneIdentifier=subnet,
        LaunchTemplate={"LaunchTemplateName": "made", "Version": "$Latest"},
    )
    client("s3").create_bucket(Bucket="made-bucket")
    client("secretsmanager").create_secret(Name="made", SecretString="x")
    return {"vpc": vpc, "subnet": subnet, "second": second, "role": role, "acl": acl, "image": image}


def policy(made: Made, action: str, resource: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"AWS": made["role"]}, "Action": action, "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def identity(action: str) -> str:
    """A policy of an identity, which names no principal."""
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]})


def permission(port: int) -> list[dict[str, Any]]:
    return [{"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": [{"CidrIp": "10.0.0.0/16"}]}]


def network(client: ClientFactory, made: Made) -> None:
    """Each request twice: the second finds what the first made."""
    ec2, eks = client("ec2"), client("eks")
    for number in range(2):
        group = ec2.create_security_group(GroupName=f"g{number}", Description="made", VpcId=made["vpc"])["GroupId"]
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=permission(443))
        ec2.authorize_security_group_egress(GroupId=group, IpPermissions=permission(443))
        ec2.create_vpc(CidrBlock=f"10.{number + 1}.0.0/16")
        ec2.create_internet_gateway()
        address = ec2.allocate_address(Domain="vpc")["AllocationId"]
        ec2.create_nat_gateway(SubnetId=made["subnet"], AllocationId=address)
        ec2.create_transit_gateway()
        endpoint = {"VpcId": made["vpc"], "ServiceName": f"com.amazonaws.{REGION}.{('sqs', 'sns')[number]}"}
        ec2.create_vpc_endpoint(VpcEndpointType="Interface", SubnetIds=[made["subnet"]], **endpoint)
        ec2.create_network_acl_entry(
            NetworkAclId=made["acl"],
            RuleNumber=100 + number,
            Protocol="6",
            RuleAction="allow",
            Egress=False,
            CidrBlock="10.0.0.0/16",
            PortRange={"From": 443, "To": 443},
        )
        ec2.run_instances(MinCount=1, MaxCount=1, LaunchTemplate={"LaunchTemplateName": "made"})
        ec2.run_instances(MinCount=1, MaxCount=1, ImageId=made["image"], InstanceType="t3.small")
        eks.create_cluster(
            name=f"c{number}", roleArn=made["role"], resourcesVpcConfig={"subnetIds": [made["subnet"], made["second"], "subnet-gone"]}
        )
    # moto has no instance refreshes and answers 500, after the check.
    with pytest.raises((ClientError, ResponseParserError), match=r"500|Internal Server Error"):
        client("autoscaling").start_instance_refresh(AutoScalingGroupName="made", Preferences={"AutoRollback": True})


def documents(client: ClientFactory, made: Made) -> None:
    iam, kms = client("iam"), client("kms")
    iam.create_service_linked_role(AWSServiceName="config.amazonaws.com")
    iam.update_assume_role_policy(RoleName="made", PolicyDocument=trust("lambda.amazonaws.com"))
    iam.put_role_policy(RoleName="made", PolicyName="p", PolicyDocument=identity("s3:GetObject"))
    iam.create_policy(PolicyName="p", PolicyDocument=identity("s3:GetObject"))
    client("s3").put_bucket_policy(
        Bucket="made-bucket", Policy=policy(made, "s3:GetObject", "arn:aws:s3:::made-bucket/*")
    )
    kms.create_key(Policy=policy(made, "kms:*", "*"))
    client("secretsmanager").put_resource_policy(
        SecretId="made", ResourcePolicy=policy(made, "secretsmanager:GetSecretValue", "*")
    )
    client("sqs").create_queue(QueueName="q", Attributes={"Policy": policy(made, "sqs:SendMessage", "*")})
    sns = client("sns")
    topic = sns.create_topic(Name="t", Attributes={"Policy": policy(made, "sns:Publish", "*")})["TopicArn"]
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy(made, "sns:Publish", topic))
    policies = [arn["Arn"] for arn in iam.list_policies(Scope="AWS", MaxItems=1)["Policies"]]
    iam.attach_role_policy(RoleName="made", PolicyArn=policies[0])
    own = iam.create_policy(PolicyName="versions", PolicyDocument=identity("s3:GetObject"))["Policy"]["Arn"]
    iam.create_policy_version(PolicyArn=own, PolicyDocument=identity("s3:PutObject"))
    client("cloudtrail").create_trail(Name="trail", S3BucketName="made-bucket")


def stores(client: ClientFactory, made: Made) -> None:
    client("rds").create_db_instance(
        DBInstanceIdentifier="made",
        Engine="postgres",
        DBInstanceClass="db.t3.medium",
        AllocatedStorage=20,
        DBName="orders",
        MasterUsername="owner",
        MasterUserPassword="not-a-secret-1",
    )
    functions = client("lambda")
    for name in ("first", "second"):
        functions.create_function(
            FunctionName=name,
            Runtime="python3.13",
            Role=made["role"],
            Handler="index.handler",
            Code={"ZipFile": b"PK\x05\x06" + b"\0" * 18},
            Environment={"Variables": {"LEVEL": "INFO"}},
        )
        functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=1)
    monitor = {"MonitorName": "services", "MonitorType": "DIMENSIONAL", "MonitorDimension": "SERVICE"}
    client("ce").create_anomaly_monitor(AnomalyMonitor=monitor)


def test_each_constraint_is_asked_and_no_check_fails_itself(
    client: ClientFactory, in_memory_aws: server.RunningServer, made: Made
) -> None:
    """A check that reads a member moto does not have fails with an error of its own and guards nothing. Two did."""
    failed_before = in_memory_aws.strictness()["failed"]
    for requests in (network, documents, stores):
        requests(client, made)
    report = in_memory_aws.strictness()
    assert report["failed"] == failed_before
    # Others read the request alone: test_documented_values.py and test_policies.py have refused requests of each.
    of_requests = {constraint for module in (*STATELESS, policies) for constraint in module.CONSTRAINTS}
    of_state = {constraint.name for constraint in CONSTRAINTS if constraint not in of_requests}
    unasked = {constraint["name"] for constraint in report["constraints"] if not constraint["asked"]}
    assert of_state & unasked == set()
    assert len(report["constraints"]) == len(CONSTRAINTS)


def served(_environ: Any, start_response: Any) -> Iterable[bytes]:
    start_response("200 OK", [])
    return [b"served"]


def failing(call: Call) -> str | None:
    raise LookupError(f"no state of {call.params['StreamName']}")


def test_a_check_that_fails_itself_refuses_nothing_and_is_reported() -> None:
    """The request is served, other constraints of the operation are still asked, and the report names the check."""
    page = "https://docs.aws.amazon.com/"
    broken = Constraint("a broken check", "kinesis", ("CreateStream",), "InvalidArgumentException", page, failing)
    strict = Constraint(
        "another check", "kinesis", ("CreateStream",), "LimitExceededException", page,
        lambda call: "too many shards" if call.params["ShardCount"] > 1 else None,
    )  # fmt: skip
    client = Client(StrictMiddleware(served, ACCOUNT, constraints=(broken, strict)))

    def create(shards: int) -> Any:
        return client.post(
            "/",
            data=json.dumps({"StreamName": "orders", "ShardCount": shards}),
            headers={
                "X-Amz-Target": "Kinesis_20131202.CreateStream",
                "Content-Type": "application/x-amz-json-1.1",
                "Authorization": f"AWS4-HMAC-SHA256 Credential=x/20260101/{REGION}/kinesis/aws4_request, Signature=x",
            },
        )

    assert create(1).data == b"served"
    assert create(2).status_code == 400
    report = client.get(STRICT_PATH).json
    assert report is not None
    assert report["failed"] == [
        {
            "service": "kinesis",
            "operation": "CreateStream",
            "reason": "a broken check: LookupError: no state of orders",
            "count": 2,
        }
    ]
    assert [entry["reason"] for entry in report["refused"]] == ["too many shards"]


def test_a_target_without_its_namespace_is_checked_as_the_whole_one() -> None:
    """The AWS provider sends `CloudTrail_20131101.CreateTrail`; botocore sends a longer target."""
    headers = {
        "X-Amz-Target": "CloudTrail_20131101.CreateTrail",
        "Content-Type": "application/x-amz-json-1.1",
        "Authorization": f"AWS4-HMAC-SHA256 Credential=x/20260101/{REGION}/cloudtrail/aws4_request, Signature=x",
    }
    client = Client(StrictMiddleware(served, ACCOUNT))
    refused = client.post("/", data=json.dumps({"Name": "trail"}), headers=headers)
    assert refused.status_code == 400
    assert "S3BucketName" in refused.text
    headers["X-Amz-Target"] = "CloudTrail_20131101.NoSuchOperation"
    client.post("/", data="{}", headers=headers)
    report = client.get(STRICT_PATH).json
    assert report is not None
    assert (report["checked"], report["unmatched"]) == ({"cloudtrail": 1}, {"cloudtrail": 1})
