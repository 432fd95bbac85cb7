"""Replication groups, seen in their member clusters."""

from typing import Any

from moto.moto_api._internal import mock_random

from aws_emulator.additions.elasticache.clusters import CLUSTER, endpoint, nodes, settle
from aws_emulator.additions.elasticache.service import SERVICE
from aws_emulator.store import AwsError, Call, Record, Resource, make

_OF_GROUP = (
    "Engine",
    "EngineVersion",
    "CacheNodeType",
    "CacheParameterGroupName",
    "CacheSubnetGroupName",
    "SecurityGroups",
    "PreferredMaintenanceWindow",
    "SnapshotRetentionLimit",
    "SnapshotWindow",
    "AutoMinorVersionUpgrade",
    "AuthTokenEnabled",
    "TransitEncryptionEnabled",
    "TransitEncryptionMode",
    "AtRestEncryptionEnabled",
    "NetworkType",
    "IpDiscovery",
    "Port",
    "ReplicationGroupId",
)


def _form(call: Call, record: Record) -> None:
    """The shape of a new group: shards and replicas, with their member clusters."""
    shards = record.pop("NumNodeGroups", None) or len(record.pop("NodeGroupConfiguration", [])) or 1
    replicas = record.pop("ReplicasPerNodeGroup", None)
    if replicas is None:
        replicas = record.pop("NumCacheClusters", 1) - 1
    record["ClusterEnabled"] = (
        shards > 1
        or record.get("ClusterMode") in ("enabled", "compatible")
        or (".cluster.on" in record.get("CacheParameterGroupName", ""))
    )
    record.setdefault("ClusterMode", "enabled" if record["ClusterEnabled"] else "disabled")
    record.setdefault("AutomaticFailoverEnabled", False)
    record.setdefault("MultiAZEnabled", False)
    if record["MultiAZEnabled"] and not record["AutomaticFailoverEnabled"]:
        raise AwsError("InvalidParameterCombination", "Multi-AZ needs automatic failover")
    if record["AutomaticFailoverEnabled"] and not replicas and not record["ClusterEnabled"]:
        raise AwsError("InvalidParameterCombination", "Automatic failover needs a replica")
    record["DataTiering"] = "enabled" if record.pop("DataTieringEnabled", False) else "disabled"
    record["suffix"] = mock_random.get_random_hex(6)
    record["shards"], record["replicas"] = shards, replicas
    _reform(call, record)


def _reform(call: Call, record: Record) -> None:
    """Bring endpoints and member clusters in line with the group."""
    settle(call, record)
    groups = [item for item in record.get("UserGroupIds", []) if item not in record.pop("UserGroupIdsToRemove", [])]
    record["UserGroupIds"] = [*groups, *record.pop("UserGroupIdsToAdd", [])]
    record["AutomaticFailover"] = "enabled" if record["AutomaticFailoverEnabled"] else "disabled"
    record["MultiAZ"] = "enabled" if record["MultiAZEnabled"] else "disabled"
    identifier, port, suffix = record["ReplicationGroupId"], record["Port"], record["suffix"]
    record["NodeGroups"] = [_shard(call, record, number) for number in range(1, record["shards"] + 1)]
    members = [item["CacheClusterId"] for group in record["NodeGroups"] for item in group["NodeGroupMembers"]]
    record["MemberClusters"] = members
    if record["ClusterEnabled"]:
        record["ConfigurationEndpoint"] = endpoint(call, f"clustercfg.{identifier}.{suffix}", port)
    _keep_members(call, record, members)


