"""A selector that selects nothing does nothing, and no service says so."""

from __future__ import annotations

import dataclasses
import json

import pytest

from blueprint import Blueprint, Resource
from blueprint.references import references_in
from tests.reachability.selectors import TEMPLATE, Selector, here, selectors, things


@pytest.fixture(params=["primary", "dr", "dr_active"])
def stack(request: pytest.FixtureRequest) -> Blueprint:
    return request.getfixturevalue(request.param)


def idle(stack: Blueprint) -> set[str]:
    there = list(things(stack))
    return {each.name for each in selectors(stack) if not any(each.selects(thing) for thing in there)}


def test_every_selector_selects_something(stack: Blueprint):
    assert not idle(stack)


def test_selectors_of_each_kind_are_looked_at(primary: Blueprint):
    names = " ".join(each.name for each in selectors(primary))
    kinds = "MaintenanceWindowTarget, patch group, backup selection, snapshot policy, autoscaler, scraping"
    assert [kind for kind in kinds.split(", ") if kind not in names] == []


@pytest.mark.parametrize(
    ("tag", "selector"),
    [
        ("PatchGroup", "patch group hosts"),
        ("Name", "scraping trading-engines"),
        ("Snapshots", "snapshot policy snapshots"),
    ],
)
def test_a_tag_that_nothing_carries_is_found(tag: str, selector: str, primary: Blueprint):
    def strip(resource):
        properties = dict(resource.properties)
        if resource.type == TEMPLATE:
            properties["tagSpecifications"] = [
                {**each, "tags": {key: value for key, value in each["tags"].items() if key != tag}}
                for each in properties.get("tagSpecifications", [])
            ]
        if resource.type in ("kubernetes:storage.k8s.io/v1:StorageClass", "aws:ec2/instance:Instance"):
            properties.pop("parameters", None)
            properties.pop("tags", None)
        return dataclasses.replace(resource, properties=properties)

    bare = Blueprint(primary.stack, tuple(map(strip, primary.resources)), primary.outputs)
    assert any(each.startswith(selector) for each in idle(bare)), idle(bare)


def test_a_value_with_a_star_selects_by_pattern(primary: Blueprint):
    there = list(things(primary))
    engines = Selector("engines", ("instance",), {"Name": ("trading-primary-engine-*",)})
    assert any(engines.selects(thing) for thing in there)
    assert not any(dataclasses.replace(engines, tags={"Name": ("nobody-*",)}).selects(thing) for thing in there)


def test_every_key_admits_the_services_through_which_roles_use_it(stack: Blueprint):
    """A role needs both: its own policy, and the key's, which admits the account through some services alone (KMS
    Developer Guide, "kms:ViaService")."""
    keys = {each.name: _admitted(each) for each in here(stack, "aws:kms/key:Key", "aws:kms/replicaKey:ReplicaKey")}
    region = "us-east-1" if stack.stack == "primary" else "us-west-2"
    used = 0
    for policy in here(stack, "aws:iam/rolePolicy:RolePolicy"):
        for statement in json.loads(policy.properties["policy"])["Statement"]:
            via = statement.get("Condition", {}).get("StringEquals", {}).get("kms:ViaService", [])
            wanted = {each for each in ([via] if isinstance(via, str) else via) if f".{region}." in each}
            for reference in references_in(statement["Resource"]):
                if reference.name in keys and reference.type.startswith("aws:kms/"):
                    used += 1
                    assert wanted <= keys[reference.name], f"{policy.name} {statement.get('Sid')}: {reference.name}"
    assert used > 10


def _admitted(key: Resource) -> set[str]:
    """The services through which the account uses a key."""
    (statement,) = (
        each
        for each in json.loads(key.properties["policy"])["Statement"]
        if each.get("Sid") == "UseThroughItsServices" and each["Principal"] == {"AWS": "arn:aws:iam::123456789012:root"}
    )
    via = statement["Condition"]["StringEquals"]["kms:ViaService"]
    return {via} if isinstance(via, str) else {*via}
