"""Reads the parameters of a request by the service's model."""

from __future__ import annotations

from typing import Any

from moto.core.model import OperationModel
from moto.core.parse import PROTOCOL_PARSERS, RequestParserError
from moto.core.request import Request, determine_request_protocol

from aws_emulator.store.errors import AwsError


def parameters_of(operation: OperationModel, request: Request, uri: dict[str, Any]) -> dict[str, Any]:
    """The parameters that a request gives. Raises `AwsError` for one that cannot be read."""
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
        if value is not None and not (shape is not None and value in ([], {}) and _beside_the_body(shape, name))
    }


def _beside_the_body(shape: Any, name: str) -> bool:
    """moto's parser reads a list or map that a query string or a header does not have as an empty one."""
    return "location" in shape.members[name].serialization
