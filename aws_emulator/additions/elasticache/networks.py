"""Where clusters stand and how they are tuned: subnet groups and parameter groups."""

from typing import Any

from aws_emulator.additions.elasticache.clusters import CLUSTER
from aws_emulator.additions.elasticache.service import SERVICE
from aws_emulator.store import AwsError, Call, Record, Resource, make


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
