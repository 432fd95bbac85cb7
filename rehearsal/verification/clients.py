"""boto3 clients of one region of the AWS that the rehearsal stands in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.config import Config

from aws_emulator.clients import make

_CONFIG = Config(connect_timeout=5, read_timeout=30, retries={"total_max_attempts": 2})


@dataclass(frozen=True)
class Clients:
    """Makes clients of a region; `environment` is that of the in-memory AWS."""

    region: str
    environment: Mapping[str, str]

    def client(self, service: str) -> Any:
        """A client of one service."""
        return make(
            service,
            region_name=self.region,
            endpoint_url=self.environment["AWS_ENDPOINT_URL"],
            aws_access_key_id=self.environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.environment["AWS_SECRET_ACCESS_KEY"],
            config=_CONFIG,
        )

    def pages(self, service: str, operation: str, key: str, **arguments: Any) -> Iterator[Any]:
        """Every item of a listing, over all of its pages."""
        client = self.client(service)
        if client.can_paginate(operation):
            for page in client.get_paginator(operation).paginate(**arguments):
                yield from page.get(key) or ()
        else:
            yield from getattr(client, operation)(**arguments).get(key) or ()
