"""Make a trial stack removable: no deletion protection, and no lock that outlives the trial."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pulumi

LOCK_DAYS = 1
"""Days of governance mode on each object of a trial; a caller with `s3:BypassGovernanceRetention` deletes it earlier
(Amazon S3 User Guide, "Locking objects with Object Lock")."""
# The least that Secrets Manager takes (Secrets Manager API Reference, DeleteSecret).
_SECRET_DAYS = 7

# Arguments by name, on whichever resource has them.
_RELAXED: Mapping[str, Any] = {
    "enable_deletion_protection": False,
    "deletion_protection": False,
    "deletion_protection_enabled": False,
    "recovery_window_in_days": _SECRET_DAYS,
    "delete_automated_backups": True,
}
# Arguments of whole types. The provider empties a bucket or vault before it deletes it, in governance mode with a
# bypass of the retention. A vault lock without days of grace is one in governance mode (AWS Backup Developer Guide,
# "AWS Backup Vault Lock").
_OF_TYPE: Mapping[str, Mapping[str, Any]] = {
    "aws:s3/bucket:Bucket": {"force_destroy": True},
    "aws:backup/vault:Vault": {"force_destroy": True},
    "aws:route53/zone:Zone": {"force_destroy": True},
    "aws:ecr/repository:Repository": {"force_delete": True},
    "aws:rds/instance:Instance": {"skip_final_snapshot": True, "final_snapshot_identifier": None},
    "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration": {
        "rule": {"default_retention": {"mode": "GOVERNANCE", "days": LOCK_DAYS}}
    },
    "aws:backup/vaultLockConfiguration:VaultLockConfiguration": {"changeable_for_days": None},
}


def relax() -> None:
    """Apply to every resource that the program declares from now on."""
    transformation: Callable[[pulumi.ResourceTransformationArgs], pulumi.ResourceTransformationResult | None] = _relaxed
    pulumi.runtime.register_stack_transformation(transformation)


def _relaxed(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
    props = {name: _RELAXED.get(name, _nested(value)) for name, value in args.props.items()}
    props |= _OF_TYPE.get(args.type_, {})
    opts = pulumi.ResourceOptions.merge(args.opts, pulumi.ResourceOptions(protect=False))
    return pulumi.ResourceTransformationResult(props, opts)


def _nested(value: Any) -> Any:
    """Lists of blocks may hold such arguments too, as the replicas of a table do."""
    if isinstance(value, list):
        return [_nested(item) for item in value]
    if isinstance(value, Mapping):
        return {name: _RELAXED.get(name, item) for name, item in value.items()}
    return value
