"""Read the parameters of a request with the service's model."""

from __future__ import annotations

from typing import Any

from moto.core.model import OperationModel
from moto.core.parse import PROTOCOL_PARSERS, RequestParserError
from moto.core.request import Request, determine_request_protocol

from aws_emulator.store.errors import AwsError


def parameters_of(operation: OperationModel, request: Request, uri: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters of a request. Raises `AwsError` if it cannot be parsed."""
    protocol = determine_request_protocol(operation.service_model, request.content_type)
    parser = PROTOCOL_PARSERS[protocol](operation)
    try:
        parsed = parser.parse(
            {
                "method": request.method,
                "values": request.values,
                "headers": request.headers,
                "body": request.data,
                "url_path": request.path,
                "url_params": uri,
            }
        )
    except (RequestParserError, ValueError, TypeError, AttributeError) as error:
        raise AwsError("SerializationException", f"The request cannot be read: {error}") from error
    shape: Any = operation.input_shape
    return {
        name: value
        for name, value in parsed.items()
        if value is not None and not (shape is not None and value in ([], {}) and _is_outside_the_body(shape, name))
    }


def _is_outside_the_body(shape: Any, name: str) -> bool:
    """Return whether a member is in the query or a header. moto's parser returns an empty list or map if it is
    omitted."""
    return "location" in shape.members[name].serialization
