"""Programs of others are recorded with their default providers and look-ups."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from blueprint.__main__ import app
from blueprint.foreign import record_program
from blueprint.model import BlueprintError
from policy.check import evaluate

PROGRAM = """
import pulumi
import pulumi_aws as aws
from names import NAME

config = pulumi.Config()
zones = aws.get_availability_zones(state="available")
image = aws.ec2.get_ami(most_recent=True, owners=["amazon"])
vpc = aws.ec2.get_vpc_output(default=True)
subnets = aws.ec2.get_subnets_output(filters=[{"name": "vpc-id", "values": [vpc.id]}])
trust = aws.iam.get_policy_document(
    statements=[
        {
            "actions": ["sts:AssumeRole"],
            "principals": [{"type": "Service", "identifiers": ["ec2.amazonaws.com"]}],
            "conditions": [{"test": "StringEquals", "variable": "aws:SourceAccount", "values": ["111122223333"]}],
        }
    ]
)
role = aws.iam.Role(NAME, assume_role_policy=trust.json)
shared = aws.s3.Bucket.get("shared", "shared-logs")
host = aws.ec2.Instance(
    NAME,
    ami=image.id,
    instance_type="m5.large",
    availability_zone=zones.names[2],
    subnet_id=subnets.ids[0],
    user_data=config.require_secret("password"),
)
pulumi.export("bucket", shared.arn)
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    (tmp_path / "Pulumi.yaml").write_text(
        "name: shop\nruntime: python\nconfig: {password: {default: hunter22}}\n", encoding="utf-8"
    )
    (tmp_path / "names.py").write_text("NAME = 'web'\n", encoding="utf-8")
    (tmp_path / "__main__.py").write_text(PROGRAM, encoding="utf-8")
    return tmp_path


def _by_type(document: dict[str, Any]) -> dict[str, Any]:
    return {entry["type"]: entry for entry in document["resources"]}


def test_default_providers_and_lookups_are_recorded(program: Path) -> None:
    document = record_program(program, stack="dev", region="eu-west-1").as_json()
    found = _by_type(document)
    assert found["pulumi:providers:aws"]["properties"] == {"region": "eu-west-1"}
    host = found["aws:ec2/instance:Instance"]
    assert host["provider"] == found["pulumi:providers:aws"]["urn"]
    assert host["properties"]["availabilityZone"] == "eu-west-1c"
    assert host["properties"]["ami"].startswith("${aws:ec2/getAmi:getAmi::")
    assert host["properties"]["subnetId"].startswith("${aws:ec2/getSubnets:getSubnets::")
    called = [lookup["function"].rpartition(":")[2] for lookup in document["lookups"]]
    assert sorted(called) == ["getAmi", "getAvailabilityZones", "getPolicyDocument", "getSubnets", "getVpc"]
    assert "hunter22" not in json.dumps(document)


def test_a_policy_document_is_composed_as_the_provider_composes_it(program: Path) -> None:
    document = record_program(program).as_json()
    trust = json.loads(_by_type(document)["aws:iam/role:Role"]["properties"]["assumeRolePolicy"])
    assert trust["Statement"] == [
        {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"Service": ["ec2.amazonaws.com"]},
            "Condition": {"StringEquals": {"aws:SourceAccount": ["111122223333"]}},
        }
    ]


def test_a_resource_that_is_only_read_is_not_judged(program: Path) -> None:
    document = json.loads(record_program(program).to_text())
    assert _by_type(document)["aws:s3/bucket:Bucket"]["external"] is True
    report = evaluate([document])
    assert not [v for v in report.violations if v.urn.endswith("::shared")]
    assert "region" not in {entry.property for entry in report.not_evaluated}, "the default provider has a region"
    assert {"imds-v2"} <= {violation.rule.id for violation in report.violations}


def test_a_folder_without_a_program_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BlueprintError, match="has no Python program"):
        record_program(tmp_path)
    (tmp_path / "__main__.py").touch()
    (tmp_path / "Pulumi.yaml").write_text("[", encoding="utf-8")
    with pytest.raises(BlueprintError, match="cannot be read"):
        record_program(tmp_path)


def test_the_command_records_another_program(program: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    result = CliRunner().invoke(app, ["dev", "--program", str(program), "--json", str(out), "--set", "password=x"])
    assert result.exit_code == 0, result.output
    assert json.loads(out.read_text(encoding="utf-8"))["stack"] == "dev"
