"""Report a resource that exists and is incomplete: the engine keeps it in the state and shows the error."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn

import grpc
from google.protobuf import any_pb2
from pulumi.runtime.proto import provider_pb2, status_pb2


def fail_partly(
    context: grpc.ServicerContext, id_: str, properties: Any, inputs: Any, reasons: Sequence[str]
) -> NoReturn:
    """End a call with `ErrorResourceInitFailed` (pulumi: proto/pulumi/provider.proto)."""
    detail = provider_pb2.ErrorResourceInitFailed(id=id_, properties=properties, reasons=reasons, inputs=inputs)
    packed = any_pb2.Any()
    packed.Pack(detail)
    message = "; ".join(reasons)
    status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=message, details=[packed])
    context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
    context.abort(grpc.StatusCode.UNKNOWN, message)
