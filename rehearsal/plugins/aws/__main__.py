"""`pulumi-resource-aws`: service `pulumirpc.ResourceProvider`."""

from __future__ import annotations

import functools
import importlib.metadata
import json
import os
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import grpc
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from rehearsal.plugins.aws.process import ProviderError, ProviderProcess
from rehearsal.plugins.aws.provider import Made, Resources
from rehearsal.plugins.aws.provider_client import ProviderClient, RefusedError
from rehearsal.plugins.aws.schema import schemas
from rehearsal.plugins.aws.shapes import Shapes
from rehearsal.plugins.partial_failure import fail_partly
from rehearsal.plugins.server import EMPTY, Engine, engine_address, plugin_info, serve
from rehearsal.plugins.warnings import UNSUPPORTED
from rehearsal.plugins.wire import decoded, encoded

_FOLDER = "REHEARSAL_PLUGIN_FOLDER"
_DIFF = provider_pb2.PropertyDiff


def _with_engine_errors(method: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a call: an expected failure becomes a one-line error for the engine."""

    @functools.wraps(method)
    def answer(self: Plugin, request: Any, context: Any) -> Any:
        try:
            return method(self, request, context)
        except (ProviderError, RefusedError, ValueError) as error:
            context.abort(grpc.StatusCode.UNKNOWN, str(error))
        except Exception as error:
            # `abort` raises to leave the call. Any other exception is a defect of this plugin, so its traceback is
            # kept.
            if context.code() is None:
                traceback.print_exc()
                context.abort(grpc.StatusCode.INTERNAL, f"pulumi-resource-aws: {type(error).__name__}: {error}")
            raise

    return answer


class Plugin(provider_pb2_grpc.ResourceProviderServicer):
    """The engine's side. It starts one provider process, and the engine configures it once."""

    def __init__(self, process: ProviderProcess, resources: Resources, client: ProviderClient, engine: Engine) -> None:
        self._process = process
        self._resources = resources
        self._client = client
        self._engine = engine
        self._configuring = threading.Lock()
        self._version = f"{importlib.metadata.version('pulumi-aws')}"

    def Handshake(self, request: Any, context: grpc.ServicerContext) -> Any:
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=False, accept_resources=False)

    def GetPluginInfo(self, request: Any, context: grpc.ServicerContext) -> Any:
        return plugin_info(self._version)

    def GetSchema(self, request: Any, context: grpc.ServicerContext) -> Any:
        return provider_pb2.GetSchemaResponse(schema=json.dumps({"name": "aws", "version": self._version}))

    def CheckConfig(self, request: Any, context: grpc.ServicerContext) -> Any:
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: grpc.ServicerContext) -> Any:
        old, new = decoded(request.old_inputs or request.olds), decoded(request.news)
        changed = sorted(key for key in {*old, *new} if old.get(key) != new.get(key))
        some = provider_pb2.DiffResponse.DIFF_SOME if changed else provider_pb2.DiffResponse.DIFF_NONE
        return provider_pb2.DiffResponse(changes=some, diffs=changed)

    @_with_engine_errors
    def Configure(self, request: Any, context: grpc.ServicerContext) -> Any:
        with self._configuring:
            unsupported = self._resources.configure(decoded(request.args))
        for argument in unsupported:
            self._engine.warn(request.urn, f"{UNSUPPORTED}{argument}")
        return provider_pb2.ConfigureResponse(acceptSecrets=False, supportsPreview=True)

    @_with_engine_errors
    def Check(self, request: Any, context: grpc.ServicerContext) -> Any:
        token, name = _token(request.urn)
        checked = self._resources.check(token, name, decoded(request.olds), decoded(request.news), request.randomSeed)
        for warning in checked.warnings:
            self._engine.warn(request.urn, warning)
        failures = [provider_pb2.CheckFailure(property=key, reason=reason) for key, reason in checked.failures]
        return provider_pb2.CheckResponse(inputs=encoded(checked.inputs), failures=failures)

    @_with_engine_errors
    def Diff(self, request: Any, context: grpc.ServicerContext) -> Any:
        found = self._resources.diff(
            _token(request.urn)[0], decoded(request.olds), decoded(request.news), request.ignoreChanges
        )
        detailed = {
            key: _DIFF(kind=_DIFF.UPDATE_REPLACE if key in found.replacing else _DIFF.UPDATE) for key in found.changed
        }
        some = provider_pb2.DiffResponse.DIFF_SOME if found.changed else provider_pb2.DiffResponse.DIFF_NONE
        return provider_pb2.DiffResponse(
            changes=some,
            diffs=found.changed,
            replaces=found.replacing,
            deleteBeforeReplace=found.delete_first,
            detailedDiff=detailed,
            hasDetailedDiff=True,
        )

    @_with_engine_errors
    def Create(self, request: Any, context: grpc.ServicerContext) -> Any:
        token, name = _token(request.urn)
        made = self._resources.create(
            token, name, decoded(request.properties), request.timeout, preview=request.preview
        )
        _fail_partly(made, request.properties, context)
        return provider_pb2.CreateResponse(id=made.id, properties=encoded(made.outputs))

    @_with_engine_errors
    def Update(self, request: Any, context: grpc.ServicerContext) -> Any:
        made = self._resources.update(
            _token(request.urn)[0],
            decoded(request.olds),
            decoded(request.news),
            request.ignoreChanges,
            request.timeout,
            preview=request.preview,
        )
        _fail_partly(made, request.news, context)
        return provider_pb2.UpdateResponse(properties=encoded(made.outputs))

    @_with_engine_errors
    def Read(self, request: Any, context: grpc.ServicerContext) -> Any:
        made, inputs = self._resources.read(
            _token(request.urn)[0], request.id, decoded(request.properties), decoded(request.inputs)
        )
        if made is None:
            return provider_pb2.ReadResponse()
        return provider_pb2.ReadResponse(id=made.id, properties=encoded(made.outputs), inputs=encoded(inputs))

    @_with_engine_errors
    def Delete(self, request: Any, context: grpc.ServicerContext) -> Any:
        self._resources.delete(_token(request.urn)[0], decoded(request.properties))
        return EMPTY

    @_with_engine_errors
    def Invoke(self, request: Any, context: grpc.ServicerContext) -> Any:
        found = self._resources.invoke(request.tok, decoded(request.args))
        answer: dict[str, Any] = {"return": encoded(found)}
        return provider_pb2.InvokeResponse(**answer)

    def Cancel(self, request: Any, context: grpc.ServicerContext) -> Any:
        # A thread, because the provider answers after its running operations have ended.
        threading.Thread(target=self._client.stop, daemon=True).start()
        return EMPTY


