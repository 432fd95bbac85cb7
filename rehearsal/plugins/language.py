"""`pulumi-language-python`: runs programs and policy packs in the virtual environment of this project.

Service `pulumirpc.LanguageRuntime`. A program runs in a child process (`rehearsal.plugins.program`), a policy pack in
the SDK's `python -m pulumi.policy`. `make setup` installs the dependencies; this plugin installs none.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import grpc
from pulumi.runtime.proto import language_pb2, language_pb2_grpc

from rehearsal.plugins.server import EMPTY, engine_address, plugin_info, serve

_PROGRAM = "rehearsal.plugins.program"
_POLICY = "pulumi.policy"
# The program has shown its own error message (the official host's exit code for this case).
_SHOWN = 32


class LanguageHost(language_pb2_grpc.LanguageRuntimeServicer):
    """Runs programs and policy packs in child processes that end with the request."""

    def __init__(self, engine: str) -> None:
        self._engine = engine
        self._children: set[subprocess.Popen[bytes]] = set()

    def Handshake(self, request: Any, context: grpc.ServicerContext) -> Any:
        return language_pb2.LanguageHandshakeResponse()

    def GetPluginInfo(self, request: Any, context: grpc.ServicerContext) -> Any:
        return plugin_info(importlib.metadata.version("pulumi"))

    def GetRequiredPackages(self, request: Any, context: grpc.ServicerContext) -> Any:
        # Each resource names its plugin's version, and the engine finds the plugin by it. No installation is needed.
        return language_pb2.GetRequiredPackagesResponse()

    def GetRequiredPlugins(self, request: Any, context: grpc.ServicerContext) -> Any:
        return language_pb2.GetRequiredPluginsResponse()

    def GetProgramDependencies(self, request: Any, context: grpc.ServicerContext) -> Any:
        installed = importlib.metadata.distributions()
        found = {distribution.metadata["Name"]: distribution.version for distribution in installed}
        dependencies = [language_pb2.DependencyInfo(name=name, version=found[name]) for name in sorted(found)]
        return language_pb2.GetProgramDependenciesResponse(dependencies=dependencies)

    def About(self, request: Any, context: grpc.ServicerContext) -> Any:
        return language_pb2.AboutResponse(executable=sys.executable, version=platform.python_version())

    def RuntimeOptionsPrompts(self, request: Any, context: grpc.ServicerContext) -> Any:
        return language_pb2.RuntimeOptionsResponse()

    def InstallDependencies(self, request: Any, context: grpc.ServicerContext) -> Iterator[Any]:
        return iter(())

    def Run(self, request: Any, context: grpc.ServicerContext) -> Any:
        settings = {
            "project": request.project,
            "stack": request.stack,
            "parallel": request.parallel,
            "dry_run": request.dryRun,
            "monitor": request.monitor_address,
            "engine": self._engine,
            "organization": request.organization,
            "root_directory": request.info.root_directory,
        }
        entry = Path(request.info.program_directory or request.pwd) / (request.info.entry_point or ".")
        command = [sys.executable, "-u", "-m", _PROGRAM, json.dumps(settings), str(entry), *request.args]
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(filter(None, (_root(), os.environ.get("PYTHONPATH")))),
            "PULUMI_CONFIG": json.dumps(dict(request.config)),
            "PULUMI_CONFIG_SECRET_KEYS": json.dumps(list(request.configSecretKeys)),
        }
        # The engine shows the output of this process, so the program prints through it.
        with self._child(command, request.info.program_directory or request.pwd, environment, None, None) as child:
            context.add_callback(lambda: _end(child))
            code = child.wait()
        if code == 0:
            return language_pb2.RunResponse()
        if code == _SHOWN:
            return language_pb2.RunResponse(bail=True)
        return language_pb2.RunResponse(error=f"the program ended with exit code {code}")

    def RunPlugin(self, request: Any, context: grpc.ServicerContext) -> Iterator[Any]:
        environment = dict(entry.split("=", 1) for entry in request.env)
        folder = request.info.program_directory
        if request.kind == "analyzer":
            # The pack imports the project's modules, which are next to its folder.
            environment["PYTHONPATH"] = os.pathsep.join(
                filter(None, (str(Path(folder).parent), environment.get("PYTHONPATH")))
            )
            command = [sys.executable, "-u", "-m", _POLICY, *request.args[:1], folder, *request.args[1:]]
        else:
            command = [sys.executable, "-u", folder, *request.args]
        with self._child(command, request.pwd, environment, subprocess.PIPE, subprocess.PIPE) as child:
            context.add_callback(lambda: _end(child))
            yield from _forwarded(child)

    def Cancel(self, request: Any, context: grpc.ServicerContext) -> Any:
        self.end_children()
        return EMPTY

    def end_children(self) -> None:
        """End all running child processes."""
        for child in list(self._children):
            _end(child)

    def _child(
        self,
        command: Sequence[str],
        folder: str,
        environment: Mapping[str, str],
        stdout: int | None,
        stderr: int | None,
    ) -> subprocess.Popen[bytes]:
        child = subprocess.Popen(
            command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr
        )
        self._children.add(child)
        return child


def _forwarded(child: subprocess.Popen[bytes]) -> Iterator[Any]:
    """Yield the child's output as it arrives, then its exit code."""
    chunks: queue.Queue[tuple[str, bytes] | None] = queue.Queue()

    def read(name: str, stream: IO[bytes]) -> None:
        while chunk := stream.read1(65536):  # type: ignore[attr-defined]
            chunks.put((name, chunk))
        chunks.put(None)

    streams = {"stdout": child.stdout, "stderr": child.stderr}
    for name, stream in streams.items():
        threading.Thread(target=read, args=(name, stream), daemon=True).start()
    ended = 0
    while ended < len(streams):
        item = chunks.get()
        if item is None:
            ended += 1
        else:
            name, chunk = item
            response = language_pb2.RunPluginResponse()
            setattr(response, name, chunk)
            yield response
    yield language_pb2.RunPluginResponse(exitcode=child.wait())


def _end(child: subprocess.Popen[bytes]) -> None:
    if child.poll() is None:
        child.send_signal(signal.SIGTERM)


def _root() -> str:
    return str(Path(__file__).resolve().parents[2])


def main() -> None:
    """Run the plugin."""
    host = LanguageHost(engine_address() or "")
    serve(lambda server: language_pb2_grpc.add_LanguageRuntimeServicer_to_server(host, server), host.end_children)


if __name__ == "__main__":
    main()
