"""Trails, recorders, vaults and backup plans at the edges of what their rules allow."""

from __future__ import annotations

from typing import Any

import pytest

from policy import check
from policy import tokens as t
from policy.catalogue import BY_ID
from tests.policy import documents as d
from tests.policy.small import accused, compared, refused

Json = dict[str, Any]
_OBJECTS = "AWS::S3::Object"


def _trail(**properties: Any) -> tuple[str, str, Json]:
    return t.TRAIL, "trail", properties


# Trails


@pytest.mark.parametrize(
    ("rule", "properties", "said"),
    [
        ("trail-multi-region", {"isMultiRegionTrail": True}, []),
        ("trail-multi-region", {}, ["records only one region"]),
        (
            "trail-multi-region",
            {"isMultiRegionTrail": True, "includeGlobalServiceEvents": False},
            ["does not record IAM and other global services"],
        ),
        ("trail-validated", {"enableLogFileValidation": True}, []),
        ("trail-validated", {}, ["its log files can be changed without detection"]),
        ("trail-on", {"cloudWatchLogsGroupArn": "arn:x"}, []),
        ("trail-on", {"cloudWatchLogsGroupArn": "arn:x", "enableLogging": False}, ["is switched off"]),
        ("trail-on", {"enableLogging": True}, ["does not deliver to a log group, so that no alarm can use it"]),
    ],
)
def test_settings_of_a_trail(rule: str, properties: Json, said: list[str]) -> None:
    """Each setting by itself, present and left out."""
    assert refused(rule, _trail(**properties)) == said


_DATA: Json = {"readWriteType": "All", "dataResources": [{"type": _OBJECTS, "values": ["arn:aws:s3"]}]}
_ALL = "does not record every management event"


@pytest.mark.parametrize(
    ("selectors", "said"),
    [
        ([_DATA], []),
        ([{**_DATA, "readWriteType": None}], []),
        ([{**_DATA, "includeManagementEvents": True}], []),
        ([{**_DATA, "includeManagementEvents": False}], [_ALL]),
        ([{**_DATA, "includeManagementEvents": False}, {"readWriteType": "ReadOnly"}], [_ALL]),
        (
            [
                {**_DATA, "includeManagementEvents": False},
                {"readWriteType": "ReadOnly"},
                {"readWriteType": "WriteOnly"},
            ],
            [],
        ),
        ([{**_DATA, "readWriteType": "ReadOnly"}], [_ALL, f"records no data events of {_OBJECTS}"]),
        (
            [{**_DATA, "excludeManagementEventSources": ["kms.amazonaws.com", "rdsdata.amazonaws.com"]}],
            ["leaves out events of kms.amazonaws.com, rdsdata.amazonaws.com"],
        ),
        ([{"readWriteType": "All"}], [f"records no data events of {_OBJECTS}"]),
        ([], [f"records no data events of {_OBJECTS}"]),
    ],
)
def test_classic_selectors_of_a_trail(selectors: list[Json], said: list[str]) -> None:
    """Read and write events together are all; events of one source may not be left out."""
    assert refused("trail-selects-events", _trail(eventSelectors=selectors)) == said


def _fields(**values: Any) -> Json:
    return {"fieldSelectors": [{"field": name.replace("_", "."), **value} for name, value in values.items()]}


_MANAGEMENT = _fields(eventCategory={"equals": ["Management"]})
_OBJECT_DATA = _fields(eventCategory={"equals": ["Data"]}, resources_type={"equals": [_OBJECTS]})
_ONLY = {"eventCategory": {"equals": ["Management"]}}


@pytest.mark.parametrize(
    ("selectors", "said"),
    [
        ([_MANAGEMENT, _OBJECT_DATA], []),
        ([_OBJECT_DATA], [_ALL]),
        ([_MANAGEMENT], [f"records no data events of {_OBJECTS}"]),
        ([_fields(**_ONLY, readOnly={"equals": ["true"]}), _OBJECT_DATA], [_ALL]),
        (
            [
                _fields(**_ONLY, readOnly={"equals": ["true"]}),
                _fields(**_ONLY, readOnly={"equals": ["False"]}),
                _OBJECT_DATA,
            ],
            [],
        ),
        ([_fields(**_ONLY, eventSource={"notEquals": ["kms.amazonaws.com"]}), _OBJECT_DATA], [_ALL]),
        ([_fields(**_ONLY, eventSource={"equals": ["s3.amazonaws.com"]}), _OBJECT_DATA], [_ALL]),
        (
            [
                _MANAGEMENT,
                _fields(
                    eventCategory={"equals": ["Data"]},
                    resources_type={"equals": [_OBJECTS]},
                    readOnly={"equals": ["false"]},
                ),
            ],
            [f"records no data events of {_OBJECTS}"],
        ),
        (
            [_MANAGEMENT, _fields(eventCategory={"equals": ["Data"]}, resources_type={"equals": ["AWS::SQS::Queue"]})],
            [f"records no data events of {_OBJECTS}"],
        ),
    ],
)
def test_advanced_selectors_of_a_trail(selectors: list[Json], said: list[str]) -> None:
    """A selector of reads, or of one source, records less than every management event."""
    assert refused("trail-selects-events", _trail(advancedEventSelectors=selectors)) == said


