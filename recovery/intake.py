"""Order intake as a run asks it: whether it accepts, and to accept one order."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from functions import failures
from recovery.errors import RecoveryError

# Never to be filled: the smallest price and quantity of the API. Engines drop orders of its account. It is an order for
# the day, because immediate ones may be refused until an engine stands.
_CANARY: Mapping[str, str] = {
    "instrument": "CANARY",
    "side": "BUY",
    "type": "LIMIT",
    "quantity": "0.00000001",
    "limit_price": "0.00000001",
    "time_in_force": "DAY",
}


class IntakeError(RecoveryError):
    """Order intake did not answer, or with an error of its own; asking again is safe."""

    exit_code = 8


class IntakeWakingError(IntakeError):
    """Order intake is being made ready after weeks without a call; it answers by itself later."""


# AWS Lambda Developer Guide, "Lambda function states": a function that was idle for weeks becomes inactive, the first
# call fails, and the function is pending until its network is there again. API reference, Invoke: the errors' names.
_WAKING = frozenset({"ResourceNotReadyException", "ResourceConflictException", "SnapStartNotReadyException"})


@dataclass(frozen=True)
class Health:
    """Whether order intake of a region accepts orders, and under which epoch."""

    region: str
    accepting: bool
    epoch: int | None


@dataclass(frozen=True)
class Accepted:
    """An order that was accepted; `epoch` is the one that accepted it first."""

    client_order_id: str
    accepted_at: str
    region: str
    epoch: int


class Intake(Protocol):
    """Both calls raise IntakeError."""

    def health(self) -> Health:
        """Asks the region's order intake about itself."""
        ...

    def enter(self, account: str, order: Mapping[str, str]) -> Accepted | None:
        """Enters an order of `account`; None while the region does not accept. A repeat is answered as before."""
        ...


def canary(client_order_id: str) -> dict[str, str]:
    """An order that proves a way and trades nothing."""
    return {"client_order_id": client_order_id, **_CANARY}


class InvokedIntake:
    """The function itself, called as the Trading API calls it.

    `client` is a Lambda client, `function` a `name:alias`; `account_claim` is the claim that carries the account.
    """

    def __init__(self, client: Any, function: str, account_claim: str) -> None:
        self._client = client
        self._function = function
        self._claim = account_claim

    def health(self) -> Health:
        status, body = self._ask("GET", "/health", None, None)
        if status != 200:
            raise IntakeError(f"{self._function} answers {status} about its health: {body.get('message')}")
        return Health(body["region"], bool(body["accepting"]), body.get("epoch"))

    def enter(self, account: str, order: Mapping[str, str]) -> Accepted | None:
        status, body = self._ask("POST", "/orders", account, order)
        if status in (201, 202):
            return Accepted(body["client_order_id"], body["accepted_at"], body["region"], int(body["epoch"]))
        if body.get("retryable"):
            return None
        raise IntakeError(f"{self._function} refuses the order with {status} {body.get('code')}: {body.get('message')}")

    def cancel(self, account: str, client_order_id: str) -> bool:
        """Asks for an order to be cancelled; whether the request was accepted. Raises IntakeError."""
        path = {"client_order_id": client_order_id}
        return self._ask("DELETE", "/orders/{client_order_id}", account, None, path)[0] == 202

    def _ask(
        self,
        method: str,
        resource: str,
        account: str | None,
        body: Mapping[str, str] | None,
        path: Mapping[str, str] | None = None,
    ) -> tuple[int, dict[str, Any]]:
        event = {
            "httpMethod": method,
            "resource": resource,
            "pathParameters": path,
            "queryStringParameters": None,
            "body": json.dumps(body) if body is not None else None,
            "isBase64Encoded": False,
            "requestContext": {"authorizer": {self._claim: account} if account else {}},
        }
        try:
            answer = self._client.invoke(FunctionName=self._function, Payload=json.dumps(event).encode())
            payload = json.loads(answer["Payload"].read())
        except (BotoCoreError, ClientError, ValueError) as error:
            if isinstance(error, ClientError) and failures.code(error) in _WAKING:
                raise IntakeWakingError(f"{self._function} is not ready yet ({failures.code(error)})") from error
            raise IntakeError(f"{self._function} does not answer: {error}") from error
        if "FunctionError" in answer:
            raise IntakeError(f"{self._function} failed: {payload.get('errorMessage')}; see its log")
        return payload["statusCode"], json.loads(payload["body"])
