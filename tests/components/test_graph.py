"""What holds for the whole graph of a stack, whichever layer a resource belongs to."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from blueprint import Blueprint, Resource, record_dr, record_primary

PROVIDER_TYPE = "pulumi:providers:"
STACK_LEVEL = ("pulumi:providers:", "pulumi:pulumi:")

# Services with one control plane for all regions, in us-east-1 (AWS Whitepaper "AWS Fault Isolation Boundaries",
# "Global services"): while the primary's region is lost, what they hold can be read but not changed.
GLOBAL_SERVICES = (
    "aws:iam/",
    "aws:route53/record:",
    "aws:route53/zone:",
    "aws:route53/healthCheck:",
    "aws:cloudfront/",
    "aws:budgets/",
    "aws:costexplorer/",
    "aws:globalaccelerator/",
    "aws:organizations/",
    "aws:shield/",
)

# What holds data, keys or evidence: the engine must refuse to delete it until a person lifts the protection.
STATEFUL = (
    "aws:backup/vault:Vault",
    "aws:cloudtrail/trail:Trail",
    "aws:codecommit/repository:Repository",
    "aws:dynamodb/table:Table",
    "aws:dynamodb/tableReplica:TableReplica",
    "aws:ecr/repository:Repository",
    "aws:efs/fileSystem:FileSystem",
    "aws:kinesis/stream:Stream",
    "aws:kms/key:Key",
    "aws:kms/replicaKey:ReplicaKey",
    "aws:rds/instance:Instance",
    "aws:s3/bucket:Bucket",
    "aws:secretsmanager/secret:Secret",
    "aws:sqs/queue:Queue",
)

# Type and name, and why losing it loses nothing.
EXEMPT: Mapping[tuple[str, str], str] = {
    ("aws:rds/instance:Instance", "trade-history-reader"): (
        "holds a copy of the database beside it, and goes when a stack is made smaller"
    ),
}


@pytest.fixture(params=["primary", "dr", "dr_active"])
def stack(request: pytest.FixtureRequest) -> Blueprint:
    """Each stack in turn: the primary, the recovery region standing by, and after it has taken over."""
    return request.getfixturevalue(request.param)


def _declared(stack: Blueprint) -> list[Resource]:
    """Every resource of a provider, without the providers themselves and references to other stacks."""
    return [r for r in stack.resources if r.custom and not r.type.startswith(STACK_LEVEL)]


def test_every_resource_names_its_provider(stack: Blueprint):
    implicit = [r.urn for r in _declared(stack) if not r.provider]
    assert not implicit, f"left to a default provider, in whatever region that is: {implicit}"


def test_every_component_of_a_plugin_names_a_provider_of_its_own_package(stack: Blueprint):
    """The engine refuses it otherwise, where default providers are disabled."""
    made_elsewhere = [
        r for r in stack.resources if not r.custom and not r.implied and not r.type.startswith("trading:")
    ]
    assert made_elsewhere, "the cluster is one"
    for component in made_elsewhere:
        provider = f"{PROVIDER_TYPE}{component.type.split(':')[0]}::"
        assert provider in str(component.provider), f"left to a default provider: {component.urn}"


def test_every_provider_is_one_that_the_stack_declares(stack: Blueprint):
    declared = {r.urn for r in stack.resources if r.type.startswith(PROVIDER_TYPE)}
    unknown = [r.urn for r in _declared(stack) if r.provider not in declared]
    assert not unknown, f"made by a provider that no one declared: {unknown}"


def test_every_resource_belongs_to_a_component(stack: Blueprint):
    orphans = [r.urn for r in _declared(stack) if not r.parent]
    assert not orphans, f"belongs to no layer: {orphans}"


def test_every_component_says_when_it_is_complete(stack: Blueprint):
    unfinished = [r.urn for r in stack.resources if not r.custom and not r.outputs_registered]
    assert not unfinished, f"registers no outputs: {unfinished}"


def test_every_component_has_the_type_of_a_layer(stack: Blueprint):
    for component in (r for r in stack.resources if not r.custom and not r.implied):
        assert component.type.startswith(("trading:", "eks:")), f"{component.urn} is not a layer of the platform"


def test_what_holds_data_is_protected_from_deletion(stack: Blueprint):
    unprotected = [
        f"{r.type} {r.name}"
        for r in stack.of_type(*STATEFUL)
        if not r.options.get("protect") and not r.options.get("retainOnDelete") and (r.type, r.name) not in EXEMPT
    ]
    assert not unprotected, f"could be deleted by a slip: {unprotected}"


def test_no_exemption_outlives_its_resource(primary: Blueprint, dr: Blueprint):
    declared = {(r.type, r.name) for stack in (primary, dr) for r in stack.resources}
    assert set(EXEMPT) <= declared, "an exemption names what no stack declares"


def test_the_same_settings_declare_the_same_graph_to_the_byte(primary: Blueprint, dr: Blueprint, dr_active: Blueprint):
    assert record_primary().to_text() == primary.to_text()
    assert record_dr(primary).to_text() == dr.to_text()
    assert record_dr(primary, active=True).to_text() == dr_active.to_text()


def test_taking_over_changes_nothing_that_a_lost_region_controls(dr: Blueprint, dr_active: Blueprint):
    def controlled(stack: Blueprint) -> dict[str, dict]:
        return {r.urn: r.as_json() for r in _declared(stack) if r.type.startswith(GLOBAL_SERVICES)}

    standing, active = controlled(dr), controlled(dr_active)
    assert standing, "the recovery region has roles at least"
    changed = sorted(urn for urn in standing.keys() | active.keys() if standing.get(urn) != active.get(urn))
    assert not changed, f"a takeover would have to call the control plane in us-east-1 for {changed}"


def _making(stack: Blueprint) -> list[Resource]:
    """The providers for AWS that make something."""
    used = {r.provider for r in stack.resources}
    return [r for r in stack.resources if r.type == f"{PROVIDER_TYPE}aws" and r.urn in used]


def test_a_region_that_has_taken_over_declares_nothing_in_the_primarys_region(dr_active: Blueprint):
    regions = {r.urn: r.properties.get("region") for r in _making(dr_active)}
    assert set(regions.values()) == {"us-west-2"}, f"has a provider in {regions}"
    elsewhere = [r.urn for r in _declared(dr_active) if r.properties.get("region") not in (None, "us-west-2")]
    assert not elsewhere, f"stands in another region: {elsewhere}"
    calling = [r.urn for r in dr_active.of_type("aws:dynamodb/tableReplica:TableReplica")]
    assert not calling, f"is managed by calls to the main table's region: {calling}"


def test_what_stands_in_the_primarys_region_can_be_dropped_without_a_call_to_it(dr: Blueprint):
    there = {r.urn for r in dr.resources if r.type == f"{PROVIDER_TYPE}aws" and r.properties["region"] == "us-east-1"}
    calling = [
        r.urn
        for r in _declared(dr)
        if (r.provider in there or r.type == "aws:dynamodb/tableReplica:TableReplica")
        and not r.options.get("retainOnDelete")
    ]
    assert not calling, f"would be deleted in a region that is lost: {calling}"


def test_what_a_takeover_adds_can_be_deleted_when_the_stack_stands_by_again(dr: Blueprint, dr_active: Blueprint):
    """AWS refuses to delete what is protected, and no single update both lifts a protection and deletes."""
    added = {r.urn for r in _declared(dr_active)} - {r.urn for r in _declared(dr)}
    guards = ("deletionProtection", "deletionProtectionEnabled", "enableDeletionProtection", "disableApiTermination")
    stuck = [
        r.urn
        for r in _declared(dr_active)
        if r.urn in added and (r.options.get("protect") or any(r.properties.get(guard) is True for guard in guards))
    ]
    assert added, "a region grows when it takes over"
    assert not stuck, f"would make the way back fail: {stuck}"


def test_the_provider_of_what_is_dropped_asks_nothing_of_the_lost_region(dr: Blueprint, dr_active: Blueprint):
    """The engine configures the provider of whatever it deletes from the state, retained or not; one that is declared
    no longer is configured as it was, by calls to STS and IAM that a lost region does not answer."""
    dropped = [r for r in _making(dr) if r.properties["region"] == "us-east-1"]
    assert dropped
    for before in dropped:
        provider = dr_active.one(before.type, before.name)
        assert provider.urn == before.urn, "what is dropped is looked up by this URN"
        assert provider.properties["region"] == before.properties["region"], "another region would be a replacement"
        for check in ("skipCredentialsValidation", "skipRequestingAccountId"):
            assert provider.properties[check] == "true", f"the lost region is asked by {check[4:]}"
        assert "allowedAccountIds" not in provider.properties, "an account can be compared only by asking for it"


def test_the_primary_knows_nothing_of_the_recovery_region(primary: Blueprint):
    assert [r.urn for r in primary.resources if r.type == "pulumi:pulumi:StackReference"] == []


def test_every_provider_refuses_other_accounts_and_tags_what_it_makes(stack: Blueprint):
    for provider in _making(stack):
        assert "123456789012" in provider.properties["allowedAccountIds"]
        assert "ManagedBy" in provider.properties["defaultTags"]
