"""S3 buckets, whose settings are resources of their own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from policy import tokens as t
from policy.resources import Resource
from policy.rule import Parameter, Parameters, Rules, Severity
from policy.rules.bucket_settings import needs_own_key_of_s3, settings_of, takes_logs
from policy.rules.bucket_transport import open_to_plain
from policy.rules.keys_of import no_customer_key
from policy.stack import Stack, Target
from policy.values import NotEvaluatedError, Unknown, single

RULES = Rules("S3")

_PUBLIC_ACCESS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
_YEAR = 365


@RULES.joined(
    t.BUCKET,
    id="bucket-public-access-blocked",
    title="Buckets block public access",
    remediation="Declare an aws.s3.BucketPublicAccessBlock of the bucket with all four settings true.",
    needs=tuple((t.BUCKET_PUBLIC_ACCESS, name) for name in _PUBLIC_ACCESS),
)
def public_access_blocked(bucket: Resource, stack: Stack, _: Parameters) -> Iterator[str]:
    """Each of the four settings blocks a different kind of public access."""
    blocks = stack.attached(bucket, t.BUCKET_PUBLIC_ACCESS, "bucket")
    if not blocks:
        yield "has no public access block"
    for block in blocks:
        missing = [name for name in _PUBLIC_ACCESS if not block.flag(name)]
        if missing:
            yield f"its public access block does not enable {', '.join(missing)}"


@RULES.joined(
    t.BUCKET,
    id="bucket-no-acls",
    title="Buckets disable ACLs",
    remediation="Declare aws.s3.BucketOwnershipControls with BucketOwnerEnforced.",
    needs=((t.BUCKET_OWNERSHIP, "rule.objectOwnership"),),
)
def no_acls(bucket: Resource, stack: Stack, _: Parameters) -> Iterator[str]:
    """A review of the bucket policy does not show the ACLs of objects."""
    controls = stack.attached(bucket, t.BUCKET_OWNERSHIP, "bucket")
    if not any(control.text("rule.objectOwnership") == "BucketOwnerEnforced" for control in controls):
        yield "its objects may have ACLs"


@RULES.joined(
    t.BUCKET,
    id="bucket-tls-only",
    title="Bucket policies deny requests without TLS",
    remediation="Deny s3:* where aws:SecureTransport is false in the bucket's policy.",
    needs=((t.BUCKET_POLICY, "policy"),),
)
def tls_only(bucket: Resource, stack: Stack, _: Parameters) -> Iterator[tuple[Resource, str]]:
    """S3 accepts HTTP and HTTPS unless a policy denies HTTP.

    The denial must apply to every principal and every action, without a further condition, and to the bucket itself
    as well as to its objects: `bucket/*` alone leaves the list of objects open.
    """
    policies = settings_of(bucket, stack, t.BUCKET_POLICY)
    if left := open_to_plain(bucket, stack, policies):
        yield (policies[0] if policies else bucket), f"allows requests without TLS to {left}"


@RULES.joined(
    t.BUCKET,
    id="bucket-customer-key",
    title="Buckets are encrypted with a customer-managed key",
    remediation="Declare an aws.s3.BucketServerSideEncryptionConfiguration with aws:kms and the key's ARN.",
    needs=((t.BUCKET_ENCRYPTION, "rules"), (t.BUCKET_ENCRYPTION, "bucket")),
)
def customer_key(bucket: Resource, stack: Stack, _: Parameters) -> Iterator[str]:
    """Buckets for access logs of S3 or of an Application Load Balancer are not judged: these services support only
    S3-managed keys.
    """
    if needs_own_key_of_s3(bucket, stack):
        return
    configurations = settings_of(bucket, stack, t.BUCKET_ENCRYPTION)
    if not configurations:
        yield "is encrypted with S3's own key"
    for configuration in configurations:
        for rule in configuration.items("rules"):
            default = rule.get("applyServerSideEncryptionByDefault") or {}
            algorithm = default.get("sseAlgorithm", "")
            if not str(algorithm).startswith("aws:kms"):
                yield f"is encrypted by {algorithm or 'nothing'}, not by KMS"
            elif reason := no_customer_key(configuration, stack, "rules", default.get("kmsMasterKeyId")):
                yield reason


@RULES.joined(
    t.BUCKET,
    id="bucket-versioned",
    title="Buckets have versioning",
    remediation="Declare an aws.s3.BucketVersioning with status Enabled.",
    needs=((t.BUCKET_VERSIONING, "versioningConfiguration.status"),),
)
def versioned(bucket: Resource, stack: Stack, _: Parameters) -> Iterator[str]:
    """Without versioning an overwrite or a deletion cannot be undone, and replication is not available."""
    settings = settings_of(bucket, stack, t.BUCKET_VERSIONING)
    if not any(setting.text("versioningConfiguration.status") == "Enabled" for setting in settings):
        yield "keeps no versions"


@RULES.joined(
    t.BUCKET,
    id="records-object-lock",
    title="Record buckets have Object Lock in compliance mode",
    remediation="Declare a BucketObjectLockConfiguration in COMPLIANCE mode for the retention of the record class.",
    needs=(
        (t.BUCKET_OBJECT_LOCK, "rule.defaultRetention.mode"),
        (t.BUCKET_OBJECT_LOCK, "rule.defaultRetention.days"),
    ),
    parameters={
        "retention": Parameter(
            "object",
            {},
            # SEC 17a-4(a): blotters and ledgers six years; (b): orders and communications three.
            "Days of retention, by name of the bucket; * for a part. SEC 17a-4: 2192 or 1096, with leap days.",
            items="number",
            needed=True,
        )
    },
)
def object_lock(bucket: Resource, stack: Stack, parameters: Parameters) -> Iterator[str]:
    """Governance mode can be bypassed with a permission and is no write-once storage."""
    wanted = _retention(bucket, parameters["retention"])
    if wanted is None:
        return
    locks = settings_of(bucket, stack, t.BUCKET_OBJECT_LOCK)
    if not locks:
        yield "its records are not locked"
    for lock in locks:
        mode = lock.text("rule.defaultRetention.mode")
        held = _held(lock)
        if mode != "COMPLIANCE":
            yield f"its records are locked in mode {mode or 'none'}, which can be bypassed"
        elif held < wanted:
            yield f"its records are locked for {held:g} days of {wanted:g}"


def _name(bucket: Resource) -> str:
    """The name by which patterns in parameters find a bucket.

    Pulumi appends a dash and seven random characters to the logical name of a bucket without `bucket` and
    `bucketPrefix` (Pulumi, "Auto-naming"). The dash lets a pattern such as `*-trades-*` match.
    """
    return bucket.text("bucket") or bucket.text("bucketPrefix") or f"{bucket.name}-"


def _retention(bucket: Resource, classes: Mapping[str, Any]) -> float | None:
    name = _name(bucket)
    return next((float(days) for pattern, days in classes.items() if fnmatchcase(name, pattern)), None)


def _lifecycle_rules(bucket: Resource, stack: Stack) -> Iterator[tuple[Resource, Mapping[str, Any]]]:
    """The rules in force, with the resource that has each; those of the bucket itself in the form of the other's."""
    for configuration in stack.attached(bucket, t.BUCKET_LIFECYCLE, "bucket"):
        for rule in configuration.items("rules"):
            if rule.get("status") == "Enabled":
                yield configuration, rule
    for rule in bucket.items("lifecycleRules"):
        if rule.get("enabled"):
            noncurrent = rule.get("noncurrentVersionExpiration") or {}
            yield bucket, {**rule, "noncurrentVersionExpiration": {"noncurrentDays": noncurrent.get("days")}}


