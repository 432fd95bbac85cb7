"""Answers of the Trading API, as API Gateway's proxy integration takes them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_MAX_MESSAGE = 512
CLOSE: Mapping[str, str] = {"Connection": "close"}
"""Asks the client to close its connection: a connection that stays open leads to the region that has lost the lease,
whatever the DNS answers. A REST API of API Gateway renames the header to x-amzn-Remapped-Connection (API Gateway
Developer Guide, "Important notes"), and HTTP/2 has no such header (RFC 9113, 8.2.2). So the API document tells clients
to act on the code `not_accepting`."""


@dataclass(frozen=True)
class Answer:
    """A status code and a JSON body."""

    status: int
    body: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)

    def proxy(self) -> dict[str, Any]:
        """The shape of API Gateway's Lambda proxy integration."""
        return {
            "statusCode": self.status,
            "headers": {"Content-Type": "application/json", "Cache-Control": "no-store", **self.headers},
            "body": json.dumps(self.body, separators=(",", ":")),
            "isBase64Encoded": False,
        }


class ProblemError(Exception):
    """A request that is not answered as asked; `code` is one of the API's Error schema.

    `detail` is for the operators and is not part of the answer. With `elsewhere` another region may take the request:
    the answer asks the client to close its connection.
    """

    def __init__(self, code: str, message: str, detail: str | None = None, *, elsewhere: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.detail = detail
        self.elsewhere = elsewhere

    def answer(self) -> Answer:
        status, retryable = PROBLEMS[self.code]
        message = str(self)
        if len(message) > _MAX_MESSAGE:
            message = message[: _MAX_MESSAGE - 3] + "..."
        headers = {"Retry-After": "1"} if retryable else {}
        if self.elsewhere:
            headers |= CLOSE
        return Answer(status, {"code": self.code, "message": message, "retryable": retryable}, headers)


# Status, and whether the same request may succeed later.
PROBLEMS: Mapping[str, tuple[int, bool]] = {
    "invalid_request": (400, False),
    "price_not_allowed": (400, False),
    "unauthenticated": (401, False),
    "not_found": (404, False),
    "conflicting_order": (409, False),
    "not_cancellable": (409, False),
    "body_too_large": (413, False),
    "internal_error": (500, False),
    "not_accepting": (503, True),
    "no_engine": (503, True),
    "unavailable": (503, True),
    "outcome_unknown": (503, True),
}
