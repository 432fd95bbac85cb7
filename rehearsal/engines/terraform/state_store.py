"""Terraform states in files, served to terraform's `http` backend on loopback.

Terraform's default backend writes the whole state anew after each resource: 64 % of the processor time of an apply of
a thousand resources was that (sampled with perf; `statemgr.Filesystem.WriteState`). A remote backend gets the state
every 20 seconds, when terraform is interrupted, and at the end
(https://developer.hashicorp.com/terraform/language/backend/http).
"""

from __future__ import annotations

import base64
import hmac
import json
import os
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

FILE = "terraform.tfstate"
_USER = "rehearsal"


def use_http_backend(folder: Path) -> None:
    """Write the `backend` block of a folder, before `terraform init`.

    Address and password come by environment variables, since they differ by process.
    """
    (folder / "backend.tf.json").write_text(json.dumps({"terraform": {"backend": {"http": {}}}}), encoding="utf-8")


@dataclass(frozen=True)
class State:
    """Content of a state file; empty if there is no file."""

    document: Mapping[str, Any]

    @classmethod
    def read(cls, folder: Path) -> State:
        """The last state that terraform persisted for a folder."""
        try:
            return cls(json.loads((folder / FILE).read_text(encoding="utf-8")))
        except FileNotFoundError:
            return cls({})

    @property
    def addresses(self) -> list[str]:
        """Addresses of the managed resources. The documents of a rehearsal have no modules, counts or keys."""
        resources = self.document.get("resources", ())
        return [f"{r['type']}.{r['name']}" for r in resources if r["mode"] == "managed" and r["instances"]]

    @property
    def outputs(self) -> dict[str, Any]:
        """Values by output."""
        return {name: output["value"] for name, output in self.document.get("outputs", {}).items()}


class StateStore:
    """Serves the state files of the folders below `build` to clients with this store's password."""

    def __init__(self, build: Path) -> None:
        self._build = build.resolve()
        self._password = secrets.token_urlsafe(32)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        threading.Thread(target=self._server.serve_forever, name="states", daemon=True).start()

    def environment(self, folder: Path) -> dict[str, str]:
        """The variables of the `http` backend for the state of one folder below `build`."""
        path = folder.resolve().relative_to(self._build).as_posix()
        return {
            "TF_HTTP_ADDRESS": f"http://127.0.0.1:{self._server.server_port}/{path}",
            "TF_HTTP_USERNAME": _USER,
            "TF_HTTP_PASSWORD": self._password,
        }

    def close(self) -> None:
        """Stop serving. The files stay."""
        self._server.shutdown()
        self._server.server_close()

    def _file(self, path: str) -> Path | None:
        """The state file of a request's path; None for a folder that is not below `build`."""
        folder = (self._build / path.lstrip("/")).resolve()
        return folder / FILE if folder.is_dir() and folder.is_relative_to(self._build) else None

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        find, expected = self._file, base64.b64encode(f"{_USER}:{self._password}".encode()).decode()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                file = self._allowed()
                if file is not None:
                    exists = file.exists()
                    self._answer(
                        HTTPStatus.OK if exists else HTTPStatus.NOT_FOUND, file.read_bytes() if exists else b""
                    )

            def do_POST(self) -> None:
                file = self._allowed()
                if file is not None:
                    _replace(file, self.rfile.read(int(self.headers["Content-Length"])))
                    self._answer(HTTPStatus.OK)

            def do_DELETE(self) -> None:
                file = self._allowed()
                if file is not None:
                    file.unlink(missing_ok=True)
                    self._answer(HTTPStatus.OK)

            def log_message(self, format: str, *args: object) -> None:
                """Ignore access logs, because terraform reports failures."""

            def _allowed(self) -> Path | None:
                given = self.headers.get("Authorization", "").removeprefix("Basic ")
                if not hmac.compare_digest(given, expected):
                    self._answer(HTTPStatus.UNAUTHORIZED)
                    return None
                file = find(self.path)
                if file is None:
                    self._answer(HTTPStatus.BAD_REQUEST)
                return file

            def _answer(self, status: HTTPStatus, body: bytes = b"") -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        return Handler


def _replace(file: Path, content: bytes) -> None:
    """Write a file atomically. A state contains secrets: only its owner can read it."""
    draft = file.with_suffix(".draft")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as written:
        written.write(content)
    draft.replace(file)
