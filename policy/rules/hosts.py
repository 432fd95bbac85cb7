"""EC2 hosts: launch templates, instances and their volumes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

from policy import tokens as t
from policy.plaintext import in_script
from policy.resources import Resource
from policy.rule import Parameter, Parameters, Rules, Severity
from policy.rules.keys_of import no_customer_key
from policy.stack import Stack

RULES = Rules("EC2")

_HOSTS = (t.LAUNCH_TEMPLATE, t.INSTANCE, t.LAUNCH_CONFIGURATION)

# EC2 User Guide, "Amazon EBS-optimized instance types": those that are not optimised by default.
_WITHOUT_EBS_BANDWIDTH = re.compile(r"^(c1|c3|g2|i2|m1|m2|m3|r3|t1|t2)\.")


def follows_template(host: Resource, path: str = "") -> bool:
    """Whether an instance takes from a launch template what stands at `path`, as it says nothing of it itself."""
    said = bool(path) and host.peek(path) is not None
    return host.type == t.INSTANCE and not said and host.has("launchTemplate")


@RULES.resource(
    *_HOSTS,
    id="imds-v2",
    title="Hosts require session tokens for instance metadata (IMDSv2)",
    remediation="Set metadataOptions.httpTokens to required on the launch template.",
    needs=("metadataOptions.httpTokens",),
)
def imds_v2(host: Resource, _: Parameters) -> Iterator[str]:
    """IMDSv1 gives the host's credentials to anyone who can make the host fetch a URL."""
    path = "metadataOptions.httpTokens"
    if follows_template(host, path) or host.text("metadataOptions.httpEndpoint") == "disabled":
        return
    if host.text(path) != "required":
        yield "answers metadata requests without a token"


@RULES.resource(
    *_HOSTS,
    id="imds-hop-limit",
    title="Metadata responses have a hop limit of 1",
    severity=Severity.ADVISORY,
    remediation="Set metadataOptions.httpPutResponseHopLimit to 1.",
    needs=("metadataOptions.httpPutResponseHopLimit",),
)
def imds_hop_limit(host: Resource, _: Parameters) -> Iterator[str]:
    """A container behind a bridge network is one hop further away, so that it cannot read the host's credentials."""
    path = "metadataOptions.httpPutResponseHopLimit"
    if follows_template(host, path):
        return
    limit = host.number(path)
    # Amazon Linux 2023 images set 2 where nothing is said (EC2 User Guide, "Configure the instance metadata options").
    if limit is None:
        yield "the image decides on the hop limit"
    elif limit > 1:
        yield "the hop limit of metadata responses is above 1"


_ADDRESSED = ("instance", "networkInterface", "instanceId", "networkInterfaceId")


@RULES.resource(
    *_HOSTS,
    t.ECS_SERVICE,
    t.ELASTIC_IP,
    t.ELASTIC_IP_ASSOCIATION,
    id="no-public-address",
    title="Hosts and tasks have no public address",
    remediation="Set associatePublicIpAddress (assignPublicIp for a service) to false and use private subnets.",
    needs=("networkInterfaces.associatePublicIpAddress", (t.ECS_SERVICE, "networkConfiguration.assignPublicIp")),
)
def no_public_address(host: Resource, _: Parameters) -> Iterator[str]:
    """Clients connect through load balancers. Addresses of NAT gateways belong to no host."""
    if host.type in (t.ELASTIC_IP, t.ELASTIC_IP_ASSOCIATION):
        public = any(host.has(path) for path in _ADDRESSED)
    elif host.type == t.ECS_SERVICE:
        public = host.flag("networkConfiguration.assignPublicIp")
    elif host.type in (t.INSTANCE, t.LAUNCH_CONFIGURATION):
        public = host.flag("associatePublicIpAddress")
    else:
        public = any(
            str(interface.get("associatePublicIpAddress")).lower() == "true"
            for interface in host.items("networkInterfaces")
        )
    if public:
        yield "gets a public address"


