"""The plugin: service `pulumirpc.ResourceProvider`."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import grpc
from pulumi.runtime.proto import provider_pb2

from rehearsal.plugins.base import BasePlugin
from rehearsal.plugins.kubernetes.client import Client, RefusedError, UnreachableError
from rehearsal.plugins.kubernetes.resources import Made, Resources
from rehearsal.plugins.partial_failure import fail_partly
from rehearsal.plugins.server import EMPTY
from rehearsal.plugins.wire import Unknown, decoded, encoded, revealed

_DIFF = provider_pb2.PropertyDiff
_SOME, _NONE = provider_pb2.DiffResponse.DIFF_SOME, provider_pb2.DiffResponse.DIFF_NONE


def _with_engine_errors(method: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a call: an expected failure becomes a one-line error for the engine."""

    @functools.wraps(method)
    def answer(self: Plugin, request: Any, context: grpc.ServicerContext) -> Any:
        try:
            return method(self, request, context)
        except (UnreachableError, RefusedError, ValueError) as error:
            context.abort(grpc.StatusCode.UNKNOWN, str(error))

    return answer


class Plugin(BasePlugin):
    """The engine's side. The engine configures it once, with the kubeconfig of one cluster."""

    name = "kubernetes"

    def __init__(self) -> None:
        self._resources = Resources(None)

    def CheckConfig(self, request: Any, context: grpc.ServicerContext) -> Any:
        failures = []
        try:
            _client(decoded(request.news))
        except ValueError as error:
            failures = [provider_pb2.CheckFailure(property="kubeconfig", reason=str(error))]
        return provider_pb2.CheckResponse(inputs=request.news, failures=failures)

    def DiffConfig(self, request: Any, context: grpc.ServicerContext) -> Any:
        """Replace all objects if the cluster changes. A new certificate of the same cluster changes nothing."""
        old, new = decoded(request.old_inputs or request.olds), decoded(request.news)
        if old.get("kubeconfig") == new.get("kubeconfig"):
            return provider_pb2.DiffResponse(changes=_NONE)
        moved = _client(old) != _client(new) and _client(new) is not None
        return provider_pb2.DiffResponse(changes=_SOME, diffs=["kubeconfig"], replaces=["kubeconfig"] if moved else [])

    @_with_engine_errors
    def Configure(self, request: Any, context: grpc.ServicerContext) -> Any:
        self._resources = Resources(_client(decoded(request.args)))
        return provider_pb2.ConfigureResponse(supportsPreview=True)

    @_with_engine_errors
    def Check(self, request: Any, context: grpc.ServicerContext) -> Any:
        token, name = _token(request.urn)
        inputs, failures = self._resources.check(
            token, name, decoded(request.olds), decoded(request.news), request.randomSeed
        )
        found = [provider_pb2.CheckFailure(property=path, reason=reason) for path, reason in failures]
        return provider_pb2.CheckResponse(inputs=encoded(inputs), failures=found)

    @_with_engine_errors
    def Diff(self, request: Any, context: grpc.ServicerContext) -> Any:
        found = self._resources.diff(
            _token(request.urn)[0],
            revealed(decoded(request.old_inputs or request.olds)),
            revealed(decoded(request.news)),
            request.ignoreChanges,
        )
        detailed = {
            path: _DIFF(kind=_DIFF.UPDATE_REPLACE if path in found.replacing else _DIFF.UPDATE, inputDiff=True)
            for path in found.changed
        }
        return provider_pb2.DiffResponse(
            changes=_SOME if found.changed else _NONE,
            diffs=sorted({path.split(".")[0] for path in found.changed}),
            replaces=sorted({path.split(".")[0] for path in found.replacing}),
            deleteBeforeReplace=found.delete_first,
            detailedDiff=detailed,
            hasDetailedDiff=True,
        )

    @_with_engine_errors
    def Create(self, request: Any, context: grpc.ServicerContext) -> Any:
        inputs = revealed(decoded(request.properties))
        made = self._resources.create(_token(request.urn)[0], inputs, request.timeout, preview=request.preview)
        _fail_unready(made, request.properties, context)
        return provider_pb2.CreateResponse(id=made.id, properties=encoded(made.outputs))

    @_with_engine_errors
    def Update(self, request: Any, context: grpc.ServicerContext) -> Any:
        old, new = revealed(decoded(request.olds)), revealed(decoded(request.news))
        made = self._resources.update(_token(request.urn)[0], old, new, request.timeout, preview=request.preview)
        _fail_unready(made, request.news, context)
        return provider_pb2.UpdateResponse(properties=encoded(made.outputs))

    @_with_engine_errors
    def Read(self, request: Any, context: grpc.ServicerContext) -> Any:
        made = self._resources.read(_token(request.urn)[0], request.id, revealed(decoded(request.properties)))
        if made is None:
            return provider_pb2.ReadResponse()
        return provider_pb2.ReadResponse(id=made.id, properties=encoded(made.outputs), inputs=request.inputs)

    @_with_engine_errors
    def Delete(self, request: Any, context: grpc.ServicerContext) -> Any:
        self._resources.delete(_token(request.urn)[0], revealed(decoded(request.properties)))
        return EMPTY


def _client(arguments: dict[str, Any]) -> Client | None:
    """Return the cluster's client; None while the kubeconfig is unknown, as in the preview that creates the cluster."""
    kubeconfig = revealed(arguments.get("kubeconfig"))
    if isinstance(kubeconfig, Unknown):
        return None
    if not isinstance(kubeconfig, str):
        raise ValueError("kubeconfig is not set; set it, because this plugin does not read the user's kubeconfig file")
    return Client.of(kubeconfig)


def _token(urn: str) -> tuple[str, str]:
    qualified, name = urn.split("::", 3)[2:]
    return qualified.split("$")[-1], name


def _fail_unready(made: Made, inputs: Any, context: grpc.ServicerContext) -> None:
    if made.unready:
        fail_partly(context, made.id, encoded(made.outputs), inputs, [made.unready])


def main() -> None:
    """Run the plugin."""
    Plugin().run()


if __name__ == "__main__":
    main()
