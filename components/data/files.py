"""EFS: the shared files of monitoring, in both regions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import pulumi
import pulumi_aws as aws

from components.data.tags import BACKED_UP
from components.layer import Layer
from components.network.vpc import Zone
from components.security.policies import Statement, policy_document
from components.settings import Settings


class Share(StrEnum):
    """Applications with a folder and an access point of their own."""

    PROMETHEUS = "prometheus"
    GRAFANA = "grafana"


@dataclass(frozen=True)
class Owner:
    """User and group with which an access point acts, for any client identity."""

    uid: int
    gid: int


OWNERS: Mapping[Share, Owner] = {
    # Users of the official images: prom/prometheus runs as `nobody`, grafana/grafana as 472.
    Share.PROMETHEUS: Owner(65534, 65534),
    Share.GRAFANA: Owner(472, 472),
}


@dataclass(frozen=True)
class SharedFilesArgs:
    """`security_group_id` decides who can mount; `key_arn` is this region's key of the class DATABASE. In the recovery
    region, `source_file_system_id` is the primary's file system and `primary_side` its provider, None once this region
    is active."""

    settings: Settings
    zones: Sequence[Zone]
    security_group_id: pulumi.Input[str]
    key_arn: pulumi.Input[str]
    source_file_system_id: pulumi.Input[str] | None = None
    primary_side: pulumi.ProviderResource | None = None


class SharedFiles(Layer):
    """A file system with a mount target in each zone, mounted over TLS and with IAM by the app tier.

    The recovery stack creates the target of the replication itself and does not let EFS create it. So the target has
    this region's key, its mount targets exist before a failover, and a stack that drops the replication still manages
    it. The file system is read-only until the runbook deletes the replication.
    """

    file_system: aws.efs.FileSystem
    access_points: dict[Share, aws.efs.AccessPoint]

    def __init__(self, name: str, args: SharedFilesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("data:SharedFiles", name, opts)
        self._args = args
        self._name = args.settings.name("files")
        self._writable = args.settings.is_primary or args.settings.general.active
        self.file_system = self._file_system()
        self.mount_targets = [self._mount_target(zone) for zone in args.zones]
        self.access_points = {share: self._access_point(share) for share in Share}
        self.policy = self._policy()
        self._backup()
        if args.primary_side and args.source_file_system_id is not None:
            self._replicate(args.source_file_system_id, args.primary_side)
        self.id = self.file_system.id
        self.arn = self.file_system.arn
        self.register_outputs({"fileSystemId": self.id, "arn": self.arn})

    def _file_system(self) -> aws.efs.FileSystem:
        # EFS changes the protection of a replication's target to `REPLICATING`; the recovery stack ignores that.
        ignored = pulumi.ResourceOptions(ignore_changes=[] if self._args.settings.is_primary else ["protection"])
        return aws.efs.FileSystem(
            "files",
            creation_token=self._name,
            encrypted=True,
            kms_key_id=self._args.key_arn,
            performance_mode="generalPurpose",
            throughput_mode="elastic",
            lifecycle_policies=_TIERS if self._writable else None,
            protection={"replication_overwrite": "ENABLED" if self._args.settings.is_primary else "DISABLED"},
            tags={"Name": self._name, **BACKED_UP},
            opts=pulumi.ResourceOptions.merge(self.stateful, ignored),
        )

    def _mount_target(self, zone: Zone) -> aws.efs.MountTarget:
        return aws.efs.MountTarget(
            f"files-{zone.name}",
            file_system_id=self.file_system.id,
            subnet_id=zone.data.id,
            security_groups=[self._args.security_group_id],
            opts=self.child,
        )

    def _access_point(self, share: Share) -> aws.efs.AccessPoint:
        owner = OWNERS[share]
        return aws.efs.AccessPoint(
            share,
            file_system_id=self.file_system.id,
            posix_user={"uid": owner.uid, "gid": owner.gid},
            root_directory={
                "path": f"/{share}",
                "creation_info": {"owner_uid": owner.uid, "owner_gid": owner.gid, "permissions": "0750"},
            },
            tags={"Name": f"{self._name}-{share}"},
            opts=self.child,
        )

    def _policy(self) -> aws.efs.FileSystemPolicy:
        account = {"AWS": f"arn:aws:iam::{self._args.settings.general.account_id}:root"}
        return aws.efs.FileSystemPolicy(
            "files",
            file_system_id=self.file_system.id,
            policy=policy_document(
                Statement(
                    "MountWithIamThroughTheVpc",
                    ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"],
                    [self.file_system.arn],
                    principals=account,
                    conditions={"Bool": {"elasticfilesystem:AccessedViaMountTarget": "true"}},
                ),
                Statement(
                    "DenyUnencryptedTransport",
                    ["elasticfilesystem:Client*"],
                    [self.file_system.arn],
                    effect="Deny",
                    principals={"AWS": "*"},
                    conditions={"Bool": {"aws:SecureTransport": "false"}},
                ),
            ),
            opts=self.after(*self.mount_targets),
        )

    def _backup(self) -> None:
        """Enable EFS's own daily backups of the writable file system."""
        aws.efs.BackupPolicy(
            "files",
            file_system_id=self.file_system.id,
            backup_policy={"status": "ENABLED" if self._writable else "DISABLED"},
            opts=self.child,
        )

    def _replicate(self, source: pulumi.Input[str], primary_side: pulumi.ProviderResource) -> None:
        aws.efs.ReplicationConfiguration(
            "files",
            source_file_system_id=source,
            destination={"file_system_id": self.file_system.id, "region": self._args.settings.general.dr_region},
            opts=self.in_primary_region(primary_side, *self.mount_targets),
        )


# Monitoring data is read mostly while it is new; the first read of an old file moves it back to fast storage.
_TIERS: list[Any] = [
    {"transition_to_ia": "AFTER_30_DAYS"},
    {"transition_to_primary_storage_class": "AFTER_1_ACCESS"},
]
