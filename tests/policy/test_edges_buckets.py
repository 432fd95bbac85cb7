"""Buckets at the edges of what their rules allow: settings in both forms, retention, replication, locks and logs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from policy import tokens as t
from policy.values import single
from tests.policy.small import ACCOUNT, Entry, accused, compared, reference, refused, undecided

Json = dict[str, Any]
_ID = reference(t.BUCKET, "b")
_KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1"


def _bucket(**properties: Any) -> Entry:
    return t.BUCKET, "b", properties


@pytest.mark.parametrize(
    ("value", "block"), [([], []), ([1], 1), ([1, 2], [1, 2]), ({"a": 1}, {"a": 1}), (None, None), ([[1]], [1])]
)
def test_a_list_of_one_block_is_the_block(value: Any, block: Any) -> None:
    """A list of several blocks, or of none, stays a list."""
    assert single(value) == block


# Access

_PUBLIC = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")


@pytest.mark.parametrize("off", [(), *((name,) for name in _PUBLIC), _PUBLIC])
@pytest.mark.parametrize("value", [False, None])
def test_a_bucket_blocks_each_kind_of_public_access(off: tuple[str, ...], value: Any) -> None:
    """Each setting by itself, false or left out."""
    block: Entry = (t.BUCKET_PUBLIC_ACCESS, "p", {"bucket": _ID, **{n: value if n in off else True for n in _PUBLIC}})
    said = [f"its public access block does not enable {', '.join(off)}"] if off else []
    assert refused("bucket-public-access-blocked", _bucket(), block) == said
    other: Entry = (t.BUCKET, "other", {})
    none = [("other", "has no public access block")]
    assert accused("bucket-public-access-blocked", other, _bucket(), block) == [*none, *(("b", line) for line in said)]


@pytest.mark.parametrize(
    ("ownership", "count"), [("BucketOwnerEnforced", 0), ("BucketOwnerPreferred", 1), ("ObjectWriter", 1), (None, 1)]
)
def test_a_bucket_has_no_acls(ownership: str | None, count: int) -> None:
    """Only one kind of ownership disables them."""
    controls: Entry = (t.BUCKET_OWNERSHIP, "o", {"bucket": _ID, "rule": {"objectOwnership": ownership}})
    said = ["its objects may have ACLs"]
    assert refused("bucket-no-acls", _bucket(), controls) == said * count
    assert refused("bucket-no-acls", _bucket()) == said


def _deny(**changes: Any) -> str:
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": "*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        **changes,
    }
    return json.dumps({"Statement": [statement]})


@pytest.mark.parametrize(("policy", "count"), [(_deny(), 0), (_deny(Effect="Allow"), 1), (_deny(Condition={}), 1)])
def test_a_bucket_denies_plain_requests(policy: str, count: int) -> None:
    """By its policy in either form; the finding is of the policy where there is one."""
    said = "allows requests without TLS to the bucket and its objects"
    apart: Entry = (t.BUCKET_POLICY, "p", {"bucket": _ID, "policy": policy})
    assert accused("bucket-tls-only", _bucket(), apart) == [("p", said)] * count
    assert accused("bucket-tls-only", _bucket(policy=policy)) == [("b", said)] * count
    assert accused("bucket-tls-only", _bucket()) == [("b", said)]


_ARN = reference(t.BUCKET, "b", "arn")
_NAMED = "arn:aws:s3:::orders"


@pytest.mark.parametrize("named", [_ARN, f"arn:aws:s3:::{_ID}", _NAMED, "arn:aws:s3:::ord?rs", "arn:*:s3:::orders"])
@pytest.mark.parametrize("split", [False, True])
def test_a_denial_reaches_the_bucket_and_its_objects(named: str, split: bool) -> None:
    """In one statement in either order, or in two; with half of it the other half is open."""
    both = [[f"{named}/*", named]] if not split else [named, [f"{named}/*"]]
    entries = [{"Resource": resource} for resource in both]
    assert not _over_plain(*entries, bucket="orders")
    assert _over_plain({"Resource": named}, bucket="orders") == ["allows requests without TLS to its objects"]
    said = ["allows requests without TLS to the bucket itself"]
    assert _over_plain({"Resource": f"{named}/*"}, bucket="orders") == said


@pytest.mark.parametrize(
    ("resource", "left"),
    [
        (["arn:aws:s3:::other", "arn:aws:s3:::other/*"], "the bucket and its objects"),
        ([reference(t.BUCKET, "c", "arn"), reference(t.BUCKET, "c", "arn") + "/*"], "the bucket and its objects"),
        (["arn:aws:s3:::orders-archive*"], "the bucket and its objects"),
        ([_NAMED, f"{_NAMED}/logs/*"], "its objects"),
        ([_NAMED, f"{_NAMED}/*.csv"], "its objects"),
        ([_NAMED, f"{_NAMED}/?"], "its objects"),
        ([_NAMED, f"{reference(t.BUCKET, 'c', 'arn')}/*"], "its objects"),
    ],
)
def test_a_denial_for_something_else_leaves_the_bucket_open(resource: list[str], left: str) -> None:
    """Another bucket, some of the objects, one of two."""
    other: Entry = (t.BUCKET, "c", {"bucket": "other"})
    said = [("p", f"allows requests without TLS to {left}")]
    assert [found for found in _plain({"Resource": resource}, other, bucket="orders") if found[0] == "p"] == said


@pytest.mark.parametrize("resource", ["*", "arn:aws:s3:::*", [_NAMED + "*"], [_NAMED, _NAMED + "/?*"], "arn:*"])
def test_a_wider_denial_reaches_the_bucket_too(resource: Any) -> None:
    assert not _over_plain({"Resource": resource}, bucket="orders")


def test_a_bucket_that_pulumi_names_is_found_by_a_reference_or_a_prefix() -> None:
    """Its name is not known in a plan; a literal name of somebody's is not its name."""
    assert not _over_plain({"Resource": [f"{_ARN}/*", _ARN]})
    assert not _over_plain({"Resource": ["arn:aws:s3:::b-*"]})
    assert not _over_plain({"Resource": ["arn:aws:s3:::logs-*"]}, bucketPrefix="logs-")
    assert _over_plain({"Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/*"]})


