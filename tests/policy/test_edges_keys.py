"""Keys of replicated data, and schedules of rotations, at the edges of what their rules allow."""

from __future__ import annotations

from typing import Any

import pytest

from policy import tokens as t
from policy.arns import region_of_key
from tests.policy.small import ACCOUNT, Entry, accused, compared, reference, refused, undecided

Json = dict[str, Any]


def _arn(region: str, what: str = "key/1") -> str:
    return f"arn:aws:kms:{region}:{ACCOUNT}:{what}"


@pytest.mark.parametrize(
    ("text", "region"),
    [
        (_arn("eu-west-1"), "eu-west-1"),
        (_arn("eu-west-1", "alias/desk"), "eu-west-1"),
        (_arn("us-gov-west-1").replace("arn:aws:", "arn:aws-us-gov:"), "us-gov-west-1"),
        (f"arn:aws:iam::{ACCOUNT}:role/x", None),
        (f"arn:aws:sqs:eu-west-1:{ACCOUNT}:q", None),
        ("arn:aws:kms:eu-west-1", None),
        ("alias/desk", None),
        ("", None),
    ],
)
def test_the_region_of_a_key(text: str, region: str | None) -> None:
    """From the ARN of a key or an alias alone."""
    assert region_of_key(text) == region


_HERE: Entry = (t.KEY, "here", {})
_THERE: Entry = (t.REPLICA_KEY, "there", {"at": "us-west-2"})
_OUTPUT = "${pulumi:pulumi:StackReference::other#outputs.key}"


@pytest.mark.parametrize(
    ("region", "key", "said"),
    [
        ("us-west-2", reference(t.REPLICA_KEY, "there", "arn"), []),
        ("us-west-2", reference(t.KEY, "here", "arn"), ["uses a key of us-east-1 in us-west-2"]),
        ("us-west-2", _arn("us-west-2"), []),
        ("us-west-2", _arn("us-east-1"), ["uses a key of us-east-1 in us-west-2"]),
        ("us-west-2", _arn("us-west-2", "alias/desk"), []),
        ("us-west-2", _arn("zz-west-9", "alias/desk"), ["uses a key of zz-west-9 in us-west-2"]),
        ("us-west-2", "alias/desk", []),
        ("us-west-2", None, []),
        ("us-west-2", _OUTPUT, []),
        ("us-east-1", _OUTPUT, ["uses a key of another stack in us-east-1"]),
    ],
)
def test_replicas_of_a_table_use_keys_of_their_region(region: str, key: str | None, said: list[str]) -> None:
    """A key of the plan, a literal, or an output of the other stack, which is of the other region."""
    keys = (_HERE, _THERE, (t.QUEUE, "q1", {}), (t.QUEUE, "q2", {}))
    table: Entry = (t.TABLE, "table", {"replicas": [{"regionName": region, "kmsKeyArn": key}]})
    assert refused("replica-key-usable", table, *keys) == said
    good = {"regionName": "us-west-2", "kmsKeyArn": _arn("us-west-2")}
    for replicas in ([good, table[2]["replicas"][0]], [table[2]["replicas"][0], good]):
        assert refused("replica-key-usable", (t.TABLE, "table", {"replicas": replicas}), *keys) == said
    if region == "us-west-2":
        replica: Entry = (t.TABLE_REPLICA, "r", {"kmsKeyArn": key, "at": region})
        assert refused("replica-key-usable", replica, *keys) == said
        instance = {"kmsKeyId": key, "at": region}
        assert (
            refused("replica-key-usable", (t.RDS_INSTANCE, "r", {**instance, "replicateSourceDb": "x"}), *keys) == said
        )
        assert refused("replica-key-usable", (t.RDS_INSTANCE, "r", instance), *keys) == []


_NO_KEY = "names no key for what it replicates"


@pytest.mark.parametrize(
    ("bucket", "key", "said"),
    [
        (reference(t.BUCKET, "copy", "arn"), _arn("us-west-2"), []),
        (reference(t.BUCKET, "copy", "arn"), _arn("us-east-1"), ["uses a key of us-east-1 in us-west-2"]),
        (reference(t.BUCKET, "copy", "arn"), reference(t.REPLICA_KEY, "there", "arn"), []),
        (reference(t.BUCKET, "copy", "arn"), None, [_NO_KEY]),
        ("arn:aws:s3:::elsewhere", None, [_NO_KEY]),
        ("arn:aws:s3:::elsewhere", _arn("us-west-2"), []),
        ("arn:aws:s3:::elsewhere", _arn("us-east-1"), []),
        ("arn:aws:s3:::elsewhere", _arn("eu-west-1"), ["uses a key of eu-west-1, where the plan has nothing"]),
        ("arn:aws:s3:::elsewhere", "alias/desk", []),
        ("arn:aws:s3:::elsewhere", f"arn:aws:iam::{ACCOUNT}:role/x", []),
    ],
)
def test_replicated_objects_use_a_key_of_the_destination(bucket: str, key: str | None, said: list[str]) -> None:
    """The destination's region where its bucket is in the plan, else one of the regions of the plan."""
    copy: Entry = (t.BUCKET, "copy", {"at": "us-west-2"})
    rule: Json = {"destination": {"bucket": bucket}}
    if key is not None:
        rule["destination"]["encryptionConfiguration"] = {"replicaKmsKeyId": key}
    good = {
        "destination": {
            "bucket": reference(t.BUCKET, "copy", "arn"),
            "encryptionConfiguration": {"replicaKmsKeyId": _arn("us-west-2")},
        }
    }
    for rules in ([rule], [good, rule], [rule, good]):
        replication: Entry = (t.BUCKET_REPLICATION, "r", {"rules": rules})
        assert refused("replica-key-usable", copy, _THERE, _HERE, replication) == said


