"""Objects of replicated buckets: what a rule takes, when it arrives, and what became of it in either Region."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from aws_emulator import server
from aws_emulator.server import RunningServer
from tests.aws_emulator.conftest import ClientFactory, clients_of

EAST, WEST = "us-east-1", "us-west-2"
NEVER = 3_600.0
ROLE = "arn:aws:iam::123456789012:role/replication"


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with server.start(log=tmp_path_factory.mktemp("aws") / "server.log") as running:
        yield running


@pytest.fixture
def client(aws: RunningServer) -> Iterator[ClientFactory]:
    aws.set_lag(0)
    yield clients_of(aws)
    aws.restore(EAST)


def bucket(client: ClientFactory, region: str, name: str, *, locked: bool = False, versions: bool = True) -> str:
    where = {} if region == EAST else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    s3 = client("s3", region)
    s3.create_bucket(Bucket=name, ObjectLockEnabledForBucket=locked, **where)
    if versions:
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    return name


def rule(target: str, **changes: Any) -> dict[str, Any]:
    return {
        "ID": target,
        "Status": "Enabled",
        "Priority": 1,
        "Filter": {"Prefix": ""},
        "DeleteMarkerReplication": {"Status": "Disabled"},
        "Destination": {"Bucket": f"arn:aws:s3:::{target}"},
        **changes,
    }


def replicate(client: ClientFactory, region: str, source: str, *rules: dict[str, Any]) -> None:
    client("s3", region).put_bucket_replication(
        Bucket=source, ReplicationConfiguration={"Role": ROLE, "Rules": list(rules)}
    )


def pair(client: ClientFactory, name: str, **changes: Any) -> tuple[str, str]:
    """A bucket in the east and the one in the west that it replicates to."""
    source, target = bucket(client, EAST, f"{name}-east"), bucket(client, WEST, f"{name}-west")
    replicate(client, EAST, source, rule(target, **changes))
    return source, target


def keys(client: ClientFactory, region: str, name: str) -> list[str]:
    return [found["Key"] for found in client("s3", region).list_objects_v2(Bucket=name).get("Contents", [])]


def status(client: ClientFactory, region: str, name: str, key: str) -> str | None:
    return client("s3", region).head_object(Bucket=name, Key=key).get("ReplicationStatus")


def test_an_object_arrives_after_the_lag_as_the_same_version(aws: RunningServer, client: ClientFactory) -> None:
    source, target = pair(client, "same")
    east, west = client("s3", EAST), client("s3", WEST)
    aws.set_lag(NEVER)
    put = east.put_object(Bucket=source, Key="held", Body=b"held")
    assert (status(client, EAST, source, "held"), keys(client, WEST, target)) == ("PENDING", [])
    assert aws.replication()["waiting"] == [{"bucket": source, "source": EAST, "target": WEST, "count": 1}]
    east.delete_object(Bucket=source, Key="held", VersionId=put["VersionId"])
    aws.set_lag(0)
    put = east.put_object(
        Bucket=source, Key="key", Body=b"content", Metadata={"desk": "rates"}, ContentType="text/csv", Tagging="a=b"
    )
    here, there = (
        side.head_object(Bucket=name, Key="key", ChecksumMode="ENABLED")
        for side, name in ((east, source), (west, target))
    )
    assert (here["ReplicationStatus"], there["ReplicationStatus"]) == ("COMPLETED", "REPLICA")
    for kept in ("VersionId", "ETag", "LastModified", "Metadata", "ContentType", "ContentLength", "ChecksumCRC32"):
        assert there[kept] == here[kept], kept
    assert there["VersionId"] == put["VersionId"]
    assert west.get_object(Bucket=target, Key="key")["Body"].read() == b"content"
    assert west.get_object_tagging(Bucket=target, Key="key")["TagSet"] == [{"Key": "a", "Value": "b"}]


def test_copies_and_uploads_in_parts_are_replicated_too(client: ClientFactory) -> None:
    source, target = pair(client, "ways")
    east = client("s3", EAST)
    east.put_object(Bucket=source, Key="put", Body=b"1")
    east.copy_object(Bucket=source, Key="copied", CopySource={"Bucket": source, "Key": "put"})
    upload = east.create_multipart_upload(Bucket=source, Key="parts")["UploadId"]
    part = east.upload_part(Bucket=source, Key="parts", UploadId=upload, PartNumber=1, Body=b"2")
    east.complete_multipart_upload(
        Bucket=source,
        Key="parts",
        UploadId=upload,
        MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]},
    )
    assert keys(client, WEST, target) == ["copied", "parts", "put"]
    assert client("s3", WEST).get_object(Bucket=target, Key="parts")["Body"].read() == b"2"


@pytest.mark.parametrize(
    ("name", "changes", "arrives"),
    [
        ("prefix", {"Filter": {"Prefix": "a/"}}, ["a/1"]),
        ("tag", {"Filter": {"Tag": {"Key": "keep", "Value": "yes"}}}, ["a/1", "b/1"]),
        ("both", {"Filter": {"And": {"Prefix": "b/", "Tags": [{"Key": "keep", "Value": "yes"}]}}}, ["b/1"]),
        ("off", {"Status": "Disabled"}, []),
    ],
)
def test_a_rule_takes_what_its_filter_covers(
    client: ClientFactory, name: str, changes: dict[str, Any], arrives: list[str]
) -> None:
    source, target = pair(client, f"covers-{name}", **changes)
    east = client("s3", EAST)
    for key in ("a/1", "b/1"):
        east.put_object(Bucket=source, Key=key, Body=b"x", Tagging="keep=yes")
    east.put_object(Bucket=source, Key="b/2", Body=b"x")
    assert keys(client, WEST, target) == arrives
    assert status(client, EAST, source, "b/2") is None, "what no rule is for has no status"


def test_of_rules_with_one_destination_the_one_of_the_highest_priority_counts(client: ClientFactory) -> None:
    source, target = pair(client, "priority")
    infrequent = {"Bucket": f"arn:aws:s3:::{target}", "StorageClass": "STANDARD_IA"}
    replicate(client, EAST, source, rule(target), rule(target, ID="other", Priority=2, Destination=infrequent))
    client("s3", EAST).put_object(Bucket=source, Key="key", Body=b"x")
    assert client("s3", WEST).head_object(Bucket=target, Key="key")["StorageClass"] == "STANDARD_IA"


def test_what_was_there_before_the_rule_stays_where_it_is(client: ClientFactory) -> None:
    source, target = bucket(client, EAST, "before-east"), bucket(client, WEST, "before-west")
    client("s3", EAST).put_object(Bucket=source, Key="key", Body=b"x")
    replicate(client, EAST, source, rule(target))
    assert keys(client, WEST, target) == []


def test_replicas_are_not_replicated_again(client: ClientFactory) -> None:
    source, target = pair(client, "loop")
    third = bucket(client, WEST, "loop-third")
    replicate(client, WEST, target, rule(source), rule(third, Priority=2))
    client("s3", EAST).put_object(Bucket=source, Key="from the east", Body=b"x")
    client("s3", WEST).put_object(Bucket=target, Key="from the west", Body=b"x")
    assert keys(client, EAST, source) == keys(client, WEST, target) == ["from the east", "from the west"]
    assert keys(client, WEST, third) == ["from the west"]
    for region, name in ((EAST, source), (WEST, target)):
        versions = client("s3", region).list_object_versions(Bucket=name)["Versions"]
        assert len(versions) == 2, "one version of each object, however long one waits"


@pytest.mark.parametrize("marked", [False, True])
def test_a_deletion_follows_where_the_rule_says_so_and_a_deletion_for_good_nowhere(
    client: ClientFactory, marked: bool
) -> None:
    markers = {"Status": "Enabled" if marked else "Disabled"}
    source, target = pair(client, f"deleted-{marked}".lower(), DeleteMarkerReplication=markers)
    east = client("s3", EAST)
    for key in ("marked", "for good"):
        version = east.put_object(Bucket=source, Key=key, Body=b"x")["VersionId"]
    east.list_objects_v2(Bucket=source)
    east.delete_object(Bucket=source, Key="for good", VersionId=version)
    marker = east.delete_object(Bucket=source, Key="marked")["VersionId"]
    assert keys(client, EAST, source) == []
    assert keys(client, WEST, target) == (["for good"] if marked else ["for good", "marked"])
    there = client("s3", WEST).list_object_versions(Bucket=target).get("DeleteMarkers", [])
    assert [one["VersionId"] for one in there] == ([marker] if marked else [])


def test_the_lock_of_a_version_goes_with_it_and_what_is_unlocked_gets_the_destinations_own(
    client: ClientFactory,
) -> None:
    source = bucket(client, EAST, "lock-east", locked=True)
    target = bucket(client, WEST, "lock-west", locked=True)
    replicate(client, EAST, source, rule(target))
    east, west = client("s3", EAST), client("s3", WEST)
    west.put_object_lock_configuration(
        Bucket=target,
        ObjectLockConfiguration={
            "ObjectLockEnabled": "Enabled",
            "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 3}},
        },
    )
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(days=30)
    version = east.put_object(
        Bucket=source, Key="locked", Body=b"x", ObjectLockMode="COMPLIANCE", ObjectLockRetainUntilDate=until
    )["VersionId"]
    east.put_object(Bucket=source, Key="unlocked", Body=b"x")
    locked, unlocked = (west.head_object(Bucket=target, Key=key) for key in ("locked", "unlocked"))
    assert (locked["ObjectLockMode"], locked["ObjectLockRetainUntilDate"]) == ("COMPLIANCE", until)
    assert unlocked["ObjectLockMode"] == "GOVERNANCE"
    with pytest.raises(ClientError, match="AccessDenied"):
        west.delete_object(Bucket=target, Key="locked", VersionId=version)
    later = until + timedelta(days=1)
    east.put_object_retention(
        Bucket=source,
        Key="locked",
        Retention={"Mode": "COMPLIANCE", "RetainUntilDate": later},
        ChecksumAlgorithm="CRC32",
    )
    assert west.head_object(Bucket=target, Key="locked")["ObjectLockRetainUntilDate"] == later


def test_a_change_of_a_replica_goes_back_only_where_its_rule_says_so(client: ClientFactory) -> None:
    source, target = pair(client, "changes")
    east, west = client("s3", EAST), client("s3", WEST)
    back = {"SourceSelectionCriteria": {"ReplicaModifications": {"Status": "Enabled"}}}

    def tags(side: Any, name: str) -> dict[str, str]:
        return {tag["Key"]: tag["Value"] for tag in side.get_object_tagging(Bucket=name, Key="key")["TagSet"]}

    def tag(side: Any, name: str, value: str) -> None:
        side.put_object_tagging(Bucket=name, Key="key", Tagging={"TagSet": [{"Key": "held by", "Value": value}]})

    east.put_object(Bucket=source, Key="key", Body=b"x")
    tag(east, source, "desk")
    assert tags(west, target) == {"held by": "desk"}
    tag(west, target, "nobody")
    assert tags(east, source) == {"held by": "desk"}
    replicate(client, WEST, target, rule(source, **back))
    tag(west, target, "court")
    assert tags(east, source) == tags(west, target) == {"held by": "court"}
    assert status(client, WEST, target, "key") == "REPLICA"


def test_objects_under_a_key_need_a_rule_that_selects_them_and_a_key_of_the_destinations_region(
    client: ClientFactory,
) -> None:
    mine, yours = (client("kms", region).create_key()["KeyMetadata"]["Arn"] for region in (EAST, WEST))
    selected = {"SourceSelectionCriteria": {"SseKmsEncryptedObjects": {"Status": "Enabled"}}}
    outcomes = {}
    for name, changes, key in (("left", {}, None), ("taken", selected, yours), ("wrong", selected, mine)):
        source, target = bucket(client, EAST, f"kms-{name}-east"), bucket(client, WEST, f"kms-{name}-west")
        destination: dict[str, Any] = {"Bucket": f"arn:aws:s3:::{target}"}
        if key:
            destination["EncryptionConfiguration"] = {"ReplicaKmsKeyID": key}
        replicate(client, EAST, source, rule(target, **{**changes, "Destination": destination}))
        client("s3", EAST).put_object(
            Bucket=source, Key="key", Body=b"x", ServerSideEncryption="aws:kms", SSEKMSKeyId=mine
        )
        outcomes[name] = (status(client, EAST, source, "key"), keys(client, WEST, target))
    assert outcomes == {"left": (None, []), "taken": ("COMPLETED", ["key"]), "wrong": ("FAILED", [])}
    replica = client("s3", WEST).head_object(Bucket="kms-taken-west", Key="key")
    assert replica["SSEKMSKeyId"] == yours


def test_a_destination_that_cannot_take_an_object_fails_it(client: ClientFactory) -> None:
    source = bucket(client, EAST, "fails-east")
    target = bucket(client, WEST, "fails-west", versions=False)
    replicate(client, EAST, source, rule(target), rule("fails-nowhere", Priority=2))
    client("s3", EAST).put_object(Bucket=source, Key="key", Body=b"x")
    assert status(client, EAST, source, "key") == "FAILED"
    assert keys(client, WEST, target) == []


def test_a_lost_region_leaves_an_object_pending_and_gets_it_when_it_is_back(
    aws: RunningServer, client: ClientFactory
) -> None:
    source, target = pair(client, "lost")
    aws.set_outage(EAST, "cut-off")
    clients_of(aws)("s3", EAST, inside=EAST).put_object(Bucket=source, Key="key", Body=b"x")
    assert keys(client, WEST, target) == []
    aws.restore(EAST)
    assert keys(client, WEST, target) == ["key"]
    assert status(client, EAST, source, "key") == "COMPLETED"


def test_what_takes_longer_than_its_rule_allows_is_late(aws: RunningServer, client: ClientFactory) -> None:
    timed = {"Status": "Enabled", "Time": {"Minutes": 15}}
    metrics = {"Status": "Enabled", "EventThreshold": {"Minutes": 15}}
    source, target = bucket(client, EAST, "timed-east"), bucket(client, WEST, "timed-west")
    destination = {"Bucket": f"arn:aws:s3:::{target}", "ReplicationTime": timed, "Metrics": metrics}
    replicate(client, EAST, source, rule(target, Destination=destination))
    aws.set_lag(NEVER)
    client("s3", EAST).put_object(Bucket=source, Key="key", Body=b"x")
    (entry,) = [one for one in aws.replication()["waiting"] if one.get("bucket") == source]
    assert (entry["count"], entry["late"]) == (1, 0)
