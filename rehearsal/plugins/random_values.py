"""`pulumi-resource-random`: random passwords, with the generator of the rehearsal's Terraform engine."""

from __future__ import annotations

from typing import Any

import grpc
from pulumi.runtime.proto import provider_pb2

from rehearsal.lowering.secrets import RANDOM_PASSWORD, Password
from rehearsal.plugins.base import BasePlugin
from rehearsal.plugins.server import EMPTY
from rehearsal.plugins.wire import UNKNOWN, Secret, decoded, encoded

# The SDK has no property of a password that can change in place.
_SOME, _NONE = provider_pb2.DiffResponse.DIFF_SOME, provider_pb2.DiffResponse.DIFF_NONE


class Plugin(BasePlugin):
    """Creates `random:index/randomPassword:RandomPassword`, and refuses any other type."""

    name = "random"

    def Check(self, request: Any, context: grpc.ServicerContext) -> Any:
        type_ = request.urn.split("::")[2].split("$")[-1]
        failures = []
        if type_ != RANDOM_PASSWORD:
            failures = [
                provider_pb2.CheckFailure(reason=f"this plugin cannot create {type_}; it creates only passwords")
            ]
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


def main() -> None:
    """Run the plugin."""
    Plugin().run()


if __name__ == "__main__":
    main()