def _over_plain(*changes: dict[str, Any], **bucket: Any) -> list[str]:
    return [message for _, message in _plain(*changes, **bucket)]


def _plain(*given: Any, **bucket: Any) -> list[tuple[str, str]]:
    changes = [change for change in given if isinstance(change, dict)]
    others = [entry for entry in given if isinstance(entry, tuple)]
    entries = [json.loads(_deny(**change))["Statement"][0] for change in changes]
    apart: Entry = (t.BUCKET_POLICY, "p", {"bucket": _ID, "policy": json.dumps({"Statement": entries})})
    return accused("bucket-tls-only", (t.BUCKET, "b", bucket), *others, apart)


# Encryption


@pytest.mark.parametrize(
    ("default", "said"),
    [
        ({"sseAlgorithm": "aws:kms", "kmsMasterKeyId": _KEY}, []),
        ({"sseAlgorithm": "aws:kms:dsse", "kmsMasterKeyId": _KEY}, []),
        ({"sseAlgorithm": "AES256"}, ["is encrypted by AES256, not by KMS"]),
        ({"sseAlgorithm": "AES256", "kmsMasterKeyId": _KEY}, ["is encrypted by AES256, not by KMS"]),
        ({}, ["is encrypted by nothing, not by KMS"]),
        ({"sseAlgorithm": "aws:kms"}, ["rules names no key, so AWS's own is used"]),
        (
            {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": "alias/aws/s3"},
            ["rules = 'alias/aws/s3' is no customer-managed key"],
        ),
    ],
)
def test_a_bucket_is_encrypted_with_a_customer_managed_key(default: Json, said: list[str]) -> None:
    """By a configuration apart, or by a block of the bucket, which may stand in a list."""
    rule = {"applyServerSideEncryptionByDefault": default} if default else {}
    apart: Entry = (t.BUCKET_ENCRYPTION, "e", {"bucket": _ID, "rules": [rule]})
    assert refused("bucket-customer-key", _bucket(), apart) == said
    block = {"rule": rule}
    assert refused("bucket-customer-key", _bucket(serverSideEncryptionConfiguration=block)) == said
    assert refused("bucket-customer-key", _bucket(serverSideEncryptionConfiguration=[block])) == said
    assert refused("bucket-customer-key", _bucket()) == ["is encrypted with S3's own key"]


_OWN_KEY = ["is encrypted with S3's own key"]
_DELIVERY = {"Effect": "Allow", "Principal": {"Service": "logging.s3.amazonaws.com"}, "Action": "s3:PutObject"}


@pytest.mark.parametrize(
    ("bucket", "others", "said"),
    [
        ({"acl": "log-delivery-write"}, [], []),
        ({"acl": "private"}, [], _OWN_KEY),
        ({"grants": [{"uri": "http://acs.amazonaws.com/groups/s3/LogDelivery"}]}, [], []),
        ({"grants": [{"uri": "http://acs.amazonaws.com/groups/global/AllUsers"}]}, [], _OWN_KEY),
        ({"grants": [{"id": "x"}]}, [], _OWN_KEY),
        ({}, [(t.BUCKET_ACL, "a", {"bucket": _ID, "acl": "log-delivery-write"})], []),
        ({}, [(t.BUCKET_ACL, "a", {"bucket": _ID, "acl": "private"})], _OWN_KEY),
        (
            {},
            [
                (
                    t.BUCKET_ACL,
                    "a",
                    {
                        "bucket": _ID,
                        "accessControlPolicy": {
                            "grants": [{"grantee": {"uri": "http://acs.amazonaws.com/groups/s3/LogDelivery"}}]
                        },
                    },
                )
            ],
            [],
        ),
        (
            {},
            [(t.BUCKET_ACL, "a", {"bucket": _ID, "accessControlPolicy": {"grants": [{"grantee": {"id": "x"}}]}})],
            _OWN_KEY,
        ),
        ({}, [(t.BUCKET_POLICY, "p", {"bucket": _ID, "policy": json.dumps({"Statement": [_DELIVERY]})})], []),
        (
            {},
            [
                (
                    t.BUCKET_POLICY,
                    "p",
                    {"bucket": _ID, "policy": json.dumps({"Statement": [{**_DELIVERY, "Effect": "Deny"}]})},
                )
            ],
            _OWN_KEY,
        ),
        (
            {},
            [
                (
                    t.BUCKET_POLICY,
                    "p",
                    {
                        "bucket": _ID,
                        "policy": json.dumps(
                            {"Statement": [{**_DELIVERY, "Principal": {"Service": "ec2.amazonaws.com"}}]}
                        ),
                    },
                )
            ],
            _OWN_KEY,
        ),
        ({}, [(t.BUCKET, "other", {"logging": {"targetBucket": _ID}, "acl": "log-delivery-write"})], []),
        ({}, [(t.LOAD_BALANCER, "l", {"accessLogs": {"bucket": _ID}})], []),
        ({}, [(t.LOAD_BALANCER, "l", {"accessLogs": {"bucket": _ID}, "loadBalancerType": "application"})], []),
        ({}, [(t.LOAD_BALANCER, "l", {"accessLogs": {"bucket": _ID}, "loadBalancerType": "network"})], _OWN_KEY),
        ({}, [(t.LOAD_BALANCER, "l", {"accessLogs": {"bucket": "elsewhere"}})], _OWN_KEY),
    ],
)
def test_buckets_of_some_logs_have_the_key_of_s3(bucket: Json, others: list[Entry], said: list[str]) -> None:
    """Access logs of S3 and of application load balancers; those of network load balancers may have a key."""
    assert refused("bucket-customer-key", _bucket(**bucket), *others) == said


def test_a_bucket_without_versions() -> None:
    """Either form, also as a list of one block."""
    said = ["keeps no versions"]
    for status, count in (("Enabled", 0), ("Suspended", 1), (None, 1)):
        apart: Entry = (t.BUCKET_VERSIONING, "v", {"bucket": _ID, "versioningConfiguration": {"status": status}})
        assert refused("bucket-versioned", _bucket(), apart) == said * count
    assert refused("bucket-versioned", _bucket(versioning=[{"enabled": True}])) == []
    assert refused("bucket-versioned", _bucket(versioning=[{"enabled": False}])) == said
    assert refused("bucket-versioned", _bucket()) == said


# Records

_RECORDS = {"retention": {"trades*": 2192, "calls*": 1096, "*": 30}}


def _lock(mode: str | None = "COMPLIANCE", **held: Any) -> Json:
    return {"rule": {"defaultRetention": {"mode": mode, **held}}}


@pytest.mark.parametrize(
    ("name", "lock", "said"),
    [
        ("trades", _lock(days=2192), []),
        ("trades", _lock(days=3000), []),
        ("trades", _lock(days=2191), ["its records are locked for 2191 days of 2192"]),
        ("trades", _lock(years=6), ["its records are locked for 2191 days of 2192"]),
        ("trades", _lock(years=7), []),
        ("calls", _lock(years=3), ["its records are locked for 1095 days of 1096"]),
        ("calls", _lock(years=4), []),
        ("other", _lock(days=30), []),
        ("other", _lock(days=29), ["its records are locked for 29 days of 30"]),
        ("trades", _lock(), ["its records are locked for 0 days of 2192"]),
        (
            "trades",
            _lock("GOVERNANCE", days=2192),
            ["its records are locked in mode GOVERNANCE, which can be bypassed"],
        ),
        ("trades", _lock(None, days=1), ["its records are locked in mode none, which can be bypassed"]),
        ("trades", None, ["its records are not locked"]),
    ],
)
def test_records_are_locked_for_their_time(name: str, lock: Json | None, said: list[str]) -> None:
    """The first pattern that fits gives the days; leap days are counted."""
    locks: list[Entry] = [(t.BUCKET_OBJECT_LOCK, "l", {"bucket": _ID, **lock})] if lock is not None else []
    assert refused("records-object-lock", _bucket(bucket=name), *locks, **_RECORDS) == said
    inline = {"objectLockConfiguration": lock} if lock is not None else {}
    assert refused("records-object-lock", _bucket(bucket=name, **inline), **_RECORDS) == said
    assert refused("records-object-lock", _bucket(bucket=name), *locks, retention={"zzz": 1}) == []


@pytest.mark.parametrize(
    ("years", "days"), [(1, 365), (2, 730), (3, 1095), (4, 1461), (5, 1826), (6, 2191), (7, 2556), (8, 2922)]
)
def test_years_of_a_lock_in_days(years: int, days: int) -> None:
    """A leap day for each four years."""
    bucket = _bucket(bucket="trades", objectLockConfiguration=_lock(years=years))
    assert refused("records-object-lock", bucket, retention={"trades": days}) == []
    said = [f"its records are locked for {days} days of {days + 1}"]
    assert refused("records-object-lock", bucket, retention={"trades": days + 1}) == said


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({}, []),
        ({"expiration": {"days": 100}}, []),
        ({"expiration": {"days": 101}}, []),
        ({"expiration": {"days": 99}}, ["rule 'r' expires objects after 99 of 100 days"]),
        ({"expiration": [{"days": 99}]}, ["rule 'r' expires objects after 99 of 100 days"]),
        ({"expiration": {"date": "2030-01-01"}}, ["rule 'r' expires objects on 2030-01-01"]),
        ({"expiration": {"expiredObjectDeleteMarker": True}}, []),
        ({"noncurrentVersionExpiration": {"noncurrentDays": 100}}, []),
        ({"noncurrentVersionExpiration": {"noncurrentDays": 150}}, []),
        ({"noncurrentVersionExpiration": {"noncurrentDays": 99}}, ["rule 'r' deletes versions after 99 of 100 days"]),
        ({"expiration": {"days": 99}, "status": "Disabled"}, []),
        (
            {"expiration": {"days": 1}, "noncurrentVersionExpiration": {"noncurrentDays": 2}},
            ["rule 'r' expires objects after 1 of 100 days", "rule 'r' deletes versions after 2 of 100 days"],
        ),
    ],
)
def test_lifecycle_rules_keep_records(rule: Json, said: list[str]) -> None:
    """Both forms of the rules; the longest time of the patterns that fit counts."""
    retention = {"trades-*": 1, "trades*": 100, "*": 7, "other": 5000}
    bucket = _bucket(bucket="trades-1")
    lifecycle: Entry = (
        t.BUCKET_LIFECYCLE,
        "life",
        {"bucket": _ID, "rules": [{"id": "off", "status": "Disabled"}, {"id": "r", "status": "Enabled", **rule}]},
    )
    assert accused("records-not-expired", bucket, lifecycle, retention=retention) == [("life", line) for line in said]
    assert refused("records-not-expired", bucket, lifecycle, retention={"zzz": 5000}) == []
    inline = {key: value for key, value in rule.items() if key != "status"}
    versions = rule.get("noncurrentVersionExpiration")
    if versions is not None:
        inline["noncurrentVersionExpiration"] = {"days": versions["noncurrentDays"]}
    own = _bucket(bucket="trades-1", lifecycleRules=[{"id": "r", "enabled": rule.get("status") is None, **inline}])
    assert accused("records-not-expired", own, retention=retention) == [("b", line) for line in said]


