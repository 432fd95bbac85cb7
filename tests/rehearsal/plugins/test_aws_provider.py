"""The genuine AWS provider behind the plugin's own calls, against an in-memory AWS; no engine is needed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from aws_emulator.server import ACCOUNT_ID, start
from rehearsal.plugins.aws.process import ProviderError, ProviderProcess
from rehearsal.plugins.aws.provider import Resources
from rehearsal.plugins.aws.provider_client import ProviderClient
from rehearsal.plugins.aws.saved_state import SAVED_STATE, SavedState
from rehearsal.plugins.aws.schema import schemas
from rehearsal.plugins.aws.shapes import Shapes
from rehearsal.plugins.wire import UNKNOWN, Secret, holds_unknown

CACHE = Path(__file__).parents[3] / "build" / "engine" / "plugins"
VPC = "aws:ec2/vpc:Vpc"
GROUP = "aws:ec2/securityGroup:SecurityGroup"
TABLE = "aws:dynamodb/table:Table"
ROLE = "aws:iam/role:Role"
BUCKET = "aws:s3/bucket:Bucket"
ASSUME = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},'
    '"Action":"sts:AssumeRole"}]}'
)


@pytest.fixture(scope="module")
def resources(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Resources]:
    folder = tmp_path_factory.mktemp("plugin")
    server = start(0, folder / "server.log", ACCOUNT_ID, outlives_caller=False)
    before = dict(os.environ)
    os.environ.update(server.environment())
    try:
        process = ProviderProcess(folder / "provider.log")
    except ProviderError as error:
        server.stop()
        pytest.skip(str(error))
    shapes = Shapes(CACHE)
    made = Resources(ProviderClient(process), schemas(CACHE, process.version), shapes, folder)
    made.configure({"region": "us-east-1", "s3UsePathStyle": "true", "skipMetadataApiCheck": "true"})
    yield made
    process.stop()
    shapes.close()
    os.environ.clear()
    os.environ.update(before)
    server.stop()


@pytest.mark.parametrize(
    ("token", "inputs"),
    [
        (VPC, {"cidrBlock": "10.0.0.0/16"}),
        (
            TABLE,
            {
                "name": "things",
                "hashKey": "k",
                "billingMode": "PAY_PER_REQUEST",
                "attributes": [{"name": "k", "type": "S"}],
            },
        ),
        (ROLE, {"assumeRolePolicy": ASSUME, "tags": {"A": "b"}}),
        (BUCKET, {"bucket": "of-this-test"}),
        (
            "aws:cfg/recorder:Recorder",
            {
                "name": "recorder",
                "roleArn": "arn:aws:iam::123456789012:role/config",
                "recordingGroup": {"allSupported": True, "includeGlobalResourceTypes": True},
            },
        ),
    ],
)
def test_a_created_resource_is_read_without_a_difference(resources: Resources, token: str, inputs: dict) -> None:
    checked = resources.check(token, "thing", {}, inputs, b"seed")
    assert not checked.failures
    made = resources.create(token, "thing", checked.inputs, 0, preview=False)
    assert made.id
    assert not made.errors
    assert not resources.diff(token, made.outputs, checked.inputs, ()).changed
    read, _ = resources.read(token, made.id, made.outputs, checked.inputs)
    assert read is not None
    assert SavedState.of(read.outputs) is not None
    assert not resources.diff(token, read.outputs, checked.inputs, ()).changed, "a refresh changes nothing"
    resources.delete(token, read.outputs)
    gone, _ = resources.read(token, made.id, made.outputs, checked.inputs)
    assert gone is None


def test_a_preview_has_given_values_and_unknown_computed_values(resources: Resources) -> None:
    made = resources.create(GROUP, "g", {"name": "g", "vpcId": UNKNOWN}, 0, preview=True)
    assert made.outputs["name"] == "g"
    assert made.outputs["vpcId"] is UNKNOWN
    assert made.outputs["arn"] is UNKNOWN
    assert not holds_unknown(made.outputs["description"])


def test_a_new_cidr_replaces_the_resource_and_a_new_tag_updates_it(resources: Resources) -> None:
    made = resources.create(VPC, "v", {"cidrBlock": "10.0.0.0/16"}, 0, preview=False)
    other = resources.diff(VPC, made.outputs, {"cidrBlock": "10.1.0.0/16"}, ())
    assert other.replacing == ("cidrBlock",)
    tagged = {"cidrBlock": "10.0.0.0/16", "tags": {"A": "b"}}
    assert "tags" in resources.diff(VPC, made.outputs, tagged, ()).changed
    assert not resources.diff(VPC, made.outputs, tagged, ("tags", "tagsAll")).changed
    changed = resources.update(VPC, made.outputs, tagged, (), 0, preview=False)
    assert changed.outputs["tags"] == {"A": "b"}
    resources.delete(VPC, changed.outputs)


def test_an_invalid_argument_is_an_error_with_its_property(resources: Resources) -> None:
    checked = resources.check(VPC, "v", {}, {"cidrBlock": "no range"}, b"seed")
    assert [name for name, _ in checked.failures] == ["cidrBlock"]


def test_an_unsupported_argument_is_a_warning_with_its_name(resources: Resources) -> None:
    checked = resources.check(VPC, "v", {}, {"cidrBlock": "10.0.0.0/16", "notYetThere": 1}, b"seed")
    assert any("notYetThere" in warning for warning in checked.warnings)


def test_a_resource_that_needs_an_unsupported_output_becomes_a_placeholder(resources: Resources) -> None:
    lacking = "lacking:aws_dx_gateway_association has no output transitGatewayAttachmentId"
    checked = resources.check(VPC, "v", {}, {"cidrBlock": lacking}, b"seed")
    assert any("not made: " in warning for warning in checked.warnings)
    made = resources.create(VPC, "v", checked.inputs, 0, preview=False)
    assert made.id == "not-made-v"
    assert not resources.diff(VPC, made.outputs, checked.inputs, ()).changed
    resources.delete(VPC, made.outputs)


def test_a_name_is_generated_once(resources: Resources) -> None:
    first = resources.check(ROLE, "r", {}, {"assumeRolePolicy": ASSUME}, b"\x01\x02\x03\x04").inputs
    assert first["name"] == "r-0102030"
    again = resources.check(ROLE, "r", first, {"assumeRolePolicy": ASSUME}, b"\x05\x06\x07\x08").inputs
    assert again["name"] == first["name"]


def test_the_saved_state_is_a_secret(resources: Resources) -> None:
    made = resources.create(VPC, "v", {"cidrBlock": "10.0.0.0/16"}, 0, preview=False)
    assert isinstance(made.outputs[SAVED_STATE], Secret)
    resources.delete(VPC, made.outputs)


def test_a_dead_provider_is_a_one_line_error(tmp_path: Path, resources: Resources) -> None:
    process = ProviderProcess(tmp_path / "provider.log")
    process.stop()
    with pytest.raises(ProviderError, match=r"ended during Stop .*what was made so far is in the state"):
        ProviderClient(process).stop()


def test_a_missing_provider_is_a_one_line_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = tmp_path / "registry.terraform.io" / "hashicorp" / "aws"
    (archive / "5.100.0" / "linux_amd64").mkdir(parents=True)
    monkeypatch.setenv("TF_PLUGIN_DIR", str(tmp_path))
    with pytest.raises(ProviderError, match="no unpacked Terraform AWS provider"):
        ProviderProcess(tmp_path / "provider.log")
