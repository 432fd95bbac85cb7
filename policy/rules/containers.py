"""ECS tasks and services, and the images in ECR."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

from policy import tokens as t
from policy.plaintext import plaintext_secrets
from policy.resources import Resource
from policy.rule import Parameter, Parameters, Rules
from policy.stack import Stack
from policy.values import NotEvaluatedError, single

RULES = Rules("ECS and ECR")


def _containers(task: Resource) -> list[dict[str, Any]]:
    found = task.document("containerDefinitions") or []
    if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
        raise NotEvaluatedError("containerDefinitions", "is no list of containers")
    return found


@RULES.resource(
    t.TASK_DEFINITION,
    id="ecs-not-privileged",
    title="No container is privileged",
    remediation="Set privileged to false, or leave it out.",
    needs=("containerDefinitions",),
)
def not_privileged(task: Resource, _: Parameters) -> Iterator[str]:
    """A privileged container has root access to its host."""
    for container in _containers(task):
        if container.get("privileged"):
            yield f"container {container.get('name')!r} is privileged"


# Docker Engine documentation, "Runtime privilege and Linux capabilities": each of these reaches beyond the container.
_CAPABILITIES = [
    "ALL",
    "AUDIT_CONTROL",
    "BPF",
    "DAC_READ_SEARCH",
    "LINUX_IMMUTABLE",
    "MAC_ADMIN",
    "MAC_OVERRIDE",
    "NET_ADMIN",
    "NET_RAW",
    "PERFMON",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_MODULE",
    "SYS_PTRACE",
    "SYS_RAWIO",
    "SYS_RESOURCE",
    "SYS_TIME",
    "SYSLOG",
]


@RULES.resource(
    t.TASK_DEFINITION,
    id="ecs-isolated",
    title="Containers are isolated from their host",
    remediation="Use networkMode awsvpc, no pidMode or ipcMode host, no added capabilities and no host path.",
    needs=("containerDefinitions", "networkMode", "pidMode"),
    parameters={
        "capabilities": Parameter("array", _CAPABILITIES, "Capabilities that no container may add.", items="string"),
        "paths": Parameter("array", [], "Paths of the host that may be mounted; * for a part.", items="string"),
    },
)
def isolated(task: Resource, parameters: Parameters) -> Iterator[str]:
    """Access to the host's network, processes or Docker socket gives a container the rights of the host."""
    for path in ("networkMode", "pidMode", "ipcMode"):
        if task.text(path) == "host":
            yield f"shares the host's {path.removesuffix('Mode')}"
    for volume in task.items("volumes"):
        host = volume.get("hostPath") or (volume.get("host") or {}).get("sourcePath")
        if host and not any(fnmatchcase(str(host), pattern) for pattern in parameters["paths"]):
            yield f"mounts {host} of the host"
    forbidden = {str(name).upper() for name in parameters["capabilities"]}
    for container in _containers(task):
        for device in (container.get("linuxParameters") or {}).get("devices") or []:
            if not any(fnmatchcase(str(device.get("hostPath")), pattern) for pattern in parameters["paths"]):
                yield f"container {container.get('name')!r} has the device {device.get('hostPath')} of the host"
        loosened = [option for option in container.get("dockerSecurityOptions") or [] if "unconfined" in str(option)]
        if loosened:
            yield f"container {container.get('name')!r} runs with {', '.join(map(str, loosened))}"
        added = ((container.get("linuxParameters") or {}).get("capabilities") or {}).get("add") or []
        wrong = sorted({str(name).upper().removeprefix("CAP_") for name in added} & forbidden)
        if wrong:
            yield f"container {container.get('name')!r} adds {', '.join(wrong)}"


@RULES.resource(
    t.TASK_DEFINITION,
    id="ecs-not-root",
    title="No container runs as root",
    remediation="Set user to a number above 0, such as 10001:10001.",
    needs=("containerDefinitions",),
)
def not_root(task: Resource, _: Parameters) -> Iterator[str]:
    """Without a user the image decides, which can change. Windows containers have no root user and are not judged."""
    if task.text("runtimePlatform.operatingSystemFamily").upper().startswith("WINDOWS"):
        return
    for container in _containers(task):
        user = str(container.get("user") if container.get("user") is not None else "").partition(":")[0]
        if user.lower() in ("", "root") or (user.isdigit() and not int(user)):
            yield f"container {container.get('name')!r} runs as {user or 'the user that its image sets'}"


# Tags that move by custom, whatever the repository says.
_MOVING = ("latest", "stable", "edge", "main", "master", "develop", "dev", "nightly", "head", "current", "lts")


@RULES.resource(
    t.TASK_DEFINITION,
    id="ecs-image-fixed",
    title="Task definitions name images by a release tag or a digest",
    remediation="Name the image with the tag of a release, or by its sha256 digest.",
    needs=("containerDefinitions",),
)
def image_fixed(task: Resource, _: Parameters) -> Iterator[str]:
    """With a moving tag the next start can run another image, and both regions can run different ones."""
    for container in _containers(task):
        image = str(container.get("image") or "")
        if "@sha256:" in image or not image:
            continue
        plain = _REFERENCE_TEXT.sub("repository", image)
        tag = plain.rpartition("/")[2].partition(":")[2]
        if (not tag and plain != "repository") or _moves(tag):
            yield f"container {container.get('name')!r} runs {tag or 'an image without a tag'}"