@pytest.mark.parametrize(("days", "count"), [(99, 1), (100, 0), (101, 0)])
def test_a_locked_version_outlasts_the_rule(days: int, count: int) -> None:
    """A lock of the whole time keeps what the rule would delete; objects expire all the same."""
    rules = [{"id": "r", "status": "Enabled", "noncurrentVersionExpiration": {"noncurrentDays": 1}}]
    lifecycle: Entry = (t.BUCKET_LIFECYCLE, "life", {"bucket": _ID, "rules": rules})
    bucket = _bucket(bucket="trades", objectLockConfiguration=_lock(days=days))
    found = refused("records-not-expired", bucket, lifecycle, retention={"trades": 100})
    assert found == ["rule 'r' deletes versions after 1 of 100 days"] * count


@pytest.mark.parametrize(
    ("block", "passing", "said"),
    [
        ({"noncurrentDays": 30}, {}, []),
        ({"noncurrentDays": 29}, {}, ["rule 'r' deletes versions after 29 days"]),
        ({"noncurrentDays": 29, "newerNoncurrentVersions": 3}, {}, []),
        ({"noncurrentDays": 29}, {"b*": "Cache of public prices."}, []),
        ({"noncurrentDays": 29}, {"b*": "  "}, ["rule 'r' deletes versions after 29 days"]),
        ({"noncurrentDays": 29}, {"a*": "Cache."}, ["rule 'r' deletes versions after 29 days"]),
        ({}, {}, []),
    ],
)
def test_versions_are_kept(block: Json, passing: Json, said: list[str]) -> None:
    """By days, or by a number of newer versions; the parameter names buckets with the reason."""
    rules = [{"id": "r", "status": "Enabled", "noncurrentVersionExpiration": block}]
    lifecycle: Entry = (t.BUCKET_LIFECYCLE, "life", {"bucket": _ID, "rules": rules})
    found = accused("bucket-versions-kept", _bucket(), lifecycle, passing=passing)
    assert found == [("life", line) for line in said]


