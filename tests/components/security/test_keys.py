"""S1: one customer-managed key for each class of data, in both regions."""

from __future__ import annotations

from itertools import pairwise

import pytest

from blueprint import Blueprint
from components.security.key_policies import DataClass
from tests.components.security.graph import (
    ACCOUNT,
    ALIAS,
    KEY,
    REPLICA_KEY,
    document,
    listed,
    own,
    region_of,
    statement,
    statements,
)

CLASSES = [data_class.value for data_class in DataClass]


def test_the_primary_has_one_multi_region_key_for_each_class_of_data(primary: Blueprint):
    keys = own(primary, KEY)
    assert sorted(key.name for key in keys) == sorted(CLASSES)
    for key in keys:
        assert key.properties["multiRegion"], "what one region encrypts the other can read"
        assert key.properties["enableKeyRotation"], "the key's material changes every year"
        assert key.properties["deletionWindowInDays"] == 30, "a deletion can be called off for 30 days"
        assert key.options["protect"], "losing a key loses all that it encrypts"


def test_the_recovery_region_has_a_replica_of_each_of_the_primarys_keys(recovery: Blueprint):
    replicas = own(recovery, REPLICA_KEY)
    assert sorted(key.name for key in replicas) == sorted(CLASSES)
    assert not own(recovery, KEY), "a key of its own could not read what the primary wrote"
    for key in replicas:
        assert key.properties["primaryKeyArn"].endswith(f"#outputs.keyArns.{key.name}}}"), "it replicates its own class"
        assert key.properties["deletionWindowInDays"] == 30
        assert key.options["protect"]


def test_taking_over_changes_no_key(dr: Blueprint, dr_active: Blueprint):
    assert own(dr, REPLICA_KEY, ALIAS) == own(dr_active, REPLICA_KEY, ALIAS), (
        "changing a replica may call the primary's region, which is gone"
    )


def test_each_key_has_an_alias_of_the_same_name_in_both_regions(stack: Blueprint):
    aliases = {alias.name: alias.properties for alias in own(stack, ALIAS)}
    assert {name: alias["name"] for name, alias in aliases.items()} == {c: f"alias/trading-{c}" for c in CLASSES}
    for name, alias in aliases.items():
        assert f"::{name}#keyId" in alias["targetKeyId"], "an alias names the key of its class"


def test_no_key_is_open_to_anyone_or_to_every_action(stack: Blueprint):
    for key in own(stack, KEY, REPLICA_KEY):
        for each in statements(key):
            assert each["Principal"] != "*", f"{key.name}: anyone may {each['Action']}"
            assert "*" not in listed(next(iter(each["Principal"].values()))), f"{key.name}: anyone may {each['Action']}"
            assert not {"*", "kms:*"} & set(listed(each["Action"])), f"{key.name}: {each['Sid']} allows everything"


def test_the_account_uses_a_key_only_through_the_services_of_its_class_in_its_region(stack: Blueprint):
    region = region_of(stack)
    for key in own(stack, KEY, REPLICA_KEY):
        uses = statement(key, "UseThroughItsServices")
        via = uses["Condition"]["StringEquals"]["kms:ViaService"]
        assert all(service.endswith(f".{region}.amazonaws.com") for service in via), f"{key.name} is used elsewhere"
        administration = statement(key, "AdministerThroughIam")
        data = {"kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*", "kms:CreateGrant"}
        assert not data & set(administration["Action"]), f"who administers {key.name} does not thereby read"


def test_a_service_uses_a_key_only_for_resources_of_this_account(stack: Blueprint):
    for key in own(stack, KEY, REPLICA_KEY):
        for each in statements(key):
            if "Service" in each["Principal"]:
                condition = str(each["Condition"])
                assert ACCOUNT in condition, (
                    f"{each['Sid']} of {key.name} would serve any account's {each['Principal']}"
                )


def test_only_the_primarys_key_for_logs_serves_the_trail(primary: Blueprint, recovery: Blueprint):
    assert "CloudTrail" in str(document(primary.one(KEY, "logs")))
    assert "CloudTrail" not in str(document(recovery.one(REPLICA_KEY, "logs"))), "the trail is the primary's"


def test_the_key_of_volumes_serves_instances_that_auto_scaling_launches(primary: Blueprint, dr: Blueprint):
    made = statement(primary.one(KEY, "compute"), "AutoScaling")["Principal"]["AWS"]
    assert "serviceLinkedRole:ServiceLinkedRole::autoscaling#arn" in made, "the role is there before the key names it"
    named = statement(dr.one(REPLICA_KEY, "compute"), "AutoScaling")["Principal"]["AWS"]
    assert named.endswith("/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"), "an account has it once"


def test_key_policies_fit_into_kms(stack: Blueprint):
    for key in own(stack, KEY, REPLICA_KEY):
        # KMS Developer Guide, "Quotas": a key policy document takes 32 KB.
        assert len(key.properties["policy"]) < 32_768


def test_no_two_keys_share_a_policy(stack: Blueprint):
    policies = sorted(key.properties["policy"] for key in own(stack, KEY, REPLICA_KEY))
    assert all(one != next_one for one, next_one in pairwise(policies)), "each class has users of its own"


@pytest.mark.parametrize("role", ["primary", "dr"])
def test_key_policies_are_as_reviewed(role: str, request: pytest.FixtureRequest, golden):
    stack = request.getfixturevalue(role)
    golden.matches(f"key-policies-{role}", {key.name: document(key) for key in own(stack, KEY, REPLICA_KEY)})
