"""Buckets owned by AWS that hosts read: image layers, packages, agents and patch documents."""

from __future__ import annotations

from collections.abc import Mapping

# Systems Manager User Guide, "Reference: Amazon S3 buckets for patching operations": the bucket with the documents of
# Patch Manager has a suffix that differs by region.
_PATCH_DOCUMENTS: Mapping[str, str] = {
    "us-east-1": "1970c647d",
    "us-east-2": "552881074",
    "us-west-2": "34d7f99f8",
    "eu-west-1": "5522fb710",
    "eu-west-2": "902a2bc74",
    "eu-west-3": "29bf85721",
    "eu-central-1": "9163fdaaf",
    "ap-northeast-1": "4849fa78f",
    "ap-northeast-2": "10467995c",
    "ap-northeast-3": "67373598a",
}

# Amazon ECR User Guide, "Amazon ECR interface VPC endpoints", minimum Amazon S3 bucket permissions; Amazon Linux 2023
# User Guide, its repositories; Systems Manager User Guide, "SSM Agent communications with AWS managed S3 buckets".
_OTHERS = (
    "prod-{region}-starport-layer-bucket",
    "al2023-repos-{region}-de612dc2",
    "amazon-ssm-{region}",
    "amazon-ssm-packages-{region}",
    "aws-ssm-{region}",
    "aws-ssm-document-attachments-{region}",
)


def patch_buckets(region: str) -> tuple[str, ...]:
    """Names of the buckets from which a host fetches patch documents and the snapshot of its patch baseline."""
    return f"aws-patch-manager-{region}-{_PATCH_DOCUMENTS[region]}", f"patch-baseline-snapshot-{region}"


def aws_owned_buckets(region: str) -> tuple[str, ...]:
    """Names of all AWS-owned buckets that hosts, nodes and tasks of the platform read in a region."""
    return (*(name.format(region=region) for name in _OTHERS), *patch_buckets(region))
