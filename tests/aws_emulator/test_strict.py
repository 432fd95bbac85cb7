"""Requests that AWS refuses are refused here: by its models, and by documented constraints."""

from __future__ import annotations

import base64
import json
import statistics
import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.core.utils import get_service_model

from aws_emulator import server
from aws_emulator.strict.constraints import CONSTRAINTS
from aws_emulator.strict.mode import Mode
from aws_emulator.strict.patterns import NOT_BLANK, matcher
from aws_emulator.strict.requests import validator_of
from tests.aws_emulator.conftest import ClientFactory

ACCOUNT = "123456789012"


def unchecked(client: Any) -> Any:
    """A client that sends what botocore's own validation would not."""
    client.meta.events.register("before-parameter-build", lambda **_: None)
    client._serializer._parameter_validator = type("Nothing", (), {"validate": lambda *_: _Report()})()
    return client


class _Report:
    def has_errors(self) -> bool:
        return False


def refused(call: Callable[[], Any]) -> tuple[str, str]:
    """Code and message of the refusal."""
    with pytest.raises(ClientError) as error:
        call()
    told = error.value.response["Error"]
    return told["Code"], told["Message"]


# By the models


def violations(service: str, operation: str, params: dict[str, Any]) -> list[str]:
    found: list[str] = []
    validate = validator_of(service, operation)
    assert validate is not None
    validate(params, "", found)
    return found


@pytest.mark.parametrize(
    ("service", "operation", "params", "said"),
    [
        ("kinesis", "CreateStream", {}, "must not be null"),
        ("kinesis", "CreateStream", {"StreamName": "a" * 129, "ShardCount": 1}, "less than or equal to 128"),
        ("kinesis", "CreateStream", {"StreamName": "orders of today", "ShardCount": 1}, "regular expression"),
        ("kinesis", "CreateStream", {"StreamName": "orders", "ShardCount": 0}, "greater than or equal to 1"),
        ("kinesis", "StartStreamEncryption", {"StreamName": "o", "EncryptionType": "AES", "KeyId": "k"}, "enum"),
        ("backup", "CreateBackupVault", {"BackupVaultName": "vault one"}, "regular expression"),
        ("iam", "CreateRole", {"RoleName": "r", "AssumeRolePolicyDocument": "{}", "Description": "x" * 1001}, "1000"),
        ("iam", "TagRole", {"RoleName": "r", "Tags": [{"Key": "a", "Value": "b"}] * 51}, "less than or equal to 50"),
        ("logs", "PutMetricFilter", {"logGroupName": "g", "filterName": "a:b"}, "regular expression"),
        ("lambda", "CreateFunction", {"FunctionName": "f", "Role": "nobody", "Code": {}}, "regular expression"),
        ("sns", "CreateTopic", {}, "must not be null"),
    ],
)
def test_a_request_that_breaks_its_shape_is_named(
    service: str, operation: str, params: dict[str, Any], said: str
) -> None:
    assert any(said in violation for violation in violations(service, operation, params))


def test_a_request_that_fits_its_shape_passes() -> None:
    assert violations("kinesis", "CreateStream", {"StreamName": "orders", "ShardCount": 1}) == []
    tags = [{"Key": "Straße", "Value": "1 / 2 @ x"}]
    assert violations("iam", "TagRole", {"RoleName": "desk", "Tags": tags}) == []


def test_every_pattern_of_the_models_in_use_can_be_read() -> None:
    unreadable = set()
    for service in (
        "iam",
        "kinesis",
        "backup",
        "logs",
        "lambda",
        "dlm",
        "events",
        "efs",
        "config",
        "cloudwatch",
        "ssm",
    ):
        model = get_service_model(service)
        for name in model.shape_names:
            pattern = model._shape_resolver._shape_map[name].get("pattern")
            if pattern and matcher(pattern) is None:
                unreadable.add((service, name, pattern))
    assert unreadable == set()


def test_the_server_refuses_with_the_services_own_code_and_a_sentence(client: ClientFactory) -> None:
    code, message = refused(lambda: unchecked(client("backup")).create_backup_vault(BackupVaultName="vault one"))
    assert code == "InvalidParameterValueException"
    assert message.startswith("1 validation error detected: Value 'vault one' at 'BackupVaultName'")
    code, _ = refused(lambda: unchecked(client("iam")).create_role(RoleName="a b", AssumeRolePolicyDocument="{}"))
    assert code in ("InvalidInput", "ValidationError")


