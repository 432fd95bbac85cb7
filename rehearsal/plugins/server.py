"""Common parts of every plugin: serve gRPC on loopback, print the port, end with the engine."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import FrameType
from typing import Any

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, plugin_pb2

# The engine sends a message for each resource. A state with user data and documents is large.
_OPTIONS = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
# Each resource that the engine processes in parallel occupies a thread.
_THREADS = 64
_LOOK_FOR_PARENT_EVERY_SECONDS = 1.0


class Engine:
    """The engine that started this plugin, which receives the plugin's log."""

    def __init__(self, address: str | None) -> None:
        self._stub = None
        if address:
            self._stub = engine_pb2_grpc.EngineStub(grpc.insecure_channel(address, options=_OPTIONS))

    def warn(self, urn: str, message: str) -> None:
        """Show a warning next to a resource."""
        self._log(urn, message, engine_pb2.WARNING)

    def _log(self, urn: str, message: str, severity: Any) -> None:
        if self._stub is not None:
            self._stub.Log(engine_pb2.LogRequest(severity=severity, message=message, urn=urn))


def serve(add: Callable[[grpc.Server], None], on_leave: Callable[[], None] = lambda: None) -> None:
    """Serve until the engine ends this process or ends itself.

    It ends with `os._exit`, because the threads of gRPC may delay an ordinary exit for most of a minute.
    """
    server = grpc.server(ThreadPoolExecutor(_THREADS), options=_OPTIONS)
    add(server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    left = threading.Event()

    def leave(_: int, __: FrameType | None) -> None:
        left.set()

    signal.signal(signal.SIGINT, leave)
    signal.signal(signal.SIGTERM, leave)
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    parent = os.getppid()
    while not left.wait(_LOOK_FOR_PARENT_EVERY_SECONDS) and os.getppid() == parent:
        pass
    on_leave()
    os._exit(0)


def engine_address() -> str | None:
    """Return the engine's address: the first argument of a plugin that is not an option."""
    return next((argument for argument in sys.argv[1:] if not argument.startswith("-")), None)


def plugin_info(version: str) -> plugin_pb2.PluginInfo:
    """Return the plugin's version message."""
    return plugin_pb2.PluginInfo(version=version)


EMPTY = empty_pb2.Empty()
"""Result of calls without a result."""

__all__ = ["EMPTY", "Engine", "engine_address", "plugin_info", "serve"]
