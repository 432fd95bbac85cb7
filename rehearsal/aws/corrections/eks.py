"""EKS: access, upgrade and update settings come back as they were given, else with AWS's defaults.

https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateCluster.html
https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateNodegroup.html
"""

from __future__ import annotations

from functools import cache
from typing import Any

from moto.core.responses import ActionResult
from moto.eks.responses import EKSResponse

from rehearsal.aws.corrections._patch import around

_DEFAULT_ACCESS = {"authenticationMode": "CONFIG_MAP", "bootstrapClusterCreatorAdminPermissions": True}
_DEFAULT_UPGRADE = {"supportType": "EXTENDED"}
_DEFAULT_UPDATE = {"maxUnavailable": 1}


@cache
def install() -> None:
    around(EKSResponse, "create_cluster", _create_cluster)
    around(EKSResponse, "update_cluster_config", _update_cluster_config)
    around(EKSResponse, "create_nodegroup", _create_nodegroup)


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
    return answer
