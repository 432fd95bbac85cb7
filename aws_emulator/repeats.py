"""A provider that lost the answer to a request gets the same answer when it asks again.

About one answer in some thousand does not reach a provider that has dozens of connections open on a busy machine: the
request is carried out and the connection ends too early. The provider repeats it, and for a request that creates or
deletes, a repeat is an error ("already exists", "does not exist"): a rehearsal would fail for a reason that has nothing
to do with what it rehearses. AWS's SDKs mark the tries of one call with one `amz-sdk-invocation-id` and count them in
`amz-sdk-request: attempt=2; max=2`
(https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html).

Only providers are helped. AWS itself remembers no answers: functions and the runbook meet a lost answer as they would
there.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# Far more than can be under way at once; a repeat comes within a second or two.
_REMEMBERED = 1024
_PROVIDER_AGENT = re.compile(r"terraform-provider-aws|pulumi", re.IGNORECASE)


@dataclass(frozen=True)
class _Answer:
    status: str
    headers: list[tuple[str, str]]
    body: bytes


class RepeatMiddleware:
    """Answers a provider's repeat of a call that was carried out as the call was answered.

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
        # A failure of the server is what a repeat is for.
        if not answer.status.startswith("5"):
            self._answers[call] = answer
            while len(self._answers) > _REMEMBERED:
                self._answers.popitem(last=False)


def attempt_of(environ: WSGIEnvironment) -> int:
    """Which try of the same call a request is; 1 where the client does not say."""
    said = re.search(r"attempt=(\d+)", environ.get("HTTP_AMZ_SDK_REQUEST", ""))
    return int(said[1]) if said else 1
