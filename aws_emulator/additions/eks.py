"""EKS: add-ons, access entries and policies, pod identity associations, version updates.

https://docs.aws.amazon.com/eks/latest/APIReference/API_Operations.html
Clusters, node groups and Fargate profiles are moto's; a cluster that goes takes its entries with it.
"""

import json
from typing import Any

import yaml
from moto.eks.models import validate_safe_to_delete
from moto.moto_api._internal import mock_random

from aws_emulator.store import AwsError, Call, Pass, Record, Resource, Service, Tagging, make
from aws_emulator.store.paging import page
from aws_emulator.store.shapes import project

SERVICE = Service("eks", "https://docs.aws.amazon.com/eks/latest/APIReference/API_Operations.html")
_MISSING = "ResourceNotFoundException"
_ADDON_DEFAULTS = {
    "vpc-cni": "v1.19.2-eksbuild.1",
    "coredns": "v1.11.4-eksbuild.2",
    "kube-proxy": "v1.31.3-eksbuild.2",
    "aws-ebs-csi-driver": "v1.39.0-eksbuild.1",
    "aws-efs-csi-driver": "v2.1.4-eksbuild.1",
    "aws-mountpoint-s3-csi-driver": "v1.11.0-eksbuild.1",
    "snapshot-controller": "v8.2.0-eksbuild.1",
    "eks-pod-identity-agent": "v1.3.4-eksbuild.1",
    "metrics-server": "v0.7.2-eksbuild.1",
    "adot": "v0.109.0-eksbuild.2",
    "amazon-cloudwatch-observability": "v3.3.0-eksbuild.1",
    "aws-guardduty-agent": "v1.8.1-eksbuild.2",
}
"""The add-ons that AWS offers, with the version that a request without one gets (Kubernetes 1.31).

https://docs.aws.amazon.com/eks/latest/userguide/workloads-add-ons-available-eks.html
"""


def _update(call: Call, kind: str, changes: dict[str, Any]) -> Record:
    """An update that is over as soon as it is asked for."""
    update = {
        "id": str(mock_random.uuid4()),
        "status": "Successful",
        "type": kind,
        "params": [
            {"type": name, "value": value if isinstance(value, str) else json.dumps(value, default=str)}
            for name, value in changes.items()
        ],
        "createdAt": make.now(),
        "errors": [],
    }
    call.store.table("update")[(update["id"],)] = update
    return {"update": update}


# Add-ons


def _install(call: Call, record: Record) -> None:
    call.moto("eks").describe_cluster(record["clusterName"])
    if record["addonName"] not in _ADDON_DEFAULTS:
        raise call.invalid(f"Addon {record['addonName']} specified is not supported")
    record.setdefault("addonVersion", _ADDON_DEFAULTS[record["addonName"]])
    _readable(call, record)
    if "podIdentityAssociations" in record:
        record["podIdentityAssociations"] = _identities(call, record)


def _readable(call: Call, record: Record) -> None:
    try:
        yaml.safe_load(record.get("configurationValues", ""))
    except yaml.YAMLError as error:
        raise call.invalid(f"ConfigurationValue provided in request is not supported: {error}") from error


def _identities(call: Call, record: Record) -> list[str]:
    """The associations that an add-on owns, in the place of those that it had."""
    _forget_identities(call, record)
    arns = []
    for wanted in record["podIdentityAssociations"]:
        owned = {
            "clusterName": record["clusterName"],
            "namespace": "kube-system",
            **wanted,
            "ownerArn": record["addonArn"],
        }
        arns.append(IDENTITY.add(call, owned)["associationArn"])
    return arns


def _forget_identities(call: Call, record: Record) -> None:
    table = IDENTITY.records(call)
    for key in [key for key, item in table.items() if item.get("ownerArn") == record["addonArn"]]:
        del table[key]


ADDON = SERVICE.resource(
    Resource(
        name="add-on",
        key=("clusterName", "addonName"),
        shapes=("Addon",),
        make={
            "identifier": make.uuid_id(),
            "addonArn": make.arn("eks", "addon/{clusterName}/{addonName}/{identifier}"),
            "status": "ACTIVE",
            "health": {"issues": []},
            "createdAt": make.now,
            "modifiedAt": make.now,
        },
        arn="addonArn",
        tags="tags",
        create="CreateAddon",
        read="DescribeAddon",
        list="ListAddons",
        delete="DeleteAddon",
        deleting={"status": "DELETING"},
        on_create=_install,
        on_delete=_forget_identities,
        exists="ResourceInUseException",
        not_emulated="what runs in the cluster: an add-on is active and healthy at once, any version is taken",
    )
)


@SERVICE.action("UpdateAddon")
def _update_addon(call: Call) -> Any:
    record = ADDON.find(call)
    changes = {name: value for name, value in ADDON.fields(call).items() if name not in ADDON.key}
    record.update(changes, modifiedAt=make.now())
    _readable(call, record)
    if "podIdentityAssociations" in changes:
        record["podIdentityAssociations"] = _identities(call, record)
    names = {
        "addonVersion": "AddonVersion",
        "serviceAccountRoleArn": "ServiceAccountRoleArn",
        "resolveConflicts": "ResolveConflicts",
        "configurationValues": "ConfigurationValues",
        "podIdentityAssociations": "PodIdentityAssociations",
    }
    return _update(call, "AddonUpdate", {names[name]: value for name, value in changes.items() if name in names})


