"""The Trading API's OpenAPI document with API Gateway's extensions: integrations, authorizers and gateway responses."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from functions.api.document import load, operations, with_integrations

# Version of the interface by which API Gateway invokes functions; there is only one.
_INVOCATION = "2015-03-31"
_TOKEN_SCHEME = "tradingToken"
# A bearer token of three parts. The gateway refuses other values without a call of the authorizer. The scheme is
# case-insensitive, and one or more spaces follow it (RFC 9110, 11.1 and 11.4). The expression has no flags, because API
# Gateway does not document which regular expressions it supports.
_TOKEN_PATTERN = r"^[Bb][Ee][Aa][Rr][Ee][Rr] +[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$"
_RETRY_AFTER_SECONDS = 1
# API Gateway Developer Guide, "Variables for access logging and gateway responses".
_QUOTED_MESSAGE = "$context.error.messageString"


@dataclass(frozen=True)
class GatewayResponse:
    """An answer that the gateway generates: status, code of the document's `Error`, and text.

    Without a text, the answer has the gateway's own message, from the one variable that the gateway quotes and escapes.
    """

    status: int
    code: str
    message: str | None
    retryable: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return the extension object for the document."""
        message = json.dumps(self.message) if self.message else _QUOTED_MESSAGE
        body = f'{{"code":"{self.code}","message":{message},"retryable":{json.dumps(self.retryable)}}}'
        headers = {"gatewayresponse.header.Retry-After": f"'{_RETRY_AFTER_SECONDS}'"} if self.retryable else {}
        return {
            "statusCode": str(self.status),
            "responseTemplates": {"application/json": body},
            **({"responseParameters": headers} if headers else {}),
        }


# API Gateway Developer Guide, "Gateway response types". If the integration gave no answer, the request may have been
# carried out, so its outcome is unknown.
GATEWAY_RESPONSES: Mapping[str, GatewayResponse] = {
    "ACCESS_DENIED": GatewayResponse(401, "unauthenticated", "the token does not allow this"),
    "API_CONFIGURATION_ERROR": GatewayResponse(500, "internal_error", "the request could not be taken"),
    "AUTHORIZER_CONFIGURATION_ERROR": GatewayResponse(500, "internal_error", "the token could not be verified"),
    "AUTHORIZER_FAILURE": GatewayResponse(503, "unavailable", "the token could not be verified; repeat", True),
    "BAD_REQUEST_BODY": GatewayResponse(400, "invalid_request", None),
    "BAD_REQUEST_PARAMETERS": GatewayResponse(400, "invalid_request", None),
    "DEFAULT_4XX": GatewayResponse(400, "invalid_request", "the request is not one of this API"),
    "DEFAULT_5XX": GatewayResponse(503, "outcome_unknown", "the request failed; repeat it", True),
    "INTEGRATION_FAILURE": GatewayResponse(503, "outcome_unknown", "the request failed; repeat it", True),
    "INTEGRATION_TIMEOUT": GatewayResponse(503, "outcome_unknown", "no answer in time; repeat the request", True),
    "INVALID_API_KEY": GatewayResponse(401, "unauthenticated", "x-api-key: names no client of this API"),
    "MISSING_AUTHENTICATION_TOKEN": GatewayResponse(404, "not_found", "no such operation"),
    "QUOTA_EXCEEDED": GatewayResponse(429, "unavailable", "too many requests of this client; repeat later", True),
    "REQUEST_TOO_LARGE": GatewayResponse(413, "body_too_large", "body: is larger than any order"),
    "THROTTLED": GatewayResponse(429, "unavailable", "too many requests; repeat later", True),
    "UNAUTHORIZED": GatewayResponse(401, "unauthenticated", "Authorization: needs a valid bearer token"),
    "UNSUPPORTED_MEDIA_TYPE": GatewayResponse(415, "invalid_request", "Content-Type: must be application/json"),
    "WAF_FILTERED": GatewayResponse(403, "invalid_request", "the request was refused by the firewall"),
}


def api_document(
    *, region: str, order_intake: str, authorizer: str, timeout_seconds: int, token_cache_seconds: int
) -> dict[str, Any]:
    """Return the document with the extensions of API Gateway; `order_intake` and `authorizer` are ARNs of aliases.

    A function and not IAM verifies tokens: clients are desks and firms with an identity provider of their own, and the
    account of an order must come from their token. The function holds the provider's public keys, so the recovery
    region admits the same callers while the primary is lost. A Cognito user pool exists in one region only.
    """
    document = load()
    integration = {
        "type": "aws_proxy",
        "httpMethod": "POST",
        "uri": _invocation(region, order_intake),
        "passthroughBehavior": "never",
        "timeoutInMillis": timeout_seconds * 1000,
    }
    return with_integrations(
        document,
        dict.fromkeys(operations(document), integration),
        authorizers={
            _TOKEN_SCHEME: {
                "x-amazon-apigateway-authtype": "custom",
                "x-amazon-apigateway-authorizer": {
                    "type": "token",
                    "authorizerUri": _invocation(region, authorizer),
                    "authorizerResultTtlInSeconds": token_cache_seconds,
                    "identityValidationExpression": _TOKEN_PATTERN,
                },
            }
        },
        gateway_responses={kind: response.as_dict() for kind, response in GATEWAY_RESPONSES.items()},
    )


def _invocation(region: str, function_arn: str) -> str:
    return f"arn:aws:apigateway:{region}:lambda:path/{_INVOCATION}/functions/{function_arn}/invocations"
