"""ElastiCache: replication groups, cache clusters, subnet and parameter groups, users and user groups.

https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_Operations.html
The store has all of these, so that a group is seen in its member clusters; snapshots of moto's do not know them.
"""

from typing import Any

from moto.moto_api._internal import mock_random

from rehearsal.aws.store import AwsError, Call, Record, Resource, Service, Tagging, make

SERVICE = Service(
    "elasticache", "https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_Operations.html"
)
_VERSIONS = {
    "redis": {"7.1": "7.1.0", "7.0": "7.0.7", "6.2": "6.2.6", "6.x": "6.2.6", "": "7.1.0"},
    "valkey": {"8.1": "8.1.0", "8.0": "8.0.1", "7.2": "7.2.6", "": "8.1.0"},
    "memcached": {"": "1.6.22"},
}
"""Engine version asked for -> version that runs; the empty one is the default.

https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/engine-versions.html
"""
_PORTS = {"memcached": 11211}
_REDIS_PORT = 6379
_MINIMUM_ENGINE = {"redis": "6.0", "valkey": "7.2"}
"""https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Clusters.RBAC.html"""

# Subnet groups


def _place(call: Call, record: Record) -> None:
    subnets = []
    vpcs = set()
    for identifier in record.pop("SubnetIds", [item["SubnetIdentifier"] for item in record.get("Subnets", [])]):
        subnet = call.moto("ec2").get_subnet(identifier)
        vpcs.add(subnet.vpc_id)
        subnets.append(
            {
                "SubnetIdentifier": identifier,
                "SubnetAvailabilityZone": {"Name": subnet.availability_zone},
                "SupportedNetworkTypes": ["ipv4"],
            }
        )
    if len(vpcs) != 1:
        raise AwsError("InvalidSubnet", "The subnets of a group are in one VPC")
    record.update(Subnets=subnets, VpcId=vpcs.pop(), SupportedNetworkTypes=["ipv4"])


def _unused(member: str, code: str) -> Any:
    def check(call: Call, record: Record) -> None:
        for cluster in CLUSTER.records(call).values():
            if cluster.get(member) == record[member]:
                raise AwsError(code, f"{record[member]} is in use by {cluster['CacheClusterId']}")

    return check


SERVICE.resource(
    Resource(
        name="subnet group",
        key=("CacheSubnetGroupName",),
        shapes=("CacheSubnetGroup",),
        make={"ARN": make.arn("elasticache", "subnetgroup:{CacheSubnetGroupName}")},
        arn="ARN",
        tags="Tags",
        create="CreateCacheSubnetGroup",
        list="DescribeCacheSubnetGroups",
        update="ModifyCacheSubnetGroup",
        delete="DeleteCacheSubnetGroup",
        names="CacheSubnetGroupName",
        on_create=_place,
        on_update=_place,
        on_delete=_unused("CacheSubnetGroupName", "CacheSubnetGroupInUse"),
        not_found="CacheSubnetGroupNotFoundFault",
        exists="CacheSubnetGroupAlreadyExists",
    )
)

# Parameter groups

PARAMETERS = SERVICE.resource(
    Resource(
        name="parameter group",
        key=("CacheParameterGroupName",),
        shapes=("CacheParameterGroup",),
        make={
            "ARN": make.arn("elasticache", "parametergroup:{CacheParameterGroupName}"),
            "IsGlobal": False,
            "parameters": lambda _call, _record: {},
        },
        arn="ARN",
        tags="Tags",
        create="CreateCacheParameterGroup",
        list="DescribeCacheParameterGroups",
        delete="DeleteCacheParameterGroup",
        names="CacheParameterGroupName",
        on_delete=_unused("CacheParameterGroupName", "InvalidCacheParameterGroupState"),
        not_found="CacheParameterGroupNotFound",
        exists="CacheParameterGroupAlreadyExists",
        not_emulated="the engine's own parameters: only those that were set are listed",
    )
)


