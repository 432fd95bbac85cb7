"""Container image repositories: lifecycle, scanning and replication between regions."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.layer import Layer
from components.security.mirrored_images import Mirrored, MirroredChart
from components.settings import Settings

IMAGES = ("trading-engine", "market-data", "order-intake", "compliance")

_OF_OTHERS = (*(image.value.repository for image in Mirrored), *(chart.path for chart in MirroredChart))

# Days: a failed or repeated push leaves an untagged image.
_UNTAGGED_DAYS = 14
# Releases to keep for rollbacks; more than a year of weekly releases.
_KEPT_RELEASES = 100


@dataclass(frozen=True)
class ImagesArgs:
    """`key_arn` is the key of the class COMPUTE. `primary_side` is set while the recovery stack declares the
    replication from the primary's registry. `scanner` are the resources that enhanced scanning needs."""

    settings: Settings
    key_arn: pulumi.Input[str]
    scanner: Sequence[pulumi.Resource]
    primary_side: pulumi.ProviderResource | None


class Images(Layer):
    """One repository for each image, with the same name in both regions. Tags are immutable, so that the tested image
    is the deployed one. The recovery region has its own copies and can start hosts while the primary's registry is
    lost."""

    urls: dict[str, pulumi.Output[str]]

    def __init__(self, name: str, args: ImagesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("security:Images", name, opts)
        self._args = args
        self._prefix = args.settings.general.name_prefix
        repositories = {image: self._repository(image) for image in (*IMAGES, *_OF_OTHERS)}
        self.urls = {image: repository.repository_url for image, repository in repositories.items()}
        self.arns = {image: repository.arn for image, repository in repositories.items()}
        if args.settings.security.account_baseline:
            self._scan()
        if args.primary_side is not None:
            self._replicate(args.primary_side, list(repositories.values()))
        self.register_outputs({"urls": self.urls})

    def _repository(self, image: str) -> aws.ecr.Repository:
        repository = aws.ecr.Repository(
            image,
            name=f"{self._prefix}/{image}",
            image_tag_mutability="IMMUTABLE",
            image_scanning_configuration=aws.ecr.RepositoryImageScanningConfigurationArgs(scan_on_push=True),
            encryption_configurations=[
                aws.ecr.RepositoryEncryptionConfigurationArgs(encryption_type="KMS", kms_key=self._args.key_arn)
            ],
            opts=self.stateful,
        )
        aws.ecr.LifecyclePolicy(image, repository=repository.name, policy=_lifecycle(), opts=self.child)
        return repository

    def _scan(self) -> None:
        """Enable enhanced scanning, which rescans images after the push, because new vulnerabilities are found every
        day."""
        images = aws.ecr.RegistryScanningConfigurationRuleRepositoryFilterArgs(
            filter=f"{self._prefix}/*", filter_type="WILDCARD"
        )
        aws.ecr.RegistryScanningConfiguration(
            "images",
            scan_type="ENHANCED",
            rules=[
                aws.ecr.RegistryScanningConfigurationRuleArgs(
                    scan_frequency="CONTINUOUS_SCAN", repository_filters=[images]
                )
            ],
            opts=self.after(*self._args.scanner),
        )

    def _replicate(self, primary_side: pulumi.ProviderResource, after: list[aws.ecr.Repository]) -> None:
        """Declare the replication in the primary's region, whose registry sends the images. The repositories here are
        created first: a repository that replication creates has neither our key nor our rules."""
        settings = self._args.settings
        destination = aws.ecr.ReplicationConfigurationReplicationConfigurationRuleDestinationArgs(
            region=settings.region.name, registry_id=settings.general.account_id
        )
        images = aws.ecr.ReplicationConfigurationReplicationConfigurationRuleRepositoryFilterArgs(
            filter=f"{self._prefix}/", filter_type="PREFIX_MATCH"
        )
        rule = aws.ecr.ReplicationConfigurationReplicationConfigurationRuleArgs(
            destinations=[destination], repository_filters=[images]
        )
        aws.ecr.ReplicationConfiguration(
            "images",
            replication_configuration=aws.ecr.ReplicationConfigurationReplicationConfigurationArgs(rules=[rule]),
            opts=self.in_primary_region(primary_side, *after),
        )


def _lifecycle() -> str:
    rules = [
        {
            "rulePriority": 1,
            "description": "Untagged images",
            "selection": {
                "tagStatus": "untagged",
                "countType": "sinceImagePushed",
                "countUnit": "days",
                "countNumber": _UNTAGGED_DAYS,
            },
            "action": {"type": "expire"},
        },
        {
            "rulePriority": 2,
            "description": "Releases too old to roll back to",
            "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": _KEPT_RELEASES},
            "action": {"type": "expire"},
        },
    ]
    return json.dumps({"rules": rules})