def _moves(tag: str) -> bool:
    """Whether a tag is one that moves: by its first word (`latest-slim`), or since it names no release at all.

    The tag of a release has a number in it, of a build one of its commit.
    """
    first = re.split(r"[-_.]", tag.lower())[0]
    return bool(tag) and (first in _MOVING or not any(character.isdigit() for character in tag))


_REFERENCE_TEXT = re.compile(r"\$\{[^}]*\}")


@RULES.resource(
    t.TASK_DEFINITION,
    id="ecs-volume-tls",
    title="Tasks mount EFS file systems with TLS",
    remediation="Set efsVolumeConfiguration.transitEncryption to ENABLED.",
    needs=("volumes",),
)
def volume_tls(task: Resource, _: Parameters) -> Iterator[str]:
    """Without transitEncryption NFS traffic is not encrypted (ECS API, EFSVolumeConfiguration)."""
    for volume in task.items("volumes"):
        efs = single(volume.get("efsVolumeConfiguration"))
        if isinstance(efs, dict) and efs.get("transitEncryption") != "ENABLED":
            yield f"volume {volume.get('name')!r} is mounted without TLS"


@RULES.resource(
    t.TASK_DEFINITION,
    id="ecs-read-only-root",
    title="Containers have a read-only root file system",
    remediation="Set readonlyRootFilesystem to true and mount a volume for what must be written.",
    needs=("containerDefinitions",),
)
def read_only_root(task: Resource, _: Parameters) -> Iterator[str]:
    """An intruder cannot replace a program on a read-only file system."""
    for container in _containers(task):
        if container.get("readonlyRootFilesystem") is not True:
            yield f"container {container.get('name')!r} may write to its root file system"


@RULES.resource(
    t.TASK_DEFINITION,
    id="ecs-no-secrets-in-environment",
    title="Container environments hold no secret",
    remediation="Use `secrets` with valueFrom of a Secrets Manager secret.",
    needs=("containerDefinitions",),
)
def no_secrets(task: Resource, _: Parameters) -> Iterator[str]:
    """Everyone with ecs:DescribeTaskDefinition can read the environment."""
    for container in _containers(task):
        variables = {str(v.get("name")): v.get("value") for v in container.get("environment") or []}
        for name in plaintext_secrets(variables):
            yield f"container {container.get('name')!r} has the secret {name} in its environment"


@RULES.resource(
    t.TASK_DEFINITION,
    id="ecs-task-logging",
    title="Every container has a log configuration",
    remediation="Give each container a logConfiguration.",
    needs=("containerDefinitions",),
)
def task_logging(task: Resource, _: Parameters) -> Iterator[str]:
    """Without logs nothing of a stopped task can be investigated."""
    for container in _containers(task):
        if not (container.get("logConfiguration") or {}).get("logDriver"):
            yield f"container {container.get('name')!r} has no log destination"


@RULES.resource(
    t.ECR_REPOSITORY,
    id="ecr-immutable",
    title="Image tags are immutable",
    remediation="Set imageTagMutability to IMMUTABLE.",
    needs=("imageTagMutability",),
)
def immutable(repository: Resource, _: Parameters) -> Iterator[str]:
    """With mutable tags both regions can run different images under one tag."""
    mutability = repository.text("imageTagMutability")
    if not mutability.startswith("IMMUTABLE"):
        yield "its tags are mutable"
    elif mutability != "IMMUTABLE":
        filters = [str(entry.get("filter")) for entry in repository.items("imageTagMutabilityExclusionFilters")]
        yield f"its tags are mutable where {', '.join(filters) or 'a filter'} fits"


@RULES.joined(
    t.ECR_REPOSITORY,
    id="ecr-scanned",
    title="Images are scanned",
    remediation="Scan on push, or declare a RegistryScanningConfiguration whose filter covers the repository.",
    needs=("imageScanningConfiguration.scanOnPush",),
)
def scanned(repository: Resource, stack: Stack, _: Parameters) -> Iterator[str]:
    """Scanning is configured by the repository, or by a registry rule whose filter matches the repository."""
    if repository.flag("imageScanningConfiguration.scanOnPush"):
        return
    name = repository.text("name")
    for registry in stack.of_type(t.ECR_SCANNING):
        for rule in registry.items("rules"):
            filters = (rule.get("repositoryFilters") or []) if rule.get("scanFrequency") != "MANUAL" else []
            if any(fnmatchcase(name, f"*{entry.get('filter', '')}*") for entry in filters):
                return
    yield "its images are not scanned"


@RULES.parity(
    t.ECR_REPOSITORY,
    id="ecr-replicated",
    title="Images are replicated to the recovery region",
    remediation="Cover the repository's name with a filter of the registry's replication to the recovery region.",
    needs=("name", (t.ECR_REPLICATION, "replicationConfiguration")),
)
def replicated(repository: Resource, primary: Stack, recovery: Stack, _: Parameters) -> Iterator[str]:
    """A takeover fails if an image cannot be pulled. A stack that has taken over declares no replication."""
    if not recovery.standing_by:
        return
    name = repository.text("name")
    for configuration in (*primary.of_type(t.ECR_REPLICATION), *recovery.of_type(t.ECR_REPLICATION)):
        for rule in configuration.items("replicationConfiguration.rules"):
            regions = {destination.get("region") for destination in rule.get("destinations") or []}
            prefixes = [entry.get("filter", "") for entry in rule.get("repositoryFilters") or []] or [""]
            if recovery.region in regions and name.startswith(tuple(prefixes)):
                return
    yield f"{name} is not replicated to {recovery.region}"