@SERVICE.action("ModifyCacheParameterGroup")
def _set_parameters(call: Call) -> Any:
    group = PARAMETERS.find(call)
    for item in call.params["ParameterNameValues"]:
        group["parameters"][item["ParameterName"]] = item["ParameterValue"]
    return {"CacheParameterGroupName": group["CacheParameterGroupName"]}


@SERVICE.action("ResetCacheParameterGroup")
def _reset_parameters(call: Call) -> Any:
    group = PARAMETERS.find(call)
    names = [item["ParameterName"] for item in call.params.get("ParameterNameValues", [])]
    for name in list(group["parameters"]) if call.params.get("ResetAllParameters") else names:
        group["parameters"].pop(name, None)
    return {"CacheParameterGroupName": group["CacheParameterGroupName"]}


@SERVICE.action("DescribeCacheParameters")
def _parameters(call: Call) -> Any:
    group = PARAMETERS.find(call)
    if call.params.get("Source", "user") != "user":
        return {"Parameters": []}
    return {
        "Parameters": [
            {"ParameterName": name, "ParameterValue": value, "Source": "user", "IsModifiable": True}
            for name, value in group["parameters"].items()
        ]
    }


SERVICE.covers(
    "parameters",
    "ModifyCacheParameterGroup",
    "ResetCacheParameterGroup",
    "DescribeCacheParameters",
    stored="the parameters that were set",
    not_emulated="the engine's own parameters and their ranges",
)

# Users


def _authenticate(_call: Call, record: Record) -> None:
    """Passwords are counted, not kept."""
    mode = record.pop("AuthenticationMode", {})
    passwords = [*mode.get("Passwords", []), *record.pop("Passwords", [])]
    free = record.pop("NoPasswordRequired", False)
    if mode or passwords or free or "Authentication" not in record:
        wanted = mode.get("Type") or ("no-password-required" if free or not passwords else "password")
        kind = "no-password" if wanted == "no-password-required" else wanted
        record["Authentication"] = {"Type": kind, "PasswordCount": len(passwords)}
    if record.pop("AppendAccessString", None):
        record["AccessString"] = f"{record['AccessString']} {_call.params['AppendAccessString']}"
    record["Engine"] = record["Engine"].lower()
    record["MinimumEngineVersion"] = _MINIMUM_ENGINE[record["Engine"]]


USER = SERVICE.resource(
    Resource(
        name="user",
        key=("UserId",),
        shapes=("User",),
        make={
            "Status": "active",
            "ARN": make.arn("elasticache", "user:{UserId}"),
            "UserGroupIds": lambda _call, _record: [],
        },
        arn="ARN",
        tags="Tags",
        create="CreateUser",
        list="DescribeUsers",
        update="ModifyUser",
        delete="DeleteUser",
        names="UserId",
        ignored=("Filters",),
        deleting={"Status": "deleting"},
        on_create=_authenticate,
        on_update=_authenticate,
        not_found="UserNotFound",
        exists="UserAlreadyExists",
        not_emulated="authentication; passwords are not kept",
    )
)


def _join(call: Call, record: Record) -> None:
    record.setdefault("UserIds", [])
    for name, joins in (("UserIdsToAdd", True), ("UserIdsToRemove", False)):
        for user in record.pop(name, []):
            record["UserIds"] = [other for other in record["UserIds"] if other != user] + [user] * joins
    for user in USER.records(call).values():
        member = user["UserId"] in record["UserIds"]
        others = [group for group in user["UserGroupIds"] if group != record["UserGroupId"]]
        user["UserGroupIds"] = [*others, *([record["UserGroupId"]] if member else [])]
    for user in record["UserIds"]:
        if user != "default":
            USER.find(call, {"UserId": user})
    record["Engine"] = record["Engine"].lower()
    record["MinimumEngineVersion"] = _MINIMUM_ENGINE[record["Engine"]]


