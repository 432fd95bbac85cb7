"""A stack from nothing to nothing under the genuine engine, with this project's plugins.

The tests stand on each other.
"""

from __future__ import annotations

from pathlib import Path

import boto3
import pytest

from aws_emulator.server import RunningServer
from tests.engine.project import Project

pytestmark = [pytest.mark.engine, pytest.mark.timeout(600)]

MADE = 9  # with the stack and its provider
SECRET = "hush-hush-value"


def test_a_preview_of_a_fresh_stack_is_complete(project: Project) -> None:
    assert project.preview() == {"create": MADE}


def test_a_failed_creation_keeps_what_was_made(project: Project) -> None:
    ran = project.up(broken=True)
    assert ran.code != 0
    assert "SQS refuses" in ran.said
    assert "aws:sqs:Queue" in ran.said


def test_the_next_update_goes_on_from_there(project: Project) -> None:
    ran = project.up()
    assert ran.code == 0, ran.said
    assert project.preview() == {"same": MADE}


def test_a_refresh_finds_no_change(project: Project) -> None:
    ran = project.run("refresh", "--yes", "--skip-preview", "--expect-no-changes")
    assert ran.code == 0, ran.said


def test_secrets_are_never_in_clear(project: Project) -> None:
    """Neither outputs, state, diffs and events of a change, nor the engine's log hold a secret, old or new."""
    changed = "other-hush-value"
    project.set_secret("secret", changed)
    said = [
        project.run("stack", "output", "--json").said,
        project.run("stack", "export").said,
        project.run("preview", "--diff").said,
        project.run("preview", "--json").said,
        project.run("up", "--yes", "--skip-preview", "--diff", "--logtostderr", "-v=3").said,
    ]
    assert "parameter" in said[2], "the secret is part of the difference that is shown"
    assert not [text for text in said if SECRET in text or changed in text]
    secrets = (SECRET.encode(), changed.encode())
    leaking = [path for path in project.state_files() if any(secret in path.read_bytes() for secret in secrets)]
    assert not leaking
    logs = Path(project.environment["REHEARSAL_PLUGIN_FOLDER"]) / "logs"
    assert not [path for path in logs.iterdir() if any(secret in path.read_bytes() for secret in secrets)]
    assert project.up().code == 0


def test_a_tag_changes_in_place(project: Project) -> None:
    before = project.state()["group"]["id"]
    project.set(size="large")
    assert project.preview() == {"same": MADE - 1, "update": 1}
    ran = project.up(size="large")
    assert ran.code == 0, ran.said
    group = project.state()["group"]
    assert group["id"] == before
    assert group["outputs"]["tagsAll"] == {"Project": "small", "Size": "large"}


def test_another_address_range_replaces_the_network_and_what_stands_in_it(project: Project) -> None:
    before = project.state()
    ran = project.up(size="large", cidr="10.9.0.0/16")
    assert ran.code == 0, ran.said
    after = project.state()
    assert after["vpc"]["id"] != before["vpc"]["id"]
    assert after["group"]["outputs"]["vpcId"] == after["vpc"]["id"]
    assert after["table"]["id"] == before["table"]["id"]


def test_a_protected_resource_is_not_destroyed(project: Project) -> None:
    assert project.up(protect=True, cidr="10.9.0.0/16").code == 0
    ran = project.run("destroy", "--yes", "--skip-preview")
    assert ran.code != 0
    assert "protect" in ran.said


def test_nothing_is_left_but_what_is_retained(project: Project, aws: RunningServer) -> None:
    assert project.up(retain=True, cidr="10.9.0.0/16").code == 0
    ran = project.run("destroy", "--yes", "--skip-preview")
    assert ran.code == 0, ran.said
    assert not project.state()
    environment = aws.environment()
    session = boto3.Session(
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        region_name="us-east-1",
    )
    endpoint = environment["AWS_ENDPOINT_URL"]
    assert session.client("dynamodb", endpoint_url=endpoint).list_tables()["TableNames"] == ["orders"]
    assert not session.client("s3", endpoint_url=endpoint).list_buckets()["Buckets"]
    vpcs = session.client("ec2", endpoint_url=endpoint).describe_vpcs()["Vpcs"]
    assert [vpc["IsDefault"] for vpc in vpcs] == [True]