@SERVICE.action("DescribeAddonVersions")
def _addon_versions(call: Call) -> Any:
    """The default version of each add-on, for the Kubernetes version that was asked about."""
    wanted = call.params.get("addonName")
    compatibility = {"clusterVersion": call.params.get("kubernetesVersion", "1.31"), "defaultVersion": True}
    addons = [
        {
            "addonName": name,
            "owner": "aws",
            "publisher": "eks",
            "addonVersions": [{"addonVersion": version, "compatibilities": [compatibility]}],
        }
        for name, version in _ADDON_DEFAULTS.items()
        if wanted in (None, name)
    ]
    chosen, following = page(call, addons)
    return {"addons": list(chosen), **following}


# Access entries


def _admit(call: Call, record: Record) -> None:
    """https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateAccessEntry.html"""
    call.moto("eks").describe_cluster(record["clusterName"])
    kind, _, name = record["principalArn"].split(":", 5)[-1].partition("/")
    identifier = mock_random.uuid4()
    record["accessEntryArn"] = call.arn(
        "eks", f"access-entry/{record['clusterName']}/{kind}/{call.account}/{name.split('/')[-1]}/{identifier}"
    )
    if record["type"] != "STANDARD":
        groups = {"EC2_LINUX": "system:nodes", "EC2_WINDOWS": "eks:kube-proxy-windows", "FARGATE_LINUX": "system:nodes"}
        record["kubernetesGroups"] = [groups[record["type"]]] if record["type"] in groups else []
        record.setdefault("username", "system:node:{{EC2PrivateDNSName}}")
    session = f"arn:{call.partition}:sts::{call.account}:assumed-role/{name.split('/')[-1]}/{{{{SessionName}}}}"
    record.setdefault("username", session if kind == "role" else record["principalArn"])


def _has_policy(call: Call, record: Record) -> bool:
    wanted = call.params.get("associatedPolicyArn")
    return wanted is None or wanted in record["policies"]


def _touched(_call: Call, record: Record) -> None:
    record["modifiedAt"] = make.now()


ENTRY = SERVICE.resource(
    Resource(
        name="access entry",
        key=("clusterName", "principalArn"),
        shapes=("AccessEntry",),
        defaults={"type": "STANDARD", "kubernetesGroups": []},
        make={"createdAt": make.now, "modifiedAt": make.now, "policies": lambda _call, _record: {}},
        arn="accessEntryArn",
        tags="tags",
        create="CreateAccessEntry",
        read="DescribeAccessEntry",
        list="ListAccessEntries",
        update="UpdateAccessEntry",
        delete="DeleteAccessEntry",
        ignored=("associatedPolicyArn",),
        selects=_has_policy,
        on_create=_admit,
        on_update=_touched,
        exists="ResourceInUseException",
        not_emulated="authorisation in the cluster; the entry of the cluster's creator",
    )
)


@SERVICE.action("AssociateAccessPolicy")
def _associate_policy(call: Call) -> Any:
    entry = ENTRY.find(call)
    arn = call.params["policyArn"]
    if ":cluster-access-policy/" not in arn:
        raise call.invalid(f"The policyArn parameter format is not valid: {arn}")
    scope = {"namespaces": [], **call.params["accessScope"]}
    if scope.get("type") == "namespace" and not scope["namespaces"]:
        raise call.invalid("An access scope of type namespace needs namespaces")
    known = entry["policies"].get(arn, {"associatedAt": make.now()})
    entry["policies"][arn] = {**known, "policyArn": arn, "accessScope": scope, "modifiedAt": make.now()}
    return {
        "clusterName": entry["clusterName"],
        "principalArn": entry["principalArn"],
        "associatedAccessPolicy": entry["policies"][arn],
    }


@SERVICE.action("ListAssociatedAccessPolicies")
def _associated_policies(call: Call) -> Any:
    entry = ENTRY.find(call)
    chosen, following = page(call, list(entry["policies"].values()))
    return {
        "clusterName": entry["clusterName"],
        "principalArn": entry["principalArn"],
        "associatedAccessPolicies": list(chosen),
        **following,
    }


@SERVICE.action("DisassociateAccessPolicy")
def _disassociate_policy(call: Call) -> Any:
    if ENTRY.find(call)["policies"].pop(call.params["policyArn"], None) is None:
        raise AwsError(_MISSING, f"{call.params['policyArn']} is not associated")
    return {}


# Pod identity


def _identify(call: Call, record: Record) -> None:
    call.moto("eks").describe_cluster(record["clusterName"])
    for other in IDENTITY.records(call).values():
        if all(other[name] == record[name] for name in ("clusterName", "namespace", "serviceAccount")):
            raise AwsError("ResourceInUseException", f"Association already exists: {other['associationId']}")
    if "targetRoleArn" in record:
        record["externalId"] = f"{call.region}/{call.account}/{record['clusterName']}/{record['associationId']}"