def test_other_types_of_data_can_be_asked_for() -> None:
    """The parameter names the types; objects are one of them."""
    said = refused(
        "trail-selects-events",
        _trail(advancedEventSelectors=[_MANAGEMENT, _OBJECT_DATA]),
        data=[_OBJECTS, "AWS::Lambda::Function"],
    )
    assert said == ["records no data events of AWS::Lambda::Function"]


@pytest.mark.parametrize(
    ("bucket", "said"),
    [
        ("${aws:s3/bucket:Bucket::logs#id}", []),
        ("log-account", []),
        ("${pulumi:pulumi:StackReference::other#outputs.bucket}", []),
        ("elsewhere", ["writes to elsewhere, which the plan does not have"]),
    ],
)
def test_the_bucket_of_a_trail(bucket: str, said: list[str]) -> None:
    """A bucket of the plan, of another stack, or one that the parameter names."""
    logs = (t.BUCKET, "logs", {"bucket": "desk-logs"})
    assert refused("trail-own-bucket", _trail(s3BucketName=bucket), logs, buckets=["log-account"]) == said


# AWS Config

_ON = (t.CONFIG_RECORDER_STATUS, "on", {"isEnabled": True})
_EVERYTHING: Json = {"allSupported": True, "includeGlobalResourceTypes": True}


def _recorder(**properties: Any) -> tuple[str, str, Json]:
    return t.CONFIG_RECORDER, "recorder", properties


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ([_recorder(recordingGroup=_EVERYTHING), _ON], []),
        ([_recorder(recordingGroup={"includeGlobalResourceTypes": True}), _ON], []),
        ([_recorder(recordingGroup=_EVERYTHING)], ["is not switched on"]),
        (
            [_recorder(recordingGroup=_EVERYTHING), (t.CONFIG_RECORDER_STATUS, "off", {"isEnabled": False})],
            ["is not switched on"],
        ),
        (
            [_recorder(recordingGroup={**_EVERYTHING, "allSupported": False}), _ON],
            ["does not record every type of resource"],
        ),
        ([_recorder(recordingGroup={"allSupported": True}), _ON], ["does not record IAM and other global types"]),
        (
            [_recorder(recordingGroup=_EVERYTHING, recordingMode={"recordingFrequency": "DAILY"}), _ON],
            ["records once a day, not continuously"],
        ),
        ([_recorder(recordingGroup=_EVERYTHING, recordingMode={"recordingFrequency": "CONTINUOUS"}), _ON], []),
        (
            [
                _recorder(
                    recordingGroup=_EVERYTHING,
                    recordingMode={
                        "recordingFrequency": "CONTINUOUS",
                        "recordingModeOverride": {
                            "recordingFrequency": "DAILY",
                            "resourceTypes": ["AWS::EC2::VPC", "AWS::EC2::Subnet"],
                        },
                    },
                ),
                _ON,
            ],
            ["records AWS::EC2::VPC, AWS::EC2::Subnet once a day"],
        ),
        ([_trail()], ["no recorder records the changes in us-east-1"]),
        ([(t.BUCKET, "b", {})], []),
    ],
)
def test_a_recorder_records_everything_continuously(entries: list[Any], said: list[str]) -> None:
    """Only a stack with a part of the account's audit needs a recorder."""
    assert refused("config-records-everything", *entries) == said


def test_findings_on_the_whole_are_of_the_first_recorder() -> None:
    """What all recorders together lack is said of one of them."""
    both = [(t.CONFIG_RECORDER, name, {"recordingGroup": {"allSupported": True}}) for name in ("first", "second")]
    assert accused("config-records-everything", *both) == [
        ("first", "does not record IAM and other global types"),
        ("first", "is not switched on"),
    ]


@pytest.mark.parametrize(("here", "there", "count"), [(0, 0, 1), (1, 0, 0), (0, 1, 0), (1, 1, 0)])
def test_a_trail_of_either_stack_records_both_regions(here: int, there: int, count: int) -> None:
    """One trail is enough."""
    trail = [_trail(isMultiRegionTrail=True)]
    said = [("v", "no trail records the API calls of this account")] * count
    assert compared("trail-present", [(t.VPC, "v", {}), *trail * here], trail * there) == said


