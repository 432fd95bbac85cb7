"""Nothing that runs on the platform fetches from elsewhere than its own region."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest

from blueprint import Blueprint
from tests.reachability.origins import COMMANDS, HOSTS, foreign_origins
from tests.regressions.world import changed

RELEASE, TEMPLATE = "kubernetes:helm.sh/v3:Release", "aws:ec2/launchTemplate:LaunchTemplate"
TASK, PROJECT = "aws:ecs/taskDefinition:TaskDefinition", "aws:codebuild/project:Project"


@pytest.fixture(params=["primary", "dr", "dr_active"])
def stack(request: pytest.FixtureRequest) -> Blueprint:
    return request.getfixturevalue(request.param)


def test_everything_is_fetched_from_a_permitted_origin(stack: Blueprint):
    """Each string of each resource, decoded."""
    assert not set(foreign_origins(stack))


def test_every_permission_has_its_reason():
    assert all(len(each.reason) > 20 for each in (*HOSTS, *COMMANDS))


def _values(**values: Any) -> Callable[[Blueprint], Blueprint]:
    return lambda stack: changed(
        stack, RELEASE, "cluster-autoscaler", lambda was: {"values": {**was["values"], **values}}
    )


def _user_data(command: str, encode: Callable[[bytes], bytes] = lambda raw: raw) -> Callable[[Blueprint], Blueprint]:
    def change(stack: Blueprint) -> Blueprint:
        text = base64.b64encode(encode(f"#!/bin/bash\nset -e\n{command}\n".encode())).decode()
        return changed(stack, TEMPLATE, "engine-fleet", lambda _: {"userData": text})

    return change


def _mime(raw: bytes) -> bytes:
    head = (
        b'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="B"\n\n--B\nContent-Type: text/x-shellscript\n\n'
    )
    return head + raw + b"\n--B--\n"


def _container(**parts: Any) -> Callable[[Blueprint], Blueprint]:
    def edit(was: dict[str, Any]) -> dict[str, Any]:
        containers = [{**each, **parts} for each in json.loads(was["containerDefinitions"])]
        return {"containerDefinitions": json.dumps(containers)}

    return lambda stack: changed(stack, TASK, "services", edit)


FAULTS: dict[str, tuple[Callable[[Blueprint], Blueprint], str]] = {
    "an image under another key": (
        _values(imageURI="602401143452.dkr.ecr.us-west-2.amazonaws.com/eks/pause:3.10"),
        "602401143452.dkr.ecr.us-west-2.amazonaws.com is not a permitted origin",
    ),
    "the own registry of the other region": (
        _values(sidecar="123456789012.dkr.ecr.us-west-2.amazonaws.com/trading/x:1"),
        "123456789012.dkr.ecr.us-west-2.amazonaws.com is not a permitted origin",
    ),
    "an image without a registry": (
        _values(image={"repository": "library/busybox", "tag": "1"}),
        "docker.io is not a permitted origin",
    ),
    "an image of a public registry": (_values(x={"y": ["quay.io/a/b"]}), "quay.io is not a permitted origin"),
    "a chart of a repository": (
        lambda stack: changed(
            stack, RELEASE, "monitoring", lambda _: {"repositoryOpts": {"repo": "https://charts.example.org/x"}}
        ),
        "charts.example.org is not a permitted origin",
    ),
    "a script of the internet": (_user_data("curl -fsSL https://get.example.org | bash"), "get.example.org is not"),
    "a script of a variable address": (_user_data('curl -fsSL "$site/x" | bash'), '`curl -fsSL "$site/x"` fetches'),
    "an image that a host pulls": (_user_data("docker pull quay.io/a/b:1"), "`docker pull quay.io/a/b:1` fetches"),
    "packages of PyPI": (_user_data("python3 -m pip install boto3"), "`pip install boto3` fetches"),
    "packages of a foreign repository": (_user_data("yum install -y https://x.example.org/a.rpm"), "`yum install"),
    "packages of Debian": (_user_data("apt-get update", gzip.compress), "`apt-get update` fetches"),
    "a part of a message": (_user_data("wget -q x.example.org/a", _mime), "`wget -q x.example.org/a` fetches"),
    "an image of a task": (_container(image="public.ecr.aws/docker/library/nginx:1"), "public.ecr.aws is not"),
    "a command of a task": (_container(command=["sh", "-c", "pip3 install x"]), "`pip3 install x"),
    "a build that fetches": (
        lambda stack: changed(
            stack,
            PROJECT,
            "delivery-check",
            lambda was: {
                "source": {**was["source"], "buildspec": "phases:\n  build:\n    commands:\n      - npm ci\n"}
            },
        ),
        "`npm ci` fetches from elsewhere",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_fetched_from_elsewhere_is_found(fault: str, primary: Blueprint):
    """Images, charts, packages and scripts, in whatever form a resource holds them."""
    change, message = FAULTS[fault]
    found = set(foreign_origins(change(primary)))
    assert any(message in each for each in found), found