@pytest.mark.parametrize("type_", [t.BUCKET, t.ECR_REPOSITORY, t.BACKUP_VAULT])
@pytest.mark.parametrize("path", ["forceDestroy", "forceDelete"])
@pytest.mark.parametrize("value", [True, False, None])
def test_stores_are_not_emptied(type_: str, path: str, value: Any) -> None:
    """By either name of the setting."""
    assert refused("stores-not-emptied", (type_, "x", {path: value})) == ["is emptied when it is deleted"] * bool(value)


# Replication

_ENCRYPTED = {"sourceSelectionCriteria": {"sseKmsEncryptedObjects": {"status": "Enabled"}}}
_LEAVES_OUT = "rule 'r' does not replicate objects that KMS encrypts"
_PART = "replicates only objects that match a filter"


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ([], []),
        ([_ENCRYPTED], []),
        ([{"sourceSelectionCriteria": {"sseKmsEncryptedObjects": {"enabled": True}}}], []),
        ([{"sourceSelectionCriteria": [{"sseKmsEncryptedObjects": [{"status": "Enabled"}]}]}], []),
        ([{"sourceSelectionCriteria": {"sseKmsEncryptedObjects": {"status": "Disabled"}}}], [_LEAVES_OUT]),
        ([{"sourceSelectionCriteria": {"sseKmsEncryptedObjects": {"enabled": False}}}], [_LEAVES_OUT]),
        ([{}], [_LEAVES_OUT]),
        ([{**_ENCRYPTED, "filter": {}}], []),
        ([{**_ENCRYPTED, "filter": {"prefix": ""}}], []),
        ([{**_ENCRYPTED, "filter": {"prefix": "a/"}}], [_PART]),
        ([{**_ENCRYPTED, "filter": {"tag": {"key": "k", "value": "v"}}}], [_PART]),
        ([{**_ENCRYPTED, "filter": {"tags": {"k": "v"}}}], [_PART]),
        ([{**_ENCRYPTED, "filter": {"and": {"prefix": "a/"}}}], [_PART]),
        ([{**_ENCRYPTED, "filter": [{"prefix": "a/"}]}], [_PART]),
        ([{**_ENCRYPTED, "prefix": "a/"}], [_PART]),
        ([{**_ENCRYPTED, "prefix": "a/"}, _ENCRYPTED], []),
        ([_ENCRYPTED, {**_ENCRYPTED, "prefix": "a/"}], []),
        ([{**_ENCRYPTED, "prefix": "a/"}, {**_ENCRYPTED, "prefix": "b/"}], [_PART]),
    ],
)
def test_replication_covers_every_object(rules: list[Json], said: list[str]) -> None:
    """One rule of all is enough, but each must take encrypted objects in."""
    named = [{"id": "r", **rule} for rule in rules]
    apart: Entry = (t.BUCKET_REPLICATION, "r", {"bucket": _ID, "rules": named})
    assert refused("bucket-replication-complete", apart) == said
    assert refused("bucket-replication-complete", _bucket(replicationConfiguration={"rules": named})) == said