def _token(urn: str) -> tuple[str, str]:
    """Return type token and name of a resource: `urn:pulumi:stack::project::parent$type::name`."""
    qualified, name = urn.split("::", 3)[2:]
    return qualified.split("$")[-1], name


def _fail_partly(made: Made, inputs: Any, context: grpc.ServicerContext) -> None:
    """Report a resource that exists and is incomplete: the engine keeps it and shows the error."""
    if not made.errors:
        return
    fail_partly(context, made.id, encoded(made.outputs), inputs, made.errors)


def folder() -> Path:
    """Return the folder for schemas, shapes, packed assets and logs."""
    return Path(os.environ.get(_FOLDER) or Path.home() / ".cache" / "trading-platform-plugins")


def main() -> None:
    """Run the plugin."""
    try:
        process = ProviderProcess(folder() / "logs" / f"provider-{os.getpid()}.log")
        known = schemas(folder(), process.version)
    except ProviderError as error:
        _refuse(str(error))
    client = ProviderClient(process)
    shapes = Shapes(folder())
    resources = Resources(client, known, shapes, folder())
    plugin = Plugin(process, resources, client, Engine(engine_address()))

    def leave() -> None:
        process.stop()
        shapes.close()

    serve(lambda server: provider_pb2_grpc.add_ResourceProviderServicer_to_server(plugin, server), leave)


def _refuse(message: str) -> NoReturn:
    print(f"pulumi-resource-aws: {message}", file=sys.stderr)
    sys.exit(1)


if __name__ == "__main__":
    main()
