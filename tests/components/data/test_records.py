"""D3: the records, and their replication."""

from __future__ import annotations

import json

import pytest

from blueprint import Blueprint
from components.data.records import RecordClass, days_of

BUCKET = "aws:s3/bucket:Bucket"
LOCK = "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration"
REPLICATION = "aws:s3/bucketReplicationConfig:BucketReplicationConfig"
LOCKED = {"trades": 2192, "communications": 1096, "audit": 2192}


def test_every_class_of_records_has_a_bucket_in_both_regions(stack: Blueprint) -> None:
    region = "primary" if stack.stack == "primary" else "dr"
    for record in RecordClass:
        bucket = stack.one(BUCKET, record)
        assert bucket.properties["bucket"] == f"trading-{region}-{record}-123456789012"
        assert bucket.options["protect"] is True


@pytest.mark.parametrize("record", RecordClass)
def test_what_the_law_keeps_nobody_can_delete_in_either_region(stack: Blueprint, record: RecordClass) -> None:
    enabled = stack.one(BUCKET, record).properties["objectLockEnabled"]
    if record not in LOCKED:
        assert enabled is False
        return
    retention = stack.one(LOCK, record).properties["rule"]["defaultRetention"]
    assert enabled is True
    assert retention == {"mode": "COMPLIANCE", "days": LOCKED[record]}


@pytest.mark.parametrize(("years", "days"), [(3, 1096), (6, 2192), (7, 2557), (8, 2922)])
def test_a_retention_in_days_is_never_shorter_than_the_years(years: int, days: int) -> None:
    assert days_of(years) == days


def test_records_are_private_versioned_encrypted_logged_and_announced(stack: Blueprint) -> None:
    for record in RecordClass:
        block = stack.one("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", record).properties
        assert all(
            block[name]
            for name in ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
        )
        versioning = stack.one("aws:s3/bucketVersioning:BucketVersioning", record).properties
        assert versioning["versioningConfiguration"]["status"] == "Enabled"
        encryption = stack.one(
            "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration", record
        ).properties["rules"][0]["applyServerSideEncryptionByDefault"]
        assert encryption["sseAlgorithm"] == "aws:kms"
        assert "::records#arn" in encryption["kmsMasterKeyId"]
        logging = stack.one("aws:s3/bucketLogging:BucketLogging", record).properties
        assert "access-logs" in logging["targetBucket"]
        events = stack.one("aws:s3/bucketNotification:BucketNotification", record).properties
        assert events["eventbridge"] is True


def test_old_records_move_to_archives_and_locked_ones_never_expire(stack: Blueprint) -> None:
    type_ = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
    for record, days in LOCKED.items():
        rule = next(rule for rule in stack.one(type_, record).properties["rules"] if rule["id"] == record)
        assert [step["storageClass"] for step in rule["transitions"]] == ["STANDARD_IA", "GLACIER_IR", "DEEP_ARCHIVE"]
        assert "expiration" not in rule, "disposal is a decision, not a date"
        assert rule["noncurrentVersionExpiration"]["noncurrentDays"] > days


def test_the_primary_declares_no_replication(primary: Blueprint) -> None:
    assert not primary.of_type(REPLICATION)


@pytest.mark.parametrize("record", RecordClass)
def test_every_record_is_in_the_recovery_region_within_15_minutes(dr: Blueprint, record: RecordClass) -> None:
    replication = dr.one(REPLICATION, f"{record}-to-recovery")
    (rule,) = replication.properties["rules"]
    destination = rule["destination"]
    assert f"outputs.recordsBuckets.{record}" in replication.properties["bucket"]
    assert f"bucket:Bucket::{record}#arn" in destination["bucket"]
    assert destination["replicationTime"] == {"status": "Enabled", "time": {"minutes": 15}}
    assert destination["metrics"] == {"status": "Enabled", "eventThreshold": {"minutes": 15}}
    assert "replicaKey:ReplicaKey::records" in destination["encryptionConfiguration"]["replicaKmsKeyId"]
    assert rule["sourceSelectionCriteria"]["sseKmsEncryptedObjects"] == {"status": "Enabled"}
    assert rule["deleteMarkerReplication"] == {"status": "Enabled"}


def test_replication_on_the_primarys_side_is_dropped_without_a_call(dr: Blueprint, dr_active: Blueprint) -> None:
    for record in RecordClass:
        replication = dr.one(REPLICATION, f"{record}-to-recovery")
        assert (replication.provider or "").endswith("primary-side")
        assert replication.options["retainOnDelete"] is True
        assert "protect" not in replication.options
        assert (REPLICATION, f"{record}-to-recovery") not in dr_active.by_reference


def test_what_is_written_after_a_takeover_finds_its_way_back(dr: Blueprint, dr_active: Blueprint) -> None:
    for record in RecordClass:
        before, after = (stack.one(REPLICATION, f"{record}-to-primary") for stack in (dr, dr_active))
        assert (before.provider or "").endswith("regional"), "it is declared on this region's own bucket"
        assert before.properties == after.properties
        assert f"outputs.recordsBuckets.{record}" in before.properties["rules"][0]["destination"]["bucket"]


def test_the_replication_role_can_only_replicate_records(dr: Blueprint, dr_active: Blueprint) -> None:
    before, after = (s.one("aws:iam/rolePolicy:RolePolicy", "records-replication").properties for s in (dr, dr_active))
    assert before == after, "IAM is run from the region that may be gone"
    statements = {statement["Sid"]: statement for statement in json.loads(before["policy"])["Statement"]}
    assert len(statements["WriteReplicas"]["Resource"]) == 2 * len(RecordClass)
    assert all("*" not in action for statement in statements.values() for action in statement["Action"])
    assert statements["KeyOfPrimary"]["Condition"] == {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}
