"""A provider that lost an answer gets it again; nobody else is helped."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from aws_emulator.repeats import RepeatMiddleware

PROVIDER = "APN/1.0 HashiCorp/1.0 Terraform/1.11.4 terraform-provider-aws/5.100.0"


class Deletes:
    """An application that can delete once, as AWS can."""

    def __init__(self, statuses: Iterable[str] = ("200 OK", "400 Bad Request")) -> None:
        self.statuses = list(statuses)
        self.asked = 0

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        status = self.statuses[min(self.asked, len(self.statuses) - 1)]
        self.asked += 1
        start_response(status, [("x-amzn-requestid", str(self.asked))])
        return [b"answer ", str(self.asked).encode()]


def ask(application: Any, call: str = "c1", attempt: int = 1, agent: str = PROVIDER) -> tuple[str, Any, bytes]:
    began: list[Any] = []
    environ = {
        "HTTP_AMZ_SDK_INVOCATION_ID": call,
        "HTTP_AMZ_SDK_REQUEST": f"attempt={attempt}; max=2",
        "HTTP_USER_AGENT": agent,
    }
    body = b"".join(application(environ, lambda *said: began.append(said)))
    return began[0][0], began[0][1], body


def test_a_repeat_of_what_was_carried_out_is_answered_as_the_first_try_was() -> None:
    deletes = Deletes()
    application = RepeatMiddleware(deletes)
    first = ask(application)
    assert ask(application, attempt=2) == first
    assert deletes.asked == 1, "a repeat was carried out a second time"


def test_a_repeat_after_a_failure_of_the_server_is_carried_out() -> None:
    application = RepeatMiddleware(Deletes(["500 Internal Server Error", "200 OK"]))
    ask(application)
    assert ask(application, attempt=2)[0] == "200 OK"


def test_another_call_is_carried_out() -> None:
    deletes = Deletes()
    application = RepeatMiddleware(deletes)
    ask(application)
    ask(application, call="c2")
    ask(application, call="c3", attempt=2)
    assert deletes.asked == 3


@pytest.mark.parametrize("agent", ["Boto3/1.42 md/Botocore#1.42", ""])
def test_functions_and_the_runbook_meet_a_lost_answer_as_they_would_in_aws(agent: str) -> None:
    application = RepeatMiddleware(Deletes())
    ask(application, agent=agent)
    assert ask(application, attempt=2, agent=agent)[0] == "400 Bad Request"


def test_answers_are_forgotten_in_time() -> None:
    deletes = Deletes(["200 OK"])
    application = RepeatMiddleware(deletes)
    for number in range(3000):
        ask(application, call=str(number))
    ask(application, call="0", attempt=2)
    assert deletes.asked == 3001
