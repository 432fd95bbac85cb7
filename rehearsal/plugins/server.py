"""What every plugin does: serve gRPC on loopback, tell the port, leave with the engine."""

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

# The engine holds a message for each resource, and a state with user data and documents is large.
_OPTIONS = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
# As many resources as the engine may work on side by side wait in a thread each.
_THREADS = 64
_LOOK_FOR_PARENT_EVERY_SECONDS = 1.0


class Engine:
    """The engine that started this plugin, to which a plugin writes its log."""

    def __init__(self, address: str | None) -> None:
        self._stub = None
        if address:
            self._stub = engine_pb2_grpc.EngineStub(grpc.insecure_channel(address, options=_OPTIONS))

    def warn(self, urn: str, message: str) -> None:
        """Shows a warning beside a resource."""
        self._log(urn, message, engine_pb2.WARNING)

    def _log(self, urn: str, message: str, severity: Any) -> None:
        if self._stub is not None:
            self._stub.Log(engine_pb2.LogRequest(severity=severity, message=message, urn=urn))


def serve(add: Callable[[grpc.Server], None], on_leave: Callable[[], None] = lambda: None) -> None:
    """Serves until the engine ends this process or is gone itself.

    Leaves by `os._exit`: the threads of gRPC may hold an ordinary exit up for most of a minute.
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
    """The engine's address, which is the first argument of a plugin that is no option."""
    return next((argument for argument in sys.argv[1:] if not argument.startswith("-")), None)


def plugin_info(version: str) -> plugin_pb2.PluginInfo:
    """What a plugin answers about itself."""
    return plugin_pb2.PluginInfo(version=version)


EMPTY = empty_pb2.Empty()
"""The answer of calls that answer nothing."""

__all__ = ["EMPTY", "Engine", "engine_address", "plugin_info", "serve"]