@pytest.mark.parametrize("advanced", [True, False])
def test_buckets_of_logs_may_be_left_out(advanced: bool) -> None:
    """Events of the bucket that takes the access logs of another would be recorded without end."""
    names = {"data": "arn:aws:s3:::orders/", "logs": "arn:aws:s3:::logs/"}
    buckets = [(t.BUCKET, "data", {"bucket": "orders"}), (t.BUCKET, "logs", {"bucket": "logs"})]
    logging = (t.BUCKET_LOGGING, "l", {"bucket": "orders", "targetBucket": "logs"})

    def trail(*arns: str) -> tuple[str, str, Json]:
        if advanced:
            field = {"field": "resources.ARN", "startsWiths": [*arns]}
            selector = {"fieldSelectors": [*_OBJECT_DATA["fieldSelectors"], field]}
            return _trail(advancedEventSelectors=[_MANAGEMENT, selector])
        return _trail(eventSelectors=[{"dataResources": [{"type": _OBJECTS, "values": [*arns]}]}])

    missed = ["records no data events of logs"]
    assert refused("trail-selects-events", trail(names["data"]), *buckets, logging) == []
    assert refused("trail-selects-events", trail(names["data"]), *buckets) == missed
    assert refused("trail-selects-events", trail(*names.values()), *buckets) == []
    assert refused("trail-selects-events", trail(names["logs"]), *buckets, logging) == [
        "records no data events of data"
    ]


def test_global_types_may_be_left_to_another_region() -> None:
    """One recorder of global types is enough, so that the parameter switches the question off."""
    entries = [_recorder(recordingGroup={"allSupported": True}), _ON]
    assert refused("config-records-everything", *entries, globalTypes=False) == []


# Backups

_VAULT = (t.BACKUP_VAULT, "vault", {"name": "desk"})
_NAME = "${aws:backup/vault:Vault::vault#name}"


@pytest.mark.parametrize(
    ("locks", "said"),
    [
        ([], ["its backups can be deleted"]),
        ([{"backupVaultName": _NAME}], ["its lock can be removed"]),
        ([{"backupVaultName": _NAME, "changeableForDays": 3}], []),
        ([{"backupVaultName": "another", "changeableForDays": 3}], ["its backups can be deleted"]),
    ],
)
def test_a_vault_has_a_lock_in_compliance_mode(locks: list[Json], said: list[str]) -> None:
    """A lock of another vault does not count, and one without an end of changes is in governance mode."""
    entries = [(t.BACKUP_VAULT_LOCK, f"lock-{index}", lock) for index, lock in enumerate(locks)]
    assert refused("backup-vault-locked", _VAULT, *entries) == said


@pytest.mark.parametrize(
    ("lock", "said"),
    [
        ({"minRetentionDays": 7, "changeableForDays": 30}, []),
        ({"minRetentionDays": 6, "changeableForDays": 30}, ["lets backups expire after 6 days"]),
        ({"changeableForDays": 30}, ["lets backups expire after 0 days"]),
        ({"minRetentionDays": 7, "changeableForDays": 31}, ["can be removed for 31 days"]),
        ({"minRetentionDays": 7}, []),
    ],
)
def test_a_lock_has_a_minimum_and_becomes_permanent(lock: Json, said: list[str]) -> None:
    """At the bounds of both parameters; a lock in governance mode is judged by another rule."""
    assert refused("backup-lock-holds", (t.BACKUP_VAULT_LOCK, "lock", lock)) == said


_PLAN_ID = "${aws:backup/plan:Plan::plan#id}"
_SELECTION = (t.BACKUP_SELECTION, "selection", {"planId": _PLAN_ID, "resources": ["*"]})


