"""Tickets of what no metric says: intruders, weaknesses, and backups that did not get to the other region.

The rules stand where a landing zone looks for intruders, too: its findings arise in this account, and who is on call is
to know.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pulumi

from components.events.events import Events
from components.layer import Layer
from components.observability.notices import Notice, tell
from components.settings import Settings

# GuardDuty User Guide, "Severity levels of GuardDuty findings": high from 7.0, critical from 9.0.
_HIGH = 7
# Security Hub API Reference, Severity: the two highest labels.
_GRAVE = ("HIGH", "CRITICAL")


@dataclass(frozen=True)
class FindingsArgs:
    """`events` has the topic and the queue; `vault` is the ARN of the vault that backups are copied from."""

    settings: Settings
    events: Events
    vault: pulumi.Input[str]


class Findings(Layer):
    """One rule for each kind, in each region."""

    def __init__(self, name: str, args: FindingsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("observability:Findings", name, opts)
        for notice in _notices(args.vault):
            tell(args.settings, args.events, notice, self.child)
        self.register_outputs({})


def _notices(vault: pulumi.Input[str]) -> Iterator[Notice]:
    yield Notice(
        "intruder-found",
        "GuardDuty finds what looks like an intruder",
        {
            "source": ["aws.guardduty"],
            "detail-type": ["GuardDuty Finding"],
            "detail": {"severity": [{"numeric": [">=", _HIGH]}]},
        },
    )
    # Each update of a finding is an event of its own (Security Hub User Guide, "Configuring an EventBridge rule for
    # automatically sent findings"): what somebody has taken up is NEW no longer. GuardDuty hands its findings on; those
    # are told already.
    grave = {
        "ProductName": [{"anything-but": "GuardDuty"}],
        "RecordState": ["ACTIVE"],
        "Severity": {"Label": list(_GRAVE)},
        "Workflow": {"Status": ["NEW"]},
    }
    yield Notice(
        "weakness-found",
        "Security Hub has a grave finding that nobody has taken up",
        {
            "source": ["aws.securityhub"],
            "detail-type": ["Security Hub Findings - Imported"],
            "detail": {"findings": grave},
        },
    )
    # What never starts or never ends raises no metric of failed jobs (AWS Backup API Reference, BackupJob, State: a job
    # that does not start within its start window is EXPIRED, one that does not complete in time ABORTED).
    yield Notice(
        "backup-not-made",
        "A backup was not made: its job failed, expired before it started, or was aborted",
        {
            "source": ["aws.backup"],
            "detail-type": ["Backup Job State Change"],
            "detail": {"state": ["FAILED", "EXPIRED", "ABORTED"]},
        },
    )
    # AWS Backup says so where the copy comes from (AWS Backup Developer Guide, "Monitoring AWS Backup events using
    # Amazon EventBridge"), and has no metric of it for the vault.
    yield Notice(
        "backup-not-copied",
        "A backup was not copied to the other region",
        {
            "source": ["aws.backup"],
            "detail-type": ["Copy Job State Change"],
            "detail": {"state": ["FAILED"], "sourceBackupVaultArn": [vault]},
        },
    )
