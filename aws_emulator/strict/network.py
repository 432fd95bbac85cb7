"""EC2 and Auto Scaling: descriptions and duplicates of rules, sizes, and combinations that do not work."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from typing import Any

from aws_emulator.store import Call
from aws_emulator.strict.constraint import Constraint
from aws_facts import endpoints
from aws_facts.zones import WITHOUT_EKS

_EC2 = "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/"
_DESCRIPTION = re.compile(r"[a-zA-Z0-9. _\-:/()#,@\[\]+=&;{}!$*]{0,255}")
_ADDRESSED = {
    "IpRanges": "CidrIp",
    "Ipv6Ranges": "CidrIpv6",
    "PrefixListIds": "PrefixListId",
    "UserIdGroupPairs": "GroupId",
}
# EC2 User Guide, "Run commands on your Linux instance at launch": 16 KB in raw form, before it is base64-encoded.
_USER_DATA_BYTES = 16 * 1024
# VPC User Guide, "Amazon VPC quotas": characters per VPC endpoint policy, white space included.
_ENDPOINT_POLICY_CHARACTERS = 20480
_SSM_IMAGE = "resolve:ssm:"


def _rules(call: Call) -> Iterator[tuple[tuple[Any, ...], Mapping[str, Any]]]:
    """Each rule of a request: what makes it the same as another, and the range that holds its description."""
    for permission in call.params.get("IpPermissions") or ():
        ports = (permission.get("IpProtocol"), permission.get("FromPort"), permission.get("ToPort"))
        for members, key in _ADDRESSED.items():
            for addressed in permission.get(members) or ():
                yield (*ports, key, addressed.get(key)), addressed


def _description(call: Call) -> str | None:
    texts = [str(addressed.get("Description", "")) for _, addressed in _rules(call)]
    texts += [
        str(update.get("SecurityGroupRule", {}).get("Description", ""))
        for update in call.params.get("SecurityGroupRules") or ()
    ]
    texts += [str(item.get("Description", "")) for item in call.params.get("SecurityGroupRuleDescriptions") or ()]
    for text in (*texts, str(call.params.get("GroupDescription") or call.params.get("Description") or "")):
        if not _DESCRIPTION.fullmatch(text):
            return (
                f"Invalid rule description {text!r}. Valid descriptions are strings less than 256 characters from the "
                "following set: a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*"
            )
    return None


def _duplicates(call: Call) -> str | None:
    keys = [key for key, _ in _rules(call)]
    if len(keys) != len(set(keys)):
        return "The same permission must not appear multiple times"
    return None


def _user_data(call: Call) -> str | None:
    given = call.params.get("UserData") or (call.params.get("LaunchTemplateData") or {}).get("UserData")
    if not given:
        return None
    try:
        size = len(base64.b64decode(given, validate=True))
    except (binascii.Error, ValueError):
        return "Invalid BASE64 encoding of user data."
    return f"User data is limited to {_USER_DATA_BYTES} bytes, and has {size}" if size > _USER_DATA_BYTES else None


def _endpoint_policy(call: Call) -> str | None:
    size = len(str(call.params.get("PolicyDocument") or ""))
    if size > _ENDPOINT_POLICY_CHARACTERS:
        return f"An endpoint policy has {_ENDPOINT_POLICY_CHARACTERS} characters at most, and this one {size}"
    return None


def _endpoint_service(call: Call) -> str | None:
    name = str(call.params.get("ServiceName") or "")
    # A resource or a service network has no service name, and a service of another region names that region.
    region = str(call.params.get("ServiceRegion") or call.region)
    if name and not endpoints.is_known(name, region):
        return f"The Vpc Endpoint Service '{name}' does not exist"
    return None


def _rollback(call: Call) -> str | None:
    """API_RollbackInstanceRefresh: a launch template with an AMI as a parameter of Systems Manager cannot roll back."""
    if not (call.params.get("Preferences") or {}).get("AutoRollback"):
        return None
    return _by_parameter(call, str(call.params["AutoScalingGroupName"]))


def _by_parameter(call: Call, name: str) -> str | None:
    group = call.moto("autoscaling").autoscaling_groups.get(name)
    template = getattr(group, "ec2_launch_template", None)
    image = str(template.get_version(group.launch_template_version).data.get("ImageId", "")) if template else ""
    if image.startswith(_SSM_IMAGE):
        return (
            "Auto rollback cannot be used with a launch template whose image is an AWS Systems Manager parameter "
            f"({image})"
        )
    return None


def _zone_of_cluster(call: Call) -> str | None:
    wanted = (call.params.get("resourcesVpcConfig") or {}).get("subnetIds", [])
    zones = call.moto("ec2").subnets.values()
    subnets = [subnets[subnet] for subnets in zones for subnet in wanted if subnet in subnets]
    named = {subnet.availability_zone for subnet in subnets if subnet.availability_zone_id in WITHOUT_EKS}
    if named:
        return f"Cannot create cluster because {', '.join(sorted(named))}, the targeted availability zone, has no EKS"
    return None


CONSTRAINTS = (
    Constraint(
        "descriptions of security group rules", "ec2",
        ("AuthorizeSecurityGroupIngress", "AuthorizeSecurityGroupEgress", "ModifySecurityGroupRules",
         "UpdateSecurityGroupRuleDescriptionsIngress", "UpdateSecurityGroupRuleDescriptionsEgress",
         "CreateSecurityGroup"),
        "InvalidParameterValue", f"{_EC2}API_IpRange.html", _description,
    ),
    Constraint(
        "the same rule twice in one request", "ec2",
        ("AuthorizeSecurityGroupIngress", "AuthorizeSecurityGroupEgress"),
        "InvalidParameterValue", f"{_EC2}API_AuthorizeSecurityGroupIngress.html", _duplicates,
    ),
    Constraint(
        "size of user data", "ec2", ("RunInstances", "CreateLaunchTemplate", "CreateLaunchTemplateVersion"),
        "InvalidParameterValue", "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html", _user_data,
    ),
    Constraint(
        "size of endpoint policies", "ec2", ("CreateVpcEndpoint", "ModifyVpcEndpoint"),
        "InvalidPolicyDocument", "https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html",
        _endpoint_policy,
    ),
    Constraint(
        "service of an endpoint", "ec2", ("CreateVpcEndpoint",), "InvalidServiceName",
        "https://docs.aws.amazon.com/vpc/latest/privatelink/aws-services-privatelink-support.html", _endpoint_service,
    ),
    Constraint(
        "auto rollback with an image by parameter", "autoscaling", ("StartInstanceRefresh",),
        "ValidationError",
        "https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_RollbackInstanceRefresh.html", _rollback,
    ),
    Constraint(
        "zones without EKS", "eks", ("CreateCluster",), "UnsupportedAvailabilityZoneException",
        "https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html", _zone_of_cluster,
    ),
)  # fmt: skip
