"""DynamoDB: global tables (version 2019.11.21), one table in each Region that holds a replica.

- UpdateTable makes and deletes replicas and the witness; DescribeTable names the other replicas in every Region.
  https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTable.html
  https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ReplicaDescription.html
- Key schema, indexes, billing mode, streams and time to live are the same in all replicas; the key, tags, point-in-time
  recovery and deletion protection are each replica's own. A new replica starts with the items that are there.
  https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables_HowItWorks.html
- UpdateTable also changes the encryption key.

Items written later are copied by `aws_emulator.replication.tables`.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from moto.core.responses import ActionResult
from moto.dynamodb.exceptions import DynamodbException, MockValidationException
from moto.dynamodb.models import DynamoDBBackend, dynamodb_backends
from moto.dynamodb.models.table import Table
from moto.dynamodb.responses import DynamoHandler, DynamoResult

from aws_emulator.corrections._patch import around

GLOBAL_TABLE_VERSION = "2019.11.21"
_SAME_IN_ALL_REPLICAS = ("AttributeDefinitions", "GlobalSecondaryIndexUpdates", "BillingMode")


@cache
def install() -> None:
    around(DynamoHandler, "update_table", _update_table)
    around(DynamoDBBackend, "delete_table", _delete_table)
    around(DynamoDBBackend, "update_time_to_live", _update_time_to_live)
    around(Table, "describe", _describe)


@dataclass
class GlobalTable:
    """What the replicas of one table share: each replica's settings by Region, the consistency and the witnesses."""

    replicas: dict[str, dict[str, Any]]
    consistency: str = "EVENTUAL"
    witnesses: list[str] = field(default_factory=list)


def replicas_of(table: Table) -> list[Table]:
    """The same table in the other Regions; none when it is not a global table."""
    shared = _global_table(table)
    if shared is None:
        return []
    backends = dynamodb_backends[table.account_id]
    return [backends[region].tables[table.name] for region in shared.replicas if region != table.region_name]


def is_strong(table: Table) -> bool:
    """Whether all replicas hold one truth."""
    shared = _global_table(table)
    return shared is not None and shared.consistency == "STRONG"


def members_of_strong(table: Table) -> list[str]:
    """Regions of the replicas and witnesses of a strongly consistent table; none for any other."""
    shared = _global_table(table)
    return [*shared.replicas, *shared.witnesses] if shared is not None and is_strong(table) else []


class InternalServerError(DynamodbException):
    """The service could not carry the request out.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
    """

    code = 500

    def __init__(self, message: str) -> None:
        super().__init__("com.amazonaws.dynamodb.v20120810#InternalServerError", message=message)


def _global_table(table: Table) -> GlobalTable | None:
    return vars(table).get("global_table")


def _update_table(original: Any, response: DynamoHandler) -> ActionResult:
    original(response)
    body = response.body
    table = response.dynamodb_backend.get_table(body["TableName"])
    if "SSESpecification" in body:
        _encrypt(table, body["SSESpecification"])
    for replica in replicas_of(table):
        _follow(replica, body)
    for update in body.get("ReplicaUpdates") or []:
        _update_replica(table, update)
    for update in body.get("GlobalTableWitnessUpdates") or []:
        _update_witness(table, update)
    shared = _global_table(table)
    if shared and body.get("MultiRegionConsistency"):
        shared.consistency = body["MultiRegionConsistency"]
    return DynamoResult(table.describe())


def _encrypt(table: Table, specification: dict[str, Any]) -> None:
    wanted = dict(specification)
    if wanted.get("Enabled") and "KMSMasterKeyId" not in wanted:
        wanted["KMSMasterKeyId"] = table._get_default_encryption_key(table.account_id, table.region_name)
    table.sse_specification = wanted


def _follow(replica: Table, body: dict[str, Any]) -> None:
    changes = {name: copy.deepcopy(body[name]) for name in _SAME_IN_ALL_REPLICAS if body.get(name)}
    if changes:
        dynamodb_backends[replica.account_id][replica.region_name].update_table(
            name=replica.name,
            attr_definitions=changes.get("AttributeDefinitions", []),
            global_index=changes.get("GlobalSecondaryIndexUpdates", []),
            throughput={},
            billing_mode=changes.get("BillingMode", ""),
            stream_spec={},
            deletion_protection_enabled=None,
            warm_throughput=None,
        )


