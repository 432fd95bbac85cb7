"""Storage of pods: volumes on the shared file system, and encrypted EBS volumes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as kubernetes
from pulumi_kubernetes.core import v1 as core
from pulumi_kubernetes.meta import v1 as meta

from components.data.files import Share
from components.data.tags import SNAPSHOT_KEY, SNAPSHOT_VALUE
from components.layer import Layer

SHARED_FILES = "shared-files"
VOLUMES = "volumes"
# Label of a volume, for claims that can select a volume only by label.
SHARE_LABEL = "trading.platform/share"
_EFS_DRIVER = "efs.csi.aws.com"
_EBS_DRIVER = "ebs.csi.aws.com"


@dataclass(frozen=True)
class StorageArgs:
    """Ids of the shared file system and of its access points; `sizes` are the GiB that a claim of each share can
    request, which EFS does not limit. `volumes_key_arn` is this region's key of the class COMPUTE."""

    file_system_id: pulumi.Input[str]
    access_point_ids: Mapping[Share, pulumi.Input[str]]
    sizes: Mapping[Share, int]
    volumes_key_arn: pulumi.Input[str]


class Storage(Layer):
    """One volume for each access point of the shared file system, mounted with TLS and IAM. Volumes are declared and
    not provisioned dynamically, and a claim selects the volume of its share. Claims without a storage class get an EBS
    volume in the pod's zone."""

    shares: dict[Share, core.PersistentVolume]

    def __init__(self, name: str, args: StorageArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("kubernetes:Storage", name, opts)
        self._args = args
        self.shared_files = kubernetes.storage.v1.StorageClass(
            SHARED_FILES,
            metadata=meta.ObjectMetaArgs(name=SHARED_FILES),
            provisioner=_EFS_DRIVER,
            reclaim_policy="Retain",
            volume_binding_mode="Immediate",
            opts=self.child,
        )
        self.volumes = kubernetes.storage.v1.StorageClass(
            VOLUMES,
            metadata=meta.ObjectMetaArgs(
                name=VOLUMES, annotations={"storageclass.kubernetes.io/is-default-class": "true"}
            ),
            provisioner=_EBS_DRIVER,
            # The driver tags volumes that it creates (kubernetes-sigs/aws-ebs-csi-driver, "StorageClass parameters").
            parameters={
                "type": "gp3",
                "encrypted": "true",
                "kmsKeyId": args.volumes_key_arn,
                "tagSpecification_1": f"{SNAPSHOT_KEY}={SNAPSHOT_VALUE}",
            },
            reclaim_policy="Delete",
            allow_volume_expansion=True,
            # The volume is created after the pod is scheduled, in the pod's zone.
            volume_binding_mode="WaitForFirstConsumer",
            opts=self.child,
        )
        self.shares = {share: self._volume(share) for share in args.sizes}
        self.register_outputs({"storageClasses": [SHARED_FILES, VOLUMES]})

    def _volume(self, share: Share) -> core.PersistentVolume:
        handle = pulumi.Output.concat(self._args.file_system_id, "::", self._args.access_point_ids[share])
        return core.PersistentVolume(
            f"share-{share}",
            metadata=meta.ObjectMetaArgs(name=f"share-{share}", labels={SHARE_LABEL: share.value}),
            spec=core.PersistentVolumeSpecArgs(
                storage_class_name=SHARED_FILES,
                access_modes=["ReadWriteMany"],
                capacity={"storage": f"{self._args.sizes[share]}Gi"},
                volume_mode="Filesystem",
                # The data stays after the claim is deleted.
                persistent_volume_reclaim_policy="Retain",
                mount_options=["tls", "iam"],
                csi=core.CSIPersistentVolumeSourceArgs(driver=_EFS_DRIVER, volume_handle=handle),
            ),
            opts=self.after(self.shared_files),
        )
