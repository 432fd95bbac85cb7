"""The store core: requests against input shapes, errors in each protocol, regions, resets, pages."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st
from moto import mock_aws
from moto.core.utils import get_service_model
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.test import Client

from aws_emulator import additions
from aws_emulator.store import AwsError, Call, Resource, Service, interceptor, make
from aws_emulator.store.service import INSTALLED
from aws_emulator.store.shapes import project, violations

_UNCHECKED = Config(parameter_validation=False)
_SCOPE = "AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/20260101/{region}/{service}/aws4_request, SignedHeaders=host"


def _unchecked(service: str, region: str = "us-east-1") -> Any:
    return boto3.client(
        service, region_name=region, aws_access_key_id="x", aws_secret_access_key="x", config=_UNCHECKED
    )


def _refusal(call: Any, **arguments: Any) -> tuple[str, str, int]:
    with pytest.raises(ClientError) as refused:
        call(**arguments)
    answer = refused.value.response
    return answer["Error"]["Code"], answer["Error"]["Message"], answer["ResponseMetadata"]["HTTPStatusCode"]


@pytest.fixture
def extra() -> Iterator[list[Service]]:
    """Services that one test adds; those of the same name are put back after it."""
    before = dict(INSTALLED)
    added: list[Service] = []
    with mock_aws():
        yield added
    INSTALLED.clear()
    INSTALLED.update(before)


def _echo(extra: list[Service], name: str, action: str, answer: Any) -> None:
    service = Service(name, "https://docs.aws.amazon.com/")
    service.action(action)(answer if callable(answer) else lambda _call: answer)
    service.install()
    extra.append(service)


def test_a_request_without_a_required_member_is_refused_by_name(client):
    code, message, status = _refusal(_unchecked("accessanalyzer").create_analyzer, type="ACCOUNT")
    assert (code, status) == ("ValidationException", 400)
    assert "'analyzerName' failed to satisfy constraint: Member must not be null" in message


def test_a_request_outside_an_enum_is_told_the_allowed_values(client):
    code, message, _ = _refusal(client("accessanalyzer").create_analyzer, analyzerName="a", type="SOMETHING_ELSE")
    assert code == "ValidationException"
    assert "enum value set: [ACCOUNT, " in message


def test_a_number_outside_its_range_is_refused(client):
    code, message, _ = _refusal(client("securityhub").get_enabled_standards, MaxResults=101)
    assert code == "InvalidInputException"
    assert "less than or equal to 100" in message


def test_all_violations_are_named_in_one_answer(client):
    _, message, _ = _refusal(_unchecked("accessanalyzer").create_analyzer, type="WRONG")
    assert message.startswith("2 validation errors detected: ")


@pytest.mark.parametrize(
    ("service", "action", "signed", "body", "content_type"),
    [
        ("dlm", "CreateLifecyclePolicy", "dlm", {}, "application/json"),
        ("accessanalyzer", "CreateAnalyzer", "access-analyzer", {}, "application/json"),
    ],
)
def test_a_rest_json_error_carries_its_code_in_the_header(client, service, action, signed, body, content_type):
    operation = get_service_model(service).operation_model(action)
    answer = _server().open(
        operation.http["requestUri"],
        method=operation.http["method"],
        data=json.dumps(body),
        headers={"Authorization": _SCOPE.format(region="us-east-1", service=signed), "Content-Type": content_type},
    )
    assert answer.status_code == 400
    assert answer.headers["X-Amzn-Errortype"] in ("InvalidRequestException", "ValidationException")
    assert "must not be null" in answer.get_json()["Message"]


def _server() -> Client:
    return Client(DomainDispatcherApplication(create_backend_app))


def test_a_json_error_carries_its_code_in_the_type(extra):
    _echo(extra, "codecommit", "GetBlob", {"content": b"x"})
    code, message, status = _refusal(_unchecked("codecommit").get_blob, repositoryName="r")
    assert (code, status) == ("ValidationException", 400)
    assert "'blobId'" in message


def test_a_query_error_is_xml_that_the_client_reads(extra):
    _echo(extra, "iam", "GetSSHPublicKey", {})
    code, message, status = _refusal(_unchecked("iam").get_ssh_public_key, UserName="u", Encoding="SSH")
    assert (code, status) == ("ValidationError", 400)
    assert "'SSHPublicKeyId'" in message


def test_a_rest_xml_error_is_xml_that_the_client_reads(extra):
    _echo(extra, "cloudfront", "GetFieldLevelEncryption", {})

    def refuse(_call: Call) -> Any:
        raise AwsError("NoSuchFieldLevelEncryptionConfig", "there is none")

    extra[0].handlers["GetFieldLevelEncryption"] = refuse
    answer = _refusal(_unchecked("cloudfront").get_field_level_encryption, Id="x")
    assert answer == ("NoSuchFieldLevelEncryptionConfig", "there is none", 404)


def test_an_ec2_error_is_xml_that_the_client_reads(extra):
    _echo(extra, "ec2", "ModifyIdFormat", None)
    code, message, status = _refusal(_unchecked("ec2").modify_id_format, Resource="vpc")
    assert (code, status) == ("InvalidParameterValue", 400)
    assert "'UseLongIds'" in message


def test_a_body_that_cannot_be_read_is_a_serialization_error(client):
    answer = _server().post(
        "/policies",
        data=json.dumps({"CreateInterval": "often"}),
        headers={
            "Authorization": _SCOPE.format(region="us-east-1", service="dlm"),
            "Content-Type": "application/json",
        },
    )
    assert answer.status_code == 400
    assert answer.headers["X-Amzn-Errortype"] == "SerializationException"


def test_an_answer_that_its_output_shape_does_not_allow_is_a_mistake_not_an_answer(extra):
    _echo(extra, "codecommit", "GetBlob", {"contents": b"x"})
    with pytest.raises(interceptor.AnswerMismatchError, match="has no member 'contents'"):
        _unchecked("codecommit").get_blob(repositoryName="r", blobId="b")


def test_in_the_server_a_mistake_of_the_store_is_a_failure_of_the_service(extra):
    _echo(extra, "codecommit", "GetBlob", {"contents": b"x"})
    answer = _server().post(
        "/",
        data=json.dumps({"repositoryName": "r", "blobId": "b"}),
        headers={
            "Authorization": _SCOPE.format(region="us-east-1", service="codecommit"),
            "X-Amz-Target": "CodeCommit_20150413.GetBlob",
            "Content-Type": "application/x-amz-json-1.1",
        },
    )
    assert answer.status_code == 500
    assert "has no member 'contents'" in answer.get_json()["message"]


def test_a_request_that_the_store_has_no_action_for_reaches_moto_with_its_body(client):
    assert client("sts").get_caller_identity()["Account"]
    answer = _server().post(
        "/",
        data=urlencode({"Action": "CreateTopic", "Name": "orders", "Version": "2010-03-31"}),
        headers={
            "Authorization": _SCOPE.format(region="us-east-1", service="sns"),
            "Content-Type": "application/x-www-form-urlencoded",
        },
    )
    assert b"arn:aws:sns:us-east-1" in answer.data


def test_a_service_that_moto_does_not_know_is_reached_by_the_scope_of_the_signature_alone(client):
    answer = _server().get("/policies", headers={"Authorization": _SCOPE.format(region="us-west-2", service="dlm")})
    assert (answer.status_code, answer.get_json()) == (200, {"Policies": []})


def test_regions_do_not_see_each_others_records(client):
    client("accessanalyzer").create_analyzer(analyzerName="a", type="ACCOUNT")
    assert client("accessanalyzer", "us-west-2").list_analyzers()["analyzers"] == []
    assert len(client("accessanalyzer").list_analyzers()["analyzers"]) == 1


def test_a_service_without_regions_shows_its_records_everywhere(client):
    made = client("directconnect").create_direct_connect_gateway(directConnectGatewayName="g")
    seen = client("directconnect", "us-west-2").describe_direct_connect_gateways()
    assert [gateway["directConnectGatewayId"] for gateway in seen["directConnectGateways"]] == [
        made["directConnectGateway"]["directConnectGatewayId"]
    ]


def test_a_moto_reset_empties_the_store(client):
    client("accessanalyzer").create_analyzer(analyzerName="a", type="ACCOUNT")
    _server().post("/moto-api/reset")
    assert client("accessanalyzer").list_analyzers()["analyzers"] == []


def test_pages_join_to_the_whole_list(client):
    for number in range(7):
        client("accessanalyzer").create_analyzer(analyzerName=f"a{number}", type="ACCOUNT")
    pages = client("accessanalyzer").get_paginator("list_analyzers").paginate(PaginationConfig={"PageSize": 3})
    sizes = [len(page["analyzers"]) for page in pages]
    assert sizes == [3, 3, 1]


def test_a_foreign_page_token_is_refused(client):
    code, message, _ = _refusal(client("accessanalyzer").list_analyzers, maxResults=2, nextToken="mine")
    assert code == "ValidationException"
    assert "'mine'" in message


def test_an_action_has_one_handler():
    service = Service("dlm", "https://docs.aws.amazon.com/")
    service.action("TagResource")(lambda _call: {})
    with pytest.raises(ValueError, match="two handlers for TagResource"):
        service.action("TagResource")(lambda _call: {})


def test_installing_twice_changes_nothing(client):
    additions.install()
    before = (len(additions.catalogue()), DomainDispatcherApplication.__call__)
    additions.install()
    assert (len(additions.catalogue()), DomainDispatcherApplication.__call__) == before


def test_every_action_of_the_additions_is_in_the_catalogue_once():
    listed = [(entry.service, action) for entry in additions.catalogue() for action in entry.actions]
    handled = [(name, action) for name, service in INSTALLED.items() for action in service.handlers]
    assert sorted(listed) == sorted(handled)


def test_the_catalogue_says_of_each_resource_type_what_is_kept_and_what_is_not_emulated():
    for entry in additions.catalogue():
        assert entry.stored, f"{entry.service} {entry.resource} keeps nothing that it would name"
        assert entry.not_emulated, f"{entry.service} {entry.resource} claims to be complete"
        assert entry.reference.startswith("https://docs.aws.amazon.com/")


def test_every_error_code_of_a_resource_type_is_in_its_service_model(monkeypatch):
    seen: list[Resource] = []
    for name, service in INSTALLED.items():
        model = get_service_model(name)
        if model.protocol == "ec2":
            continue
        known = {shape.name for shape in model.error_shapes} | {s.error_code for s in model.error_shapes}
        for handler in service.handlers.values():
            resource = getattr(handler, "__self__", None)
            if isinstance(resource, Resource):
                seen.append(resource)
                codes = {resource.not_found, resource.exists or resource.not_found}
                assert codes <= known, f"{name} {resource.name} answers {codes - known}"
    assert seen


def _values(shape: Any, depth: int = 0) -> st.SearchStrategy[Any]:
    """Values that a shape allows, for the shapes of the Data Lifecycle Manager."""
    low, high = shape.metadata.get("min", 0), shape.metadata.get("max")
    match shape.type_name:
        case "structure":
            required = {m: _values(shape.members[m], depth + 1) for m in shape.required_members}
            others = [m for m in shape.members if m not in required]
            optional = {m: _values(shape.members[m], depth + 1) for m in others} if depth < 3 else {}
            return st.fixed_dictionaries(required, optional=optional)
        case "list":
            return st.lists(_values(shape.member, depth + 1), min_size=low, max_size=min(high or 3, low + 1))
        case "map":
            return st.dictionaries(
                _values(shape.key), _values(shape.value), min_size=low, max_size=min(high or 3, low + 1)
            )
        case "string" if shape.metadata.get("enum"):
            return st.sampled_from(shape.metadata["enum"])
        case "string":
            return st.text("abc", min_size=low, max_size=min(high or 9, low + 9))
        case "boolean":
            return st.booleans()
        case "timestamp":
            return st.datetimes()
        case _:
            return st.integers(low, high if high is not None else low + 100)


_POLICY = get_service_model("dlm").operation_model("CreateLifecyclePolicy").input_shape


@settings(max_examples=60, deadline=None)
@given(_values(_POLICY))
def test_what_a_shape_allows_has_no_violation_and_projects_to_itself(value):
    assert list(violations(_POLICY, value)) == []
    assert project(_POLICY, value) == value


@settings(max_examples=60, deadline=None)
@given(_values(_POLICY), st.data())
def test_dropping_any_required_member_is_a_violation(value, data):
    gone = data.draw(st.sampled_from(_POLICY.required_members))
    broken = {name: member for name, member in value.items() if name != gone}
    assert [text for text in violations(_POLICY, broken) if f"'{gone}'" in text]


@settings(max_examples=60, deadline=None)
@given(_values(_POLICY), st.data())
def test_a_member_of_the_wrong_type_is_a_violation(value, data):
    name = data.draw(st.sampled_from(sorted(value)))
    assert list(violations(_POLICY, {**value, name: object()}))


@given(_values(_POLICY), st.text(min_size=1))
@settings(max_examples=40, deadline=None)
def test_a_member_that_a_closed_shape_lacks_is_a_violation_and_is_not_projected(value, name):
    strange = {**value, f"x-{name}": 1}
    assert list(violations(_POLICY, strange, closed=True))
    assert project(_POLICY, strange) == value


def test_made_times_are_utc_in_whole_seconds():
    moment = make.now()
    assert moment.tzinfo is UTC
    assert moment.microsecond == 0
    assert make.from_epoch(0) == datetime(1970, 1, 1, tzinfo=UTC)
