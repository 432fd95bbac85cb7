"""Answers of AWS that the in-memory AWS cannot give, checked against botocore's output shapes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import boto3
from botocore.config import Config
from botocore.stub import Stubber

from preflight.account import Account

Answers = Mapping[tuple[str, str], Any]


def stubbed(answers: Answers) -> Account:
    """An account that gives these answers, by service and method; an `Error` is raised instead."""
    return Account(lambda service, region: _client(service, region, answers))


class Error:
    """An error that AWS answers."""

    def __init__(self, code: str, status: int = 400) -> None:
        self.code, self.status = code, status


def _client(service: str, region: str, answers: Answers) -> Any:
    client = boto3.client(
        service,
        region_name=region,
        aws_access_key_id="stub",
        aws_secret_access_key="stub",
        config=Config(retries={"total_max_attempts": 1}),
    )
    stubber = Stubber(client)
    for (name, method), answer in answers.items():
        if name == service and isinstance(answer, Error):
            stubber.add_client_error(method, answer.code, "refused", answer.status)
        elif name == service:
            stubber.add_response(method, answer)
    stubber.activate()
    return client
