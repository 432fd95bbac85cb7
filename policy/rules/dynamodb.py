"""DynamoDB tables and their replicas."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

from policy import tokens as t
from policy.resources import Resource
from policy.rule import Parameter, Parameters, Rules
from policy.rules.keys_of import missing_customer_key, no_customer_key
from policy.stack import Stack

RULES = Rules("DynamoDB")

_TABLES = (t.TABLE, t.TABLE_REPLICA)
# DynamoDB Developer Guide, "Global tables: multi-Region strong consistency": the sets of regions that it spans.
_STRONG_SETS = (
    {"us-east-1", "us-east-2", "us-west-2"},
    {"eu-west-1", "eu-west-2", "eu-west-3", "eu-central-1"},
    {"ap-northeast-1", "ap-northeast-2", "ap-northeast-3"},
)
_STRONG_REGIONS = 3


def _replicas(table: Resource) -> list[dict[str, Any]]:
    return table.items("replicas") if table.type == t.TABLE else []


@RULES.resource(
    *_TABLES,
    id="table-point-in-time-recovery",
    title="Every replica of a table has point-in-time recovery",
    remediation="Enable pointInTimeRecovery on the table, and on each of its replicas.",
    needs=("pointInTimeRecovery.enabled", (t.TABLE_REPLICA, "pointInTimeRecovery")),
    parameters={"days": Parameter("integer", 35, "Days back to which a table can be restored at least.", minimum=1)},
)
def point_in_time(table: Resource, parameters: Parameters) -> Iterator[str]:
    """Replication copies a wrong deletion to all regions within a second.

    Point-in-time recovery is a setting of each replica.
    """
    path = "pointInTimeRecovery.enabled" if table.type == t.TABLE else "pointInTimeRecovery"
    if not table.flag(path):
        yield "cannot be restored to a point in time"
    elif table.type == t.TABLE:
        days = table.number("pointInTimeRecovery.recoveryPeriodInDays")
        if days is not None and days < parameters["days"]:
            yield f"can be restored to the last {days:g} days only"
    for replica in _replicas(table):
        if not replica.get("pointInTimeRecovery"):
            yield f"its replica in {replica.get('regionName')} cannot be restored to a point in time"


@RULES.joined(
    *_TABLES,
    id="table-customer-key",
    title="Every replica of a table is encrypted with a customer-managed key",
    remediation="Set serverSideEncryption.kmsKeyArn, and kmsKeyArn of each replica.",
    needs=("serverSideEncryption", (t.TABLE_REPLICA, "kmsKeyArn")),
)
def customer_key(table: Resource, stack: Stack, _: Parameters) -> Iterator[str]:
    """KMS keys are regional, so that each replica needs its own key. With `enabled` false the key is not used."""
    if table.type == t.TABLE and table.peek("serverSideEncryption") and not table.flag("serverSideEncryption.enabled"):
        yield "does not use a key of its own: serverSideEncryption.enabled is false"
        return
    path = "serverSideEncryption.kmsKeyArn" if table.type == t.TABLE else "kmsKeyArn"
    if reason := missing_customer_key(table, stack, path):
        yield reason
    for replica in _replicas(table):
        if reason := no_customer_key(table, stack, "replicas", replica.get("kmsKeyArn")):
            yield f"its replica in {replica.get('regionName')}: {reason}"


@RULES.resource(
    *_TABLES,
    id="table-deletion-protection",
    title="Every replica of a table has deletion protection",
    remediation="Set deletionProtectionEnabled to true, on each replica too.",
    needs=("deletionProtectionEnabled", (t.TABLE_REPLICA, "deletionProtectionEnabled")),
)
def deletion_protection(table: Resource, _: Parameters) -> Iterator[str]:
    """Deletion protection is a setting of each replica."""
    if not table.flag("deletionProtectionEnabled"):
        yield "has no deletion protection"
    for replica in _replicas(table):
        if not replica.get("deletionProtectionEnabled"):
            yield f"its replica in {replica.get('regionName')} has no deletion protection"


@RULES.parity(
    t.TABLE,
    id="table-replicated",
    title="Every table has a replica in the recovery region",
    remediation="Declare an aws.dynamodb.TableReplica of the table in the recovery stack.",
    needs=((t.TABLE_REPLICA, "globalTableArn"),),
)
def replicated(table: Resource, primary: Stack, recovery: Stack, _: Parameters) -> Iterator[str]:
    """A stack that has taken over keeps its replicas and declares none."""
    if not recovery.standing_by:
        return
    if any(replica.get("regionName") == recovery.region for replica in _replicas(table)):
        return
    replicas = recovery.of_type(t.TABLE_REPLICA)
    if not any(table in primary.referred_by(recovery, replica, "globalTableArn") for replica in replicas):
        yield f"has no replica in {recovery.region}"


@RULES.joined(
    t.TABLE,
    id="table-strong-consistency",
    title="Tables with multi-region strong consistency keep to its constraints",
    remediation="Use three regions of one set, or two and a witness, without TTL and local secondary indexes.",
    needs=("replicas", "ttl"),
)
def strong_consistency(table: Resource, stack: Stack, _: Parameters) -> Iterator[str]:
    """AWS refuses the table otherwise, after other resources have been created."""
    replicas = _replicas(table)
    if not any(replica.get("consistencyMode") == "STRONG" for replica in replicas):
        return
    if any(replica.get("consistencyMode") != "STRONG" for replica in replicas):
        yield "has strongly consistent replicas beside others"
    regions = [stack.region_of(table), *(str(replica.get("regionName")) for replica in replicas)]
    regions += [str(witness.get("regionName")) for witness in table.items("globalTableWitness")]
    if len(set(regions)) != _STRONG_REGIONS:
        yield f"is in {len(set(regions))} regions with its witness, not in {_STRONG_REGIONS}"
    if not any(set(regions) <= allowed for allowed in _STRONG_SETS):
        yield f"{', '.join(sorted(set(regions)))} are not of one set of regions"
    if table.flag("ttl.enabled"):
        yield "expires items, which strong consistency does not allow"
    if table.items("localSecondaryIndexes"):
        yield "has local secondary indexes, which strong consistency does not allow"


@RULES.resource(
    t.TABLE,
    id="table-records-last",
    title="Tables of records have no time to live",
    remediation="Set ttl.enabled to false; archive items and delete them by a process that is reviewed.",
    needs=("ttl.enabled",),
    parameters={
        "records": Parameter(
            "array", [], "Names of tables whose items are records; * for a part.", items="string", needed=True
        )
    },
)
def records_last(table: Resource, parameters: Parameters) -> Iterator[str]:
    """DynamoDB deletes expired items in every replica without a permission check."""
    name = table.text("name") or table.name
    if table.flag("ttl.enabled") and any(fnmatchcase(name, pattern) for pattern in parameters["records"]):
        yield f"deletes items by {table.peek('ttl.attributeName')}"