_TIMED = {
    "status": "Enabled",
    "destination": {"replicationTime": {"status": "Enabled"}, "metrics": {"status": "Enabled"}},
}


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (_TIMED, []),
        ({**_TIMED, "status": "Disabled"}, ["rule 'r' is disabled"]),
        ({"status": "Enabled"}, ["rule 'r' has no replicationTime", "rule 'r' has no metrics"]),
        (
            {**_TIMED, "destination": {"replicationTime": {"status": "Enabled"}}},
            ["rule 'r' has no metrics"],
        ),
        (
            {**_TIMED, "destination": {**_TIMED["destination"], "replicationTime": {"status": "Disabled"}}},
            ["rule 'r' has no replicationTime"],
        ),
    ],
)
def test_replication_is_timed(rule: Json, said: list[str]) -> None:
    """Each rule, apart or in the bucket."""
    rules = [{"id": "q", **_TIMED}, {"id": "r", **rule}]
    assert refused("bucket-replication-timed", (t.BUCKET_REPLICATION, "r", {"bucket": _ID, "rules": rules})) == said
    assert refused("bucket-replication-timed", _bucket(replicationConfiguration={"rules": rules})) == said


_OUTPUT = "${pulumi:pulumi:StackReference::primary#outputs.bucket}"
_OUTPUTS = {"bucket": reference(t.BUCKET, "b")}
_NOT_REPLICATED = [("b", "is not replicated to us-west-2")]