def _block(value: Any) -> Mapping[str, Any]:
    value = single(value)
    if isinstance(value, Unknown):
        value.refuse()
    return value if isinstance(value, Mapping) else {}


@RULES.joined(
    t.BUCKET,
    id="records-not-expired",
    title="Lifecycle rules keep records for their retention time",
    remediation="Let objects and noncurrent versions expire after the retention of the record class, or never.",
    needs=((t.BUCKET_LIFECYCLE, "rules"),),
    parameters={
        "retention": Parameter(
            "object", {}, "Days of retention, by name of the bucket; * for a part.", items="number", needed=True
        ),
    },
)
def not_expired(bucket: Resource, stack: Stack, parameters: Parameters) -> Iterator[tuple[Resource, str]]:
    """In a versioned bucket an expired object becomes a noncurrent version.

    The time of a noncurrent version starts when it is replaced.
    """
    name = _name(bucket)
    kept = [days for pattern, days in parameters["retention"].items() if fnmatchcase(name, pattern)]
    if not kept:
        return
    days = max(kept)
    for owner, rule in _lifecycle_rules(bucket, stack):
        expiration = _block(rule.get("expiration"))
        if expiration.get("days") is not None and float(expiration["days"]) < days:
            yield owner, f"rule {rule.get('id')!r} expires objects after {float(expiration['days']):g} of {days:g} days"
        if expiration.get("date"):
            yield owner, f"rule {rule.get('id')!r} expires objects on {expiration['date']}"
        noncurrent = _block(rule.get("noncurrentVersionExpiration")).get("noncurrentDays")
        locked = any(_held(lock) >= days for lock in settings_of(bucket, stack, t.BUCKET_OBJECT_LOCK))
        # A version that is locked outlasts the rule; without a lock the rule alone decides.
        if noncurrent is not None and float(noncurrent) < days and not locked:
            yield owner, f"rule {rule.get('id')!r} deletes versions after {float(noncurrent):g} of {days:g} days"


