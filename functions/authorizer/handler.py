"""Lambda entry of the authorizer: events of API Gateway's TOKEN authorizers.

Environment: TOKEN_KEYS (public keys in PEM, one after the other; nobody is let in without any, and one that cannot be
used is skipped and reported), TOKEN_ISSUER, TOKEN_AUDIENCE, ACCOUNT_CLAIM (default account_id).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger, Tracer

from functions.authorizer.tokens import Policy, TokenError, account_of
from functions.clock import Clock, system_clock
from functions.environment import Environment
from functions.trading_account import CONTEXT_KEY

SERVICE = "authorizer"

logger = Logger(service=SERVICE)
tracer = Tracer(service=SERVICE, auto_patch=False)


class UnauthorizedError(Exception):
    """API Gateway answers 401 to an error of exactly this text, and 500 to any other."""

    def __init__(self) -> None:
        super().__init__("Unauthorized")


@cache
def policy() -> Policy:
    """Made once in a process."""
    made = Policy.from_environment(Environment(os.environ))
    for reason in made.unusable:
        logger.error("a key of TOKEN_KEYS is not used; correct the setting tokenKeys", detail=reason)
    return made


def authorized(policy: Policy, event: Mapping[str, Any], clock: Clock = system_clock) -> dict[str, Any]:
    """What the caller may call, and the account under which the gateway passes the request on.

    The answer is kept for the token and serves its other requests too, so it names every operation of this stage.
    Raises UnauthorizedError.
    """
    try:
        given = event.get("authorizationToken")
        account = account_of(policy, given if isinstance(given, str) else "", clock)
    except TokenError as error:
        logger.info("a token was refused", detail=str(error))
        raise UnauthorizedError from None
    api, stage = event["methodArn"].split("/")[:2]
    return {
        "principalId": account,
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": f"{api}/{stage}/*"}],
        },
        "context": {CONTEXT_KEY: account},
    }


@logger.inject_lambda_context(clear_state=True)
@tracer.capture_lambda_handler(capture_response=False, capture_error=False)
def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answers for one token."""
    return authorized(policy(), event)


# Lambda sets it for every process it starts: keys are read while the process starts and not for its first order.
if "AWS_LAMBDA_INITIALIZATION_TYPE" in os.environ:
    policy()