def test_a_bucket_is_replicated() -> None:
    """By the primary's own configuration in either form, or by the recovery stack's."""
    rule = "bucket-replicated"
    apart: Entry = (t.BUCKET_REPLICATION, "r", {"bucket": _ID, "rules": []})
    assert compared(rule, [_bucket(), apart], []) == []
    assert compared(rule, [_bucket(replicationConfiguration={"rules": []})], []) == []
    theirs: Entry = (t.BUCKET_REPLICATION, "r", {"bucket": _OUTPUT, "at": "us-east-1", "rules": []})
    assert compared(rule, [_bucket()], [theirs], outputs=_OUTPUTS) == []
    strays: Entry = (t.BUCKET_REPLICATION, "s", {"bucket": "elsewhere", "at": "us-east-1", "rules": []})
    assert compared(rule, [_bucket()], [strays], outputs=_OUTPUTS) == _NOT_REPLICATED
    assert compared(rule, [_bucket()], [strays, theirs], outputs=_OUTPUTS) == []
    assert compared(rule, [_bucket()], []) == _NOT_REPLICATED
    assert compared(rule, [_bucket()], [], standing_by=False) == []


@pytest.mark.parametrize(
    ("by_design", "count"),
    [({"b-*": "Cache."}, 0), ({"b-*": " "}, 1), ({"a*": "Cache."}, 1), ({"a*": "Cache.", "b-*": "Cache."}, 0)],
)
def test_a_bucket_without_a_replica_by_design(by_design: Json, count: int) -> None:
    """By the name of the bucket, with a reason that is not empty."""
    assert compared("bucket-replicated", [_bucket()], [], byDesign=by_design) == _NOT_REPLICATED * count


