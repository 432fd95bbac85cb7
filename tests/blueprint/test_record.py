"""Recording: whole, repeatable, and without a call to anything."""

from __future__ import annotations

import json

import pulumi
import pytest

from blueprint import Blueprint, BlueprintError, record, record_primary
from blueprint.references import Reference, references_in, replace_references
from blueprint.secrets import MASK, Secret, masked, revealed


def test_the_same_settings_declare_the_same_blueprint_byte_for_byte(primary: Blueprint) -> None:
    assert record_primary().to_text() == primary.to_text(), "a second evaluation declares another graph"


def test_a_blueprint_holds_what_the_engine_would_be_told(primary: Blueprint) -> None:
    vpc = primary.one("aws:ec2/vpc:Vpc", "vpc").as_json()
    assert set(vpc) == {
        "urn",
        "type",
        "name",
        "custom",
        "parent",
        "provider",
        "properties",
        "dependencies",
        "options",
    }
    assert vpc["properties"]["cidrBlock"] == "10.0.0.0/16"
    assert vpc["provider"].endswith("::pulumi:providers:aws::regional")


def test_urns_are_those_of_the_engine(primary: Blueprint) -> None:
    vpc = primary.one("aws:ec2/vpc:Vpc", "vpc")
    assert vpc.parent is not None
    assert vpc.urn == f"urn:pulumi:primary::trading-platform::{vpc.parent.split('::')[2]}$aws:ec2/vpc:Vpc::vpc"
    assert "pulumi:pulumi:Stack" not in vpc.urn, "the engine leaves the stack's own type out of a URN"


def test_an_argument_fed_by_another_resource_names_it(primary: Blueprint) -> None:
    subnet = next(iter(primary.of_type("aws:ec2/subnet:Subnet")))
    assert subnet.properties["vpcId"] == str(Reference("aws:ec2/vpc:Vpc", "vpc", "id"))


def test_the_recovery_stack_sees_the_primarys_exports_as_its_own_references(dr: Blueprint) -> None:
    seen = {r.type for resource in dr.resources for r in references_in(dict(resource.properties))}
    assert "pulumi:pulumi:StackReference" in seen, "the recovery stack reads the primary through a stack reference"


def test_an_unknown_stack_is_refused_by_name() -> None:
    with pytest.raises(BlueprintError, match=r"'staging' has no Pulumi\.staging\.yaml; known stacks: dr, primary"):
        record("staging")


def test_a_refused_setting_registers_nothing_and_names_key_value_and_way_out() -> None:
    with pytest.raises(pulumi.RunError) as refused:
        record_primary({"vpcCidr": "8.8.0.0/16"})
    assert "trading-platform:vpcCidr = '8.8.0.0/16'" in str(refused.value)
    assert "choose one inside 10.0.0.0/8" in str(refused.value)


def test_secrets_are_masked_wherever_they_stand() -> None:
    value = {"password": Secret("hunter2"), "list": [Secret({"inner": "hunter3"})]}
    text = json.dumps(masked(value)) + repr(value) + str(Secret("hunter2"))
    assert "hunter" not in text
    assert MASK in text
    assert revealed(value) == {"password": "hunter2", "list": [{"inner": "hunter3"}]}


def test_references_survive_concatenation_and_json() -> None:
    reference = Reference("aws:s3/bucket:Bucket", "trades", "arn")
    document = json.dumps({"Resource": [f"{reference}/*", str(reference)]})
    assert list(references_in(document)) == [reference, reference]
    assert replace_references(document, lambda r: r.name) == '{"Resource": ["trades/*", "trades"]}'


def test_a_policy_variable_is_not_taken_for_a_reference() -> None:
    assert list(references_in("arn:aws:s3:::home/${aws:username}/*")) == []
