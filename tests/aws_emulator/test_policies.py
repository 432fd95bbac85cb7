"""Policies that AWS refuses: the grammar, actions and principals, other resources, locked keys, quotas."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.core.utils import get_service_model

from aws_emulator.policy_documents import document_of
from aws_emulator.server import ACCOUNT_ID
from aws_emulator.store import Call
from aws_emulator.strict.policies import CONSTRAINTS
from aws_emulator.strict.policy_parameters import OTHER_GRAMMARS, PARAMETERS, Kind, PolicyParameter
from aws_facts.principals import is_known
from blueprint import Blueprint
from tests.aws_emulator.conftest import ClientFactory

ROOT = {"AWS": f"arn:aws:iam::{ACCOUNT_ID}:root"}
# Services whose clients the rehearsal's provider and programs use, and that take policies.
_SERVICES = (
    "accessanalyzer apigateway backup cloudtrail codebuild config dynamodb ec2 ecr ecs efs eks elbv2 events firehose "
    "guardduty iam kinesis kms lambda logs rds route53 s3 scheduler secretsmanager securityhub sns sqs ssm sts "
    "synthetics stepfunctions wafv2 xray"
)
_MEMBERS = (
    "policy policydocument assumerolepolicydocument resourcepolicy policytext keypolicy accesspolicy policyinjson "
    "deliverydestinationpolicy"
)


def document(**statement: Any) -> str:
    """A document of one statement; None takes an element away."""
    given = {"Effect": "Allow", "Principal": ROOT, "Action": "s3:GetObject", "Resource": "*"} | statement
    return json.dumps(
        {"Version": "2012-10-17", "Statement": [{key: item for key, item in given.items() if item is not None}]}
    )


def right(parameter: PolicyParameter) -> dict[str, Any]:
    """Elements of a statement that AWS takes for a parameter."""
    if parameter.kind is Kind.TRUST:
        return {"Action": "sts:AssumeRole", "Resource": None}
    action = {"Action": "kms:*"} if parameter.service == "kms" else {}
    scope = {"Action": f"{parameter.scope}:*"} if parameter.scope else {}
    return scope | action | {
        Kind.IDENTITY: {"Principal": None}, Kind.RESOURCE: {}, Kind.REPOSITORY: {"Resource": None},
    }[parameter.kind]  # fmt: skip


def refusal(parameter: PolicyParameter, operation: str, text: str, bucket: str = "desk") -> str | None:
    """What the checks of policies say of a request."""
    members: dict[str, Any] = {parameter.member: text}
    if parameter.attributes:
        members = {parameter.attributes: members}
    if parameter.member == "AttributeValue":
        members["AttributeName"] = "Policy"
    model = get_service_model(parameter.service).operation_model(operation)
    call = Call(model, ACCOUNT_ID, "us-east-1", members | {"Bucket": bucket})
    found = (
        constraint.broken(call)
        for constraint in CONSTRAINTS
        if constraint.service == parameter.service and operation in constraint.operations
    )
    return next((reason for reason in found if reason), None)


def everywhere() -> Iterator[tuple[PolicyParameter, str]]:
    for parameter in PARAMETERS:
        for operation in parameter.operations:
            yield parameter, operation


@pytest.mark.parametrize(("parameter", "operation"), everywhere())
def test_every_request_with_a_policy_is_held_to_the_grammar(parameter: PolicyParameter, operation: str) -> None:
    """The right document passes, and each fault of the grammar is refused."""
    good = right(parameter)
    assert refusal(parameter, operation, document(**good)) is None
    for fault in ({"Effect": "Permit"}, {"Action": None}, {"Resources": "*"}, {"Condition": {"StringIs": {"a": "b"}}}):
        assert refusal(parameter, operation, document(**good | fault)), fault
    for text in ("{}", "no JSON", "[]", json.dumps({"Version": "2026-01-01", "Statement": []})):
        assert refusal(parameter, operation, text), text


@pytest.mark.parametrize("parameter", [parameter for parameter in PARAMETERS if parameter.scope])
def test_a_resource_policy_names_actions_of_its_service_that_exist(parameter: PolicyParameter) -> None:
    """A misspelt action, and one of another service."""
    for action in (f"{parameter.scope}:GetObjekt", "ec2:RunInstances"):
        assert refusal(parameter, parameter.operations[0], document(**right(parameter) | {"Action": action}))


def test_every_member_that_botocore_names_as_a_policy_is_listed() -> None:
    """A policy in a request that nobody listed would not be checked."""
    listed = {(p.service, operation, p.member) for p in PARAMETERS for operation in p.operations if not p.attributes}
    listed = {entry for entry in listed if entry[2] != "AttributeValue"}
    found = {
        (service, operation, member)
        for service in _SERVICES.split()
        for model in list[Any]([get_service_model(service)])
        for operation in model.operation_names
        for member, shape in getattr(model.operation_model(operation).input_shape, "members", {}).items()
        if member.lower() in _MEMBERS.split()
        and shape.type_name == "string"
        and (service, operation) not in OTHER_GRAMMARS
    }
    assert found == listed


@pytest.mark.parametrize(
    ("principal", "known"),
    [
        ("ec2.amazonaws.com", True),
        ("pods.eks.amazonaws.com", True),
        ("logs.us-east-1.amazonaws.com", True),
        ("delivery.logs.amazonaws.com", True),
        ("ecs-tasks.amazonaws.com", True),
        ("states.cn-north-1.amazonaws.com.cn", True),
        ("nosuch.amazonaws.com", False),
        ("ec2.example.com", False),
        ("ec2", False),
    ],
)
def test_service_principals(principal: str, known: bool) -> None:
    """Names of services with parts and regions of their own, and names that no service has."""
    assert is_known(principal) == known


def test_policies_are_refused_over_http_with_the_services_code(client: ClientFactory) -> None:
    """One request of each kind of service, as a client sends it."""
    name = f"policies-{time.monotonic_ns()}"
    client("s3").create_bucket(Bucket=name)
    vpc = client("ec2").describe_vpcs()["Vpcs"][0]["VpcId"]
    objects = f"arn:aws:s3:::{name}/*"
    trust = document(Action="sts:AssumeRole", Resource=None, Principal={"Service": "nosuch.amazonaws.com"})
    wrong = [
        ("InvalidPolicyDocument", lambda: client("ec2").create_vpc_endpoint(
            VpcId=vpc, ServiceName="com.amazonaws.us-east-1.sqs", PolicyDocument=document(Effect="Permit"))),
        ("InvalidAttributeValue", lambda: client("sqs").create_queue(
            QueueName="q", Attributes={"Policy": document(Action=None)})),
        ("MalformedPolicy", lambda: client("s3").put_bucket_policy(
            Bucket=name, Policy=document(Action="s3:GetObjekt", Resource=objects))),
        ("MalformedPolicy", lambda: client("s3").put_bucket_policy(
            Bucket=name, Policy=document(Resource="arn:aws:s3:::another-bucket/*"))),
        ("MalformedPolicy", lambda: client("s3").put_bucket_policy(
            Bucket=name, Policy=document(Resource=f"arn:aws:s3:::{name}"))),
        ("MalformedPolicyDocumentException", lambda: client("kms").create_key(
            Policy=document(Action="kms:*", Principal={"AWS": "arn:aws:iam::999988887777:root"}))),
        ("MalformedPolicyDocumentException", lambda: client("kms").create_key(Policy=document(Action="kms:Decrypt"))),
        ("MalformedPolicyDocument", lambda: client("iam").create_role(
            RoleName="desk", AssumeRolePolicyDocument=trust)),
    ]  # fmt: skip
    for code, call in wrong:
        with pytest.raises(ClientError) as refused:
            call()
        assert refused.value.response["Error"]["Code"] == code
    client("s3").put_bucket_policy(Bucket=name, Policy=document(Resource=objects))
    client("kms").create_key(Policy=document(Action="kms:*"))
    client("kms").create_key(Policy=document(Action="kms:Decrypt"), BypassPolicyLockoutSafetyCheck=True)


def test_a_role_has_ten_managed_policies(client: ClientFactory) -> None:
    """The eleventh is refused; one that is attached already is not counted twice."""
    iam = client("iam")
    iam.create_role(RoleName="of-ten", AssumeRolePolicyDocument=document(Action="sts:AssumeRole", Resource=None))
    arns = [item["Arn"] for item in iam.list_policies(Scope="AWS", MaxItems=11)["Policies"]]
    for arn in [*arns[:10], arns[0]]:
        iam.attach_role_policy(RoleName="of-ten", PolicyArn=arn)
    with pytest.raises(ClientError, match=r"LimitExceeded.*PoliciesPerRole: 10"):
        iam.attach_role_policy(RoleName="of-ten", PolicyArn=arns[10])


# Type, property, parameter.
DECLARED = {
    "aws:iam/role:Role": ("assumeRolePolicy", "CreateRole"),
    "aws:iam/rolePolicy:RolePolicy": ("policy", "PutRolePolicy"),
    "aws:iam/policy:Policy": ("policy", "CreatePolicy"),
    "aws:ec2/vpcEndpoint:VpcEndpoint": ("policy", "CreateVpcEndpoint"),
    "aws:s3/bucketPolicy:BucketPolicy": ("policy", "PutBucketPolicy"),
    "aws:sqs/queuePolicy:QueuePolicy": ("policy", "SetQueueAttributes"),
    "aws:sns/topicPolicy:TopicPolicy": ("policy", "SetTopicAttributes"),
    "aws:kms/key:Key": ("policy", "PutKeyPolicy"),
    "aws:efs/fileSystemPolicy:FileSystemPolicy": ("policy", "PutFileSystemPolicy"),
    "aws:cloudwatch/logResourcePolicy:LogResourcePolicy": ("policyDocument", "PutResourcePolicy"),
}


@pytest.mark.parametrize("name", ["primary", "dr"])
def test_every_declared_policy_passes(name: str, request: pytest.FixtureRequest) -> None:
    """What the stacks declare; references to resources stand for an ARN of the type."""
    stack: Blueprint = request.getfixturevalue(name)
    checked, found = 0, {}
    for type_, (member, operation) in DECLARED.items():
        service = {"aws:cloudwatch/logResourcePolicy:LogResourcePolicy": "logs"}.get(type_)
        parameters = [p for p in PARAMETERS if operation in p.operations and service in (None, p.service)]
        for resource in stack.of_type(type_):
            text = _settled(resource.properties.get(member))
            if text:
                checked += 1
                bucket = re.search(r"arn:aws:s3:::([a-z0-9.-]+)", text) if "bucketPolicy" in type_ else None
                reason = refusal(parameters[0], operation, text, bucket[1] if bucket else "desk")
                if reason:
                    found[resource.name] = reason
    assert checked > 100
    assert found == {}


def _settled(value: Any) -> str | None:
    """A document without the references that a recorded stack has in it."""
    if value is None or document_of(value) is None:
        return None
    text = value if isinstance(value, str) else json.dumps(value)
    return re.sub(r"\$\{(aws:[a-z0-9]+/|pulumi:)[^}]*\}", f"arn:aws:iam::{ACCOUNT_ID}:role/name", text)


def test_the_policy_that_a_topic_begins_with_can_be_set_again(client: ClientFactory) -> None:
    """Shows it as the Terraform provider does it: it reads the default policy and writes it back."""
    sns = client("sns")
    topic = sns.create_topic(Name="set-again")["TopicArn"]
    policy = sns.get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"]
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy)
    assert json.loads(sns.get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"]) == json.loads(policy)
