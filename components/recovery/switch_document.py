"""The OpenAPI document of the traffic switch: it reads an item of the control table and answers health checkers by a
status code."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from functions.control_item import KEY_ATTRIBUTE, SORT_ATTRIBUTE
from recovery.switch import ITEM, NOT_TAKEN_OVER, POSITION_ATTRIBUTE, TAKEN_OVER

STAGE = "v1"
PATH = "/switch"
"""Answers 200 while the standby has taken over, and 503 while it has not."""
PRIMARY_PATH = f"{PATH}/primary"
"""Answers 200 while traffic belongs to the primary, and 503 while it does not. With both paths, checkers tell "the
primary serves" from an endpoint that does not answer."""
_TROUBLE = 502
# Route 53 Developer Guide, "How Amazon Route 53 determines whether a health check is healthy": an answer must come
# within two seconds of the connection.
_TIMEOUT_MILLISECONDS = 1500
# API Gateway Developer Guide, "Mapping template overrides": a status that depends on the answer's content.
_READ = f"#set($position = $input.path('$.Item.{POSITION_ATTRIBUTE}.S'))"
_SHOWN = """{"takenOver":#if($position == 'standby')true#{else}false#end}"""
_REFUSE = f"#set($context.responseOverride.status = {NOT_TAKEN_OVER})"
_ANSWERS = {
    PATH: f"{_READ}#if($position != 'standby'){_REFUSE}#end{_SHOWN}",
    # Before the switch is turned for the first time nothing is stored, and the primary serves.
    PRIMARY_PATH: f"{_READ}#if($position == 'standby'){_REFUSE}#end{_SHOWN}",
}
_SUMMARIES = {
    PATH: ("getSwitch", "Whether the recovery region has taken over"),
    PRIMARY_PATH: ("getSwitchPrimary", "Whether traffic belongs to the primary"),
}


def switch_document(*, region: str, table: str, role_arn: str) -> dict[str, Any]:
    """Return the OpenAPI document of the switch's API.

    It integrates DynamoDB directly, without a function that would need a cold start. It has no authorizer: health
    checkers send no credentials, and the answer is as public as the DNS record. Every fault results in a status other
    than 200 and leaves traffic unchanged.
    """
    key = {KEY_ATTRIBUTE: {"S": ITEM}, SORT_ATTRIBUTE: {"N": "0"}}
    # An eventually consistent read needs no other region, and sees this region's own writes within milliseconds.
    request = {"TableName": table, "Key": key, "ProjectionExpression": "#position"}
    request["ExpressionAttributeNames"] = {"#position": POSITION_ATTRIBUTE}
    return {
        "openapi": "3.0.3",
        "info": {"title": "Traffic switch", "version": "1.0.0"},
        "paths": {path: {"get": _operation(path, region, request, role_arn)} for path in _ANSWERS},
    }


def _operation(path: str, region: str, request: Mapping[str, Any], role_arn: str) -> dict[str, Any]:
    identity, summary = _SUMMARIES[path]
    return {
        "operationId": identity,
        "summary": summary,
        "security": [],
        "responses": {
            str(TAKEN_OVER): {"description": "Yes."},
            str(NOT_TAKEN_OVER): {"description": "No."},
            str(_TROUBLE): {"description": "It cannot be told."},
        },
        "x-amazon-apigateway-integration": {
            "type": "aws",
            "httpMethod": "POST",
            "uri": f"arn:aws:apigateway:{region}:dynamodb:action/GetItem",
            "credentials": role_arn,
            "passthroughBehavior": "never",
            "timeoutInMillis": _TIMEOUT_MILLISECONDS,
            "requestTemplates": {"application/json": json.dumps(request)},
            "responses": {
                "200": {
                    "statusCode": str(TAKEN_OVER),
                    "responseTemplates": {"application/json": _ANSWERS[path]},
                },
                "default": {"statusCode": str(_TROUBLE)},
            },
        },
    }
