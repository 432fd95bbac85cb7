"""EKS: access, upgrade and update settings come back as they were given, else with AWS's defaults; a node group that
names a launch template has the Auto Scaling group that it says it has, tagged for the Cluster Autoscaler. No instance
is launched.

https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateCluster.html
https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateNodegroup.html
https://docs.aws.amazon.com/eks/latest/userguide/managed-node-groups.html
"""

from __future__ import annotations

from functools import cache
from typing import Any

from moto.autoscaling.models import autoscaling_backends
from moto.core.responses import ActionResult
from moto.eks.models import EKSBackend, Nodegroup
from moto.eks.responses import EKSResponse

from aws_emulator.corrections._patch import around

_DEFAULT_ACCESS = {"authenticationMode": "CONFIG_MAP", "bootstrapClusterCreatorAdminPermissions": True}
_DEFAULT_UPGRADE = {"supportType": "EXTENDED"}
_DEFAULT_UPDATE = {"maxUnavailable": 1}


@cache
def install() -> None:
    around(EKSResponse, "create_cluster", _create_cluster)
    around(EKSResponse, "update_cluster_config", _update_cluster_config)
    around(EKSResponse, "create_nodegroup", _create_nodegroup)
    around(EKSBackend, "delete_nodegroup", _delete_nodegroup)


def _create_cluster(original: Any, response: EKSResponse) -> ActionResult:
    answer = original(response)
    cluster = answer.result["cluster"]
    cluster.access_config = _DEFAULT_ACCESS | (response._get_param("accessConfig") or {})
    cluster.upgrade_policy = response._get_param("upgradePolicy") or _DEFAULT_UPGRADE
    return answer


def _update_cluster_config(original: Any, response: EKSResponse) -> ActionResult:
    answer = original(response)
    cluster: Any = response.eks_backend.describe_cluster(name=response._get_param("name"))
    cluster.access_config = getattr(cluster, "access_config", _DEFAULT_ACCESS) | (
        response._get_param("accessConfig") or {}
    )
    cluster.upgrade_policy = response._get_param("upgradePolicy") or getattr(
        cluster, "upgrade_policy", _DEFAULT_UPGRADE
    )
    return answer


def _create_nodegroup(original: Any, response: EKSResponse) -> ActionResult:
    answer = original(response)
    nodegroup = answer.result["nodegroup"]
    nodegroup.update_config = response._get_param("updateConfig") or dict(_DEFAULT_UPDATE)
    # Without remote access there is none, and no security group for it.
    nodegroup.remote_access = response._get_param("remoteAccess")
    if not nodegroup.remote_access:
        nodegroup.resources.pop("remoteAccessSecurityGroup", None)
    nodegroup.node_repair_config = response._get_param("nodeRepairConfig")
    if nodegroup.launch_template:
        _scale(response.eks_backend, nodegroup)
    return answer


def _scale(backend: EKSBackend, nodegroup: Nodegroup) -> None:
    tags = {
        "eks:cluster-name": nodegroup.cluster_name,
        "eks:nodegroup-name": nodegroup.nodegroup_name,
        "k8s.io/cluster-autoscaler/enabled": "true",
        f"k8s.io/cluster-autoscaler/{nodegroup.cluster_name}": "owned",
    }
    (name,) = _groups(nodegroup)
    template: Any = nodegroup.launch_template
    group: Any = autoscaling_backends[backend.account_id][backend.region_name].create_auto_scaling_group(
        name=name,
        availability_zones=[],
        desired_capacity=0,
        min_size=0,
        max_size=nodegroup.scaling_config["maxSize"],
        launch_config_name="",
        launch_template={"LaunchTemplateId": template["id"], "Version": template["version"]},
        vpc_zone_identifier=",".join(nodegroup.subnets),
        default_cooldown=None,
        health_check_period=None,
        health_check_type=None,
        load_balancers=[],
        target_group_arns=[],
        placement_group=None,
        termination_policies=[],
        tags=[
            {
                "ResourceId": name,
                "ResourceType": "auto-scaling-group",
                "Key": key,
                "Value": value,
                "PropagateAtLaunch": "false",
            }
            for key, value in tags.items()
        ],
    )
    group.min_size = nodegroup.scaling_config["minSize"]


def _delete_nodegroup(original: Any, backend: EKSBackend, cluster_name: str, nodegroup_name: str) -> Nodegroup:
    nodegroup = original(backend, cluster_name, nodegroup_name)
    scaling = autoscaling_backends[backend.account_id][backend.region_name]
    for name in _groups(nodegroup):
        if name in scaling.autoscaling_groups:
            scaling.delete_auto_scaling_group(name)
    return nodegroup


def _groups(nodegroup: Nodegroup) -> list[str]:
    return [group["name"] for group in nodegroup.resources["autoScalingGroups"]]