def _leave(call: Call, record: Record) -> None:
    _join(call, {**record, "UserIds": []})


SERVICE.resource(
    Resource(
        name="user group",
        key=("UserGroupId",),
        shapes=("UserGroup",),
        make={
            "Status": "active",
            "ARN": make.arn("elasticache", "usergroup:{UserGroupId}"),
        },
        arn="ARN",
        tags="Tags",
        create="CreateUserGroup",
        list="DescribeUserGroups",
        update="ModifyUserGroup",
        delete="DeleteUserGroup",
        names="UserGroupId",
        deleting={"Status": "deleting"},
        on_create=_join,
        on_update=_join,
        on_delete=_leave,
        not_found="UserGroupNotFound",
        exists="UserGroupAlreadyExists",
        not_emulated="authentication",
    )
)

# Clusters and replication groups


def _endpoint(call: Call, host: str, port: int) -> dict[str, Any]:
    return {"Address": f"{host}.{call.region}.cache.amazonaws.com", "Port": port}


def _settle(call: Call, record: Record) -> None:
    """What a cluster or a group is given in a request, as its description shows it."""
    engine = record.setdefault("Engine", "redis")
    asked = record.get("EngineVersion", "")
    version = record["EngineVersion"] = str(_VERSIONS.get(engine, {}).get(asked, asked))
    record.setdefault("Port", _PORTS.get(engine, _REDIS_PORT))
    family = ".".join(version.split(".")[: 2 if engine == "memcached" else 1])
    clustered = ".cluster.on" if record.get("ClusterEnabled") else ""
    record.setdefault("CacheParameterGroupName", f"default.{engine}{family}{clustered}")
    record.setdefault("CacheSubnetGroupName", "default")
    record.setdefault("PreferredMaintenanceWindow", "sun:05:00-sun:06:00")
    record.setdefault("SnapshotRetentionLimit", 0)
    record.setdefault("SnapshotWindow", "03:00-04:00")
    record.setdefault("AutoMinorVersionUpgrade", True)
    record.setdefault("NetworkType", "ipv4")
    record.setdefault("IpDiscovery", "ipv4")
    for name in ("TransitEncryptionEnabled", "AtRestEncryptionEnabled"):
        record.setdefault(name, False)
    if record["TransitEncryptionEnabled"]:
        record.setdefault("TransitEncryptionMode", "required")
    if record.pop("AuthToken", None):
        record["AuthTokenLastModifiedDate"] = make.now()
        record["AuthTokenEnabled"] = call.params.get("AuthTokenUpdateStrategy") != "DELETE"
    record.setdefault("AuthTokenEnabled", False)
    if "SecurityGroupIds" in record:
        record["SecurityGroups"] = [
            {"SecurityGroupId": group, "Status": "active"} for group in record.pop("SecurityGroupIds")
        ]
    record["CacheParameterGroup"] = {
        "CacheParameterGroupName": record["CacheParameterGroupName"],
        "ParameterApplyStatus": "in-sync",
        "CacheNodeIdsToReboot": [],
    }
    if "LogDeliveryConfigurations" in record:
        record["LogDeliveryConfigurations"] = [
            {**item, "Status": "active"} for item in record["LogDeliveryConfigurations"] if item.get("Enabled", True)
        ]


def _nodes(call: Call, record: Record) -> None:
    _settle(call, record)
    record.setdefault("NumCacheNodes", 1)
    record.setdefault("PreferredAvailabilityZone", f"{call.region}a")
    suffix = record.setdefault("suffix", mock_random.get_random_hex(6))
    record["CacheNodes"] = [
        {
            "CacheNodeId": f"{number:04d}",
            "CacheNodeStatus": "available",
            "CacheNodeCreateTime": record["CacheClusterCreateTime"],
            "Endpoint": _endpoint(call, f"{record['CacheClusterId']}.{suffix}.{number:04d}", record["Port"]),
            "ParameterGroupStatus": "in-sync",
            "CustomerAvailabilityZone": record["PreferredAvailabilityZone"],
        }
        for number in range(1, record["NumCacheNodes"] + 1)
    ]
    if record["Engine"] == "memcached":
        record["ConfigurationEndpoint"] = _endpoint(call, f"{record['CacheClusterId']}.{suffix}.cfg", record["Port"])


