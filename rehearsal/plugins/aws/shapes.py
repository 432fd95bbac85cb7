"""Names and structure of a type's outputs in the SDK, read from the SDK's classes.

A shape is "str" for text, None for another value, ["list", shape], ["map", shape], or ["object", {name: shape}] with
the names that the engine uses. A child process loads the SDK and computes shapes. A file for each type caches them, so
that the plugin needs little memory.
"""

from __future__ import annotations

import collections.abc
import importlib
import importlib.metadata
import json
import keyword
import subprocess
import sys
import threading
import typing
from pathlib import Path
from typing import Any

Shape = Any

_MODULE = "rehearsal.plugins.aws.shapes"
_SEQUENCES = (list, collections.abc.Sequence)
_MAPPINGS = (dict, collections.abc.Mapping)


class Shapes:
    """Shapes by type token, cached below `cache` for each version of the SDK."""

    def __init__(self, cache: Path, package: str = "pulumi_aws") -> None:
        self._folder = cache / f"{package}-{importlib.metadata.version(package)}"
        self._package = package
        self._known: dict[str, dict[str, Shape]] = {}
        self._child: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()

    def of(self, token: str) -> dict[str, Shape]:
        """Return shapes of a resource's properties by name; empty if the SDK has no such resource."""
        if token not in self._known:
            with self._lock:
                file = self._folder / f"{token.replace('/', '.').replace(':', '-')}.json"
                if not file.exists():
                    self._folder.mkdir(parents=True, exist_ok=True)
                    answer = self._asked(token)
                    file.with_suffix(".part").write_text(answer, encoding="utf-8")
                    file.with_suffix(".part").rename(file)
                self._known[token] = _linked(json.loads(file.read_text(encoding="utf-8")))
        return self._known[token]

    def close(self) -> None:
        """End the child process, if there is one."""
        if self._child is not None:
            self._child.kill()

    def _asked(self, token: str) -> str:
        if self._child is None:
            command = [sys.executable, "-m", _MODULE, self._package]
            self._child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._child.stdin.write(token + "\n")
        self._child.stdin.flush()
        answer = self._child.stdout.readline()
        if not answer:
            raise ValueError(f"the SDK's class for {token} cannot be read; see the messages above")
        return answer


def shape_of(token: str, package: str) -> dict[str, Any]:
    """Return the shapes of a resource's properties from its class.

    A nested class appears by name, because classes may contain each other.
    """
    from pulumi import _types

    class_ = _class(token, package)
    if class_ is None:
        return {"properties": {}, "types": {}}
    types: dict[str, dict[str, Shape]] = {}
    properties = {name: _shape(type_, types) for name, type_ in _types.resource_types(class_).items()}
    return {"properties": properties, "types": types}


def _shape(type_: Any, types: dict[str, dict[str, Shape]]) -> Shape:
    from pulumi import _types

    type_ = _types.unwrap_type(type_)
    if isinstance(type_, type) and _types.is_output_type(type_):
        if type_.__name__ not in types:
            members = types[type_.__name__] = {}
            members |= {name: _shape(inner, types) for name, inner in _types.output_type_types(type_).items()}
        return ["object", type_.__name__]
    origin, arguments = typing.get_origin(type_), typing.get_args(type_)
    if origin in _SEQUENCES:
        return ["list", _shape(arguments[0], types)]
    if origin in _MAPPINGS:
        return ["map", _shape(arguments[1], types)]
    return "str" if type_ is str else None


def _linked(kept: dict[str, Any]) -> dict[str, Shape]:
    """Replace the name of each class in a shape by the class's members."""
    types = kept["types"]

    def link(shape: Shape) -> None:
        if isinstance(shape, list) and shape[0] == "object":
            shape[1] = types[shape[1]]
        elif isinstance(shape, list):
            link(shape[1])

    for members in (kept["properties"], *types.values()):
        for shape in members.values():
            link(shape)
    return kept["properties"]


def _class(token: str, package: str) -> type | None:
    _, module, name = token.split(":")
    module = module.split("/")[0]
    try:
        found = importlib.import_module(f"{package}.{module}_" if keyword.iskeyword(module) else f"{package}.{module}")
    except ImportError:
        return None
    return getattr(found, name, None)


def main() -> None:
    """Run the child process: read a token per line, write its shapes as a line."""
    for line in sys.stdin:
        print(json.dumps(shape_of(line.strip(), sys.argv[1])), flush=True)


if __name__ == "__main__":
    main()
