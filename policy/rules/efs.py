"""EFS file systems."""

from __future__ import annotations

from collections.abc import Iterator

from policy import tokens as t
from policy.resources import Resource
from policy.rule import Parameters, Rules
from policy.rules.keys_of import missing_customer_key
from policy.stack import Stack

RULES = Rules("EFS")
_BACKUP_POLICY = "aws:efs/backupPolicy:BackupPolicy"


@RULES.joined(
    t.EFS_FILE_SYSTEM,
    id="efs-customer-key",
    title="File systems are encrypted with a customer-managed key",
    remediation="Set encrypted to true and kmsKeyId to the key's ARN.",
    needs=("encrypted", "kmsKeyId"),
)
def customer_key(files: Resource, stack: Stack, _: Parameters) -> Iterator[str]:
    """Encryption cannot be enabled later: files must be copied to another file system."""
    if not files.flag("encrypted"):
        yield "is not encrypted"
    elif reason := missing_customer_key(files, stack, "kmsKeyId"):
        yield reason


@RULES.joined(
    _BACKUP_POLICY,
    id="efs-backed-up",
    title="Automatic backups of file systems are not disabled",
    remediation="Set backupPolicy.status to ENABLED.",
    needs=("backupPolicy.status",),
)
def backed_up(policy: Resource, stack: Stack, _: Parameters) -> Iterator[str]:
    """`backup-plan-present` judges whether a backup plan exists. Replicas use the backups of their source."""
    files = stack.target(policy, "fileSystemId")
    replications = stack.of_type(t.EFS_REPLICATION)
    if any(files in stack.targets(replication, "destination") for replication in replications if files is not None):
        return
    if policy.text("backupPolicy.status") not in ("ENABLED", "ENABLING"):
        yield "disables the backups of the file system"