def _update_replica(table: Table, update: dict[str, Any]) -> None:
    ((verb, wanted),) = update.items()
    region = wanted["RegionName"]
    shared = _global_table(table)
    known = shared is not None and region in shared.replicas
    if verb == "Create":
        if known:
            raise MockValidationException(
                f"Failed to create a the new replica of table {table.name}: exists in {region}"
            )
        _create_replica(table, wanted)
        return
    if shared is None or not known:
        # Clients that take a replica back know this message: it is gone already.
        raise MockValidationException(
            "Replica specified in the Replica Update or Replica Delete action of the request was not found"
        )
    if verb == "Delete":
        replica = dynamodb_backends[table.account_id][region]
        replica.delete_table(table.name)
    else:
        shared.replicas[region].update(wanted)
        if wanted.get("KMSMasterKeyId"):
            replica_table = dynamodb_backends[table.account_id][region].tables[table.name]
            _encrypt(replica_table, {"Enabled": True, "KMSMasterKeyId": wanted["KMSMasterKeyId"]})


def _create_replica(table: Table, wanted: dict[str, Any]) -> None:
    region = wanted["RegionName"]
    shared = _global_table(table)
    if shared is None:
        shared = GlobalTable({table.region_name: {}})
        vars(table)["global_table"] = shared
    key = wanted.get("KMSMasterKeyId")
    encrypted = bool(key or (table.sse_specification and table.sse_specification.get("Enabled")))
    encryption = {"Enabled": True, **({"KMSMasterKeyId": key} if key else {})} if encrypted else None
    replica = dynamodb_backends[table.account_id][region].create_table(
        table.name,
        schema=copy.deepcopy(table.schema),
        throughput=copy.deepcopy(table.throughput),
        attr=copy.deepcopy(table.attr),
        global_indexes=[copy.deepcopy(index.describe()) for index in table.global_indexes],
        indexes=[copy.deepcopy(index.describe()) for index in table.indexes],
        streams=copy.deepcopy(table.stream_specification),
        billing_mode=table.billing_mode or "PROVISIONED",
        sse_specification=encryption,
        tags=[],
        deletion_protection_enabled=False,
        warm_throughput=copy.deepcopy(table.warm_throughput),
    )
    replica.ttl = copy.deepcopy(table.ttl)
    replica.items = copy.deepcopy(table.items)
    vars(replica)["global_table"] = shared
    shared.replicas[region] = dict(wanted)


def _update_witness(table: Table, update: dict[str, Any]) -> None:
    ((verb, wanted),) = update.items()
    shared = _global_table(table)
    if shared is None:
        raise MockValidationException(f"Table {table.name} has no replica for a witness to stand beside")
    if verb == "Create":
        shared.witnesses.append(wanted["RegionName"])
    else:
        shared.witnesses.remove(wanted["RegionName"])


def _delete_table(original: Any, backend: DynamoDBBackend, name: str) -> Table:
    table = original(backend, name)
    shared = _global_table(table)
    if shared is not None:
        shared.replicas.pop(table.region_name, None)
        vars(table).pop("global_table")
    return table


def _update_time_to_live(original: Any, backend: DynamoDBBackend, table_name: str, ttl_spec: dict[str, Any]) -> None:
    original(backend, table_name, ttl_spec)
    table = backend.get_table(table_name)
    for replica in replicas_of(table):
        replica.ttl = copy.deepcopy(table.ttl)


def _describe(original: Any, table: Table, base_key: str = "TableDescription") -> dict[str, Any]:
    described = original(table, base_key)
    shared = _global_table(table)
    if shared is None or len(shared.replicas) == 1:
        return described
    described[base_key] |= {
        "GlobalTableVersion": GLOBAL_TABLE_VERSION,
        "MultiRegionConsistency": shared.consistency,
        "GlobalTableWitnesses": [{"RegionName": region, "WitnessStatus": "ACTIVE"} for region in shared.witnesses],
        "Replicas": [
            _describe_replica(region, settings)
            for region, settings in sorted(shared.replicas.items())
            if region != table.region_name
        ],
    }
    return described


def _describe_replica(region: str, settings: dict[str, Any]) -> dict[str, Any]:
    described: dict[str, Any] = {"RegionName": region, "ReplicaStatus": "ACTIVE"}
    for name in ("KMSMasterKeyId", "ProvisionedThroughputOverride", "GlobalSecondaryIndexes"):
        if settings.get(name):
            described[name] = settings[name]
    if settings.get("TableClassOverride"):
        described["ReplicaTableClassSummary"] = {"TableClass": settings["TableClassOverride"]}
    return described
