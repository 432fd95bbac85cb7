"""Tickets for events without a metric: security findings, and backups that did not reach the other region.

The rules also exist if a landing zone runs detection itself: findings are still published in this account, and its
operators must know of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pulumi

from components.events.events import Events
from components.layer import Layer
from components.observability.notices import Notice, notify_operators
from components.settings import Settings

# GuardDuty User Guide, "Severity levels of GuardDuty findings": high from 7.0, critical from 9.0.
_HIGH = 7
# Security Hub API Reference, Severity: the two highest labels.
_GRAVE = ("HIGH", "CRITICAL")


@dataclass(frozen=True)
class FindingsArgs:
    """`events` has the topic and the queue; `vault` is the ARN of the vault from which backups are copied."""

    settings: Settings
    events: Events
    vault: pulumi.Input[str]


class Findings(Layer):
    """One rule for each kind of event, in each region."""

    def __init__(self, name: str, args: FindingsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("observability:Findings", name, opts)
        for notice in _notices(args.vault):
            notify_operators(args.settings, args.events, notice, self.child)
        self.register_outputs({})


def _notices(vault: pulumi.Input[str]) -> Iterator[Notice]:
    yield Notice(
        "intruder-found",
        "GuardDuty has a finding of high or critical severity",
        {
            "source": ["aws.guardduty"],
            "detail-type": ["GuardDuty Finding"],
            "detail": {"severity": [{"numeric": [">=", _HIGH]}]},
        },
    )
    # Each update of a finding is a separate event (Security Hub User Guide, "Configuring an EventBridge rule for
    # automatically sent findings"), so the rule selects findings with the workflow status NEW. GuardDuty's findings are
    # excluded, because the rule above already covers them.
    grave = {
        "ProductName": [{"anything-but": "GuardDuty"}],
        "RecordState": ["ACTIVE"],
        "Severity": {"Label": list(_GRAVE)},
        "Workflow": {"Status": ["NEW"]},
    }
    yield Notice(
        "weakness-found",
        "Security Hub has a new finding of high or critical severity",
        {
            "source": ["aws.securityhub"],
            "detail-type": ["Security Hub Findings - Imported"],
            "detail": {"findings": grave},
        },
    )
    # Jobs that never start or never end raise no metric of failed jobs (AWS Backup API Reference, BackupJob, State: a
    # job that does not start within its start window is EXPIRED, one that does not complete in time ABORTED).
    yield Notice(
        "backup-not-made",
        "A backup failed, expired before it started, or was aborted",
        {
            "source": ["aws.backup"],
            "detail-type": ["Backup Job State Change"],
            "detail": {"state": ["FAILED", "EXPIRED", "ABORTED"]},
        },
    )
    # AWS Backup publishes this event in the source's region (AWS Backup Developer Guide, "Monitoring AWS Backup events
    # using Amazon EventBridge"), and has no metric of it for the vault.
    yield Notice(
        "backup-not-copied",
        "A backup was not copied to the other region",
        {
            "source": ["aws.backup"],
            "detail-type": ["Copy Job State Change"],
            "detail": {"state": ["FAILED"], "sourceBackupVaultArn": [vault]},
        },
    )
