"""Events of AWS services that rules of the platform match: their sources, types, and the fields of their details.

States come from the services' own models, as botocore ships them, where a model has them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.session import Session

from components.events.patterns import EventType

_MODELS = Session()


def enumeration(service: str, shape: str) -> frozenset[str]:
    """The values of a shape of a service's model."""
    return frozenset(_MODELS.get_service_model(service).shape_for(shape).metadata["enum"])


@dataclass(frozen=True)
class Event:
    """One type of event. `fields` are paths in `detail` with their values, None where these are free. `declared` are
    fields that name a resource: its type, and the property that holds the name. `resources` is the type of what the
    event is about. `page` documents it."""

    page: str
    fields: Mapping[str, frozenset[str] | None]
    declared: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    resources: str = ""


def _free(*names: str) -> dict[str, frozenset[str] | None]:
    return dict.fromkeys(names)


def _members(service: str, shape: str, prefix: str) -> dict[str, frozenset[str] | None]:
    """Paths of a shape's members, two levels deep, with the values that the model lists."""
    found: dict[str, frozenset[str] | None] = {}
    for name, member in _MODELS.get_service_model(service).shape_for(shape).members.items():
        found[f"{prefix}{name}"] = frozenset(member.metadata["enum"]) if member.metadata.get("enum") else None
        for inner, part in getattr(member, "members", {}).items():
            enum = part.metadata.get("enum")
            found[f"{prefix}{name}.{inner}"] = frozenset(enum) if enum else None
    return found


