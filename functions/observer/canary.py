"""Calls the public API of the observer's own region, as a client does.

AWS Lambda Developer Guide, "Lambda function states": a function that has not been called for weeks becomes inactive,
and its next call fails. The recovery region serves no client before a takeover, so without these calls order intake and
the authorizer would be inactive then. The calls also prove the path that clients take: the gateway, the authorizer and
order intake.
"""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Callable, Mapping

Call = Callable[[str, Mapping[str, str]], int]
"""HTTP status of a GET with headers. Raises OSError without an answer."""

# The gateway calls the authorizer for each token of this form (`components.edge.api_document`), which refuses it.
_REFUSED_TOKEN = {"Authorization": "Bearer e30.e30.e30"}
_TRIES = 3
_PAUSE_SECONDS = 2.0


def caller(timeout: float) -> Call:
    """Calls by HTTP, for `timeout` seconds at most."""

    def call(url: str, headers: Mapping[str, str]) -> int:
        try:
            with urllib.request.urlopen(urllib.request.Request(url, headers=dict(headers)), timeout=timeout) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            error.close()
            return error.code

    return call


def unanswered(call: Call, api: str, sleep: Callable[[float], None]) -> bool:
    """Whether the API at the URL `api` fails to answer as it should, after three tries of each call.

    A function that was inactive is pending after the first call, and answers a later one.
    """
    order_intake = _answers(call, f"{api}/health", {}, 200, sleep)
    authorizer = _answers(call, f"{api}/orders", _REFUSED_TOKEN, 401, sleep)
    return not (order_intake and authorizer)


def _answers(call: Call, url: str, headers: Mapping[str, str], status: int, sleep: Callable[[float], None]) -> bool:
    for number in range(_TRIES):
        if number:
            sleep(_PAUSE_SECONDS)
        try:
            if call(url, headers) == status:
                return True
        except OSError:
            continue
    return False
