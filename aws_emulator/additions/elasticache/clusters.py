"""Cache clusters: nodes and where they are reached."""

from typing import Any

from moto.moto_api._internal import mock_random

from aws_emulator.additions.elasticache.service import SERVICE
from aws_emulator.store import Call, Record, Resource, make

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


def endpoint(call: Call, host: str, port: int) -> dict[str, Any]:
    return {"Address": f"{host}.{call.region}.cache.amazonaws.com", "Port": port}


def settle(call: Call, record: Record) -> None:
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


def nodes(call: Call, record: Record) -> None:
    settle(call, record)
    record.setdefault("NumCacheNodes", 1)
    record.setdefault("PreferredAvailabilityZone", f"{call.region}a")
    suffix = record.setdefault("suffix", mock_random.get_random_hex(6))
    record["CacheNodes"] = [
        {
            "CacheNodeId": f"{number:04d}",
            "CacheNodeStatus": "available",
            "CacheNodeCreateTime": record["CacheClusterCreateTime"],
            "Endpoint": endpoint(call, f"{record['CacheClusterId']}.{suffix}.{number:04d}", record["Port"]),
            "ParameterGroupStatus": "in-sync",
            "CustomerAvailabilityZone": record["PreferredAvailabilityZone"],
        }
        for number in range(1, record["NumCacheNodes"] + 1)
    ]
    if record["Engine"] == "memcached":
        record["ConfigurationEndpoint"] = endpoint(call, f"{record['CacheClusterId']}.{suffix}.cfg", record["Port"])


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
        on_create=nodes,
        on_update=nodes,
        view=_shown,
        not_found="CacheClusterNotFound",
        exists="CacheClusterAlreadyExists",
        not_emulated="the cache: there is nothing to connect to",
    )
)
