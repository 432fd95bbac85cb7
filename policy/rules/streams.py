"""Kinesis streams and their archives."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from policy import tokens as t
from policy.resources import Resource
from policy.rule import Parameter, Parameters, Rules, Severity
from policy.rules.keys_of import missing_customer_key
from policy.stack import Stack
from policy.values import NotEvaluatedError

RULES = Rules("Kinesis and Firehose")

# Kinesis Data Streams Developer Guide, "Quotas and limits": what one shard takes in and gives to shared readers.
_RECORDS_PER_SHARD = 1000
_BYTES_PER_SHARD = 1_000_000
_SHARED_READERS = 2


@RULES.joined(
    t.STREAM,
    id="stream-customer-key",
    title="Streams are encrypted with a customer-managed key",
    remediation="Set encryptionType to KMS and kmsKeyId to the key's ARN.",
    needs=("kmsKeyId", "encryptionType"),
)
def customer_key(stream: Resource, stack: Stack, _: Parameters) -> Iterator[str]:
    """Streams hold orders for the whole retention period."""
    if stream.text("encryptionType") != "KMS":
        yield "is not encrypted"
    elif reason := missing_customer_key(stream, stack, "kmsKeyId"):
        yield reason


@RULES.joined(
    t.STREAM,
    id="stream-shards",
    title="Streams have enough shards for their peak load",
    remediation="Raise shardCount, or the parameter `loads` with the load that is expected.",
    needs=("shardCount", "name"),
    parameters={
        "loads": Parameter(
            "object",
            {},
            "Peak of each stream by name (* for a part): recordsPerSecond, and recordBytes with key.",
            fields=("recordsPerSecond", "recordBytes"),
            needed=True,
        ),
        "targetUtilisation": Parameter("number", 80, "How full a shard may be at the peak, in percent.", minimum=1),
        "standing": Parameter(
            "array", [], "Streams of which a recovery region that stands by has half.", items="string"
        ),
    },
)
def shards(stream: Resource, stack: Stack, parameters: Parameters) -> Iterator[str]:
    """Shards >= ceil(max(rate / 1,000, rate x bytes / 1 MB) / utilisation); half of it where one scaling step doubles
    the shards.
    """
    if stream.text("streamModeDetails.streamMode") == "ON_DEMAND":
        return
    name = stream.text("name")
    load = next((load for pattern, load in parameters["loads"].items() if fnmatchcase(name, pattern)), None)
    if load is None:
        raise NotEvaluatedError("loads", f"does not say what {name} must take; add it to the rule's configuration")
    rate, size = int(load["recordsPerSecond"]), int(load["recordBytes"])
    percent = int(parameters["targetUtilisation"])
    wanted = max(_ceil(rate * 100, _RECORDS_PER_SHARD * percent), _ceil(rate * size * 100, _BYTES_PER_SHARD * percent))
    if stack.standing_by and any(fnmatchcase(name, pattern) for pattern in parameters["standing"]):
        wanted = _ceil(wanted, 2)
    count = stream.number("shardCount") or 0
    if count < wanted:
        yield f"has {count:g} shards; {rate}/s of {size} bytes at {percent} % need {wanted}"


def _ceil(dividend: int, divisor: int) -> int:
    return -(-dividend // divisor)


@RULES.joined(
    t.STREAM,
    id="stream-fan-out",
    title="Streams with more than two readers use enhanced fan-out",
    remediation="Register an aws.kinesis.StreamConsumer and let the reader use it.",
    needs=((t.EVENT_SOURCE_MAPPING, "eventSourceArn"),),
)
def fan_out(stream: Resource, stack: Stack, _: Parameters) -> Iterator[str]:
    """Readers without enhanced fan-out share 2 MB/s of each shard: latency is 200 ms with one reader and 1,000 ms with
    five.
    """
    readers = [
        *stack.attached(stream, t.EVENT_SOURCE_MAPPING, "eventSourceArn"),
        *stack.attached(stream, t.FIREHOSE, "kinesisSourceConfiguration"),
    ]
    if len(readers) > _SHARED_READERS:
        yield f"{len(readers)} readers share each shard; {_SHARED_READERS} keep up with a full one"


@RULES.resource(
    t.STREAM,
    id="stream-retention",
    title="Streams keep records for a week",
    severity=Severity.ADVISORY,
    remediation="Set retentionPeriod to 168 hours or more.",
    needs=("retentionPeriod",),
    parameters={"hours": Parameter("integer", 168, "Hours for which records stay at least.", minimum=24)},
)
def retention(stream: Resource, parameters: Parameters) -> Iterator[str]:
    """A backlog after a takeover at a weekend is processed on the next trading day."""
    hours = stream.number("retentionPeriod") or 24
    if hours < parameters["hours"]:
        yield f"keeps {hours:g} hours"


@RULES.joined(
    t.FIREHOSE,
    id="firehose-encrypted",
    title="Delivery streams are encrypted with a customer-managed key",
    remediation="Set serverSideEncryption with CUSTOMER_MANAGED_CMK, and kmsKeyArn of the destination.",
    needs=("extendedS3Configuration.kmsKeyArn",),
)
def firehose_encrypted(delivery: Resource, stack: Stack, _: Parameters) -> Iterator[str]:
    """A delivery stream that reads from a Kinesis stream uses the encryption of that stream
    (StartDeliveryStreamEncryption).
    """
    if not delivery.has("kinesisSourceConfiguration"):
        if not delivery.flag("serverSideEncryption.enabled"):
            yield "is not encrypted"
        elif reason := missing_customer_key(delivery, stack, "serverSideEncryption.keyArn"):
            yield reason
    for path in _buckets_of(delivery):
        if reason := missing_customer_key(delivery, stack, f"{path}.kmsKeyArn"):
            yield reason


def _buckets_of(delivery: Resource) -> Iterator[str]:
    """Paths of what it delivers to S3: its destination, or what its destination does not take."""
    for name, destination in delivery.properties.items():
        if name == "extendedS3Configuration":
            yield name
        block = destination[0] if isinstance(destination, list) and len(destination) == 1 else destination
        if isinstance(block, dict):
            yield from (f"{name}.{part}" for part in ("s3Configuration", "s3BackupConfiguration") if block.get(part))


@RULES.resource(
    t.FIREHOSE,
    id="firehose-error-backup",
    title="Delivery streams keep records that they cannot deliver",
    remediation="Set errorOutputPrefix, or s3BackupMode, of the destination.",
    needs=("extendedS3Configuration.errorOutputPrefix",),
)
def firehose_errors(delivery: Resource, _: Parameters) -> Iterator[str]:
    """A record that fails in a transformation must be available for inspection and replay."""
    destination = "extendedS3Configuration"
    if delivery.has(destination):
        kept = (
            delivery.has(f"{destination}.errorOutputPrefix")
            or delivery.text(f"{destination}.s3BackupMode") == "Enabled"
        )
    else:
        kept = any("BackupMode" in key and value for key, value in _nested(delivery))
    if not kept:
        yield "has no prefix and no backup for failed records"


def _nested(delivery: Resource) -> Iterator[tuple[str, object]]:
    for value in delivery.properties.values():
        if isinstance(value, dict):
            yield from value.items()