def _shard(call: Call, record: Record, number: int) -> Record:
    identifier, port, suffix = record["ReplicationGroupId"], record["Port"], record["suffix"]
    prefix = f"{identifier}-{number:04d}" if record["ClusterEnabled"] else identifier
    zones = [zone.name for zone in call.moto("ec2").describe_availability_zones()]
    nodes = []
    for index in range(record["replicas"] + 1):
        node = {
            "CacheClusterId": f"{prefix}-{index + 1:03d}",
            "CacheNodeId": "0001",
            "PreferredAvailabilityZone": zones[index % len(zones)],
        }
        if not record["ClusterEnabled"]:
            node["ReadEndpoint"] = endpoint(call, f"{prefix}-{index + 1:03d}.{suffix}.0001", port)
            node["CurrentRole"] = "replica" if index else "primary"
        nodes.append(node)
    shard: Record = {"NodeGroupId": f"{number:04d}", "Status": "available", "NodeGroupMembers": nodes}
    if record["ClusterEnabled"]:
        return shard
    shard["PrimaryEndpoint"] = endpoint(call, f"master.{identifier}.{suffix}", port)
    shard["ReaderEndpoint"] = endpoint(call, f"replica.{identifier}.{suffix}", port)
    return shard


def _keep_members(call: Call, record: Record, members: list[str]) -> None:
    clusters = CLUSTER.records(call)
    for key in [
        key for key, item in clusters.items() if item.get("ReplicationGroupId") == record["ReplicationGroupId"]
    ]:
        if key[0] not in members:
            call.store.tags.pop(clusters.pop(key)["ARN"], None)
    for member in members:
        shared = {name: record[name] for name in _OF_GROUP if name in record}
        if (member,) in clusters:
            clusters[(member,)].update(shared)
            nodes(call, clusters[(member,)])
        else:
            CLUSTER.add(call, {"CacheClusterId": member, **shared}, call.params.get("Tags"))


def _disband(call: Call, record: Record) -> None:
    _keep_members(call, record, [])


REPLICATION_GROUP = SERVICE.resource(
    Resource(
        name="replication group",
        key=("ReplicationGroupId",),
        shapes=("ReplicationGroup",),
        inputs={"ReplicationGroupDescription": "Description"},
        make={
            "Status": "available",
            "ARN": make.arn("elasticache", "replicationgroup:{ReplicationGroupId}"),
            "ReplicationGroupCreateTime": make.now,
        },
        arn="ARN",
        tags="Tags",
        create="CreateReplicationGroup",
        list="DescribeReplicationGroups",
        update="ModifyReplicationGroup",
        delete="DeleteReplicationGroup",
        names="ReplicationGroupId",
        deleting={"Status": "deleting"},
        on_create=_form,
        on_update=_reform,
        on_delete=_disband,
        not_found="ReplicationGroupNotFoundFault",
        exists="ReplicationGroupAlreadyExists",
        not_emulated="the cache: there is nothing to connect to; final snapshots",
    )
)


@SERVICE.action("IncreaseReplicaCount", "DecreaseReplicaCount")
def _replicas(call: Call) -> Any:
    record = REPLICATION_GROUP.find(call)
    wanted = call.params.get("NewReplicaCount")
    grows = call.operation.name == "IncreaseReplicaCount"
    if wanted is None or (wanted > record["replicas"]) != grows:
        raise AwsError("NoOperationFault", f"The group has {record['replicas']} replicas")
    record["replicas"] = wanted
    _reform(call, record)
    return REPLICATION_GROUP.answer(call, record)


@SERVICE.action("TestFailover")
def _fail_over(call: Call) -> Any:
    """The first replica of the shard takes over its primary's place."""
    record = REPLICATION_GROUP.find(call)
    for shard in record["NodeGroups"]:
        if shard["NodeGroupId"] == call.params["NodeGroupId"]:
            nodes = shard["NodeGroupMembers"]
            if len(nodes) < 2 or record["AutomaticFailover"] != "enabled":
                raise AwsError("InvalidReplicationGroupState", "There is no replica to fail over to")
            roles = [node.get("CurrentRole") for node in nodes]
            for node, role in zip(nodes, [*roles[-1:], *roles[:-1]], strict=True):
                node.update({"CurrentRole": role} if role else {})
            return REPLICATION_GROUP.answer(call, record)
    raise AwsError("NodeGroupNotFoundFault", f"There is no node group {call.params['NodeGroupId']}")


SERVICE.covers(
    "replication group, changes",
    "IncreaseReplicaCount",
    "DecreaseReplicaCount",
    "TestFailover",
    stored="the number of replicas; which node is the primary",
    not_emulated="the time that it takes",
)