_PIPELINE = ("aws:codepipeline/pipeline:Pipeline", "name")
_VAULT = ("aws:backup/vault:Vault", "arn")
_BACKUP = "AWS Backup Developer Guide, Monitoring AWS Backup events using Amazon EventBridge"
_CODECOMMIT = "CodeCommit User Guide, Monitoring CodeCommit events in Amazon EventBridge"
EVENTS: Mapping[tuple[str, str], Event] = {
    ("aws.codepipeline", "CodePipeline Pipeline Execution State Change"): Event(
        "CodePipeline User Guide, Monitoring CodePipeline events",
        {
            **_free(
                "pipeline", "execution-id", "version", "start-time", "execution-trigger", "pipeline-execution-attempt"
            ),
            "state": frozenset(
                {"CANCELED", "FAILED", "RESUMED", "STARTED", "STOPPED", "STOPPING", "SUCCEEDED", "SUPERSEDED"}
            ),
        },
        {"pipeline": _PIPELINE},
        _PIPELINE[0],
    ),
    ("aws.codecommit", "CodeCommit Repository State Change"): Event(
        _CODECOMMIT,
        {
            "event": frozenset({"referenceCreated", "referenceDeleted", "referenceUpdated"}),
            "referenceType": frozenset({"branch", "tag"}),
            **_free("referenceName", "referenceFullName", "repositoryName", "repositoryId", "commitId", "oldCommitId"),
            **_free(
                "callerUserArn", "mergeOption", "conflictDetailsLevel", "conflictResolutionStrategy", "baseCommitId"
            ),
        },
        {"repositoryName": ("aws:codecommit/repository:Repository", "repositoryName")},
        "aws:codecommit/repository:Repository",
    ),
    ("aws.codecommit", "CodeCommit Pull Request State Change"): Event(
        _CODECOMMIT,
        {
            "event": frozenset(
                {
                    "pullRequestCreated",
                    "pullRequestSourceBranchUpdated",
                    "pullRequestStatusChanged",
                    "pullRequestMergeStatusUpdated",
                    "pullRequestApprovalRuleCreated",
                    "pullRequestApprovalRuleUpdated",
                    "pullRequestApprovalRuleDeleted",
                    "pullRequestApprovalRuleOverridden",
                    "pullRequestApprovalStateChanged",
                }
            ),
            "pullRequestStatus": frozenset({"Open", "Closed"}),
            "isMerged": frozenset({"True", "False"}),
            **_free("author", "callerUserArn", "creationDate", "lastModifiedDate", "destinationCommit", "sourceCommit"),
            **_free("destinationReference", "sourceReference", "notificationBody", "pullRequestId", "repositoryNames"),
            **_free("revisionId", "title", "description", "mergeOption", "approvalStatus"),
        },
        {},
        "aws:codecommit/repository:Repository",
    ),
    ("aws.backup", "Backup Job State Change"): Event(
        _BACKUP,
        {
            "state": enumeration("backup", "BackupJobState"),
            **_free(
                "backupJobId", "backupVaultArn", "backupVaultName", "bytesTransferred", "creationDate", "iamRoleArn"
            ),
            **_free(
                "resourceArn", "resourceType", "completionDate", "startBy", "percentDone", "createdBy", "statusMessage"
            ),
        },
        {"backupVaultArn": _VAULT, "backupVaultName": (_VAULT[0], "name")},
        _VAULT[0],
    ),
    ("aws.backup", "Copy Job State Change"): Event(
        _BACKUP,
        {
            "state": enumeration("backup", "CopyJobState"),
            **_free("copyJobId", "backupSizeInBytes", "creationDate", "iamRoleArn", "resourceArn", "resourceType"),
            **_free("sourceBackupVaultArn", "sourceRecoveryPointArn", "destinationBackupVaultArn", "completionDate"),
            **_free("destinationRecoveryPointArn", "createdBy", "statusMessage"),
        },
        {"sourceBackupVaultArn": _VAULT},
        _VAULT[0],
    ),
    ("aws.guardduty", "GuardDuty Finding"): Event(
        "GuardDuty User Guide, Processing GuardDuty findings with Amazon EventBridge",
        _free("accountId", "arn", "createdAt", "description", "id", "partition", "region", "resource", "schemaVersion")
        | _free("service", "severity", "title", "type", "updatedAt"),
    ),
    ("aws.securityhub", "Security Hub Findings - Imported"): Event(
        "Security Hub User Guide, EventBridge event formats for Security Hub",
        {"findings": None, **_members("securityhub", "AwsSecurityFinding", "findings.")},
    ),
    ("aws.xray", "AWS X-Ray Insight Update"): Event(
        "X-Ray Developer Guide, Tracing Amazon EventBridge; X-Ray insights notifications",
        _free("GroupName", "GroupARN", "InsightId", "Summary", "State", "StartTime", "EndTime", "Categories", "Version")
        | _free("RootCauseServiceId", "RootCauseServiceRequestImpactStatistics", "TopAnomalousServices", "Event"),
        {"GroupName": ("aws:xray/group:Group", "groupName")},
    ),
    ("aws.cloudwatch", "CloudWatch Alarm State Change"): Event(
        "CloudWatch User Guide, Alarm events and EventBridge",
        {
            "state.value": enumeration("cloudwatch", "StateValue"),
            "previousState.value": enumeration("cloudwatch", "StateValue"),
            **_free("alarmName", "configuration", "state", "state.reason", "state.reasonData", "state.timestamp"),
            **_free("previousState", "previousState.reason", "operation", "configuration.description"),
        },
        {"alarmName": ("aws:cloudwatch/metricAlarm:MetricAlarm", "name")},
        "aws:cloudwatch/",
    ),
}

# What the platform's own programs put on its bus.
OWN_SOURCES = "trading."
OWN_TYPES = frozenset(str(each.value) for each in EventType)

# What must be listened to where a stack has something that speaks of it.
EXPECTED: Mapping[str, tuple[str, str]] = {
    "aws:backup/plan:Plan": ("aws.backup", "Backup Job State Change"),
    "aws:guardduty/detector:Detector": ("aws.guardduty", "GuardDuty Finding"),
    "aws:securityhub/account:Account": ("aws.securityhub", "Security Hub Findings - Imported"),
    "aws:codepipeline/pipeline:Pipeline": ("aws.codepipeline", "CodePipeline Pipeline Execution State Change"),
    "aws:codecommit/repository:Repository": ("aws.codecommit", "CodeCommit Repository State Change"),
}


def known(value: Any) -> bool:
    """Whether a value of a pattern is a literal, and not a filter such as `prefix`."""
    return isinstance(value, str | int | float | bool)
