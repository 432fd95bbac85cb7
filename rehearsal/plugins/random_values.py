"""`pulumi-resource-random`: random passwords, made as the rehearsal's other engine makes them."""

from __future__ import annotations

import importlib.metadata
import json
from typing import Any

import grpc
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from rehearsal.lowering.secrets import RANDOM_PASSWORD, Password
from rehearsal.plugins.server import EMPTY, plugin_info, serve
from rehearsal.plugins.wire import UNKNOWN, Secret, decoded, encoded

# The SDK knows no property of a password that can change in place.
_SOME, _NONE = provider_pb2.DiffResponse.DIFF_SOME, provider_pb2.DiffResponse.DIFF_NONE


class Plugin(provider_pb2_grpc.ResourceProviderServicer):
    """Makes `random:index/randomPassword:RandomPassword`; any other type is refused by name."""

    def Handshake(self, request: Any, context: grpc.ServicerContext) -> Any:
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=False)

    def GetPluginInfo(self, request: Any, context: grpc.ServicerContext) -> Any:
        return plugin_info(importlib.metadata.version("pulumi-random"))

    def GetSchema(self, request: Any, context: grpc.ServicerContext) -> Any:
        return provider_pb2.GetSchemaResponse(schema=json.dumps({"name": "random"}))

    def CheckConfig(self, request: Any, context: grpc.ServicerContext) -> Any:
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: grpc.ServicerContext) -> Any:
        return provider_pb2.DiffResponse(changes=_NONE)

    def Configure(self, request: Any, context: grpc.ServicerContext) -> Any:
        return provider_pb2.ConfigureResponse(acceptSecrets=False, supportsPreview=True)

    def Check(self, request: Any, context: grpc.ServicerContext) -> Any:
        type_ = request.urn.split("::")[2].split("$")[-1]
        failures = []
        if type_ != RANDOM_PASSWORD:
            failures = [provider_pb2.CheckFailure(reason=f"{type_} is not made by this plugin, which makes passwords")]
        return provider_pb2.CheckResponse(inputs=request.news, failures=failures)

    def Diff(self, request: Any, context: grpc.ServicerContext) -> Any:
        old, new = decoded(request.old_inputs), decoded(request.news)
        changed = sorted(key for key in {*old, *new} if old.get(key) != new.get(key))
        return provider_pb2.DiffResponse(changes=_SOME if changed else _NONE, diffs=changed, replaces=changed)

    def Create(self, request: Any, context: grpc.ServicerContext) -> Any:
        inputs = decoded(request.properties)
        if request.preview:
            return provider_pb2.CreateResponse(properties=encoded({**inputs, "result": UNKNOWN}))
        made = Secret(Password("", inputs).make())
        return provider_pb2.CreateResponse(id="none", properties=encoded({**inputs, "result": made}))

    def Read(self, request: Any, context: grpc.ServicerContext) -> Any:
        return provider_pb2.ReadResponse(id=request.id, properties=request.properties, inputs=request.inputs)

    def Delete(self, request: Any, context: grpc.ServicerContext) -> Any:
        return EMPTY

    def Cancel(self, request: Any, context: grpc.ServicerContext) -> Any:
        return EMPTY


def main() -> None:
    """The plugin."""
    serve(lambda server: provider_pb2_grpc.add_ResourceProviderServicer_to_server(Plugin(), server))


if __name__ == "__main__":
    main()
