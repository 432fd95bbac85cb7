"""The Trading API as a WSGI application: API Gateway's part of a request, with order intake behind it.

It routes by the OpenAPI document, asks for the token that the operation asks for, and refuses other content types,
as the gateway does. It does not validate bodies or parameters: order intake has to hold alone.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from aws_lambda_powertools import Metrics
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from functions.api.document import operations
from functions.order_intake.application import Application
from functions.order_intake.handler import answered
from tests.functions.conftest import ACCOUNT


class Gateway:
    """Answers by `application`, as its Lambda handler does."""

    def __init__(self, document: dict[str, Any], application: Application) -> None:
        self._document = document
        self._application = application
        self._sink = Metrics(namespace="Gateway", service="gateway")
        self._routes = Map(
            [
                Rule(path.replace("{", "<").replace("}", ">"), methods=[method], endpoint=(method, path))
                for method, path in operations(document).values()
            ]
        )

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        return self._answer(Request(environ))(environ, start_response)

    def _answer(self, request: Request) -> Response:
        try:
            (method, path), parameters = self._routes.bind_to_environ(request.environ).match()
        except MethodNotAllowed as error:
            return _problem(405, "invalid_request", {"Allow": ", ".join(sorted(error.valid_methods or ()))})
        except HTTPException:
            return _problem(404, "not_found")
        security = self._document["paths"][path][method].get("security", self._document["security"])
        if security and not (request.headers.get("Authorization") and request.headers.get("x-api-key")):
            return _problem(401, "unauthenticated")
        if method == "post" and request.mimetype != "application/json":
            return _problem(415, "invalid_request")
        found = answered(self._application, self._event(request, path, dict(parameters)), self._sink)
        return Response(found["body"], found["statusCode"], remapped(found["headers"]))

    def _event(self, request: Request, path: str, parameters: dict[str, Any]) -> dict[str, Any]:
        body = request.get_data()
        return {
            "httpMethod": request.method,
            "resource": path,
            "pathParameters": parameters or None,
            # Of several values of one name, the gateway hands on the last here.
            "queryStringParameters": {name: values[-1] for name, values in request.args.lists()} or None,
            "body": base64.b64encode(body).decode() if body else None,
            "isBase64Encoded": bool(body),
            "requestContext": {"authorizer": {"claims": {"account_id": ACCOUNT}}},
        }


def remapped(headers: Mapping[str, str]) -> dict[str, str]:
    """Headers of an integration as API Gateway sends them (Developer Guide, "Important notes"): it renames
    Connection."""
    return {f"x-amzn-Remapped-{name}" if name == "Connection" else name: value for name, value in headers.items()}


def _problem(status: int, code: str, headers: dict[str, str] | None = None) -> Response:
    body = {"code": code, "message": "refused by the gateway", "retryable": False}
    return Response(json.dumps(body), status, {"Content-Type": "application/json", **(headers or {})})
