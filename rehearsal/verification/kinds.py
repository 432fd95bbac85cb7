"""Kinds of resource that recovery depends on: the identifiers that a stack declares, and the API call that lists
them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from blueprint import Resource
from rehearsal.verification.clients import Clients


@dataclass(frozen=True)
class Kind:
    """A kind of resource. `declared` returns the identifier under which `found` lists it."""

    name: str
    type: str
    declared: Callable[[Resource], Any]
    found: Callable[[Clients], Iterable[str]]


def _property(name: str) -> Callable[[Resource], Any]:
    return lambda resource: resource.properties.get(name)


def _listed(service: str, operation: str, key: str, member: str | None, **arguments: Any) -> Callable[[Clients], Any]:
    """Return a listing function. `member` is the member with the identifier; None if the items are identifiers."""
    return lambda clients: (
        item if member is None else item.get(member) for item in clients.pages(service, operation, key, **arguments)
    )


def _last_part(service: str, operation: str, key: str, member: str | None, separator: str) -> Callable[[Clients], Any]:
    listed = _listed(service, operation, key, member)
    return lambda clients: (str(item).rsplit(separator, 1)[-1] for item in listed(clients))


def _live_nats(clients: Clients) -> Iterable[str]:
    for gateway in clients.pages("ec2", "describe_nat_gateways", "NatGateways"):
        if gateway["State"] != "deleted":
            yield _name_tag(gateway)


def _live_hubs(clients: Clients) -> Iterable[str]:
    for hub in clients.pages("ec2", "describe_transit_gateways", "TransitGateways"):
        if hub["State"] not in ("deleting", "deleted"):
            yield str(hub["Options"]["AmazonSideAsn"])


def _live_peerings(clients: Clients) -> Iterable[str]:
    for peering in clients.pages("ec2", "describe_vpc_peering_connections", "VpcPeeringConnections"):
        if peering["Status"]["Code"] == "active":
            yield str(peering["AccepterVpcInfo"]["Region"])


def _name_tag(item: dict[str, Any]) -> str:
    return next((tag["Value"] for tag in item.get("Tags", []) if tag["Key"] == "Name"), "")


def _tagged(resource: Resource) -> Any:
    return (resource.properties.get("tags") or {}).get("Name")


def _asn(resource: Resource) -> str:
    return str(resource.properties.get("amazonSideAsn"))


KINDS: tuple[Kind, ...] = (
    Kind("VPC", "aws:ec2/vpc:Vpc", _property("cidrBlock"), _listed("ec2", "describe_vpcs", "Vpcs", "CidrBlock")),
    Kind(
        "subnet",
        "aws:ec2/subnet:Subnet",
        _property("cidrBlock"),
        _listed("ec2", "describe_subnets", "Subnets", "CidrBlock"),
    ),
    Kind("NAT gateway", "aws:ec2/natGateway:NatGateway", _tagged, _live_nats),
    Kind("transit gateway", "aws:ec2transitgateway/transitGateway:TransitGateway", _asn, _live_hubs),
    Kind(
        "VPC peering",
        "aws:ec2/vpcPeeringConnection:VpcPeeringConnection",
        _property("peerRegion"),
        _live_peerings,
    ),
    Kind("key alias", "aws:kms/alias:Alias", _property("name"), _listed("kms", "list_aliases", "Aliases", "AliasName")),
    Kind(
        "secret",
        "aws:secretsmanager/secret:Secret",
        _property("name"),
        _listed("secretsmanager", "list_secrets", "SecretList", "Name"),
    ),
    Kind(
        "trail", "aws:cloudtrail/trail:Trail", _property("name"), _listed("cloudtrail", "list_trails", "Trails", "Name")
    ),
    Kind("role", "aws:iam/role:Role", _property("name"), _listed("iam", "list_roles", "Roles", "RoleName")),
    Kind(
        "policy",
        "aws:iam/policy:Policy",
        _property("name"),
        _listed("iam", "list_policies", "Policies", "PolicyName", Scope="Local"),
    ),
    Kind(
        "table",
        "aws:dynamodb/table:Table",
        _property("name"),
        _listed("dynamodb", "list_tables", "TableNames", None),
    ),
    Kind(
        "stream",
        "aws:kinesis/stream:Stream",
        _property("name"),
        _listed("kinesis", "list_streams", "StreamNames", None),
    ),
    Kind(
        "delivery stream",
        "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream",
        _property("name"),
        _listed("firehose", "list_delivery_streams", "DeliveryStreamNames", None),
    ),
    Kind(
        "event bus",
        "aws:cloudwatch/eventBus:EventBus",
        _property("name"),
        _listed("events", "list_event_buses", "EventBuses", "Name"),
    ),
    Kind(
        "event archive",
        "aws:cloudwatch/eventArchive:EventArchive",
        _property("name"),
        _listed("events", "list_archives", "Archives", "ArchiveName"),
    ),
    Kind("queue", "aws:sqs/queue:Queue", _property("name"), _last_part("sqs", "list_queues", "QueueUrls", None, "/")),
    Kind(
        "topic", "aws:sns/topic:Topic", _property("name"), _last_part("sns", "list_topics", "Topics", "TopicArn", ":")
    ),
    Kind("bucket", "aws:s3/bucket:Bucket", _property("bucket"), _listed("s3", "list_buckets", "Buckets", "Name")),
    Kind(
        "database",
        "aws:rds/instance:Instance",
        _property("identifier"),
        _listed("rds", "describe_db_instances", "DBInstances", "DBInstanceIdentifier"),
    ),
    Kind(
        "file system",
        "aws:efs/fileSystem:FileSystem",
        _property("creationToken"),
        _listed("efs", "describe_file_systems", "FileSystems", "CreationToken"),
    ),
    Kind(
        "backup vault",
        "aws:backup/vault:Vault",
        _property("name"),
        _listed("backup", "list_backup_vaults", "BackupVaultList", "BackupVaultName"),
    ),
    Kind(
        "log group",
        "aws:cloudwatch/logGroup:LogGroup",
        _property("name"),
        _listed("logs", "describe_log_groups", "logGroups", "logGroupName"),
    ),
    Kind(
        "configuration recorder",
        "aws:cfg/recorder:Recorder",
        _property("name"),
        _listed("config", "describe_configuration_recorders", "ConfigurationRecorders", "name"),
    ),
    Kind(
        "container repository",
        "aws:ecr/repository:Repository",
        _property("name"),
        _listed("ecr", "describe_repositories", "repositories", "repositoryName"),
    ),
)