@RULES.joined(
    t.BUCKET,
    id="bucket-versions-kept",
    title="Lifecycle rules keep noncurrent versions for at least 30 days",
    severity=Severity.ADVISORY,
    remediation="Set noncurrentDays to 30 or more, or add the bucket to the parameter `passing` with the reason.",
    needs=((t.BUCKET_LIFECYCLE, "rules"),),
    parameters={
        "days": Parameter("integer", 30, "Days for which an overwritten version is kept at least.", minimum=1),
        "passing": Parameter(
            "object",
            {},
            "Buckets that need no earlier versions, by name (* for a part), and the reason.",
            items="string",
        ),
    },
)
def versions_kept(bucket: Resource, stack: Stack, parameters: Parameters) -> Iterator[tuple[Resource, str]]:
    """A wrong overwrite is often noticed weeks later. A number of newer versions to keep counts as well."""
    name = _name(bucket)
    if any(str(reason).strip() and fnmatchcase(name, p) for p, reason in parameters["passing"].items()):
        return
    for owner, rule in _lifecycle_rules(bucket, stack):
        block = _block(rule.get("noncurrentVersionExpiration"))
        days = block.get("noncurrentDays")
        if days is not None and float(days) < parameters["days"] and not block.get("newerNoncurrentVersions"):
            yield owner, f"rule {rule.get('id')!r} deletes versions after {float(days):g} days"


@RULES.resource(
    t.BUCKET,
    "aws:ecr/repository:Repository",
    "aws:backup/vault:Vault",
    id="stores-not-emptied",
    title="Stores are not emptied before deletion",
    remediation="Leave forceDestroy (forceDelete of a repository) false; empty a store by hand where it must go.",
    needs=("forceDestroy",),
)
def not_emptied(store: Resource, _: Parameters) -> Iterator[str]:
    """With forceDestroy the engine deletes every object, image or backup before it deletes the store."""
    if store.flag("forceDestroy") or store.flag("forceDelete"):
        yield "is emptied when it is deleted"


@RULES.resource(
    t.BUCKET_REPLICATION,
    t.BUCKET,
    id="bucket-replication-complete",
    title="Replication covers every object, including encrypted objects",
    remediation="Enable sourceSelectionCriteria.sseKmsEncryptedObjects, and leave the filter's prefix and tags empty.",
    needs=("rules",),
)
def replication_complete(configuration: Resource, _: Parameters) -> Iterator[str]:
    """By default S3 does not replicate objects that KMS encrypts, nor objects that a filter does not match (S3 User
    Guide, "Replicating encrypted objects").
    """
    inline = configuration.type == t.BUCKET
    rules = configuration.items("replicationConfiguration.rules" if inline else "rules")
    whole = False
    for rule in rules:
        criteria = _block(rule.get("sourceSelectionCriteria"))
        encrypted = _block(criteria.get("sseKmsEncryptedObjects"))
        if encrypted.get("status") != "Enabled" and encrypted.get("enabled") is not True:
            yield f"rule {rule.get('id')!r} does not replicate objects that KMS encrypts"
        filter_ = _block(rule.get("filter"))
        part = (
            rule.get("prefix")
            or filter_.get("prefix")
            or filter_.get("tag")
            or filter_.get("and")
            or filter_.get("tags")
        )
        whole = whole or not part
    if rules and not whole:
        yield "replicates only objects that match a filter"


@RULES.resource(
    t.BUCKET_REPLICATION,
    t.BUCKET,
    id="bucket-replication-timed",
    title="Bucket replication has replication time control and metrics",
    remediation="Enable replicationTime and metrics, 15 minutes each, in every rule.",
    needs=("rules",),
)
def replication_timed(configuration: Resource, _: Parameters) -> Iterator[str]:
    """Replication time control has a target of 15 minutes for 99.99 % of objects.

    Without it the data loss of a failover is unknown.
    """
    inline = configuration.type == t.BUCKET
    for rule in configuration.items("replicationConfiguration.rules" if inline else "rules"):
        destination = rule.get("destination") or {}
        for what in ("replicationTime", "metrics"):
            if (destination.get(what) or {}).get("status") != "Enabled":
                yield f"rule {rule.get('id')!r} has no {what}"
        if rule.get("status") != "Enabled":
            yield f"rule {rule.get('id')!r} is disabled"


