"""Base class of resource plugins without configuration."""

from __future__ import annotations

import importlib.metadata
import json
from typing import Any

import grpc
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from rehearsal.plugins.server import EMPTY, plugin_info, serve


class BasePlugin(provider_pb2_grpc.ResourceProviderServicer):
    """Implements `pulumi-resource-<name>`. `accepts_all` keeps secrets and resource references unchanged."""

    name: str
    accepts_all = False

    def Handshake(self, request: Any, context: grpc.ServicerContext) -> Any:
        return provider_pb2.ProviderHandshakeResponse(
            accept_secrets=self.accepts_all, accept_resources=self.accepts_all
        )

    def GetPluginInfo(self, request: Any, context: grpc.ServicerContext) -> Any:
        return plugin_info(importlib.metadata.version(f"pulumi-{self.name}"))

    def GetSchema(self, request: Any, context: grpc.ServicerContext) -> Any:
        return provider_pb2.GetSchemaResponse(schema=json.dumps({"name": self.name}))

    def CheckConfig(self, request: Any, context: grpc.ServicerContext) -> Any:
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: grpc.ServicerContext) -> Any:
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)

    def Configure(self, request: Any, context: grpc.ServicerContext) -> Any:
        return provider_pb2.ConfigureResponse(
            acceptSecrets=self.accepts_all, acceptResources=self.accepts_all, supportsPreview=True
        )

    def Cancel(self, request: Any, context: grpc.ServicerContext) -> Any:
        return EMPTY

    def run(self) -> None:
        """Serve until the engine ends."""
        serve(lambda server: provider_pb2_grpc.add_ResourceProviderServicer_to_server(self, server))