def _alone(call: Call, record: Record) -> bool:
    return not (call.params.get("ShowCacheClustersNotInReplicationGroups") and record.get("ReplicationGroupId"))


def _shown(call: Call, record: Record) -> Record:
    """Nodes are described on demand."""
    if call.operation.name == "DescribeCacheClusters" and not call.params.get("ShowCacheNodeInfo"):
        return {name: value for name, value in record.items() if name != "CacheNodes"}
    return record


CLUSTER = SERVICE.resource(
    Resource(
        name="cache cluster",
        key=("CacheClusterId",),
        shapes=("CacheCluster",),
        make={
            "CacheClusterStatus": "available",
            "CacheClusterCreateTime": make.now,
            "ARN": make.arn("elasticache", "cluster:{CacheClusterId}"),
        },
        arn="ARN",
        tags="Tags",
        create="CreateCacheCluster",
        list="DescribeCacheClusters",
        update="ModifyCacheCluster",
        delete="DeleteCacheCluster",
        ignored=("ShowCacheNodeInfo", "ShowCacheClustersNotInReplicationGroups"),
        selects=_alone,
        names="CacheClusterId",
        deleting={"CacheClusterStatus": "deleting"},
        on_create=_nodes,
        on_update=_nodes,
        view=_shown,
        not_found="CacheClusterNotFound",
        exists="CacheClusterAlreadyExists",
        not_emulated="the cache: there is nothing to connect to",
    )
)

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
    _settle(call, record)
    groups = [item for item in record.get("UserGroupIds", []) if item not in record.pop("UserGroupIdsToRemove", [])]
    record["UserGroupIds"] = [*groups, *record.pop("UserGroupIdsToAdd", [])]
    record["AutomaticFailover"] = "enabled" if record["AutomaticFailoverEnabled"] else "disabled"
    record["MultiAZ"] = "enabled" if record["MultiAZEnabled"] else "disabled"
    identifier, port, suffix = record["ReplicationGroupId"], record["Port"], record["suffix"]
    record["NodeGroups"] = [_shard(call, record, number) for number in range(1, record["shards"] + 1)]
    members = [item["CacheClusterId"] for group in record["NodeGroups"] for item in group["NodeGroupMembers"]]
    record["MemberClusters"] = members
    if record["ClusterEnabled"]:
        record["ConfigurationEndpoint"] = _endpoint(call, f"clustercfg.{identifier}.{suffix}", port)
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
            node["ReadEndpoint"] = _endpoint(call, f"{prefix}-{index + 1:03d}.{suffix}.0001", port)
            node["CurrentRole"] = "replica" if index else "primary"
        nodes.append(node)
    shard: Record = {"NodeGroupId": f"{number:04d}", "Status": "available", "NodeGroupMembers": nodes}
    if record["ClusterEnabled"]:
        return shard
    shard["PrimaryEndpoint"] = _endpoint(call, f"master.{identifier}.{suffix}", port)
    shard["ReaderEndpoint"] = _endpoint(call, f"replica.{identifier}.{suffix}", port)
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
            _nodes(call, clusters[(member,)])
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
SERVICE.tagging(
    Tagging(
        tag="AddTagsToResource",
        untag="RemoveTagsFromResource",
        arn="ResourceName",
        tags="Tags",
        keys="TagKeys",
        answer="TagList",
        not_found="CacheClusterNotFound",
        moto_has=True,
    )
)


def install() -> None:
    """Answer these actions from now on; once is enough."""
    SERVICE.install()
