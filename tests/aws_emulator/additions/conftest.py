"""Clients of the in-memory AWS in this process."""

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from aws_emulator import additions

Clients = Callable[..., Any]


@pytest.fixture
def client() -> Iterator[Clients]:
    """A maker of clients: service, and the region where it is not the primary one."""
    additions.install()
    with mock_aws():
        yield lambda service, region="us-east-1": boto3.client(
            service, region_name=region, aws_access_key_id="testing", aws_secret_access_key="testing"
        )
