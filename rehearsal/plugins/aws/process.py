"""The Terraform provider as a child process, started as go-plugin does.

https://github.com/hashicorp/go-plugin/blob/main/docs/internals.md: a cookie in the environment, the protocol's version,
and one line on stdout that names the address.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO, Any

import grpc

from rehearsal.engines.terraform.plugin import Plugin, find_plugin
from rehearsal.plugins.aws.messages import Messages

# Terraform's own (internal/plugin/serve.go): it keeps people from starting a plugin by hand, and is no secret.
_COOKIE = {"TF_PLUGIN_MAGIC_COOKIE": "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2"}
# terraform-plugin-log, "Managing Log Output": the provider and its SDK write all levels where none is set, and at the
# level DEBUG the bodies of requests, which hold secrets.
_LEVELS = dict.fromkeys(("TF_LOG", "TF_LOG_PROVIDER", "TF_LOG_PROVIDER_AWS", "TF_LOG_SDK"), "WARN")
_PROTOCOL = "5"
# prctl(2): the signal that a child gets when the thread that started it is gone.
_PR_SET_PDEATHSIG = 1
_OPTIONS = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
_LAST_WORDS_BYTES = 2000
_START_SECONDS = 60.0


class ProviderError(Exception):
    """The provider cannot be started or is gone; the message is one line."""


class ProviderProcess:
    """The provider, its calls, and its last words. Start it in the main thread: it dies with its thread."""

    def __init__(self, log: Path) -> None:
        plugin = find_plugin()
        command = executable(plugin)
        log.parent.mkdir(parents=True, exist_ok=True)
        self.version = plugin.version
        self._log = log
        # A file and not a pipe: nobody reads what the provider says while all is well.
        with log.open("wb") as written:
            self._child = _started(command, written)
        self._channel = grpc.insecure_channel(_address_of(self._child, log), options=_OPTIONS)
        self._messages = Messages(self._channel)

    def call(self, name: str, **fields: Any) -> Any:
        """One call. Raises `ProviderError` when the process is gone."""
        request, stub = self._messages.call(name)
        try:
            return stub(request(**fields))
        except grpc.RpcError as error:
            if error.code() not in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED):
                raise ProviderError(f"the AWS provider refused {name}: {error.details()}") from error
            raise ProviderError(self._gone(name)) from error

    def request(self, name: str) -> type[Any]:
        """The class of a call's request, to look at its fields."""
        return self._messages.call(name)[0]

    def stop(self) -> None:
        """Ends the process."""
        if self._child.poll() is None:
            self._child.kill()

    def _gone(self, name: str) -> str:
        try:
            code = self._child.wait(timeout=5)
        except subprocess.TimeoutExpired:
            return f"the AWS provider {self.version} does not answer {name}; what was made so far is in the state"
        words = " ".join(_last_words(self._log).split())
        return (
            f"the AWS provider {self.version} ended during {name} (exit code {code}); what was made so far is in the "
            f"state; run the update again. Its last words: {words or 'none'}"
        )


def executable(plugin: Plugin) -> Path:
    """The provider's command in its mirror. Raises `ProviderError` when there is none."""
    if plugin.mirror is not None:
        found = sorted(plugin.mirror.glob(f"*/hashicorp/aws/{plugin.version}/*/terraform-provider-aws*"))
        commands = [path for path in found if os.access(path, os.X_OK) and path.is_file()]
        if commands:
            return commands[0]
    raise ProviderError(
        "there is no unpacked Terraform AWS provider on this machine; set TF_PLUGIN_DIR to a mirror made by "
        "`terraform providers mirror`"
    )


def _started(command: Path, log: IO[bytes]) -> subprocess.Popen[bytes]:
    environment = {**os.environ, **_COOKIE, **_LEVELS, "PLUGIN_PROTOCOL_VERSIONS": _PROTOCOL}
    environment.pop("PLUGIN_CLIENT_CERT", None)
    try:
        return subprocess.Popen(
            [str(command)],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,
        )
    except OSError as error:
        raise ProviderError(f"the AWS provider {command} cannot be started: {error.strerror}") from error


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _address_of(child: subprocess.Popen[bytes], log: Path) -> str:
    assert child.stdout is not None
    timer = threading.Timer(_START_SECONDS, child.kill)
    timer.start()
    line = child.stdout.readline().decode().strip()
    timer.cancel()
    # CORE-PROTOCOL | APP-PROTOCOL | NETWORK | ADDRESS | PROTOCOL
    parts = line.split("|")
    if len(parts) < 5 or parts[4] != "grpc":
        child.kill()
        said = " ".join((line, _last_words(log))).strip()
        raise ProviderError(f"the AWS provider did not start: {said or 'it said nothing'}")
    return f"unix:{parts[3]}" if parts[2] == "unix" else parts[3]


def _last_words(log: Path) -> str:
    return log.read_bytes()[-_LAST_WORDS_BYTES:].decode(errors="replace") if log.exists() else ""
