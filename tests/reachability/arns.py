"""ARNs of what a stack declares: references to ARNs as the text that AWS answers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial

from blueprint import Blueprint, Resource
from blueprint.references import Reference, replace_references

ACCOUNT = "123456789012"
# An account of AWS's own services, or of anyone else.
OTHER_ACCOUNT = "210987654321"
REGIONS: Mapping[str, str] = {"primary": "us-east-1", "dr": "us-west-2"}

# Service Authorization Reference, "Resource types": forms of ARNs by type of resource, with the property that names it.
_FORMS: Mapping[str, tuple[str, str]] = {
    "aws:s3/bucket:Bucket": ("arn:aws:s3:::{name}", "bucket"),
    "aws:sqs/queue:Queue": ("arn:aws:sqs:{region}:{account}:{name}", "name"),
    "aws:sns/topic:Topic": ("arn:aws:sns:{region}:{account}:{name}", "name"),
    "aws:kinesis/stream:Stream": ("arn:aws:kinesis:{region}:{account}:stream/{name}", "name"),
    "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream": (
        "arn:aws:firehose:{region}:{account}:deliverystream/{name}",
        "name",
    ),
    "aws:dynamodb/table:Table": ("arn:aws:dynamodb:{region}:{account}:table/{name}", "name"),
    "aws:cloudwatch/logGroup:LogGroup": ("arn:aws:logs:{region}:{account}:log-group:{name}", "name"),
    "aws:cloudwatch/eventBus:EventBus": ("arn:aws:events:{region}:{account}:event-bus/{name}", "name"),
    "aws:cloudwatch/metricAlarm:MetricAlarm": ("arn:aws:cloudwatch:{region}:{account}:alarm:{name}", "name"),
    "aws:cloudwatch/compositeAlarm:CompositeAlarm": ("arn:aws:cloudwatch:{region}:{account}:alarm:{name}", "alarmName"),
    "aws:ecr/repository:Repository": ("arn:aws:ecr:{region}:{account}:repository/{name}", "name"),
    "aws:secretsmanager/secret:Secret": ("arn:aws:secretsmanager:{region}:{account}:secret:{name}-a1b2c3", "name"),
    "aws:iam/role:Role": ("arn:aws:iam::{account}:role/{name}", "name"),
    "aws:iam/policy:Policy": ("arn:aws:iam::{account}:policy/{name}", "name"),
    "aws:lambda/function:Function": ("arn:aws:lambda:{region}:{account}:function:{name}", "name"),
    "aws:rds/instance:Instance": ("arn:aws:rds:{region}:{account}:db:{name}", "identifier"),
    "aws:backup/vault:Vault": ("arn:aws:backup:{region}:{account}:backup-vault:{name}", "name"),
    "aws:ecs/cluster:Cluster": ("arn:aws:ecs:{region}:{account}:cluster/{name}", "name"),
    "aws:efs/fileSystem:FileSystem": ("arn:aws:elasticfilesystem:{region}:{account}:file-system/{name}", ""),
    "aws:efs/accessPoint:AccessPoint": ("arn:aws:elasticfilesystem:{region}:{account}:access-point/{name}", ""),
    # A replica of a key in another region has the id of the key.
    "aws:kms/key:Key": ("arn:aws:kms:{region}:{account}:key/{name}", ""),
    "aws:kms/replicaKey:ReplicaKey": ("arn:aws:kms:{region}:{account}:key/{name}", ""),
}


def region_of(stack: Blueprint, resource: Resource | None = None) -> str:
    """The stack's region, or the one in which the stack declares a resource."""
    elsewhere = resource is not None and (resource.provider or "").endswith("::primary-side")
    return REGIONS["primary"] if elsewhere else REGIONS[stack.stack.rpartition("/")[2]]


def arn(stack: Blueprint, resource: Resource) -> str:
    """The ARN of a declared resource; of a type without a form, one that names its service and the resource."""
    service = resource.type.split(":")[1].split("/")[0]
    form, key = _FORMS.get(resource.type, (f"arn:aws:{service}:{{region}}:{{account}}:{{name}}", ""))
    name = resource.properties.get(key, resource.name) if key else resource.name
    return form.format(region=region_of(stack, resource), account=ACCOUNT, name=name)


def resolved(stack: Blueprint, text: str) -> str:
    """The text with references replaced by ARNs, ids and names."""
    return replace_references(text, partial(_value, stack))


def _value(stack: Blueprint, reference: Reference) -> str:
    match = re.fullmatch(r"outputs\.keyArns\.(.+)", reference.path)
    if match:
        return f"arn:aws:kms:{REGIONS['primary']}:{ACCOUNT}:key/{match[1]}"
    match = re.fullmatch(r"outputs\.recordsBuckets\.(.+)", reference.path)
    if match:
        return f"trading-primary-{match[1]}-{ACCOUNT}"
    found = [each for each in stack.of_type(reference.type) if each.name == reference.name]
    if not found or reference.path != "arn":
        keys = ("bucket", "name") if reference.path in ("id", "name", "bucket") else ()
        named = [str(found[0].properties[key]) for key in keys if found and key in found[0].properties]
        return (named or [reference.name])[0]
    return arn(stack, found[0])


def account_of(resource: str) -> str | None:
    """The account that owns what an ARN names; None where it names nothing. A bucket's ARN names no account: the
    platform's buckets have it in their names. What AWS shares of Systems Manager has none either."""
    if resource == "*":
        return None
    parts = resource.split(":", 5)
    if parts[2] == "s3" and not parts[4]:
        return ACCOUNT if ACCOUNT in parts[5] else OTHER_ACCOUNT
    return parts[4] or (OTHER_ACCOUNT if parts[2] == "ssm" else ACCOUNT)
