"""Images: AMIs by parameter, and container images in the account's own registry."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from preflight.account import Account, code_of
from preflight.declared import Declared, number
from preflight.model import Answer, Question, not_asked, ok, stops, warns

_PARAMETER = re.compile(r"resolve:ssm:([\w./-]+)")
_REPOSITORY = "aws:ecr/repository:Repository"


class Images:
    """Reads launch templates and task definitions; calls ssm:GetParameters and ecr:DescribeImages; stops where a
    parameter is missing, or where tasks are to run from an image that is not there."""

    name = "image"

    def questions(self, declared: Declared) -> Iterator[Question]:
        for region in declared.regions:
            names = {
                name
                for resource, text in declared.texts()
                if declared.region_of(resource) == region
                for name in _PARAMETER.findall(text)
            }
            yield from (_parameter(region, name) for name in sorted(names))
        yield from _containers(declared)


def _parameter(region: str, name: str) -> Question:
    def ask(account: Account) -> Answer:
        found = account.call("ssm", region, "get_parameters", Names=[name])["Parameters"]
        if found:
            return ok(str(found[0]["Value"]))
        return stops("no such parameter", "name an AMI, or a public parameter that exists in this region")

    return Question(Images.name, f"AMI of {name}", region, "a public parameter", ask)


def _containers(declared: Declared) -> Iterator[Question]:
    services = declared.of_type(None, "aws:ecs/service:Service")
    counts = {
        task.urn: number(service.properties.get("desiredCount"))
        for service in services
        if (task := declared.named(service.properties.get("taskDefinition")))
    }
    for task in declared.of_type(None, "aws:ecs/taskDefinition:TaskDefinition"):
        # With `bootstrap` there is no service yet: its image is needed for the update after that.
        later = declared.settings.sizes.service_tasks_min if declared.settings.general.bootstrap else 0
        count, region = counts.get(task.urn, later), declared.region_of(task)
        for container in json.loads(str(task.properties["containerDefinitions"])):
            image = str(container["image"])
            repository = declared.named(image)
            if repository is not None and repository.type == _REPOSITORY:
                name, tag = str(repository.properties["name"]), image.rpartition(":")[2]
                yield _pushed(region, name, tag, count, starts=task.urn in counts)


def _pushed(region: str, repository: str, tag: str, tasks: int, *, starts: bool = True) -> Question:
    def ask(account: Account) -> Answer:
        try:
            account.call("ecr", region, "describe_images", repositoryName=repository, imageIds=[{"imageTag": tag}])
        except account.client("ecr", region).exceptions.ClientError as error:
            if code_of(error) not in ("RepositoryNotFoundException", "ImageNotFoundException"):
                raise
            found = "no repository yet" if code_of(error) == "RepositoryNotFoundException" else "no such image"
            if account.emulated:
                return not_asked(f"{found}, and the in-memory AWS runs no tasks")
            if not starts:
                return warns(f"{found}; bootstrap starts no task", "push the image before you remove bootstrap")
            if not tasks:
                return warns(f"{found}; the service starts no task", "push the image, then raise serviceTasksMin")
            return stops(
                f"{found}, and {tasks} tasks are to start from it",
                "bring the stack up with serviceTasksMin = 0, push the image, then raise it (docs/first-day.md)",
            )
        return ok("pushed")

    when = "" if starts else " before you remove bootstrap"
    request = f"build and push {repository}:{tag}{when} (the engine's source is not part of this program)"
    return Question(Images.name, f"{repository}:{tag}", region, f"for {tasks} tasks", ask, request if tasks else "")
