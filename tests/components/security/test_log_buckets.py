"""S1, S5, N9: the buckets that AWS services write logs into."""

from __future__ import annotations

import pytest

from blueprint import Blueprint
from tests.components.security.graph import ACCOUNT, BUCKET_POLICY, document, own, statement, statements

BUCKET = "aws:s3/bucket:Bucket"
ENCRYPTION = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
LOCK = "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration"
LOGGING = "aws:s3/bucketLogging:BucketLogging"
LIFECYCLE = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
VERSIONING = "aws:s3/bucketVersioning:BucketVersioning"
BLOCK = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
OWNERSHIP = "aws:s3/bucketOwnershipControls:BucketOwnershipControls"


def test_each_region_keeps_its_own_logs(stack: Blueprint):
    expected = {"access-logs", "logs"} | ({"trail"} if stack.stack == "primary" else set())
    assert {bucket.name for bucket in own(stack, BUCKET)} == expected, "the trail's bucket is where the trail is"


def test_every_log_bucket_is_private_versioned_owned_and_protected(stack: Blueprint):
    for bucket in own(stack, BUCKET):
        block = stack.one(BLOCK, bucket.name).properties
        flags = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
        assert all(block[flag] for flag in flags), f"{bucket.name} could be made public"
        assert stack.one(VERSIONING, bucket.name).properties["versioningConfiguration"]["status"] == "Enabled"
        assert stack.one(OWNERSHIP, bucket.name).properties["rule"]["objectOwnership"] == "BucketOwnerEnforced"
        assert bucket.options["protect"]
        assert bucket.properties["bucket"].endswith(ACCOUNT), "a bucket's name is unique in the world"


def test_logs_come_by_tls_only(stack: Blueprint):
    for policy in own(stack, BUCKET_POLICY):
        denied = statement(policy, "DenyUnencryptedTransport")
        assert denied["Effect"] == "Deny"
        assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_logs_are_under_the_key_for_logs_where_the_service_can(stack: Blueprint):
    for bucket in own(stack, BUCKET):
        (rule,) = stack.one(ENCRYPTION, bucket.name).properties["rules"]
        default = rule["applyServerSideEncryptionByDefault"]
        if bucket.name == "access-logs":
            assert default["sseAlgorithm"] == "AES256", "S3 and load balancers cannot write under a customer key"
        else:
            assert "::logs#arn" in default["kmsMasterKeyId"]
            assert "DenyOtherKeys" in str(document(stack.one(BUCKET_POLICY, bucket.name)))


def test_the_trail_is_locked_in_compliance_mode_for_six_years(primary: Blueprint):
    retention = primary.one(LOCK, "trail").properties["rule"]["defaultRetention"]
    assert retention == {"mode": "COMPLIANCE", "days": 2192}
    assert primary.one(BUCKET, "trail").properties["objectLockEnabled"]


def test_an_object_expires_only_when_its_lock_is_over(primary: Blueprint):
    rules = {rule["id"]: rule for rule in primary.one(LIFECYCLE, "trail").properties["rules"]}
    locked = primary.one(LOCK, "trail").properties["rule"]["defaultRetention"]["days"]
    assert rules["trail"]["expiration"]["days"] > locked


def test_nobody_deletes_a_log(stack: Blueprint):
    denied = statement(stack.one(BUCKET_POLICY, "logs"), "DenyDeletion")
    assert (denied["Effect"], denied["Principal"]) == ("Deny", "*")
    assert set(denied["Action"]) == {"s3:DeleteObject", "s3:DeleteObjectVersion"}
    assert "Condition" not in denied, "there is no exception"


def test_services_write_into_folders_of_their_own_for_this_account_only(stack: Blueprint):
    for policy in own(stack, BUCKET_POLICY):
        for each in statements(policy):
            if each["Effect"] == "Allow" and each["Action"] == "s3:PutObject":
                bound = f"{each['Resource']} {each.get('Condition')}"
                assert ACCOUNT in bound.replace(f"-{ACCOUNT}/", "/", 1), f"{each['Sid']} takes any account's logs"
                assert each["Resource"].count("/") >= 2, f"{each['Sid']} writes anywhere in the bucket"


def test_log_buckets_log_who_reads_them_except_the_one_that_holds_those_logs(stack: Blueprint):
    logging = {each.name: each for each in own(stack, LOGGING)}
    assert "access-logs" not in logging, "its own access log would beget logs without end"
    for name in {bucket.name for bucket in own(stack, BUCKET)} - {"access-logs"}:
        folder = logging[name].properties["targetPrefix"]
        assert folder == f"s3/{stack.one(BUCKET, name).properties['bucket']}/"
        assert stack.one(BUCKET_POLICY, "access-logs").urn in logging[name].dependencies, (
            "S3 refuses a target that it may not write into yet"
        )


@pytest.mark.parametrize("role", ["primary", "dr"])
def test_policies_of_log_buckets_are_as_reviewed(role: str, request: pytest.FixtureRequest, golden):
    stack = request.getfixturevalue(role)
    golden.matches(f"log-bucket-policies-{role}", {each.name: document(each) for each in own(stack, BUCKET_POLICY)})
