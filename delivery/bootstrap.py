"""The bucket and the key of the state, which must exist before the first `pulumi up` and outlive the primary's region.

The bucket is versioned, private, refuses requests without TLS, and encrypts with the key; the key is multi-region, so
that both regions can read the state's secrets, and rotates. An existing bucket or key is kept, and its settings are
corrected. Sources: Amazon S3 User Guide, "Blocking public access to your Amazon S3 storage"; AWS KMS Developer Guide,
"Multi-Region keys in AWS KMS".
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

ALIAS = "alias/trading-state"
_BLOCKED = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)

Clients = Callable[[str, str], Any]
"""A boto3 client by service and region."""


class BootstrapError(Exception):
    """The state cannot be kept so; the message says why and what to do."""


@dataclass(frozen=True)
class StateStore:
    """Address of the bucket and ARN of the key in its region, for the stack files and `pulumi`."""

    backend_url: str
    key_arn: str
    region: str

    @property
    def commands(self) -> list[str]:
        """Commands that use it, in order."""
        provider = f"awskms:///{self.key_arn}?region={self.region}"
        return [
            f"pulumi login '{self.backend_url}'",
            *(f"pulumi stack init {stack} --secrets-provider '{provider}'" for stack in ("primary", "dr")),
        ]


def bootstrap(clients: Clients, bucket: str, region: str, primary_region: str) -> StateStore:
    """Make bucket and key in `region`, or correct existing ones. Raises `BootstrapError`."""
    if region == primary_region:
        raise BootstrapError(
            f"--region = {region!r}: is the primary's region, with which the state would be lost; name another"
        )
    try:
        key_arn = _key(clients("kms", region))
        _bucket(clients("s3", region), bucket, region, key_arn)
    except (ClientError, BotoCoreError) as error:
        raise BootstrapError(f"{bucket} in {region}: {error}; correct it and repeat: what exists is kept") from error
    return StateStore(f"s3://{bucket}?region={region}", key_arn, region)


def _key(kms: Any) -> str:
    try:
        found = kms.describe_key(KeyId=ALIAS)["KeyMetadata"]
    except kms.exceptions.NotFoundException:
        found = kms.create_key(MultiRegion=True, Description="Secrets and objects of the state")["KeyMetadata"]
        kms.create_alias(AliasName=ALIAS, TargetKeyId=found["KeyId"])
    if not found.get("MultiRegion") or found["KeyState"] != "Enabled":
        state = f"{found['KeyState']}, {'' if found.get('MultiRegion') else 'not '}multi-region"
        raise BootstrapError(f"{ALIAS}: is of a key that is {state}; point the alias to an enabled multi-region key")
    kms.enable_key_rotation(KeyId=found["KeyId"])
    return str(found["Arn"])


def _bucket(s3: Any, bucket: str, region: str, key_arn: str) -> None:
    # S3 API Reference, CreateBucket: us-east-1 is named by leaving the constraint out.
    place = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    try:
        s3.create_bucket(Bucket=bucket, **place)
    except s3.exceptions.BucketAlreadyOwnedByYou:
        location = s3.get_bucket_location(Bucket=bucket).get("LocationConstraint") or "us-east-1"
        if location != region:
            raise BootstrapError(
                f"--bucket = {bucket!r}: is in {location}; name another, or --region {location}"
            ) from None
    except s3.exceptions.BucketAlreadyExists:
        raise BootstrapError(f"--bucket = {bucket!r}: is of another account; name another") from None
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=_BLOCKED)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key_arn}
    rules = [{"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": True}]
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": rules})
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(_tls_only(bucket)))


def _tls_only(bucket: str) -> dict[str, Any]:
    statement = {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def lines(store: StateStore) -> Iterator[str]:
    """Settings for the stack files, and the next commands."""
    yield f"stateBackendUrl: {store.backend_url}"
    yield f"stateKeyArn: {store.key_arn}"
    yield from store.commands
