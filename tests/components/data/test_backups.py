"""D5 and D7: snapshots and backups."""

from __future__ import annotations

import json
import re

from blueprint import Blueprint

POLICY = "aws:dlm/lifecyclePolicy:LifecyclePolicy"
PLAN = "aws:backup/plan:Plan"
SELECTION = "aws:backup/selection:Selection"
VAULT = "aws:backup/vault:Vault"
LOCK = "aws:backup/vaultLockConfiguration:VaultLockConfiguration"


def rules(stack: Blueprint, plan: str) -> dict[str, dict]:
    return {rule["ruleName"]: rule for rule in stack.one(PLAN, plan).properties["rules"]}


def test_tagged_volumes_are_snapshotted_in_every_region(stack: Blueprint) -> None:
    details = stack.one(POLICY, "snapshots").properties["policyDetails"]
    assert details["targetTags"] == {"Snapshots": "scheduled"}
    (schedule,) = details["schedules"]
    assert schedule["createRule"]["interval"] == 4
    assert schedule["retainRule"] == {"interval": 7, "intervalUnit": "DAYS"}


def test_a_snapshot_policy_is_described_in_the_letters_that_are_allowed(dr: Blueprint) -> None:
    for policy in dr.of_type(POLICY):
        assert re.fullmatch(r"[0-9A-Za-z _-]+", policy.properties["description"]), (
            "CreateLifecyclePolicy refuses others"
        )


def test_the_recovery_region_copies_the_primarys_snapshots_under_its_own_key(dr: Blueprint) -> None:
    policy = dr.one(POLICY, "snapshots-to-recovery")
    (schedule,) = policy.properties["policyDetails"]["schedules"]
    (copy,) = schedule["crossRegionCopyRules"]
    assert (copy["target"], copy["encrypted"]) == ("us-west-2", True)
    assert "replicaKey:ReplicaKey::database" in copy["cmkArn"]
    assert copy["retainRule"] == {"interval": 35, "intervalUnit": "DAYS"}
    assert (policy.provider or "").endswith("primary-side")


def test_snapshots_use_the_keys_of_both_regions_before_and_after_a_takeover(
    dr: Blueprint, dr_active: Blueprint
) -> None:
    before, after = (s.one("aws:iam/rolePolicy:RolePolicy", "snapshots").properties for s in (dr, dr_active))
    assert before == after
    grant = next(s for s in json.loads(before["policy"])["Statement"] if "kms:CreateGrant" in s["Action"])
    assert grant["Condition"] == {"Bool": {"kms:GrantIsForAWSResource": "true"}}
    assert len(grant["Resource"]) == 3


def test_every_vault_is_encrypted_and_locked_for_good(stack: Blueprint) -> None:
    vault = stack.one(VAULT, "backups")
    assert "::backup#arn" in vault.properties["kmsKeyArn"]
    lock = stack.one(LOCK, "backups")
    assert lock.properties["changeableForDays"] >= 3, "without days of grace the lock can be lifted for ever"
    assert lock.properties["maxRetentionDays"] == 2192
    assert vault.options["protect"] is True
    assert lock.options["protect"] is True


def test_every_backup_fits_into_the_lock_of_its_vault(primary: Blueprint, dr: Blueprint, dr_active: Blueprint) -> None:
    lock = primary.one(LOCK, "backups").properties
    for stack in (primary, dr, dr_active):
        for plan in stack.of_type(PLAN):
            for rule in plan.properties["rules"]:
                for kept in (rule["lifecycle"], *(copy["lifecycle"] for copy in rule.get("copyActions", []))):
                    days = kept["deleteAfter"]
                    assert lock["minRetentionDays"] <= days <= lock["maxRetentionDays"], "the job would fail"
                    assert days >= kept.get("coldStorageAfter", -90) + 90, "cold storage keeps 90 days at least"


def test_monthly_backups_last_as_long_as_trades_must(primary: Blueprint, dr_active: Blueprint) -> None:
    for stack in (primary, dr_active):
        assert rules(stack, "backups")["daily"]["lifecycle"] == {"deleteAfter": 35}
        assert rules(stack, "backups")["monthly"]["lifecycle"]["deleteAfter"] == 2192


def test_a_standing_by_region_has_the_primarys_backups_copied_into_its_vault(dr: Blueprint) -> None:
    assert (PLAN, "backups") not in dr.by_reference, "what stands by is a copy already"
    plan = dr.one(PLAN, "backups-to-recovery")
    for name, days in (("daily-copied", 35), ("monthly-copied", 2192)):
        rule = rules(dr, "backups-to-recovery")[name]
        assert rule["targetVaultName"] == "trading-primary-backups"
        (copy,) = rule["copyActions"]
        assert "vault:Vault::backups#arn" in copy["destinationVaultArn"]
        assert copy["lifecycle"]["deleteAfter"] == days
    assert dr.one(LOCK, "backups").urn in plan.dependencies, "a copy that comes before the lock is not locked"


def test_backups_find_what_they_keep_by_its_tag(primary: Blueprint, dr: Blueprint, dr_active: Blueprint) -> None:
    for stack in (primary, dr, dr_active):
        (selection,) = stack.of_type(SELECTION)
        assert selection.properties["selectionTags"] == [
            {"type": "STRINGEQUALS", "key": "Backup", "value": "compliance"}
        ]
        # A group of Auto Scaling lists its tags.
        maps = ((r.type, r.properties.get("tags")) for r in stack.resources)
        tagged = {type_ for type_, tags in maps if isinstance(tags, dict) and tags.get("Backup") == "compliance"}
        assert {"aws:rds/instance:Instance", "aws:efs/fileSystem:FileSystem", "aws:dynamodb/table:Table"} <= tagged
        opted_in = stack.one("aws:backup/regionSettings:RegionSettings", "backups").properties
        assert all(opted_in["resourceTypeOptInPreference"][kind] for kind in ("DynamoDB", "EFS", "RDS"))


def test_what_stands_in_the_primarys_region_is_dropped_without_a_call(dr: Blueprint, dr_active: Blueprint) -> None:
    for type_, name in (
        (POLICY, "snapshots-to-recovery"),
        (PLAN, "backups-to-recovery"),
        (SELECTION, "backups-to-recovery"),
    ):
        resource = dr.one(type_, name)
        assert (resource.provider or "").endswith("primary-side")
        assert resource.options == {"retainOnDelete": True}
        assert (type_, name) not in dr_active.by_reference