# By documented constraints


@pytest.fixture
def group(client: ClientFactory) -> str:
    ec2 = client("ec2")
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    name = f"strict-{time.monotonic_ns()}"
    return ec2.create_security_group(GroupName=name, Description="of a test", VpcId=vpc)["GroupId"]


def rule(description: str = "", cidr: str = "10.0.0.0/16") -> dict[str, Any]:
    return {
        "IpProtocol": "tcp",
        "FromPort": 443,
        "ToPort": 443,
        "IpRanges": [{"CidrIp": cidr, "Description": description}],
    }


@pytest.mark.parametrize("text", ["Each region's monitoring", "Müller", "a" * 256, 'say "hi"', "a<b"])
def test_a_rule_description_outside_the_documented_characters_is_refused(
    client: ClientFactory, group: str, text: str
) -> None:
    call = client("ec2").authorize_security_group_ingress
    code, message = refused(lambda: call(GroupId=group, IpPermissions=[rule(text)]))
    assert code == "InvalidParameterValue"
    assert "Valid descriptions are strings less than 256 characters" in message


def test_all_documented_characters_are_accepted(client: ClientFactory, group: str) -> None:
    client("ec2").authorize_security_group_ingress(GroupId=group, IpPermissions=[rule("aZ0. _-:/()#,@[]+=&;{}!$*")])


def test_the_same_rule_twice_is_refused_in_one_request_and_in_two(client: ClientFactory, group: str) -> None:
    call = client("ec2").authorize_security_group_ingress
    assert refused(lambda: call(GroupId=group, IpPermissions=[rule("a"), rule("b")]))[0] == "InvalidParameterValue"
    call(GroupId=group, IpPermissions=[rule("a")])
    assert refused(lambda: call(GroupId=group, IpPermissions=[rule("b")]))[0] == "InvalidPermission.Duplicate"


