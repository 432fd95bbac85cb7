"""The genuine AWS provider behind the plugin's own calls, against an in-memory AWS; no engine is needed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from aws_emulator.server import ACCOUNT_ID, start
from rehearsal.plugins.aws.kept import KEPT, Kept
from rehearsal.plugins.aws.process import ProviderError, ProviderProcess
from rehearsal.plugins.aws.provider import Resources
from rehearsal.plugins.aws.remote import Remote
from rehearsal.plugins.aws.schema import schemas
from rehearsal.plugins.aws.shapes import Shapes
from rehearsal.plugins.wire import UNKNOWN, Secret, holds_unknown

CACHE = Path(__file__).parents[3] / "build" / "engine" / "plugins"
VPC = "aws:ec2/vpc:Vpc"
GROUP = "aws:ec2/securityGroup:SecurityGroup"
TABLE = "aws:dynamodb/table:Table"
ROLE = "aws:iam/role:Role"
BUCKET = "aws:s3/bucket:Bucket"
ASSUME = '{"Version":"2012-10-17","Statement":[]}'


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
    made = Resources(Remote(process), schemas(CACHE, process.version), shapes, folder)
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
            {"name": "t", "hashKey": "k", "billingMode": "PAY_PER_REQUEST", "attributes": [{"name": "k", "type": "S"}]},
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
def test_what_is_made_is_read_back_and_needs_no_change(resources: Resources, token: str, inputs: dict) -> None:
    checked = resources.check(token, "thing", {}, inputs, b"seed")
    assert not checked.failures
    made = resources.create(token, "thing", checked.inputs, 0, preview=False)
    assert made.id
    assert not made.errors
    assert not resources.diff(token, made.outputs, checked.inputs, ()).changed
    read, _ = resources.read(token, made.id, made.outputs, checked.inputs)
    assert read is not None
    assert Kept.of(read.outputs) is not None
    assert not resources.diff(token, read.outputs, checked.inputs, ()).changed, "a refresh changes nothing"
    resources.delete(token, read.outputs)
    gone, _ = resources.read(token, made.id, made.outputs, checked.inputs)
    assert gone is None


def test_a_preview_knows_what_is_given_and_not_what_the_cloud_sets(resources: Resources) -> None:
    made = resources.create(GROUP, "g", {"name": "g", "vpcId": UNKNOWN}, 0, preview=True)
    assert made.outputs["name"] == "g"
    assert made.outputs["vpcId"] is UNKNOWN
    assert made.outputs["arn"] is UNKNOWN
    assert not holds_unknown(made.outputs["description"])


def test_an_address_range_is_replaced_and_a_tag_changed(resources: Resources) -> None:
    made = resources.create(VPC, "v", {"cidrBlock": "10.0.0.0/16"}, 0, preview=False)
    other = resources.diff(VPC, made.outputs, {"cidrBlock": "10.1.0.0/16"}, ())
    assert other.replacing == ("cidrBlock",)
    tagged = {"cidrBlock": "10.0.0.0/16", "tags": {"A": "b"}}
    assert "tags" in resources.diff(VPC, made.outputs, tagged, ()).changed
    assert not resources.diff(VPC, made.outputs, tagged, ("tags", "tagsAll")).changed
    changed = resources.update(VPC, made.outputs, tagged, (), 0, preview=False)
    assert changed.outputs["tags"] == {"A": "b"}
    resources.delete(VPC, changed.outputs)


def test_a_bad_argument_is_an_error_of_its_property(resources: Resources) -> None:
    checked = resources.check(VPC, "v", {}, {"cidrBlock": "no range"}, b"seed")
    assert [name for name, _ in checked.failures] == ["cidrBlock"]


def test_an_argument_that_this_provider_lacks_is_named(resources: Resources) -> None:
    checked = resources.check(VPC, "v", {}, {"cidrBlock": "10.0.0.0/16", "notYetThere": 1}, b"seed")
    assert any("notYetThere" in warning for warning in checked.warnings)


def test_what_needs_an_output_that_this_provider_lacks_is_stood_in_for(resources: Resources) -> None:
    lacking = "lacking:aws_dx_gateway_association has no output transitGatewayAttachmentId"
    checked = resources.check(VPC, "v", {}, {"cidrBlock": lacking}, b"seed")
    assert any("not made: " in warning for warning in checked.warnings)
    made = resources.create(VPC, "v", checked.inputs, 0, preview=False)
    assert made.id == "not-made-v"
    assert not resources.diff(VPC, made.outputs, checked.inputs, ()).changed
    resources.delete(VPC, made.outputs)


def test_a_name_is_made_once(resources: Resources) -> None:
    first = resources.check(ROLE, "r", {}, {"assumeRolePolicy": ASSUME}, b"\x01\x02\x03\x04").inputs
    assert first["name"] == "r-0102030"
    again = resources.check(ROLE, "r", first, {"assumeRolePolicy": ASSUME}, b"\x05\x06\x07\x08").inputs
    assert again["name"] == first["name"]


def test_the_exact_state_is_a_secret(resources: Resources) -> None:
    made = resources.create(VPC, "v", {"cidrBlock": "10.0.0.0/16"}, 0, preview=False)
    assert isinstance(made.outputs[KEPT], Secret)
    resources.delete(VPC, made.outputs)


def test_a_provider_that_dies_is_one_clear_line(tmp_path: Path, resources: Resources) -> None:
    process = ProviderProcess(tmp_path / "provider.log")
    process.stop()
    with pytest.raises(ProviderError, match=r"ended during Stop .*what was made so far is in the state"):
        Remote(process).stop()


def test_a_missing_provider_is_one_clear_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = tmp_path / "registry.terraform.io" / "hashicorp" / "aws"
    (archive / "5.100.0" / "linux_amd64").mkdir(parents=True)
    monkeypatch.setenv("TF_PLUGIN_DIR", str(tmp_path))
    with pytest.raises(ProviderError, match="no unpacked Terraform AWS provider"):
        ProviderProcess(tmp_path / "provider.log")
