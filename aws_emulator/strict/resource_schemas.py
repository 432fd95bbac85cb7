"""Requests against CloudFormation's resource schemas, as cfn-lint keeps them.

AWS publishes a schema of each resource type (https://docs.aws.amazon.com/cloudformation/latest/userguide/
resource-type-schemas.html) with ranges, lengths and enumerations that service models leave out: log retention, delays
of queues, waiting periods of keys. cfn-lint corrects and extends them with combinations of properties: sizes of Fargate
tasks, classes and versions of databases, subnets of load balancers. Members of a request have the names of the
properties, in another case at most.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import regex

from aws_emulator.store import Call
from aws_emulator.strict.constraint import Broken, Constraint

_REFERENCE = "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-"
# Deeper than any resource type that is listed below; recursive definitions end there.
_DEPTH = 6


@dataclass(frozen=True)
class ResourceType:
    """Operations whose requests have the properties of a resource type.

    `attributes` names the member that holds properties as a map of texts. `extensions` are cfn-lint's schemas of
    combinations.
    """

    service: str
    operations: tuple[str, ...]
    name: str
    code: str
    extensions: tuple[str, ...] = ()
    attributes: str = ""

    @property
    def folder(self) -> str:
        """cfn-lint's folder of the extensions."""
        return self.name.lower().replace("::", "_")


RESOURCE_TYPES = (
    ResourceType("sqs", ("CreateQueue", "SetQueueAttributes"), "AWS::SQS::Queue", "InvalidAttributeValue",
                 attributes="Attributes"),
    ResourceType("logs", ("PutRetentionPolicy", "CreateLogGroup"), "AWS::Logs::LogGroup", "InvalidParameterException"),
    ResourceType("kms", ("CreateKey", "ScheduleKeyDeletion", "EnableKeyRotation"), "AWS::KMS::Key",
                 "ValidationException"),
    ResourceType("ecs", ("RegisterTaskDefinition",), "AWS::ECS::TaskDefinition", "ClientException",
                 ("fargate_cpu_memory", "fargate_properties", "containerdefinitions_essential")),
    ResourceType("rds", ("CreateDBInstance",), "AWS::RDS::DBInstance", "InvalidParameterValue",
                 ("dbinstanceclass_enum", "engine_version", "backupretentionperiod_maximum")),
    ResourceType("rds", ("ModifyDBInstance", "CreateDBInstanceReadReplica"), "AWS::RDS::DBInstance", "InvalidParameterValue"),
    ResourceType("elbv2", ("CreateLoadBalancer",), "AWS::ElasticLoadBalancingV2::LoadBalancer", "ValidationError",
                 ("application_subnets",)),
    ResourceType("elbv2", ("CreateTargetGroup",), "AWS::ElasticLoadBalancingV2::TargetGroup", "ValidationError",
                 ("healthcheckprotocol_restrictions", "protocol_restrictions", "targettype_restrictions")),
    ResourceType("elasticache", ("CreateReplicationGroup",), "AWS::ElastiCache::ReplicationGroup",
                 "InvalidParameterValue"),
    ResourceType("kinesis", ("CreateStream",), "AWS::Kinesis::Stream", "InvalidArgumentException"),
)  # fmt: skip
"""A type per service and kind of request. The service model stands before it: what both limit, both must accept."""


@cache
def _schema(name: str) -> dict[str, Any]:
    folder = files("cfnlint.data.schemas")
    known = json.loads(folder.joinpath("providers", "us-east-1.json").read_text())
    return json.loads(folder.joinpath("resources", f"{known[name]}.json").read_text())


@cache
def _extension(folder: str, name: str, region: str) -> dict[str, Any]:
    found = json.loads(files("cfnlint.data.schemas.extensions").joinpath(folder, f"{name}.json").read_text())
    # Classes of instances differ by region; other combinations do not.
    return found.get(region, {}) if "us-east-1" in found else found


def _properties(type_: ResourceType, call: Call) -> dict[str, Any]:
    """The members of a request under the names of the properties."""
    given = call.params.get(type_.attributes) or {} if type_.attributes else call.params
    names = {name.lower(): name for name in _schema(type_.name)["properties"]}
    return {
        names[key.lower()]: _named(value)
        for key, value in given.items()
        if key.lower() in names
    }


