"""Which service and operation a request is for, and the validator of its parameters."""

from __future__ import annotations

from functools import cache
from typing import Any

from moto.core.exceptions import ServiceException
from moto.core.model import OperationModel
from moto.core.request import Request
from moto.core.routing import get_service_router
from moto.core.utils import get_service_model
from werkzeug.exceptions import HTTPException

from aws_emulator.store.targets import by_short_target
from aws_emulator.strict.shapes import Compiler, Validator

# botocore's name of a service where the scope of a signature names it otherwise.
_BY_SIGNATURE = {
    "access-analyzer": "accessanalyzer",
    "elasticfilesystem": "efs",
    "elasticloadbalancing": "elbv2",
    "monitoring": "cloudwatch",
    "servicequotas": "service-quotas",
    "states": "stepfunctions",
}
# The API of calls to deployed REST APIs is the user's own; S3 Control shares the signature of S3.
NOT_CHECKED = {"execute-api": "calls of clients to deployed APIs", "s3-control": "shares the signature of S3"}
_S3_CONTROL_PATH = "/v20180820/"


def service_of(signed_for: str | None, path: str) -> str | None:
    """botocore's name of the service that a request was signed for; None where there is no model to check by."""
    if signed_for is None or signed_for in NOT_CHECKED:
        return None
    if signed_for == "s3" and path.startswith(_S3_CONTROL_PATH):
        return None
    return _known(_BY_SIGNATURE.get(signed_for, signed_for))


@cache
def _known(service: str) -> str | None:
    try:
        get_service_model(service)
    except Exception:  # noqa: BLE001 - botocore raises one of several errors for a service without a model
        return None
    return service


def operation_of(service: str, request: Request) -> tuple[OperationModel, dict[str, Any]] | None:
    """The operation and the parts of the path; None for a request that no operation of the service matches."""
    try:
        return get_service_router(service).match(request)
    except (HTTPException, NotImplementedError, ServiceException):
        operation = by_short_target(get_service_model(service), request)
        return (operation, {}) if operation else None


@cache
def _compiler(service: str) -> Compiler:
    return Compiler(service)


@cache
def validator_of(service: str, operation: str) -> Validator | None:
    """The validator of an operation's input."""
    shape = get_service_model(service).operation_model(operation).input_shape
    return _compiler(service).validator(shape) if shape is not None else None
