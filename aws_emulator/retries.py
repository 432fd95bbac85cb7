"""Answers a provider's retry with the stored answer of the first attempt.

About one answer in some thousand does not reach a provider with dozens of open connections on a busy machine: the
server executes the request and the connection closes too early. The provider retries, and a retry of a create or delete
fails ("already exists", "does not exist"). A rehearsal would fail for a reason outside its subject. AWS's SDKs send one
`amz-sdk-invocation-id` for all attempts of a call and count them in `amz-sdk-request: attempt=2; max=2`
(https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html).

Only providers get stored answers. AWS stores none, so functions and the runbook handle a lost answer as on AWS.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# Far more than the number of concurrent calls. A retry follows within a second or two.
_REMEMBERED = 1024
_PROVIDER_AGENT = re.compile(r"terraform-provider-aws|pulumi", re.IGNORECASE)


@dataclass(frozen=True)
class _Answer:
    status: str
    headers: list[tuple[str, str]]
    body: bytes


class RetryMiddleware:
    """Answers a provider's retry of an executed call with the stored answer.

    Expects one request at a time.
    """

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application
        self._answers: OrderedDict[str, _Answer] = OrderedDict()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        call = environ.get("HTTP_AMZ_SDK_INVOCATION_ID")
        if not call or not _PROVIDER_AGENT.search(environ.get("HTTP_USER_AGENT", "")):
            return self._application(environ, start_response)
        answer = self._answers.get(call) if attempt_of(environ) > 1 else None
        if answer is None:
            answer = self._ask(environ)
            self._remember(call, answer)
        start_response(answer.status, answer.headers)
        return [answer.body]

    def _ask(self, environ: WSGIEnvironment) -> _Answer:
        began: list[tuple[str, list[tuple[str, str]]]] = []

        def note(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            began.append((status, headers))
            return lambda _: None

        body = b"".join(self._application(environ, note))
        status, headers = began[-1]
        return _Answer(status, headers, body)

    def _remember(self, call: str, answer: _Answer) -> None:
        # After a server error the retry must run again.
        if not answer.status.startswith("5"):
            self._answers[call] = answer
            while len(self._answers) > _REMEMBERED:
                self._answers.popitem(last=False)


def attempt_of(environ: WSGIEnvironment) -> int:
    """Return the attempt number of a request; 1 if the client does not send it."""
    said = re.search(r"attempt=(\d+)", environ.get("HTTP_AMZ_SDK_REQUEST", ""))
    return int(said[1]) if said else 1
