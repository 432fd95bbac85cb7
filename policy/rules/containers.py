"""ECS tasks and services, and the images in ECR."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

from policy import tokens as t
from policy.resources import Resource
from policy.rule import Parameters, Rules
from policy.secrets import plaintext_secrets
from policy.stack import Stack

RULES = Rules("ECS and ECR")


def _containers(task: Resource) -> list[dict[str, Any]]:
    return [entry for entry in task.document("containerDefinitions") or [] if isinstance(entry, dict)]


@RULES.resource(
    t.TASK_DEFINITION,
    id="ecs-not-privileged",
    title="No container is privileged",
    remediation="Set privileged to false, or leave it out.",
    needs=("containerDefinitions",),
    fsbp="ECS.4",
    pci="2.2.6",
    nist="AC-6",
)
def not_privileged(task: Resource, _: Parameters) -> Iterator[str]:
    """A privileged container is root on its host."""
    for container in _containers(task):
        if container.get("privileged"):
            yield f"container {container.get('name')!r} is privileged"


@RULES.resource(
    t.TASK_DEFINITION,
    id="ecs-read-only-root",
    title="Containers cannot write to their own root file system",
    remediation="Set readonlyRootFilesystem to true and mount a volume for what must be written.",
    needs=("containerDefinitions",),
    fsbp="ECS.5",
    nist="AC-6, CM-5",
)
def read_only_root(task: Resource, _: Parameters) -> Iterator[str]:
    """What cannot be written cannot be replaced by an intruder."""
    for container in _containers(task):
        if container.get("readonlyRootFilesystem") is not True:
            yield f"container {container.get('name')!r} may write to its root file system"


@RULES.resource(
    t.TASK_DEFINITION,
    id="ecs-no-secrets-in-environment",
    title="No secret stands in the environment of a container",
    remediation="Use `secrets` with valueFrom of a Secrets Manager secret.",
    needs=("containerDefinitions",),
    fsbp="ECS.8",
    pci="8.6.2",
    nist="IA-5",
)
def no_secrets(task: Resource, _: Parameters) -> Iterator[str]:
    """Everybody who may describe a task definition reads its environment."""
    for container in _containers(task):
        variables = {str(v.get("name")): v.get("value") for v in container.get("environment") or []}
        for name in plaintext_secrets(variables):
            yield f"container {container.get('name')!r} has the secret {name} in its environment"


@RULES.resource(
    t.TASK_DEFINITION,
    id="ecs-task-logging",
    title="Every container logs",
    remediation="Give each container a logConfiguration.",
    needs=("containerDefinitions",),
    fsbp="ECS.9",
    pci="10.2.1",
    nist="AU-2, AU-12",
)
def task_logging(task: Resource, _: Parameters) -> Iterator[str]:
    """A task that is gone has left nothing else behind."""
    for container in _containers(task):
        if not (container.get("logConfiguration") or {}).get("logDriver"):
            yield f"container {container.get('name')!r} logs nowhere"


@RULES.resource(
    t.ECR_REPOSITORY,
    id="ecr-immutable",
    title="A tag of an image never changes its meaning",
    remediation="Set imageTagMutability to IMMUTABLE.",
    needs=("imageTagMutability",),
    fsbp="ECR.2",
    nist="CM-2, CM-8",
)
def immutable(repository: Resource, _: Parameters) -> Iterator[str]:
    """Otherwise both regions may run different images under one name."""
    if not repository.text("imageTagMutability").startswith("IMMUTABLE"):
        yield "its tags may be moved"


@RULES.joined(
    t.ECR_REPOSITORY,
    id="ecr-scanned",
    title="Images are scanned",
    remediation="Scan on push, or declare a RegistryScanningConfiguration whose filter covers the repository.",
    needs=("imageScanningConfiguration.scanOnPush",),
    fsbp="ECR.1",
    pci="6.3.3",
    nist="RA-5",
)
def scanned(repository: Resource, stack: Stack, _: Parameters) -> Iterator[str]:
    """Either the repository says it, or the registry for all whose name fits."""
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
    nist="CP-6, CP-9",
    wellarchitected="REL13-BP02",
)
def replicated(repository: Resource, primary: Stack, recovery: Stack, _: Parameters) -> Iterator[str]:
    """An image that cannot be pulled is the end of a takeover. One that has taken over replicates nothing."""
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
