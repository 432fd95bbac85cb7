"""KMS keys and secrets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from policy import tokens as t
from policy.arns import region_of_key
from policy.resource_policies import OF_KEYS, granted_by
from policy.resources import Resource
from policy.rule import Parameter, Parameters, Rules
from policy.schedules import interval, longest_pause
from policy.stack import Stack, Target
from policy.values import NotEvaluatedError

RULES = Rules("KMS and Secrets Manager")

# Secrets Manager User Guide, "Schedule expressions": a rate is in hours or days.
_RATE = re.compile(r"^rate\((?P<count>\d+) (?P<unit>hour|day)s?\)$")


@RULES.resource(
    t.KEY,
    id="key-rotation",
    title="KMS keys have automatic rotation",
    remediation="Set enableKeyRotation to true; replicas follow the primary key.",
    needs=("enableKeyRotation",),
)
def rotation(key: Resource, _: Parameters) -> Iterator[str]:
    """KMS rotates symmetric encryption keys only; other keys are not judged."""
    encrypts = key.text("keyUsage") in ("", "ENCRYPT_DECRYPT")
    symmetric = key.text("customerMasterKeySpec") in ("", "SYMMETRIC_DEFAULT")
    if encrypts and symmetric and not key.flag("enableKeyRotation"):
        yield "is never rotated"


@RULES.resource(
    *OF_KEYS,
    id="key-no-wildcard-principal",
    title="Key policies do not admit everyone",
    remediation="Name principals in the key's policy.",
    needs=("policy",),
)
def no_wildcard(key: Resource, _: Parameters) -> Iterator[str]:
    """A key policy alone can grant the use of a key.

    A condition narrows `*` only with fixed values: `arn:aws:iam::*:role/*` matches every role of every account.
    """
    for statement in granted_by(key):
        if statement.anyone:
            yield f"{statement.label} grants {', '.join(statement.actions)} to anybody"


@RULES.resource(
    t.KEY,
    t.REPLICA_KEY,
    "aws:kms/externalKey:ExternalKey",
    id="key-enabled",
    title="KMS keys are enabled",
    remediation="Set isEnabled (enabled) to true, or leave it out.",
    needs=("isEnabled", (t.REPLICA_KEY, "enabled")),
)
def enabled(key: Resource, _: Parameters) -> Iterator[str]:
    """Data that a disabled key encrypts can be neither read nor written."""
    path = "isEnabled" if key.type == t.KEY else "enabled"
    if not key.flag(path, default=key.type != "aws:kms/externalKey:ExternalKey"):
        yield "is disabled"


@RULES.resource(
    t.KEY,
    t.REPLICA_KEY,
    id="key-deletion-window",
    title="KMS keys have a deletion window of 30 days",
    remediation="Set deletionWindowInDays to 30.",
    needs=("deletionWindowInDays",),
    parameters={"days": Parameter("integer", 30, "Days between the request and the deletion.", minimum=7)},
)
def deletion_window(key: Resource, parameters: Parameters) -> Iterator[str]:
    """Data cannot be read after its key is deleted, in any region."""
    days = key.number("deletionWindowInDays") or 30
    if days < parameters["days"]:
        yield f"is deleted {days:g} days after the request"


@RULES.parity(
    t.KEY,
    id="key-replicated",
    title="Every key has a replica in the recovery region",
    remediation="Set multiRegion to true, and declare an aws.kms.ReplicaKey of it in the recovery stack.",
    needs=("multiRegion", (t.REPLICA_KEY, "primaryKeyArn")),
)
def replicated(key: Resource, primary: Stack, recovery: Stack, _: Parameters) -> Iterator[str]:
    """Encrypted data cannot be read in the recovery region without a key there."""
    if not key.flag("multiRegion"):
        yield "exists in only one region"
    elif not any(
        key in primary.referred_by(recovery, replica, "primaryKeyArn") for replica in recovery.of_type(t.REPLICA_KEY)
    ):
        yield f"has no replica in {recovery.region}"


_REPLICAS = {t.TABLE_REPLICA: "kmsKeyArn", t.RDS_INSTANCE: "kmsKeyId"}


@RULES.joined(
    *_REPLICAS,
    t.TABLE,
    t.BUCKET_REPLICATION,
    id="replica-key-usable",
    title="Replicated data is encrypted with a key of the destination region",
    remediation="Name the replica key of the destination's region.",
    needs=((t.TABLE_REPLICA, "kmsKeyArn"), (t.BUCKET_REPLICATION, "rules")),
)
def replica_key_usable(replica: Resource, stack: Stack, _: Parameters) -> Iterator[str]:
    """A key of the failed region cannot be used. Rules of each service judge whether there is a key."""
    for path, key, region in _encrypted(replica, stack):
        if key is None and replica.type == t.BUCKET_REPLICATION:
            yield "names no key for what it replicates"
        elif key is not None and region is not None:
            yield from _foreign(stack.resolved(replica, path, key, *t.KEYS), region, stack)
        elif key is not None:
            yield from _of_no_region(str(key), stack)


def _encrypted(replica: Resource, stack: Stack) -> Iterator[tuple[str, Any, str | None]]:
    """What is replicated: the path of its key, the key, and the region where the replica lies, as far as it is told."""
    if replica.type == t.TABLE:
        for other in replica.items("replicas"):
            yield "replicas", other.get("kmsKeyArn"), str(other.get("regionName"))
    elif replica.type == t.BUCKET_REPLICATION:
        for rule in replica.items("rules"):
            destination = rule.get("destination") or {}
            encryption = destination.get("encryptionConfiguration") or {}
            targets = stack.resolved(replica, "rules", destination.get("bucket"), t.BUCKET)
            region = next((stack.region_of(bucket) for bucket in targets if isinstance(bucket, Resource)), None)
            yield "rules", encryption.get("replicaKmsKeyId"), region
    elif replica.type == t.TABLE_REPLICA or replica.has("replicateSourceDb"):
        path = _REPLICAS[replica.type]
        yield path, replica.peek(path), stack.region_of(replica)


def _of_no_region(key: str, stack: Stack) -> Iterator[str]:
    """A copy outside the plan lies in one of the regions of the plan, where it has several: no other key is usable."""
    regions = {provider.text("region") for provider in stack.of_type(t.AWS_PROVIDER) if provider.has("region")}
    theirs = region_of_key(key)
    if theirs is not None and len(regions) > 1 and theirs not in regions:
        yield f"uses a key of {theirs}, where the plan has nothing"


def _foreign(keys: list[Target], region: str, stack: Stack) -> Iterator[str]:
    for key in keys:
        if isinstance(key, Resource):
            theirs = stack.region_of(key)
        elif "#outputs." in key.value:
            theirs = "another stack" if region == stack.region else region
        else:
            theirs = region_of_key(key.value) or region
        if theirs != region:
            yield f"uses a key of {theirs} in {region}"


@RULES.joined(
    t.SECRET,
    t.SECRET_ROTATION,
    id="secret-rotated",
    title="Secrets are rotated",
    remediation="Declare an aws.secretsmanager.SecretRotation of the secret.",
    needs=((t.SECRET_ROTATION, "secretId"), (t.SECRET_ROTATION, "rotationRules.automaticallyAfterDays")),
    parameters={"days": Parameter("integer", 90, "Days after which a secret has rotated at the latest.", minimum=1)},
)
def secret_rotated(secret: Resource, stack: Stack, parameters: Parameters) -> Iterator[str]:
    """A leaked password can be used until it changes.

    A rotation is judged with its secret, or alone if the plan does not declare the secret.
    """
    if secret.type == t.SECRET_ROTATION:
        rotations = [secret] if stack.declared(secret, "secretId", t.SECRET) is None else []
    elif not (rotations := stack.attached(secret, t.SECRET_ROTATION, "secretId")):
        yield "has no rotation"
    for rotation_ in rotations:
        days = _days_between(rotation_)
        if days > parameters["days"]:
            yield f"rotates {interval(days)}"


def _days_between(rotation_: Resource) -> float:
    """The most days between two rotations. Raises `NotEvaluatedError` for an expression that is none."""
    days = rotation_.number("rotationRules.automaticallyAfterDays")
    if days is not None:
        return days
    path = "rotationRules.scheduleExpression"
    text = rotation_.text(path)
    rate = _RATE.match(text)
    if rate is None:
        pause = longest_pause(text)
        if pause is None:
            raise NotEvaluatedError(path, f"= {text!r} is neither rate() nor cron(); use automaticallyAfterDays")
        return pause
    return float(rate["count"]) / (24 if rate["unit"] == "hour" else 1)


@RULES.resource(
    t.SECRET,
    id="secret-replicated",
    title="Secrets are replicated to another region",
    remediation="Add the recovery region to replicas.",
    needs=("replicas",),
)
def secret_replicated(secret: Resource, _: Parameters) -> Iterator[str]:
    """The replica may use the AWS-managed key: the key of the recovery region does not exist when the secret is
    created.
    """
    if not secret.items("replicas"):
        yield "exists in only one region"


@RULES.resource(
    t.SECRET,
    id="secret-recoverable",
    title="Secrets have a recovery window",
    remediation="Set recoveryWindowInDays to 30, or leave it out.",
    needs=("recoveryWindowInDays",),
    parameters={"days": Parameter("integer", 7, "Days between the deletion and the end of the secret.", minimum=7)},
)
def secret_recoverable(secret: Resource, parameters: Parameters) -> Iterator[str]:
    """With 0 Secrets Manager deletes the secret immediately (Secrets Manager API, DeleteSecret)."""
    days = secret.number("recoveryWindowInDays")
    if days is not None and days < parameters["days"]:
        yield f"can be restored for only {days:g} days"