@RULES.joined(
    *_HOSTS,
    t.VOLUME,
    id="ebs-customer-key",
    title="EBS volumes are encrypted with a customer-managed key",
    remediation="Set encrypted to true and kmsKeyId to the compute key on each block device.",
    needs=("blockDeviceMappings",),
)
def ebs_customer_key(host: Resource, stack: Stack, _: Parameters) -> Iterator[str]:
    """Access to the key that AWS manages cannot be restricted or revoked."""
    if host.type == t.LAUNCH_TEMPLATE:
        path = "blockDeviceMappings"
        volumes = [device.get("ebs") for device in host.items(path) if device.get("ebs")]
        if not volumes:
            yield "declares no volume, so the image decides on its encryption"
            return
    elif host.type == t.VOLUME:
        path, volumes = "kmsKeyId", [host.properties]
    else:
        for path in _DEVICES:
            # A root volume of which nothing is said is as the image has it.
            silent = [{}] if path == "rootBlockDevice" and not follows_template(host) else []
            yield from _unprotected(host, stack, path, host.items(path) or silent)
        return
    yield from _unprotected(host, stack, path, volumes)


_DEVICES = ("rootBlockDevice", "ebsBlockDevices")


def _unprotected(host: Resource, stack: Stack, path: str, volumes: list[Any]) -> Iterator[str]:
    for volume in volumes:
        if str(volume.get("encrypted")).lower() != "true":
            yield "a volume is not encrypted"
        elif host.type == t.LAUNCH_CONFIGURATION:
            continue  # It names no key; the account's default key is used.
        elif reason := no_customer_key(host, stack, path, volume.get("kmsKeyId")):
            yield reason


@RULES.resource(
    *_HOSTS,
    id="ebs-optimised",
    title="Instances are EBS-optimised",
    severity=Severity.ADVISORY,
    remediation="Set ebsOptimized to true, or leave it out on current types.",
    needs=("ebsOptimized",),
)
def ebs_optimised(host: Resource, _: Parameters) -> Iterator[str]:
    """Otherwise EBS traffic competes with orders for network bandwidth.

    Current instance types are EBS-optimised by default.
    """
    if follows_template(host, "ebsOptimized"):
        return
    by_default = not _WITHOUT_EBS_BANDWIDTH.match(host.text("instanceType"))
    if not host.flag("ebsOptimized", default=by_default):
        yield "is not EBS-optimised"


@RULES.resource(
    *_HOSTS,
    id="detailed-monitoring",
    title="Instances have detailed monitoring",
    severity=Severity.ADVISORY,
    remediation="Set monitoring (monitoring.enabled on a launch template) to true.",
    needs=("monitoring.enabled",),
)
def detailed_monitoring(host: Resource, _: Parameters) -> Iterator[str]:
    """Basic monitoring reports every five minutes, which is too coarse for a market opening."""
    if follows_template(host, "monitoring"):
        return
    # A launch configuration has it on where nothing is said (EC2 Auto Scaling API, CreateLaunchConfiguration).
    if host.type == t.LAUNCH_CONFIGURATION:
        measured = host.flag("enableMonitoring", default=True)
    else:
        measured = host.flag("monitoring" if host.type == t.INSTANCE else "monitoring.enabled")
    if not measured:
        yield "has metrics of five minutes, not of one"


@RULES.resource(
    t.INSTANCE,
    t.NETWORK_INTERFACE,
    id="source-destination-check",
    title="Network interfaces check source and destination addresses",
    remediation="Leave sourceDestCheck true; name hosts that route for others in the parameter `routers`.",
    needs=((t.NETWORK_INTERFACE, "sourceDestCheck"),),
    parameters={
        "routers": Parameter("array", [], "Names of hosts that route for others; * for a part.", items="string")
    },
)
def source_check(host: Resource, parameters: Parameters) -> Iterator[str]:
    """Without the check a compromised host can send packets with any source address."""
    names = (host.name, str(host.peek("tags.Name")))
    if any(fnmatchcase(name, pattern) for name in names for pattern in parameters["routers"]):
        return
    if not host.flag("sourceDestCheck", default=True):
        yield "has no source/destination check"


@RULES.resource(
    *_HOSTS,
    id="user-data-no-secrets",
    title="User data holds no secret",
    remediation="Read it from Secrets Manager when the host starts.",
    needs=("userData",),
)
def user_data_secrets(host: Resource, _: Parameters) -> Iterator[str]:
    """Everyone with ec2:DescribeInstanceAttribute, and every process on the host, can read user data."""
    for path in ("userData", "userDataBase64"):
        value = host.get(path)
        if isinstance(value, str):
            for name in in_script(value):
                yield f"its user data holds a secret ({name})"
