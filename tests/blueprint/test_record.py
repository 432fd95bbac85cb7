"""Recording: whole, repeatable, and without a call to anything."""

from __future__ import annotations

import json

import pulumi
import pytest
from pulumi.runtime.mocks import MockCallArgs

from blueprint import Blueprint, BlueprintError, program, record, record_dr, record_primary
from blueprint.program import stack_config
from blueprint.recorder import Recorder
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


def test_a_look_up_while_evaluating_is_refused_with_the_way_out() -> None:
    asked = MockCallArgs("aws:index/getAvailabilityZones:getAvailabilityZones", {}, "")
    with pytest.raises(BlueprintError, match="look nothing up: make it a setting"):
        Recorder({}).mocks.call(asked)


def test_a_stack_whose_outputs_are_not_known_is_named() -> None:
    with pytest.raises(Exception, match="'organization/trading-platform/primary', whose outputs are not known"):
        record("dr")


def test_an_active_recovery_stack_takes_the_sizes_that_the_primary_exports() -> None:
    larger = record_primary({"natGateways": 3})
    active = record_dr(larger, active=True)
    assert active.outputs["sizes"] == larger.outputs["sizes"]
    assert len(active.of_type("aws:ec2/natGateway:NatGateway")) == 3


def test_both_namespaces_are_read_and_a_contradiction_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    config = stack_config("primary", {"exampleValues": True})
    monkeypatch.setattr(program, "stack_config", lambda *_: {**config, "trading:natGatewayz": "3"})
    with pytest.raises(pulumi.RunError, match="natGatewayz"):
        record("primary")
    monkeypatch.setattr(program, "stack_config", lambda *_: {**config, "trading:natGateways": "3"})
    assert len(record("primary").of_type("aws:ec2/natGateway:NatGateway")) == 3
    both = {**config, "trading-platform:natGateways": "1", "trading:natGateways": "3"}
    monkeypatch.setattr(program, "stack_config", lambda *_: both)
    with pytest.raises(pulumi.RunError, match="is also set as trading:natGateways = '3'; remove one"):
        record("primary")


def test_an_unknown_stack_is_refused_by_name() -> None:
    with pytest.raises(
        BlueprintError, match=r"'staging' has no Pulumi\.staging\.yaml; known stacks: dr, primary, sandbox"
    ):
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
