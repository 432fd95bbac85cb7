"""How resources are joined: what a listing of names would not show."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from blueprint import Blueprint
from blueprint.references import references_in
from rehearsal.verification.clients import Clients

Marks = Iterable[str]


@dataclass(frozen=True)
class Join:
    """A relation: marks that the stacks declare, and marks that the cloud has. Both are sentences' subjects."""

    name: str
    declared: Callable[[Blueprint, Blueprint], Marks]
    found: Callable[[Clients, Clients], Marks]


def _names(blueprint: Blueprint, type_: str, mark: str) -> set[str]:
    return {resource.properties[mark] for resource in blueprint.of_type(type_) if resource.properties.get(mark)}


def _declared_replicas(primary: Blueprint, dr: Blueprint) -> Marks:
    """Tables of the primary that the recovery stack replicates, and its own that hold a replica elsewhere."""
    tables = {table.name: table.properties["name"] for table in primary.of_type("aws:dynamodb/table:Table")}
    for replica in dr.of_type("aws:dynamodb/tableReplica:TableReplica"):
        source = str(replica.properties["globalTableArn"])
        yield next(name for name in tables.values() if source.endswith(f"/{name}"))
    for table in dr.of_type("aws:dynamodb/table:Table"):
        if table.properties.get("replicas"):
            yield table.properties["name"]


def _found_replicas(primary: Clients, dr: Clients) -> Marks:
    for clients in (primary, dr):
        client = clients.client("dynamodb")
        for name in clients.pages("dynamodb", "list_tables", "TableNames"):
            replicas = client.describe_table(TableName=name)["Table"].get("Replicas", [])
            if any(replica["ReplicaStatus"] == "ACTIVE" for replica in replicas):
                yield name


def _queues_with_redrive(primary: Blueprint, dr: Blueprint) -> Marks:
    for blueprint in (primary, dr):
        joined = {item.properties.get("queueUrl") for item in blueprint.of_type("aws:sqs/redrivePolicy:RedrivePolicy")}
        for queue in blueprint.of_type("aws:sqs/queue:Queue"):
            if queue.properties.get("redrivePolicy") or str(queue.reference("id")) in joined:
                yield queue.properties["name"]


def _found_redrive(primary: Clients, dr: Clients) -> Marks:
    for clients in (primary, dr):
        client = clients.client("sqs")
        for url in clients.pages("sqs", "list_queues", "QueueUrls"):
            attributes = client.get_queue_attributes(QueueUrl=url, AttributeNames=["RedrivePolicy"]).get(
                "Attributes", {}
            )
            if json.loads(attributes.get("RedrivePolicy", "{}")).get("deadLetterTargetArn"):
                yield url.rsplit("/", 1)[-1]


def _declared_bucket_replication(primary: Blueprint, dr: Blueprint) -> Marks:
    """Source buckets by name: the primary's as its exports gave them, the recovery region's own by reference."""
    for replication in dr.of_type("aws:s3/bucketReplicationConfig:BucketReplicationConfig"):
        source = replication.properties["bucket"]
        own = next(references_in(source), None)
        yield dr.one(own.type, own.name).properties["bucket"] if own else source


def _found_bucket_replication(primary: Clients, _: Clients) -> Marks:
    client = primary.client("s3")
    for bucket in client.list_buckets()["Buckets"]:
        try:
            rules = client.get_bucket_replication(Bucket=bucket["Name"])["ReplicationConfiguration"]["Rules"]
        except ClientError as error:
            if error.response["Error"]["Code"] != "ReplicationConfigurationNotFoundError":
                raise
            continue
        if any(rule["Status"] == "Enabled" for rule in rules):
            yield bucket["Name"]


def _declared_database_replica(_: Blueprint, dr: Blueprint) -> Marks:
    for instance in dr.of_type("aws:rds/instance:Instance"):
        if instance.properties.get("replicateSourceDb"):
            yield instance.properties["identifier"]


def _found_database_replica(_: Clients, dr: Clients) -> Marks:
    for instance in dr.pages("rds", "describe_db_instances", "DBInstances"):
        if instance.get("ReadReplicaSourceDBInstanceIdentifier"):
            yield instance["DBInstanceIdentifier"]


def _declared_replica_keys(_: Blueprint, dr: Blueprint) -> Marks:
    return {
        str(key.properties["primaryKeyArn"]).rsplit("/", 1)[-1] for key in dr.of_type("aws:kms/replicaKey:ReplicaKey")
    }


def _found_replica_keys(_: Clients, dr: Clients) -> Marks:
    client = dr.client("kms")
    for key in dr.pages("kms", "list_keys", "Keys"):
        metadata: dict[str, Any] = client.describe_key(KeyId=key["KeyId"])["KeyMetadata"]
        if metadata.get("MultiRegionConfiguration", {}).get("MultiRegionKeyType") == "REPLICA":
            yield metadata["KeyId"]


def _declared_secret_replicas(primary: Blueprint, _: Blueprint) -> Marks:
    for secret in primary.of_type("aws:secretsmanager/secret:Secret"):
        if secret.properties.get("replicas"):
            yield secret.properties["name"]


def _found_secret_replicas(_: Clients, dr: Clients) -> Marks:
    for secret in dr.pages("secretsmanager", "list_secrets", "SecretList"):
        if secret.get("PrimaryRegion") not in (None, dr.region):
            yield secret["Name"]


JOINS: tuple[Join, ...] = (
    Join("table replicated to the other region", _declared_replicas, _found_replicas),
    Join("queue with its dead-letter queue", _queues_with_redrive, _found_redrive),
    Join("bucket replicated to the other region", _declared_bucket_replication, _found_bucket_replication),
    Join("database replica", _declared_database_replica, _found_database_replica),
    Join("replica of a multi-region key", _declared_replica_keys, _found_replica_keys),
    Join("secret replicated to the other region", _declared_secret_replicas, _found_secret_replicas),
)