def _plan(*rules: Json) -> tuple[str, str, Json]:
    return t.BACKUP_PLAN, "plan", {"rules": list(rules)}


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ([_plan({"ruleName": "daily", "lifecycle": {"deleteAfter": 30}}), _SELECTION], []),
        (
            [_plan({"ruleName": "daily", "lifecycle": {"deleteAfter": 29}}), _SELECTION],
            ["rule 'daily' keeps backups for 29 days"],
        ),
        ([_plan({"ruleName": "daily"}), _SELECTION], []),
        (
            [
                _plan(
                    {
                        "ruleName": "daily",
                        "lifecycle": {"deleteAfter": 3},
                        "copyActions": [{"lifecycle": {"deleteAfter": 90}}],
                    }
                ),
                _SELECTION,
            ],
            [],
        ),
        (
            [
                _plan(
                    {
                        "ruleName": "daily",
                        "lifecycle": {"deleteAfter": 3},
                        "copyActions": [{"lifecycle": {"deleteAfter": 9}}],
                    }
                ),
                _SELECTION,
            ],
            ["rule 'daily' keeps backups for 9 days"],
        ),
        ([_plan(), _SELECTION], ["has no rule"]),
        (
            [_plan({"ruleName": "daily"}), (t.BACKUP_SELECTION, "other", {"planId": "another"})],
            ["selects no resources"],
        ),
        ([_plan({"ruleName": "daily"})], ["selects no resources"]),
        *(
            ([_plan({"ruleName": "daily"}), (t.BACKUP_SELECTION, "s", {**_SELECTION[2], "resources": [], **by})], said)
            for by, said in [
                ({}, ["selects no resources"]),
                ({"notResources": ["*"]}, ["selects no resources"]),
                ({"selectionTags": []}, ["selects no resources"]),
                ({"selectionTags": [{"type": "STRINGEQUALS", "key": "backup", "value": "daily"}]}, []),
                ({"conditions": {"stringEquals": [{"key": "aws:ResourceTag/backup", "value": "daily"}]}}, []),
            ]
        ),
    ],
)
def test_a_backup_plan_selects_and_keeps(entries: list[Any], said: list[str]) -> None:
    """By a selection of its own that names resources or tags; the longest copy counts."""
    assert refused("backup-plan-works", *entries) == said


@pytest.mark.parametrize(("stores", "plans", "count"), [(2, 0, 0), (3, 0, 1), (4, 0, 1), (3, 1, 0)])
def test_three_stores_need_a_backup_plan(stores: int, plans: int, count: int) -> None:
    """Replicas are no stores of their own."""
    entries: list[Any] = [(t.TABLE, f"t{index}", {}) for index in range(stores)]
    entries += [(t.RDS_INSTANCE, "reader", {"replicateSourceDb": "x"})]
    entries += [_plan({"ruleName": "daily"})] * plans
    said = refused("backup-plan-present", *entries)
    assert said == ([f"no backup plan covers {stores} stores"] if count else [])


# Copies of backups


def _pair(rule: Json | None, *, standing_by: bool = True, other: Json | None = None) -> list[str]:
    provider = ("pulumi:providers:aws", "own", {"region": "us-east-1"})
    primary = d.blueprint(provider, _VAULT, *([_plan(rule)] if rule is not None else []), stack="primary")
    there = ("pulumi:providers:aws", "own", {"region": "us-west-2"})
    side = ("pulumi:providers:aws", "side", {"region": "us-east-1"})
    plans = [(t.BACKUP_PLAN, "plan", {"rules": [other]})] if other is not None else []
    recovery = d.blueprint(
        there, side, (t.BACKUP_VAULT, "copies", {"name": "copies"}), (t.QUEUE, "q", {}), *plans, stack="dr"
    )
    for document in (primary, recovery):
        for entry in document["resources"]:
            if not entry["type"].startswith("pulumi:"):
                entry["provider"] = document["resources"][0]["urn"]
    if standing_by:
        recovery["resources"].append(
            {**recovery["resources"][3], "name": "s", "urn": "urn:pulumi:dr::shop::aws:sqs/queue:Queue::s"}
        )
        recovery["resources"][-1]["provider"] = recovery["resources"][1]["urn"]
    report = check.evaluate([primary, recovery], rules=[BY_ID["backups-copied"]])
    assert not report.errors
    assert not report.not_evaluated, [entry.text for entry in report.not_evaluated]
    return [violation.message for violation in report.violations]


_THERE = "arn:aws:backup:us-west-2:123456789012:backup-vault:copies"
_HERE = _THERE.replace("us-west-2", "us-east-1")
_NOT_COPIED = ["no plan copies its backups to a vault in us-west-2"]


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"targetVaultName": _NAME, "copyActions": [{"destinationVaultArn": _THERE}]}, []),
        ({"targetVaultName": "desk", "copyActions": [{"destinationVaultArn": _THERE}]}, []),
        (
            {
                "targetVaultName": _NAME,
                "copyActions": [{"destinationVaultArn": _HERE}, {"destinationVaultArn": _THERE}],
            },
            [],
        ),
        ({"targetVaultName": _NAME, "copyActions": [{"destinationVaultArn": _HERE}]}, _NOT_COPIED),
        ({"targetVaultName": _NAME}, _NOT_COPIED),
        ({"targetVaultName": "another", "copyActions": [{"destinationVaultArn": _THERE}]}, _NOT_COPIED),
        (None, _NOT_COPIED),
    ],
)
def test_a_vault_is_copied_to_the_recovery_region(rule: Json | None, said: list[str]) -> None:
    """A plan must fill this vault and copy into the other region."""
    assert _pair(rule) == said


def test_a_stack_that_has_taken_over_copies_nothing() -> None:
    """The primary's plan stays where it was."""
    assert _pair(None, standing_by=False) == []