def _without_replica(bucket: Resource, parameters: Parameters) -> bool:
    reasons = parameters["byDesign"].items()
    return any(reason.strip() and fnmatchcase(_name(bucket), pattern) for pattern, reason in reasons)


def _replications(bucket: Resource, primary: Stack, recovery: Stack) -> Iterator[tuple[Resource, Stack]]:
    for configuration in settings_of(bucket, primary, t.BUCKET_REPLICATION):
        yield configuration, primary
    for configuration in recovery.of_type(t.BUCKET_REPLICATION):
        if bucket in primary.referred_by(recovery, configuration, "bucket"):
            yield configuration, recovery


@RULES.parity(
    t.BUCKET,
    id="bucket-replicated",
    title="Buckets are replicated to the recovery region",
    remediation="Declare a BucketReplicationConfig of the bucket to its counterpart in the recovery stack, or write "
    "into `byDesign` why there is none.",
    needs=((t.BUCKET_REPLICATION, "bucket"),),
    parameters={
        "byDesign": Parameter(
            "object", {}, "Buckets without a replica, by name (* for a part), and the reason.", items="string"
        )
    },
)
def replicated(bucket: Resource, primary: Stack, recovery: Stack, parameters: Parameters) -> Iterator[str]:
    """A stack that has taken over declares no replication; that of the primary stays."""
    if not recovery.standing_by or _without_replica(bucket, parameters):
        return
    if not [*_replications(bucket, primary, recovery)]:
        yield f"is not replicated to {recovery.region}"


@RULES.parity(
    t.BUCKET,
    id="bucket-replica-locked",
    title="The replica of a locked bucket is locked for the same time",
    remediation="Lock the destination bucket in COMPLIANCE mode for the same time.",
    needs=((t.BUCKET_REPLICATION, "rules"), (t.BUCKET_OBJECT_LOCK, "rule.defaultRetention.mode")),
)
def replica_locked(bucket: Resource, primary: Stack, recovery: Stack, _: Parameters) -> Iterator[str]:
    """A copy that can be deleted does not meet the retention requirement."""
    ours = settings_of(bucket, primary, t.BUCKET_OBJECT_LOCK)
    if not ours:
        return
    for configuration, stack in _replications(bucket, primary, recovery):
        for rule in configuration.items("rules"):
            value = (rule.get("destination") or {}).get("bucket")
            if stack is recovery:
                found: Sequence[Target] = recovery.resolved(configuration, "rules", value, t.BUCKET)
            else:
                found = recovery.referred_by(primary, configuration, "rules", value)
            copies = [copy for copy in found if isinstance(copy, Resource)]
            if not copies:
                raise NotEvaluatedError("rules", f"replicate into a bucket that is not in the plan: {value!r}")
            for copy in copies:
                theirs = settings_of(copy, recovery, t.BUCKET_OBJECT_LOCK)
                if not any(_as_strict(lock, ours[0]) for lock in theirs):
                    yield f"its replica {copy.urn} is not locked as it is"


def _held(lock: Resource) -> float:
    """For how many days a lock holds."""
    days, years = (lock.number(f"rule.defaultRetention.{name}") for name in ("days", "years"))
    if days is not None:
        return days
    return years * _YEAR + years // 4 if years is not None else 0.0


def _as_strict(lock: Resource, than: Resource) -> bool:
    same_mode = lock.text("rule.defaultRetention.mode") == than.text("rule.defaultRetention.mode")
    return same_mode and _held(lock) >= _held(than)


@RULES.joined(
    t.BUCKET,
    id="bucket-access-logs",
    title="Buckets have access logs",
    severity=Severity.ADVISORY,
    remediation="Declare an aws.s3.BucketLogging of the bucket to the bucket of access logs.",
    needs=((t.BUCKET_LOGGING, "bucket"),),
)
def access_logs(bucket: Resource, stack: Stack, _: Parameters) -> Iterator[str]:
    """The bucket that receives access logs does not log itself: each delivery would create another entry."""
    if not takes_logs(bucket, stack) and not settings_of(bucket, stack, t.BUCKET_LOGGING):
        yield "logs no access"
