"""One in-memory AWS for all tests of the folder: each test uses names of its own."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config

from rehearsal.aws import server

ClientFactory = Callable[..., Any]


@pytest.fixture(scope="session")
def in_memory_aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[server.RunningServer]:
    with server.start(log=tmp_path_factory.mktemp("aws") / "server.log") as running:
        raise_quotas(running)
        yield running


def raise_quotas(running: server.RunningServer) -> None:
    """Quotas of what many tests make in one account: the in-memory AWS has AWS's defaults."""
    for region in ("us-east-1", "us-west-2", "us-east-2"):
        quotas = clients_of(running)("service-quotas", region)
        for service, code in (
            ("ec2", "L-0263D0A3"),
            ("ec2", "L-A2478D36"),
            ("vpc", "L-F678F1CE"),
            ("vpc", "L-A4707A72"),
            ("vpc", "L-FE5A380F"),
        ):
            quotas.request_service_quota_increase(ServiceCode=service, QuotaCode=code, DesiredValue=100)


def clients_of(running: server.RunningServer) -> ClientFactory:
    def client(service: str, region: str = "us-east-1", inside: str | None = None) -> Any:
        app_id = f"trading-inside-{inside}" if inside else None
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


@pytest.fixture
def own_aws(tmp_path: Any) -> Iterator[server.RunningServer]:
    """A server of the test's own, for tests that take regions away or end it."""
    with server.start(log=tmp_path / "server.log") as running:
        yield running


@pytest.fixture(autouse=True)
def _no_aws_settings_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
