"""D5 and D7: snapshots and backups."""

from __future__ import annotations

import json
import re

import pytest

from blueprint import Blueprint, record_dr, record_primary
from components.data.table_schemas import SCHEMAS, TableName

POLICY = "aws:dlm/lifecyclePolicy:LifecyclePolicy"
PLAN = "aws:backup/plan:Plan"
SELECTION = "aws:backup/selection:Selection"
TABLE = "aws:dynamodb/table:Table"
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


def test_the_one_plan_of_the_serving_region_copies_into_the_vault_of_the_other(
    primary: Blueprint, dr: Blueprint
) -> None:
    """AWS Backup runs one job of a resource at a time: two plans over the same resources would wait for each other."""
    assert not dr.of_type(PLAN), "what stands by is a copy already"
    (plan,) = primary.of_type(PLAN)
    vault = dr.one(VAULT, "backups").properties["name"]
    for rule in plan.properties["rules"]:
        (copy,) = rule["copyActions"]
        assert copy["destinationVaultArn"] == f"arn:aws:backup:us-west-2:123456789012:backup-vault:{vault}"
        assert copy["lifecycle"] == rule["lifecycle"]


def test_a_region_that_has_taken_over_copies_nothing(dr_active: Blueprint) -> None:
    (plan,) = dr_active.of_type(PLAN)
    assert not any(rule.get("copyActions") for rule in plan.properties["rules"]), "the primary's region may be gone"


@pytest.mark.parametrize(
    ("window", "due"), [("05:00-06:00", "0 1"), ("02:30-03:00", "30 22"), ("23:45-00:45", "45 19")]
)
def test_backups_start_four_hours_before_the_window_of_rds(window: str, due: str) -> None:
    """AWS Backup starts no job of an RDS instance in its backup window, nor in its maintenance window or the hour
    before (AWS Backup Developer Guide, "Backup plan options and configuration")."""
    settings = {"dbBackupWindow": window, "dbMaintenanceWindow": "sat:10:00-sat:11:00"}
    stack = record_primary(settings)
    schedules = {name: rule["schedule"] for name, rule in rules(stack, "backups").items()}
    assert schedules == {"daily": f"cron({due} 2-31 * ? *)", "monthly": f"cron({due} 1 * ? *)"}, "one job on each day"
    assert all(rule["startWindow"] == 60 for rule in rules(stack, "backups").values())


@pytest.mark.parametrize("consistency", ["eventual", "strong"])
def test_every_store_is_selected_by_a_plan_of_its_own_region(consistency: str) -> None:
    """A replica of a table has tags of its own, unless the table propagates them, and a plan selects in its region."""
    values = {"ordersConsistency": consistency}
    primary = record_primary(values)
    dr = record_dr(primary, overrides=values)
    (selection,) = primary.of_type(SELECTION)
    (wanted,) = selection.properties["selectionTags"]
    selected = {
        resource.properties["name"]
        for resource in primary.of_type(TABLE)
        if resource.properties["tags"].get(wanted["key"]) == wanted["value"]
    } | {
        table.properties["name"]
        for table in dr.of_type(TABLE)
        for replica in table.properties.get("replicas", [])
        if replica["regionName"] == "us-east-1"
        and replica.get("propagateTags")
        and table.properties["tags"].get(wanted["key"]) == wanted["value"]
    }
    kept = {f"trading-{table}" for table in TableName if SCHEMAS[table].backed_up}
    assert selected == kept


def test_backups_find_what_they_keep_by_its_tag(primary: Blueprint, dr: Blueprint, dr_active: Blueprint) -> None:
    assert not dr.of_type(SELECTION)
    for stack in (primary, dr_active):
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
    for type_, name in ((POLICY, "snapshots-to-recovery"),):
        resource = dr.one(type_, name)
        assert (resource.provider or "").endswith("primary-side")
        assert resource.options == {"retainOnDelete": True}
        assert (type_, name) not in dr_active.by_reference
