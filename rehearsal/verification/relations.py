"""Checks of connections between resources, which a list of names does not show."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from blueprint import Blueprint
from blueprint.references import references_in
from rehearsal.verification.clients import Clients

Identifiers = Iterable[str]


@dataclass(frozen=True)
class Relation:
    """A relation between resources: functions that return the declared and the existing identifiers."""

    name: str
    declared: Callable[[Blueprint, Blueprint], Identifiers]
    found: Callable[[Clients, Clients], Identifiers]


def _names(blueprint: Blueprint, type_: str, member: str) -> set[str]:
    return {resource.properties[member] for resource in blueprint.of_type(type_) if resource.properties.get(member)}


def _declared_replicas(primary: Blueprint, dr: Blueprint) -> Identifiers:
    """Return tables of the primary that the recovery stack replicates, and its own tables with a replica elsewhere."""
    tables = {table.name: table.properties["name"] for table in primary.of_type("aws:dynamodb/table:Table")}
    for replica in dr.of_type("aws:dynamodb/tableReplica:TableReplica"):
        source = str(replica.properties["globalTableArn"])
        yield next(name for name in tables.values() if source.endswith(f"/{name}"))
    for table in dr.of_type("aws:dynamodb/table:Table"):
        if table.properties.get("replicas"):
            yield table.properties["name"]


def _found_replicas(primary: Clients, dr: Clients) -> Identifiers:
    for clients in (primary, dr):
        client = clients.client("dynamodb")
        for name in clients.pages("dynamodb", "list_tables", "TableNames"):
            replicas = client.describe_table(TableName=name)["Table"].get("Replicas", [])
            if any(replica["ReplicaStatus"] == "ACTIVE" for replica in replicas):
                yield name


def _queues_with_redrive(primary: Blueprint, dr: Blueprint) -> Identifiers:
    for blueprint in (primary, dr):
        joined = {item.properties.get("queueUrl") for item in blueprint.of_type("aws:sqs/redrivePolicy:RedrivePolicy")}
        for queue in blueprint.of_type("aws:sqs/queue:Queue"):
            if queue.properties.get("redrivePolicy") or str(queue.reference("id")) in joined:
                yield queue.properties["name"]


def _found_redrive(primary: Clients, dr: Clients) -> Identifiers:
    for clients in (primary, dr):
        client = clients.client("sqs")
        for url in clients.pages("sqs", "list_queues", "QueueUrls"):
            attributes = client.get_queue_attributes(QueueUrl=url, AttributeNames=["RedrivePolicy"]).get(
                "Attributes", {}
            )
            if json.loads(attributes.get("RedrivePolicy", "{}")).get("deadLetterTargetArn"):
                yield url.rsplit("/", 1)[-1]


def _declared_bucket_replication(primary: Blueprint, dr: Blueprint) -> Identifiers:
    """Return source buckets by name: the primary's from its exports, the recovery region's own by reference."""
    for replication in dr.of_type("aws:s3/bucketReplicationConfig:BucketReplicationConfig"):
        source = replication.properties["bucket"]
        own = next(references_in(source), None)
        yield dr.one(own.type, own.name).properties["bucket"] if own else source


def _found_bucket_replication(primary: Clients, _: Clients) -> Identifiers:
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


def _declared_database_replica(_: Blueprint, dr: Blueprint) -> Identifiers:
    for instance in dr.of_type("aws:rds/instance:Instance"):
        if instance.properties.get("replicateSourceDb"):
            yield instance.properties["identifier"]


def _found_database_replica(_: Clients, dr: Clients) -> Identifiers:
    for instance in dr.pages("rds", "describe_db_instances", "DBInstances"):
        if instance.get("ReadReplicaSourceDBInstanceIdentifier"):
            yield instance["DBInstanceIdentifier"]


def _declared_replica_keys(_: Blueprint, dr: Blueprint) -> Identifiers:
    return {
        str(key.properties["primaryKeyArn"]).rsplit("/", 1)[-1] for key in dr.of_type("aws:kms/replicaKey:ReplicaKey")
    }


def _found_replica_keys(_: Clients, dr: Clients) -> Identifiers:
    client = dr.client("kms")
    for key in dr.pages("kms", "list_keys", "Keys"):
        metadata: dict[str, Any] = client.describe_key(KeyId=key["KeyId"])["KeyMetadata"]
        if metadata.get("MultiRegionConfiguration", {}).get("MultiRegionKeyType") == "REPLICA":
            yield metadata["KeyId"]


def _declared_secret_replicas(primary: Blueprint, _: Blueprint) -> Identifiers:
    for secret in primary.of_type("aws:secretsmanager/secret:Secret"):
        if secret.properties.get("replicas"):
            yield secret.properties["name"]


def _found_secret_replicas(_: Clients, dr: Clients) -> Identifiers:
    for secret in dr.pages("secretsmanager", "list_secrets", "SecretList"):
        if secret.get("PrimaryRegion") not in (None, dr.region):
            yield secret["Name"]


RELATIONS: tuple[Relation, ...] = (
    Relation("table replicated to the other region", _declared_replicas, _found_replicas),
    Relation("queue with its dead-letter queue", _queues_with_redrive, _found_redrive),
    Relation("bucket replicated to the other region", _declared_bucket_replication, _found_bucket_replication),
    Relation("database replica", _declared_database_replica, _found_database_replica),
    Relation("replica of a multi-region key", _declared_replica_keys, _found_replica_keys),
    Relation("secret replicated to the other region", _declared_secret_replicas, _found_secret_replicas),
)
