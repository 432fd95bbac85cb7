"""`pulumi-resource-kubernetes`: is configured, and refuses to make objects, since no Kubernetes API answers here."""

from __future__ import annotations

import importlib.metadata
import json
from typing import Any

import grpc
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from rehearsal.plugins.server import EMPTY, plugin_info, serve


class Plugin(provider_pb2_grpc.ResourceProviderServicer):
    """Stands for the provider that pulumi-eks declares for its cluster."""

    def Handshake(self, request: Any, context: grpc.ServicerContext) -> Any:
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True)

    def GetPluginInfo(self, request: Any, context: grpc.ServicerContext) -> Any:
        return plugin_info(importlib.metadata.version("pulumi-kubernetes"))

    def GetSchema(self, request: Any, context: grpc.ServicerContext) -> Any:
        return provider_pb2.GetSchemaResponse(schema=json.dumps({"name": "kubernetes"}))

    def CheckConfig(self, request: Any, context: grpc.ServicerContext) -> Any:
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: grpc.ServicerContext) -> Any:
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)

    def Configure(self, request: Any, context: grpc.ServicerContext) -> Any:
        return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    def Check(self, request: Any, context: grpc.ServicerContext) -> Any:
        failure = provider_pb2.CheckFailure(reason="no Kubernetes API answers here; set workloads: false")
        return provider_pb2.CheckResponse(inputs=request.news, failures=[failure])

    def Cancel(self, request: Any, context: grpc.ServicerContext) -> Any:
        return EMPTY


def main() -> None:
    """The plugin."""
    serve(lambda server: provider_pb2_grpc.add_ResourceProviderServicer_to_server(Plugin(), server))


if __name__ == "__main__":
    main()
