"""The state moves from a file backend to S3 with a key of KMS, as docs/delivery.md sets the state up.

The tests stand on each other.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest

from aws_emulator.server import RunningServer
from tests.engine.project import Project

pytestmark = [pytest.mark.engine, pytest.mark.timeout(600)]

PROGRAM = Path(__file__).with_name("state_program")
BUCKET = "state-of-the-platform"
REGION = "us-west-2"
SECRET = "hush-hush-value"


@pytest.fixture(scope="module")
def session(aws: RunningServer) -> Callable[[str], Any]:
    """Clients of the in-memory AWS."""
    environment = aws.environment()
    made = boto3.Session(
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        region_name=REGION,
    )
    return lambda service: made.client(service, endpoint_url=aws.endpoint)


@pytest.fixture(scope="module")
def in_file(make_project: Callable[[Path], Project]) -> Project:
    made = make_project(PROGRAM)
    ran = made.up(name="before")
    assert ran.code == 0, ran.said
    return made


@pytest.fixture(scope="module")
def key(session: Callable[[str], Any]) -> str:
    """A multi-region key for the state's secrets."""
    return session("kms").create_key(MultiRegion=True)["KeyMetadata"]["Arn"]


@pytest.fixture(scope="module")
def in_s3(in_file: Project, key: str, session: Callable[[str], Any]) -> Project:
    """The same stack with its state in a bucket, moved by an export and an import."""
    session("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    provider = f"awskms:///{key}?region={REGION}"
    changed = in_file.run("stack", "change-secrets-provider", provider)
    assert changed.code == 0, changed.said
    exported = in_file.folder / "exported.json"
    assert in_file.run("stack", "export", "--file", str(exported)).code == 0
    environment = {key: value for key, value in in_file.environment.items() if key != "PULUMI_CONFIG_PASSPHRASE"}
    moved = replace(in_file, environment={**environment, "PULUMI_BACKEND_URL": f"s3://{BUCKET}?region={REGION}"})
    made = moved.run("stack", "init", "--secrets-provider", provider)
    assert made.code == 0, made.said
    imported = moved.run("stack", "import", "--file", str(exported))
    assert imported.code == 0, imported.said
    return moved


def test_a_moved_state_needs_no_change(in_s3: Project, in_file: Project) -> None:
    """Every resource and output is there, without the passphrase of the file backend."""
    assert in_s3.preview() == {"same": len(in_file.state())}
    assert json.loads(in_s3.run("stack", "output", "--json", "--show-secrets").said)["secret"] == SECRET


def test_the_bucket_holds_the_state_and_no_secret(in_s3: Project, key: str, session: Callable[[str], Any]) -> None:
    """Secrets are encrypted under the key; the stack file names it."""
    client = session("s3")
    found = [entry["Key"] for entry in client.list_objects_v2(Bucket=BUCKET)["Contents"]]
    assert any(name.endswith("small/dev.json") for name in found), found
    content = [client.get_object(Bucket=BUCKET, Key=name)["Body"].read() for name in found]
    assert not [body for body in content if SECRET.encode() in body]
    assert key in (in_s3.folder / "Pulumi.dev.yaml").read_text()


def test_an_update_works_in_the_bucket(in_s3: Project) -> None:
    """The engine takes its lock in the bucket, updates, and leaves no lock behind."""
    ran = in_s3.up(name="after")
    assert ran.code == 0, ran.said
    assert in_s3.state()["topic"]["outputs"]["displayName"] == "after"
    assert in_s3.preview() == {"same": len(in_s3.state())}


def test_a_renamed_resource_with_an_alias_is_not_replaced(in_s3: Project) -> None:
    """A later version of a program moves a resource below a component: its alias keeps what exists."""
    before = in_s3.state()["topic"]["id"]
    ran = in_s3.up(name="after", moved=True)
    assert ran.code == 0, ran.said
    after = in_s3.state()
    assert "topic" not in after
    assert after["notices"]["id"] == before