def test_a_plan_of_one_region_says_nothing_of_other_regions() -> None:
    """A copy outside the plan may lie anywhere."""
    from policy import check
    from policy.catalogue import BY_ID
    from tests.policy import documents as d

    rule = {
        "destination": {
            "bucket": "arn:aws:s3:::elsewhere",
            "encryptionConfiguration": {"replicaKmsKeyId": _arn("eu-west-1")},
        }
    }
    provider = ("pulumi:providers:aws", "own", {"region": "us-east-1"})
    unsaid = ("pulumi:providers:aws", "unsaid", {})
    for providers in ([provider], [provider, unsaid], [unsaid]):
        document = d.blueprint(*providers, (t.BUCKET_REPLICATION, "r", {"rules": [rule]}))
        document["resources"][-1]["provider"] = document["resources"][0]["urn"]
        assert not check.evaluate([document], rules=[BY_ID["replica-key-usable"]]).findings


@pytest.mark.parametrize(
    ("there", "said"),
    [
        ([], [("k", "has no replica in us-west-2")]),
        ([(t.REPLICA_KEY, "r", {"primaryKeyArn": "elsewhere"})], [("k", "has no replica in us-west-2")]),
        ([(t.REPLICA_KEY, "r", {"primaryKeyArn": "${pulumi:pulumi:StackReference::primary#outputs.key}"})], []),
    ],
)
def test_a_key_has_a_replica_that_follows_it(there: list[Entry], said: list[tuple[str, str]]) -> None:
    """A key of several regions, and its replica in the recovery stack."""
    outputs = {"key": reference(t.KEY, "k", "arn")}
    assert compared("key-replicated", [(t.KEY, "k", {"multiRegion": True})], there, outputs=outputs) == said
    single = [("k", "exists in only one region")]
    assert compared("key-replicated", [(t.KEY, "k", {})], there, outputs=outputs) == single


def test_the_default_window_is_of_30_days() -> None:
    """KMS API, ScheduleKeyDeletion: what holds where nothing is said."""
    assert refused("key-deletion-window", (t.KEY, "k", {}), days=31) == ["is deleted 30 days after the request"]


def test_a_key_is_believed_where_no_region_is_known() -> None:
    """Without a provider nothing says where the resource is."""
    from policy import check
    from policy.catalogue import BY_ID
    from tests.policy import documents as d

    document = d.blueprint((t.LOG_GROUP, "g", {"kmsKeyId": _arn("eu-west-1")}))
    assert not check.evaluate([document], rules=[BY_ID["log-group-customer-key"]]).findings


# Rotations


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ({"automaticallyAfterDays": 90}, []),
        ({"scheduleExpression": "rate(90 days)"}, []),
        ({"scheduleExpression": "rate(91 days)"}, ["rotates every 91 days"]),
        ({"scheduleExpression": "rate(1 day)"}, []),
        ({"scheduleExpression": "rate(2160 hours)"}, []),
        ({"scheduleExpression": "rate(2184 hours)"}, ["rotates every 91 days"]),
        ({"scheduleExpression": "rate(4 hours)"}, []),
        ({"scheduleExpression": "cron(0 16 1 * ? *)"}, []),
        ({"scheduleExpression": "cron(0 16 1 1 ? *)"}, ["rotates every 372 days"]),
    ],
)
def test_a_secret_rotates_within_its_time(rules: Json, said: list[str]) -> None:
    """By days, by a rate of days or hours, or by the longest pause of a schedule."""
    rotation: Entry = (t.SECRET_ROTATION, "r", {"secretId": "elsewhere", "rotationRules": rules})
    assert refused("secret-rotated", rotation) == said
    of_plan: Entry = (t.SECRET_ROTATION, "r", {"secretId": reference(t.SECRET, "s"), "rotationRules": rules})
    secret: Entry = (t.SECRET, "s", {})
    assert accused("secret-rotated", secret, of_plan) == [("s", message) for message in said]


def test_a_schedule_that_is_none_is_not_judged() -> None:
    """The finding says what to write."""
    rules = {"scheduleExpression": "at(2027-01-01T00:00:00)"}
    rotation: Entry = (t.SECRET_ROTATION, "r", {"secretId": "elsewhere", "rotationRules": rules})
    said = "= 'at(2027-01-01T00:00:00)' is neither rate() nor cron(); use automaticallyAfterDays"
    assert undecided("secret-rotated", rotation) == [("rotationRules.scheduleExpression", said)]
