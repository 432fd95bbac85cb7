"""What nodes pull: nothing from a registry of another region or owner."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from blueprint import Blueprint
from components.security.mirrored_images import Mirrored, MirroredChart

REPOSITORY = "aws:ecr/repository:Repository"
REGISTRIES = re.compile(r"\b(docker\.io|quay\.io|ghcr\.io|gcr\.io|registry\.k8s\.io|k8s\.gcr\.io|public\.ecr\.aws)\b")


@pytest.fixture(params=["primary", "dr", "dr_active"])
def stack(request: pytest.FixtureRequest) -> Blueprint:
    return request.getfixturevalue(request.param)


def region_of(stack: Blueprint) -> str:
    return "us-east-1" if stack.stack == "primary" else "us-west-2"


def images_in(value: Any) -> Iterator[str]:
    """References of images in values of charts, in objects of Kubernetes and in definitions of containers."""
    if isinstance(value, Mapping):
        image = value.get("image")
        if isinstance(image, str):
            yield image
        elif isinstance(image, Mapping) and "repository" in image:
            registry = f"{image['registry']}/" if "registry" in image else ""
            yield f"{registry}{image['repository']}:{image.get('tag', '')}"
        for inner in value.values():
            yield from images_in(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from images_in(inner)


def references(stack: Blueprint) -> set[str]:
    found: set[str] = set()
    for resource in stack.resources:
        if resource.type.startswith("kubernetes:"):
            found |= {*images_in(resource.properties)}
        elif resource.type == "aws:ecs/taskDefinition:TaskDefinition":
            found |= {*images_in(json.loads(resource.properties["containerDefinitions"]))}
    return found


def test_every_image_is_pulled_from_the_registry_of_the_stacks_own_region(stack: Blueprint):
    """registry.k8s.io and quay.io redirect to buckets of others (kubernetes/registry.k8s.io, handlers.go), which
    the policy of the S3 endpoint does not let pass."""
    own = f"123456789012.dkr.ecr.{region_of(stack)}.amazonaws.com/trading/"
    found = references(stack)
    assert len(found) > len(Mirrored)
    for image in found:
        # The platform's own repositories are referred to by what ECR answers.
        assert image.startswith((own, "${aws:ecr/repository:Repository::")), image


def test_no_value_of_a_chart_names_another_registry(stack: Blueprint):
    for resource in stack.resources:
        if resource.type.startswith("kubernetes:helm"):
            assert not REGISTRIES.findall(json.dumps(resource.properties.get("values"))), resource.name


def test_each_mirrored_image_has_a_repository_in_the_region(stack: Blueprint):
    names = {each.properties["name"] for each in stack.of_type(REPOSITORY)}
    assert {f"trading/{image.value.repository}" for image in Mirrored} <= names


def test_a_stack_says_what_to_copy_into_its_registry(stack: Blueprint):
    copies = stack.outputs["imagesToMirror"]
    assert len(copies) == len(Mirrored)
    for copy in copies:
        assert REGISTRIES.match(copy["source"])
        assert copy["target"].split(".")[3] == region_of(stack)
        assert copy["source"].split("/", 1)[1] == copy["target"].split("/", 2)[2], "the same path and tag"
    targets = {copy["target"] for copy in copies}
    assert {image for image in references(stack) if not image.startswith("${")} == targets


def test_every_chart_is_taken_from_the_registry_of_the_stacks_own_region(stack: Blueprint):
    """A takeover takes no chart from the internet: the address is the own registry's, without a repository beside it,
    and the version is pinned."""
    repositories = {each.properties["name"] for each in stack.of_type(REPOSITORY)}
    own = f"oci://123456789012.dkr.ecr.{region_of(stack)}.amazonaws.com/"
    releases = list(stack.of_type("kubernetes:helm.sh/v3:Release"))
    assert len(releases) == len(MirroredChart)
    for release in releases:
        chart = release.properties["chart"]
        assert chart.startswith(own), chart
        assert chart.removeprefix(own) in repositories
        assert not release.properties.get("repositoryOpts"), release.name
        assert re.fullmatch(r"\d+\.\d+\.\d+", release.properties["version"])


def test_a_stack_says_which_charts_to_copy(stack: Blueprint):
    wanted = {f"{each['target']}/{each['name']}": each["version"] for each in stack.outputs["chartsToMirror"]}
    releases = stack.of_type("kubernetes:helm.sh/v3:Release")
    assert wanted == {each.properties["chart"]: each.properties["version"] for each in releases}
    assert all(each["source"].startswith("https://") for each in stack.outputs["chartsToMirror"])
