"""Clients of the in-memory AWS, and servers of a test's own."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config

from aws_emulator import server

ClientFactory = Callable[..., Any]


def policy(action: str, principal: Any = "*", **elements: Any) -> str:
    """A resource policy of one statement, as AWS takes it."""
    statement = {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": "*"} | elements
    return json.dumps({"Version": "2012-10-17", "Statement": [{k: v for k, v in statement.items() if v is not None}]})


TRUST = policy("sts:AssumeRole", {"Service": "lambda.amazonaws.com"}, Resource=None)


def clients_of(running: server.RunningServer) -> ClientFactory:
    def client(service: str, region: str = "us-east-1", inside: str | None = None) -> Any:
        app_id = f"emulator-inside-{inside}" if inside else None
        return boto3.client(
            service,
            region_name=region,
            endpoint_url=running.endpoint,
            aws_access_key_id="rehearsal",
            aws_secret_access_key="rehearsal",
            config=Config(
                retries={"max_attempts": 0},
                user_agent_appid=app_id,
                # A lost region is a closed connection here; no name of a host is looked up.
                proxies={},
                inject_host_prefix=False,
                s3={"addressing_style": "path"},
            ),
        )

    return client


@pytest.fixture(scope="session")
def client(in_memory_aws: server.RunningServer) -> ClientFactory:
    """`client("kms", "us-west-2")`: a boto3 client of the in-memory AWS."""
    return clients_of(in_memory_aws)


@pytest.fixture(scope="session")
def image(client: ClientFactory) -> str:
    """An image that exists in each region; asked for once, because the in-memory AWS lists all images in seconds."""
    return client("ec2").describe_images(Owners=["amazon"])["Images"][0]["ImageId"]


@pytest.fixture
def own_aws(tmp_path: Any) -> Iterator[server.RunningServer]:
    """A server of the test's own, for tests that take regions away or end it."""
    with server.start(log=tmp_path / "server.log") as running:
        yield running


@pytest.fixture(autouse=True)
def _no_aws_settings_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
