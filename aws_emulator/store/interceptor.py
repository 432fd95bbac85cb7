"""Interceptor in front of moto: requests for actions that the store has are answered here, all others go on.

Moto finds the service of a request by its host or by the scope of its signature, and then a URL pattern of its own.
Here the scope decides alone, so that clients with one endpoint for all services and clients with a host for each
arrive at the same place, also for services that moto has never heard of.
"""

import json
import logging
from collections.abc import Callable, Iterable, Mapping
from functools import cache, wraps
from io import BytesIO
from threading import RLock
from typing import Any

from moto.core.botocore_stubber import BotocoreStubber
from moto.core.exceptions import JsonRESTError, ServiceException
from moto.core.request import Request, normalize_request
from moto.core.responses import BaseResponse
from moto.core.routing import get_service_router
from moto.core.serialize import DefaultAttributePicker, get_serializer_class
from moto.core.utils import get_service_model
from moto.moto_server.werkzeug_app import BackendRequest, DomainDispatcherApplication
from werkzeug.exceptions import NotFound

from aws_emulator.store.call import Call, Pass
from aws_emulator.store.errors import AwsError, invalid_request
from aws_emulator.store.parameters import parameters_of
from aws_emulator.store.service import INSTALLED, Service
from aws_emulator.store.shapes import violations
from aws_emulator.store.targets import by_short_target

_LOG = logging.getLogger(__name__)
_LOCK = RLock()
_MARK = "_opens_the_store"

Answer = tuple[int, Mapping[str, Any], str | bytes]


class AnswerMismatchError(Exception):
    """A handler answered what the output shape of its action does not allow: a mistake in the addition."""


def signing_name(authorization: str) -> str | None:
    """The service in the scope of a signature, version 4; None where there is no such signature."""
    _, _, credential = authorization.partition("Credential=")
    scope = credential.split(",")[0].split("/")
    return scope[3].lower() if len(scope) >= 5 else None


@cache
def _signed_as(name: str) -> str:
    return str(get_service_model(name).signing_name).lower()


def _candidates(authorization: str) -> list[Service]:
    name = signing_name(authorization)
    return [service for service in INSTALLED.values() if _signed_as(service.name) == name]


def _operation(service: Service, request: Request) -> tuple[Any, dict[str, Any]] | None:
    try:
        operation, uri = get_service_router(service.name).match(request)
    except (NotFound, NotImplementedError):
        operation, uri = by_short_target(service.model, request), {}
        if operation is None:
            return None
    return (operation, uri) if str(operation.name) in service.handlers else None


def answer(request: Request) -> Answer | None:
    """Answer a request, or return None where it is moto's."""
    for service in _candidates(request.headers.get("Authorization", "")):
        matched = _operation(service, request)
        if matched:
            return _handle(service, request, *matched)
    return None


def _handle(service: Service, request: Request, operation: Any, uri: dict[str, Any]) -> Answer | None:
    response = BaseResponse(service.name)
    response.setup_class(request, use_raw_body=True)
    try:
        params = _parse(operation, request, uri)
        call = Call(operation, response.current_account, response.region, params, service.everywhere)
        with _LOCK:
            result = service.handlers[str(operation.name)](call)
        _check_answer(operation, result)
    except Pass:
        return None
    except ServiceException as error:
        result = error
    except JsonRESTError as error:
        result = AwsError(error.error_type, error.message)
    return _serialize(response, operation, result)


def _parse(operation: Any, request: Request, uri: dict[str, Any]) -> dict[str, Any]:
    params = parameters_of(operation, request, uri)
    shape = operation.input_shape
    if shape is not None:
        found = list(violations(shape, params))
        if found:
            raise invalid_request(operation, found)
    return params


def _check_answer(operation: Any, result: Any) -> None:
    shape = operation.output_shape
    if shape is None:
        if result:
            raise AnswerMismatchError(f"{operation.name} has no output, yet it answers {result!r}")
        return
    found = list(violations(shape, result or {}, closed=True))
    if found:
        raise AnswerMismatchError(f"{operation.name}: {'; '.join(found)}")


def _serialize(response: BaseResponse, operation: Any, result: Any) -> Answer:
    service = operation.service_model
    serializer_class = get_serializer_class(service.service_name, response.determine_response_protocol(service))
    serializer = serializer_class(operation_model=operation, value_picker=DefaultAttributePicker())
    serialized = serializer.serialize(result)
    headers = {**serialized["headers"], **response.response_headers}
    headers, body = response._enrich_response(headers, serialized["body"])
    return serialized["status_code"], headers, body


def refusal(service: str, request: Request, operation: Any, error: ServiceException) -> Answer:
    """The answer with which a service refuses a request."""
    response = BaseResponse(service)
    response.setup_class(request, use_raw_body=True)
    return _serialize(response, operation, error)


def install() -> None:
    """Install the interceptor in the process (`mock_aws`) and in the server; once is enough."""
    if not hasattr(BotocoreStubber.process_request, _MARK):
        BotocoreStubber.process_request = _before_stubber(BotocoreStubber.process_request)
    if not hasattr(DomainDispatcherApplication.__call__, _MARK):
        DomainDispatcherApplication.__call__ = _before_server(DomainDispatcherApplication.__call__)


def _before_stubber(original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    def process_request(self: Any, request: Any) -> Any:
        if _candidates(_text(request.headers.get("Authorization", ""))):
            answered = answer(normalize_request(request))
            if answered is not None:
                return answered
        return original(self, request)

    setattr(process_request, _MARK, True)
    return process_request


def _text(header: str | bytes) -> str:
    return header.decode() if isinstance(header, bytes) else header


def _before_server(original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    def call(self: Any, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if not _candidates(environ.get("HTTP_AUTHORIZATION", "")):
            return original(self, environ, start_response)
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        answered = _answer_or_failure(BackendRequest({**environ, "wsgi.input": BytesIO(body)}))
        if answered is None:
            return original(self, {**environ, "wsgi.input": BytesIO(body)}, start_response)
        return _send(answered, start_response)

    setattr(call, _MARK, True)
    return call


def _answer_or_failure(request: Request) -> Answer | None:
    try:
        return answer(request)
    except Exception as error:  # noqa: BLE001 - the server lives on, and the client is told
        _LOG.exception("the store failed on %s %s", request.method, request.path)
        body = json.dumps({"__type": "InternalFailure", "message": f"{type(error).__name__}: {error}"})
        return 500, {"Content-Type": "application/json", "X-Amzn-ErrorType": "InternalFailure"}, body


def _send(answered: Answer, start_response: Any) -> Iterable[bytes]:
    status, headers, body = answered
    data = body.encode() if isinstance(body, str) else body
    fields = [(name, str(value)) for name, value in headers.items() if name.lower() not in ("status", "content-length")]
    start_response(f"{status} {'OK' if status < 400 else 'Error'}", [*fields, ("Content-Length", str(len(data)))])
    return [data]
