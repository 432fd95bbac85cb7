"""Errors as AWS answers them, in the code that the service's own model has for the case."""

from typing import Any

from moto.core.exceptions import ServiceException

_INVALID_REQUEST_CODES = (
    "ValidationException",
    "InvalidParameterException",
    "InvalidParameterValueException",
    "InvalidParameterValue",
    "InvalidInputException",
    "InvalidInput",
    "InvalidRequestException",
    "BadRequestException",
    "BadRequest",
    "DirectConnectClientException",
)
"""Codes that services use for a request that breaks its shape, the most specific first."""


class AwsError(ServiceException):
    """An error answer: `code` as in the service's model, `members` that its shape has beside the message."""

    def __init__(self, code: str, message: str, **members: Any) -> None:
        super().__init__(code, message)
        for name, value in members.items():
            setattr(self, name, value)


def invalid_request_code(operation: Any) -> str:
    """The code with which this action refuses a request that does not fit its input shape.

    The action's own error shapes decide; without one, the common errors of the protocol hold
    (https://docs.aws.amazon.com/awssupport/latest/APIReference/CommonErrors.html).
    """
    service = operation.service_model
    own = {str(shape.error_code) for shape in operation.error_shapes} | {s.name for s in operation.error_shapes}
    for code in _INVALID_REQUEST_CODES:
        if code in own:
            return code
    if service.protocol == "ec2":
        return "InvalidParameterValue"
    if "query" in service.metadata.get("protocols", [service.protocol]):
        return "ValidationError"
    return "ValidationException"


def invalid_request(operation: Any, violations: list[str]) -> AwsError:
    """One error for all violations, worded as AWS words it."""
    count = len(violations)
    noun = "error" if count == 1 else "errors"
    return AwsError(invalid_request_code(operation), f"{count} validation {noun} detected: {'; '.join(violations)}")