def trust(service: str, condition: dict[str, Any] | None = None, principal: Any = None) -> str:
    statement = {"Effect": "Allow", "Principal": principal or {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps(
        {"Version": "2012-10-17", "Statement": [statement | ({"Condition": condition} if condition else {})]}
    )


@pytest.mark.parametrize(
    ("condition", "accepted"),
    [
        (None, True),
        ({"StringEquals": {"aws:SourceAccount": ACCOUNT}}, False),
        ({"ArnEquals": {"AWS:SourceArn": f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/t"}}, False),
    ],
)
def test_cloudtrails_role_for_logs_tests_no_source(
    client: ClientFactory, condition: dict[str, Any] | None, accepted: bool
) -> None:
    name = f"trail-{time.monotonic_ns()}"
    role = client("iam").create_role(
        RoleName=name, AssumeRolePolicyDocument=trust("cloudtrail.amazonaws.com", condition)
    )["Role"]["Arn"]
    client("s3").create_bucket(Bucket=name)
    wanted = {
        "Name": name,
        "S3BucketName": name,
        "CloudWatchLogsLogGroupArn": f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:t:*",
        "CloudWatchLogsRoleArn": role,
    }
    if accepted:
        client("cloudtrail").create_trail(**wanted)
    else:
        code, message = refused(lambda: client("cloudtrail").create_trail(**wanted))
        assert code == "InvalidCloudWatchLogsRoleArnException"
        assert "aws:source" in message


def test_principals_of_the_account_must_exist(client: ClientFactory) -> None:
    nobody = {"AWS": f"arn:aws:iam::{ACCOUNT}:role/nobody"}
    code, _ = refused(
        lambda: client("iam").create_role(RoleName="of-nobody", AssumeRolePolicyDocument=trust("", None, nobody))
    )
    assert code == "MalformedPolicyDocument"
    name = f"strict-{time.monotonic_ns()}"
    client("s3").create_bucket(Bucket=name)
    statement = {"Effect": "Allow", "Principal": nobody, "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{name}/*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": statement})
    assert refused(lambda: client("s3").put_bucket_policy(Bucket=name, Policy=policy))[0] == "MalformedPolicy"
    client("iam").create_role(RoleName="nobody", AssumeRolePolicyDocument=trust("ec2.amazonaws.com"))
    client("s3").put_bucket_policy(Bucket=name, Policy=policy)


def test_policies_that_are_too_large_are_refused(client: ClientFactory) -> None:
    iam = client("iam")
    resources = [f"arn:aws:s3:::bucket-{number:04}" for number in range(400)]
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": resources}
    large = json.dumps({"Version": "2012-10-17", "Statement": statement})
    iam.create_role(RoleName="large", AssumeRolePolicyDocument=trust("ec2.amazonaws.com"))
    call = iam.put_role_policy
    assert refused(lambda: call(RoleName="large", PolicyName="p", PolicyDocument=large))[0] == "LimitExceeded"
    assert refused(lambda: iam.create_policy(PolicyName="p", PolicyDocument=large))[0] == "LimitExceeded"


def test_an_instance_refresh_cannot_roll_back_with_an_image_by_parameter(client: ClientFactory) -> None:
    ec2, fleet = client("ec2"), client("autoscaling")
    name = f"fleet-{time.monotonic_ns()}"
    image = "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
    ec2.create_launch_template(
        LaunchTemplateName=name, LaunchTemplateData={"ImageId": image, "InstanceType": "t3.small"}
    )
    fleet.create_auto_scaling_group(
        AutoScalingGroupName=name,
        MinSize=0,
        MaxSize=0,
        AvailabilityZones=["us-east-1a"],
        LaunchTemplate={"LaunchTemplateName": name, "Version": "$Latest"},
    )
    code, message = refused(
        lambda: fleet.start_instance_refresh(AutoScalingGroupName=name, Preferences={"AutoRollback": True})
    )
    assert code == "ValidationError"
    assert "Systems Manager parameter" in message


def test_user_data_has_a_limit_before_it_is_encoded(client: ClientFactory) -> None:
    text = base64.b64encode(b"x" * 16_385).decode()
    code, message = refused(
        lambda: client("ec2").create_launch_template(
            LaunchTemplateName="large-user-data", LaunchTemplateData={"UserData": text}
        )
    )
    assert code == "InvalidParameterValue"
    assert "16384" in message


@pytest.mark.parametrize("name", ["sthree-primary-trades", "xn--desk", "amzn-s3-demo-desk", "desk-s3alias", "10.0.0.1"])
def test_bucket_names_that_s3_keeps_for_itself_are_refused(client: ClientFactory, name: str) -> None:
    assert refused(lambda: unchecked(client("s3")).create_bucket(Bucket=name))[0] == "InvalidBucketName"


@pytest.mark.parametrize("member", ["DBName", "MasterUsername"])
@pytest.mark.parametrize("word", ["order", "User", "table"])
def test_reserved_words_name_no_database_and_no_user(client: ClientFactory, member: str, word: str) -> None:
    wanted = {
        "DBInstanceIdentifier": "strict",
        "Engine": "postgres",
        "DBInstanceClass": "db.t3.medium",
        "AllocatedStorage": 20,
        "MasterUsername": "owner",
        "MasterUserPassword": "not-a-secret-1",
        member: word,
    }
    assert refused(lambda: client("rds").create_db_instance(**wanted))[0] == "InvalidParameterValue"


def test_an_account_has_one_monitor_of_all_services(client: ClientFactory) -> None:
    monitor = {"MonitorName": "services", "MonitorType": "DIMENSIONAL", "MonitorDimension": "SERVICE"}
    client("ce").create_anomaly_monitor(AnomalyMonitor=monitor)
    second = {**monitor, "MonitorName": "again"}
    code, _ = refused(lambda: client("ce").create_anomaly_monitor(AnomalyMonitor=second))
    assert code == "LimitExceededException"


def test_an_existing_service_linked_role_is_not_made_again(client: ClientFactory) -> None:
    iam = client("iam")
    iam.create_service_linked_role(AWSServiceName="config.amazonaws.com")
    assert refused(lambda: iam.create_service_linked_role(AWSServiceName="config.amazonaws.com"))[0] == "InvalidInput"


def test_quotas_are_awss_defaults_until_others_are_asked_for(own_aws: server.RunningServer) -> None:
    from tests.aws_emulator.conftest import clients_of

    ec2, quotas = clients_of(own_aws)("ec2"), clients_of(own_aws)("service-quotas")
    for _ in range(5):
        ec2.allocate_address(Domain="vpc")
    assert refused(lambda: ec2.allocate_address(Domain="vpc"))[0] == "AddressLimitExceeded"
    quotas.request_service_quota_increase(ServiceCode="ec2", QuotaCode="L-0263D0A3", DesiredValue=6)
    ec2.allocate_address(Domain="vpc")

    own_aws.strictness(Mode.COUNTS)
    ec2.allocate_address(Domain="vpc")
    report = own_aws.strictness(Mode.OFF)
    assert {entry["operation"] for entry in report["refused"]} == {"AllocateAddress"}
    assert sum(entry["count"] for entry in report["refused"]) == 2
    assert report["checked"]["ec2"] == 8
    ec2.allocate_address(Domain="vpc")
    assert own_aws.strictness()["checked"]["ec2"] == 8


def test_an_unknown_mode_is_refused(own_aws: server.RunningServer) -> None:
    with pytest.raises(ValueError, match="is no mode"):
        own_aws.strictness("lenient")  # type: ignore[arg-type]


def test_each_constraint_names_its_source_and_a_known_operation() -> None:
    for constraint in CONSTRAINTS:
        assert constraint.source.startswith("https://docs.aws.amazon.com/")
        for operation in constraint.operations:
            get_service_model(constraint.service).operation_model(operation)


def test_a_check_costs_less_than_a_millisecond() -> None:
    """What a request costs beyond moto: routing, parsing and validating it, in processor time, which other processes
    of a busy machine do not lengthen."""
    from moto.core.request import Request

    from aws_emulator.store.parameters import parameters_of
    from aws_emulator.strict import requests

    body = json.dumps({"StreamName": "orders", "ShardCount": 13})
    headers = {"X-Amz-Target": "Kinesis_20131202.CreateStream", "Content-Type": "application/x-amz-json-1.1"}
    spent = []
    for _ in range(200):
        request = Request.from_primitives("POST", "https://kinesis.us-east-1.amazonaws.com/", headers, body)
        begun = time.process_time()
        found = requests.operation_of("kinesis", request)
        assert found is not None
        params = parameters_of(found[0], request, found[1])
        validator_of("kinesis", "CreateStream")(params, "", [])  # type: ignore[misc]
        spent.append(time.process_time() - begun)
    assert statistics.median(spent) < 0.001


@pytest.mark.parametrize(
    ("service", "operation", "params", "refused_value"),
    [
        ("eks", "CreateCluster", {"name": "c!!", "roleArn": "r", "resourcesVpcConfig": {}}, "c!!"),
        ("logs", "PutQueryDefinition", {"name": "q", "queryString": "fields", "parameters": [{"name": "a b"}]}, "a b"),
        ("efs", "CreateMountTarget", {"FileSystemId": "fs-01234567", "SubnetId": "subnet-01234567",
                                      "SecurityGroups": ["sg-01234567 or more"]}, "sg-01234567 or more"),
    ],
)  # fmt: skip
def test_a_pattern_without_an_end_holds_for_the_whole_value(
    service: str, operation: str, params: dict[str, Any], refused_value: str
) -> None:
    """A pattern that begins with `^` and has no `$` was searched for, and accepted any value that begins well."""
    assert any(refused_value in violation for violation in violations(service, operation, params))


@pytest.mark.parametrize("pattern", ["^[a-z]+", "[a-z]+$", "[a-z]+", "^[a-z]+$", "^[a-z]+|[a-z]{2}$"])
def test_every_form_of_a_pattern_takes_the_whole_value(pattern: str) -> None:
    """With and without anchors, a value with one character too many is refused, a line feed at its end included."""
    matches = matcher(pattern)
    assert matches is not None
    assert matches("desk")
    assert not any(matches(value) for value in ("desk!", "!desk", "desk\n", "1"))


def test_a_value_that_must_not_be_blank_may_have_several_lines() -> None:
    """The pattern says that one character is visible; a policy or a query has lines."""
    matches = matcher(NOT_BLANK)
    assert matches is not None
    assert matches('{\n  "Version": "2012-10-17"\n}')
    assert not matches(" \n ")
