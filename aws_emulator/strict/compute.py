"""Volumes, tasks, functions and clusters: values that depend on others of the same request."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from aws_emulator.store import Call
from aws_emulator.strict.constraint import Constraint
from aws_emulator.strict.values import values_at
from aws_facts.kubernetes import VERSIONS

_AWS = "https://docs.aws.amazon.com/"
# EBS User Guide, "General Purpose SSD volumes": baseline, maximum, and the ratios of gp3.
_GP3_IOPS, _GP3_IOPS_MOST, _GP3_IOPS_PER_GIB = 3000, 80_000, 500
_GP3_MIBS, _GP3_MIBS_MOST, _GP3_MIBS_PER_IOPS = 125, 2000, 0.25
# Lambda API Reference, CreateFunction, Timeout: more is for functions on Managed Instances.
_FUNCTION_SECONDS = 900


def _volumes(call: Call) -> Iterator[Mapping[str, Any]]:
    if call.params.get("VolumeType"):
        yield call.params
    for path in ("BlockDeviceMappings[].Ebs", "LaunchTemplateData.BlockDeviceMappings[].Ebs"):
        yield from values_at(call.params, path)


def _gp3(call: Call) -> str | None:
    for volume in _volumes(call):
        size = volume.get("Size") or volume.get("VolumeSize")
        if volume.get("VolumeType") != "gp3":
            continue
        iops, throughput = int(volume.get("Iops") or _GP3_IOPS), int(volume.get("Throughput") or _GP3_MIBS)
        most = max(_GP3_IOPS, min(_GP3_IOPS_MOST, _GP3_IOPS_PER_GIB * int(size))) if size else _GP3_IOPS_MOST
        if not _GP3_IOPS <= iops <= most:
            return f"Volume iops of {iops} is out of range: gp3 with {size} GiB has {_GP3_IOPS} to {most}"
        if not _GP3_MIBS <= throughput <= min(_GP3_MIBS_MOST, _GP3_MIBS_PER_IOPS * iops):
            return f"Throughput of {throughput} MiB/s is out of range: gp3 with {iops} IOPS has a quarter of that at most"
    return None


def _declared_volumes(call: Call) -> str | None:
    known = set(values_at(call.params, "volumes[].name"))
    for container in call.params.get("containerDefinitions") or ():
        unknown = [
            name for name in values_at(container, "mountPoints[].sourceVolume") if name not in known
        ]
        if unknown:
            return f"Unknown volume '{unknown[0]}' in container '{container.get('name')}'."
    return None


def _declared_containers(call: Call) -> str | None:
    known = set(values_at(call.params, "containerDefinitions[].name"))
    for path in ("dependsOn[].containerName", "volumesFrom[].sourceContainer", "links[]"):
        for name in values_at(call.params, f"containerDefinitions[].{path}"):
            if str(name).partition(":")[0] not in known:
                return f"Container '{name}' is not declared in this task definition."
    return None


def _task_ports(call: Call) -> str | None:
    if call.params.get("networkMode") != "awsvpc":
        return None
    for mapping in values_at(call.params, "containerDefinitions[].portMappings[]"):
        if mapping.get("hostPort") not in (None, 0, mapping.get("containerPort")):
            return "When networkMode=awsvpc, the host ports and container ports in port mappings must match."
    return None


@cache
def _additional(name: str) -> Any:
    return json.loads(files("cfnlint.data.AdditionalSpecs").joinpath(name).read_text())


def _runtime(call: Call, member: str) -> str | None:
    runtime = str(call.params.get("Runtime") or "")
    life = _additional("LmbdRuntimeLifecycle.json").get(runtime)
    if life and datetime.date.fromisoformat(life[member]) <= datetime.datetime.now(datetime.UTC).date():
        return f"The runtime parameter of {runtime} is no longer supported. We recommend {life['successor']}."
    return None


def _reserved_variables(call: Call) -> str | None:
    schema = json.loads(
        files("cfnlint.data.schemas.extensions.aws_lambda_function")
        .joinpath("environment_variable_keys.json")
        .read_text()
    )
    reserved = set(schema["propertyNames"]["not"]["enum"])
    found = sorted(reserved & set((call.params.get("Environment") or {}).get("Variables") or {}))
    if found:
        return (
            "Lambda was unable to configure your environment variables because the environment variables you have "
            f"provided contains reserved keys that are currently not supported for modification. Reserved keys used in "
            f"this request: {', '.join(found)}"
        )
    return None


def _timeout(call: Call) -> str | None:
    seconds = int(call.params.get("Timeout") or 0)
    if seconds > _FUNCTION_SECONDS and not call.params.get("CapacityProviderConfig"):
        return f"Value '{seconds}' at 'timeout' must have value less than or equal to {_FUNCTION_SECONDS}"
    return None


def _cluster_version(call: Call) -> str | None:
    version = call.params.get("version")
    if version and version not in VERSIONS:
        return f"unsupported Kubernetes version {version}: EKS has {', '.join(VERSIONS)}"
    return None


def _cluster_subnets(call: Call) -> str | None:
    wanted = list(values_at(call.params, "resourcesVpcConfig.subnetIds[]"))
    by_zone = call.moto("ec2").subnets.values()
    zones = {known[subnet].availability_zone for known in by_zone for subnet in wanted if subnet in known}
    if len(zones) < 2:
        return "Subnets specified must be in at least two different AZs"
    return None


_LAMBDA = f"{_AWS}lambda/latest/dg/"
_TASKS = f"{_AWS}AmazonECS/latest/APIReference/"
CONSTRAINTS = (
    Constraint("IOPS and throughput of gp3 volumes", "ec2",
               ("CreateVolume", "CreateLaunchTemplate", "CreateLaunchTemplateVersion", "RunInstances"),
               "InvalidParameterValue", f"{_AWS}ebs/latest/userguide/general-purpose.html", _gp3),
    Constraint("mounted volumes are declared", "ecs", ("RegisterTaskDefinition",), "ClientException",
               f"{_TASKS}API_MountPoint.html", _declared_volumes),
    Constraint("named containers are declared", "ecs", ("RegisterTaskDefinition",), "ClientException",
               f"{_TASKS}API_ContainerDependency.html", _declared_containers),
    Constraint("ports of tasks in awsvpc mode", "ecs", ("RegisterTaskDefinition",), "ClientException",
               f"{_TASKS}API_PortMapping.html", _task_ports),
    Constraint("runtimes that new functions may have", "lambda", ("CreateFunction",),
               "InvalidParameterValueException", f"{_LAMBDA}lambda-runtimes.html",
               lambda call: _runtime(call, "create-block")),
    Constraint("runtimes that functions may change to", "lambda", ("UpdateFunctionConfiguration",),
               "InvalidParameterValueException", f"{_LAMBDA}lambda-runtimes.html",
               lambda call: _runtime(call, "update-block")),
    Constraint("reserved variables of a function", "lambda", ("CreateFunction", "UpdateFunctionConfiguration"),
               "InvalidParameterValueException", f"{_LAMBDA}configuration-envvars.html", _reserved_variables),
    Constraint("timeout of a function", "lambda", ("CreateFunction", "UpdateFunctionConfiguration"),
               "InvalidParameterValueException", f"{_LAMBDA}gettingstarted-limits.html", _timeout),
    Constraint("Kubernetes version", "eks", ("CreateCluster", "UpdateClusterVersion"), "InvalidParameterException",
               f"{_AWS}eks/latest/userguide/kubernetes-versions.html", _cluster_version),
    Constraint("a cluster's subnets stand in two zones", "eks", ("CreateCluster",), "InvalidParameterException",
               f"{_AWS}eks/latest/userguide/network-reqs.html", _cluster_subnets),
)  # fmt: skip