@pytest.mark.parametrize(
    ("theirs", "good"),
    [
        (_lock(days=100), True),
        (_lock(days=101), True),
        (_lock(days=99), False),
        (_lock("GOVERNANCE", days=100), False),
        (_lock("GOVERNANCE", days=500), False),
        (None, False),
    ],
)
def test_the_replica_of_a_locked_bucket_is_locked(theirs: Json | None, good: bool) -> None:
    """The same mode for at least the same time; replication declared in either stack."""
    ours = _bucket(objectLockConfiguration=_lock(days=100))
    copy: Entry = (t.BUCKET, "copy", {"bucket": "copies", **({"objectLockConfiguration": theirs} if theirs else {})})
    said = [] if good else [("b", f"its replica urn:pulumi:dr::shop::{t.BUCKET}::copy is not locked as it is")]
    rules = [{"destination": {"bucket": "arn:aws:s3:::copies"}}]
    here: Entry = (t.BUCKET_REPLICATION, "r", {"bucket": _ID, "rules": rules})
    assert compared("bucket-replica-locked", [ours, here], [copy]) == said
    inside = _bucket(objectLockConfiguration=_lock(days=100), replicationConfiguration={"rules": rules})
    assert compared("bucket-replica-locked", [inside], [copy]) == said
    own = [{"destination": {"bucket": reference(t.BUCKET, "copy", "arn")}}]
    there: Entry = (t.BUCKET_REPLICATION, "r", {"bucket": _OUTPUT, "rules": own, "at": "us-east-1"})
    assert compared("bucket-replica-locked", [ours], [copy, there], outputs=_OUTPUTS) == said
    assert compared("bucket-replica-locked", [_bucket(), here], [copy]) == []
    assert compared("bucket-replica-locked", [ours], [copy]) == []


# Access logs


def test_a_bucket_logs_its_access() -> None:
    """By a configuration apart, or by a block; the bucket that takes the logs needs none."""
    said = "logs no access"
    target: Entry = (t.BUCKET, "logs", {"bucket": "logs"})
    apart: Entry = (t.BUCKET_LOGGING, "l", {"bucket": _ID, "targetBucket": reference(t.BUCKET, "logs")})
    assert accused("bucket-access-logs", _bucket(), target, apart) == []
    inline = _bucket(logging={"targetBucket": reference(t.BUCKET, "logs")})
    assert accused("bucket-access-logs", inline, target) == []
    assert accused("bucket-access-logs", _bucket(), target) == [("b", said), ("logs", said)]
    elsewhere: Entry = (t.BUCKET_LOGGING, "l", {"bucket": _ID, "targetBucket": "elsewhere"})
    assert accused("bucket-access-logs", _bucket(), target, elsewhere) == [("logs", said)]


def test_a_block_that_is_not_known_is_not_judged() -> None:
    """The finding names the property."""
    from policy.values import UNKNOWN_TEXT

    lifecycle: Entry = (
        t.BUCKET_LIFECYCLE,
        "life",
        {"bucket": _ID, "rules": [{"id": "r", "status": "Enabled", "expiration": UNKNOWN_TEXT}]},
    )
    found = undecided("records-not-expired", _bucket(bucket="trades"), lifecycle, retention={"trades": 10})
    assert found == [("rules[0].expiration", "is known only after the update")]
    found = undecided("bucket-versioned", _bucket(versioning=UNKNOWN_TEXT))
    assert found == [("versioning", "is known only after the update")]