IDENTITY = SERVICE.resource(
    Resource(
        name="pod identity association",
        key=("clusterName", "associationId"),
        shapes=("PodIdentityAssociation", "PodIdentityAssociationSummary"),
        defaults={"disableSessionTags": False},
        make={
            "associationId": make.hex_id("a-"),
            "associationArn": make.arn("eks", "podidentityassociation/{clusterName}/{associationId}"),
            "createdAt": make.now,
            "modifiedAt": make.now,
        },
        arn="associationArn",
        tags="tags",
        create="CreatePodIdentityAssociation",
        read="DescribePodIdentityAssociation",
        list="ListPodIdentityAssociations",
        update="UpdatePodIdentityAssociation",
        delete="DeletePodIdentityAssociation",
        on_create=_identify,
        on_update=_touched,
        not_emulated="credentials for pods",
    )
)

# Updates of what moto has


@SERVICE.action("UpdateClusterVersion")
def _update_version(call: Call) -> Any:
    cluster = call.moto("eks").describe_cluster(call.params["name"])
    wanted = call.params["version"]
    if wanted == cluster.version:
        raise call.invalid(f"Cluster is already at the desired Kubernetes version {wanted}")
    cluster.version = wanted
    return _update(call, "VersionUpdate", {"Version": wanted})


@SERVICE.action("UpdateClusterConfig")
def _update_config(call: Call) -> Any:
    """Moto keeps the change and answers with a cluster, where AWS answers with an update."""
    cluster = call.moto("eks").describe_cluster(call.params["name"])
    if "resourcesVpcConfig" in call.params:
        cluster.resources_vpc_config = {**(cluster.resources_vpc_config or {}), **call.params["resourcesVpcConfig"]}
    if "logging" in call.params:
        cluster.logging = call.params["logging"]
        return _update(call, "LoggingUpdate", {"ClusterLogging": call.params["logging"]})
    return _update(call, "ConfigUpdate", {})


@SERVICE.action("UpdateNodegroupConfig")
def _update_nodegroup(call: Call) -> Any:
    names = {
        "labels": "labels",
        "taints": "taints",
        "scalingConfig": "scaling_config",
        "updateConfig": "update_config",
        "nodeRepairConfig": "node_repair_config",
    }
    changes = {names[name]: value for name, value in call.params.items() if name in names}
    call.moto("eks").update_nodegroup_config(call.params["clusterName"], call.params["nodegroupName"], **changes)
    scaling = call.params.get("scalingConfig", {})
    sizes = {"desiredSize": "DesiredSize", "minSize": "MinSize", "maxSize": "MaxSize"}
    return _update(call, "ConfigUpdate", {sizes[name]: str(value) for name, value in scaling.items()})


@SERVICE.action("UpdateNodegroupVersion")
def _update_nodegroup_version(call: Call) -> Any:
    group = call.moto("eks").describe_nodegroup(call.params["clusterName"], call.params["nodegroupName"])
    cluster = call.moto("eks").describe_cluster(call.params["clusterName"])
    group.version = call.params.get("version", cluster.version)
    if "releaseVersion" in call.params:
        group.release_version = call.params["releaseVersion"]
    return _update(call, "VersionUpdate", {"Version": group.version})


@SERVICE.action("DescribeUpdate")
def _describe_update(call: Call) -> Any:
    update = call.store.table("update").get((call.params["updateId"],))
    if update is None:
        raise AwsError(_MISSING, f"No update found for ID: {call.params['updateId']}")
    return {"update": project(call.output.members["update"], update)}


@SERVICE.action("DeleteCluster")
def _delete_cluster(call: Call) -> Any:
    """Moto deletes the cluster; what the store has of it goes first."""
    name = call.params["name"]
    validate_safe_to_delete(call.moto("eks").describe_cluster(name))
    for resource in (ADDON, ENTRY, IDENTITY):
        for key in [key for key in resource.records(call) if key[0] == name]:
            call.store.tags.pop(resource.records(call).pop(key)[str(resource.arn)], None)
    raise Pass


SERVICE.covers(
    "add-on, updates and versions",
    "UpdateAddon",
    "DescribeAddonVersions",
    stored="the changed add-on",
    not_emulated="versions other than the default one in the list of versions",
)
SERVICE.covers(
    "access policy association",
    "AssociateAccessPolicy",
    "ListAssociatedAccessPolicies",
    "DisassociateAccessPolicy",
    stored="policies and scopes of each access entry",
    not_emulated="authorisation in the cluster",
)
SERVICE.covers(
    "cluster and node group, updates",
    "UpdateClusterVersion",
    "UpdateClusterConfig",
    "UpdateNodegroupConfig",
    "UpdateNodegroupVersion",
    "DescribeUpdate",
    "DeleteCluster",
    stored="the change in moto's cluster or node group; updates, which are over at once",
    not_emulated="the replacement of nodes",
)
SERVICE.tagging(Tagging(moto_has=True))


def install() -> None:
    """Answer these actions from now on; once is enough."""
    SERVICE.install()
