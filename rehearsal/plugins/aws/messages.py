"""Messages of `tfplugin5`, read from the provider by gRPC reflection, so that the project needs no .proto file.

Reflection is a service of its own (github.com/grpc/grpc, doc/server-reflection.md). This module declares the two
messages of it that it uses.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

_SERVICE = "tfplugin5.Provider"
_REFLECTION = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"
_FIELD = descriptor_pb2.FieldDescriptorProto


class Messages:
    """Message classes of the provider, and its calls by name."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._channel = channel
        self._pool = descriptor_pool.DescriptorPool()
        for file in _files_of(channel, _SERVICE):
            self._pool.Add(file)
        self._service = self._pool.FindServiceByName(_SERVICE)

    def call(self, name: str) -> tuple[type[Any], Callable[..., Any]]:
        """Return the class of a call's request, and the call."""
        method = self._service.FindMethodByName(name)
        request = message_factory.GetMessageClass(method.input_type)
        response = message_factory.GetMessageClass(method.output_type)
        stub = self._channel.unary_unary(
            f"/{_SERVICE}/{name}",
            request_serializer=request.SerializeToString,
            response_deserializer=response.FromString,
        )
        return request, stub


def _files_of(channel: grpc.Channel, symbol: str) -> list[descriptor_pb2.FileDescriptorProto]:
    """Return the file that declares a symbol and all its imports, imports first."""
    request, response = _reflection_messages()
    stub = channel.stream_stream(
        _REFLECTION, request_serializer=request.SerializeToString, response_deserializer=response.FromString
    )
    found: dict[str, descriptor_pb2.FileDescriptorProto] = {}

    def ask(**question: str) -> None:
        (answer,) = stub(iter([request(**question)]), timeout=60)
        for raw in answer.file_descriptor_response.file_descriptor_proto:
            file = descriptor_pb2.FileDescriptorProto.FromString(raw)
            if file.name not in found:
                for imported in file.dependency:
                    if imported not in found:
                        ask(file_by_filename=imported)
                found[file.name] = file

    ask(file_containing_symbol=symbol)
    return list(found.values())


def _reflection_messages() -> tuple[type[Any], type[Any]]:
    file = descriptor_pb2.FileDescriptorProto(name="reflection.proto", package="reflected", syntax="proto3")
    request = file.message_type.add(name="Request")
    request.field.add(name="file_by_filename", number=3, type=_FIELD.TYPE_STRING, label=_FIELD.LABEL_OPTIONAL)
    request.field.add(name="file_containing_symbol", number=4, type=_FIELD.TYPE_STRING, label=_FIELD.LABEL_OPTIONAL)
    files = file.message_type.add(name="Files")
    files.field.add(name="file_descriptor_proto", number=1, type=_FIELD.TYPE_BYTES, label=_FIELD.LABEL_REPEATED)
    response = file.message_type.add(name="Response")
    response.field.add(
        name="file_descriptor_response",
        number=4,
        type=_FIELD.TYPE_MESSAGE,
        type_name=".reflected.Files",
        label=_FIELD.LABEL_OPTIONAL,
    )
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    classes = [
        message_factory.GetMessageClass(pool.FindMessageTypeByName(f"reflected.{name}"))
        for name in ("Request", "Response")
    ]
    return classes[0], classes[1]