def _named(value: Any) -> Any:
    """Nested members with a capital letter, as properties have."""
    if isinstance(value, Mapping):
        return {f"{key[:1].upper()}{key[1:]}": _named(item) for key, item in value.items()}
    return [_named(item) for item in value] if isinstance(value, list | tuple) else value


def _faults(schema: Mapping[str, Any], value: Any, path: str, root: Mapping[str, Any], depth: int = 0) -> Iterator[str]:
    """Values outside the enumeration, range, length or pattern of their property."""
    if "$ref" in schema:
        schema = root.get("definitions", {}).get(str(schema["$ref"]).rpartition("/")[2], {})
    if depth > _DEPTH or not isinstance(schema, Mapping):
        return
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield from _faults(schema.get("properties", {}).get(name, {}), item, f"{path}.{name}", root, depth + 1)
    elif isinstance(value, list):
        yield from _outside(schema, len(value), path, "Items", "entries")
        for item in value:
            yield from _faults(schema.get("items", {}), item, path, root, depth + 1)
    else:
        yield from _of_scalar(schema, value, path)


def _of_scalar(schema: Mapping[str, Any], value: Any, path: str) -> Iterator[str]:
    if "enum" in schema and value not in schema["enum"] and _number(value) not in schema["enum"]:
        allowed = ", ".join(str(item) for item in schema["enum"][:40])
        yield f"Value '{value}' at '{path}' must be one of {allowed}"
    number = _number(value)
    if number is not None:
        low, high = schema.get("minimum", number), schema.get("maximum", number)
        if not low <= number <= high:
            yield f"Value '{value}' at '{path}' must be between {schema.get('minimum', 0)} and {schema.get('maximum')}"
    elif "minimum" in schema or "maximum" in schema:
        yield f"Value '{str(value)[:80]}' at '{path}' must be a number"
    elif isinstance(value, str):
        yield from _outside(schema, len(value), path, "Length", "characters")
        # JSON Schema searches for a pattern: https://json-schema.org/understanding-json-schema/reference/string
        if "pattern" in schema and not regex.search(schema["pattern"], value):
            yield f"Value '{value[:80]}' at '{path}' must match {schema['pattern']}"


def _outside(schema: Mapping[str, Any], found: int, path: str, noun: str, unit: str) -> Iterator[str]:
    low, high = schema.get(f"min{noun}", found), schema.get(f"max{noun}", found)
    if not low <= found <= high:
        yield f"'{path}' has {found} {unit}, and may have {schema.get(f'min{noun}', 0)} to {schema.get(f'max{noun}')}"


def _number(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return value
    return int(value) if isinstance(value, str) and value.lstrip("-").isdecimal() else None


def _combinations(type_: ResourceType, region: str, properties: Mapping[str, Any]) -> Iterator[str]:
    # The import takes a second, and most calls need it not.
    from cfnlint.jsonschema import CfnTemplateValidator

    for name in type_.extensions:
        schema = _extension(type_.folder, name, region)
        if schema:
            for error in CfnTemplateValidator(schema).iter_errors(dict(properties)):
                at = ".".join(str(part) for part in error.path)
                words = f"{at}: {error.message[:300]}" if at else "is no combination that AWS documents"
                yield f"{type_.name}, {name.replace('_', ' ')}: {words}"


def _broken(type_: ResourceType) -> Broken:
    def broken(call: Call) -> str | None:
        properties = _properties(type_, call)
        schema = _schema(type_.name)
        found = [
            fault
            for name, value in properties.items()
            for fault in _faults(schema["properties"][name], value, name, schema)
        ]
        return next(iter(found or _combinations(type_, call.region, properties)), None)

    return broken


CONSTRAINTS = tuple(
    Constraint(
        f"properties of {type_.name}",
        type_.service,
        type_.operations,
        type_.code,
        f"{_REFERENCE}{type_.name.removeprefix('AWS::').lower().replace('::', '-')}.html",
        _broken(type_),
    )
    for type_ in RESOURCE_TYPES
)
