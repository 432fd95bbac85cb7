"""The archives of the functions: made of the same files, they are the same bytes.

How dependencies are provided
  boto3 and botocore come with the Lambda runtime. Powertools with its tracer comes as the layer that AWS publishes in
  every region (`powertools_layer_arn`), whose version is a setting: it is pinned like a package, shared by all
  functions and kept warm by the service. Validation needs no package: the schemas are compiled ahead
  (`functions.api.generate`), which spares a cold start the parsing of YAML and the building of validators, and spares
  each order a walk over a schema. The authorizer verifies signatures with `cryptography`, which the layer brings along
for Powertools' data masking. So an archive holds nothing but this project's own sources.
"""

from __future__ import annotations

import ast
import io
import zipfile
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from functions.api import validators
from functions.api.document import DOCUMENT_PATH
from functions.api.generate import document_digest

ROOT = Path(__file__).resolve().parent.parent
RUNTIME = "python3.13"
ARCHITECTURE = "arm64"

# The AWS account that publishes the layer in the commercial regions (Powertools documentation, "Lambda Layer").
_POWERTOOLS_ACCOUNT = "017000801446"
# The earliest time that a ZIP archive can tell.
_TIMESTAMP = (1980, 1, 1, 0, 0, 0)
# What an archive may hold: the functions, and the steps of recovery that one of them takes.
_OURS = ("functions", "recovery")
_READ_ONLY_FILE = 0o100444 << 16
_PACKAGES = ("authorizer", "failover", "integrity", "market_hours", "observer", "order_intake", "redrive")


class PackagingError(ValueError):
    """An archive cannot be made; the text says why and the way out."""


def handler_of(function: str) -> str:
    """The handler setting of a function."""
    return f"functions.{function}.handler.handle"


def powertools_layer_arn(region: str, version: int) -> str:
    """ARN of the published layer for the runtime and architecture of the functions; `version` is the layer's own."""
    if version < 1:
        raise PackagingError(f"layer version {version} does not exist; take one from the Powertools release notes")
    name = f"AWSLambdaPowertoolsPythonV3-{RUNTIME.replace('.', '')}-{ARCHITECTURE}"
    return f"arn:aws:lambda:{region}:{_POWERTOOLS_ACCOUNT}:layer:{name}:{version}"


def content(function: str) -> dict[str, bytes]:
    """Path in the archive and bytes of every file that a function needs, sorted by path.

    These are the handler, all project modules that it imports, however far, and for the function that serves the API
    its document. Raises PackagingError for an unknown function, and for validators made from another document.
    """
    if function not in _PACKAGES:
        raise PackagingError(f"function {function!r} is none of {', '.join(_PACKAGES)}")
    files = {path.relative_to(ROOT).as_posix(): source(path) for path in _closure(f"functions.{function}.handler")}
    if "functions/api/validators.py" in files:
        if document_digest() != validators.DOCUMENT_SHA256:
            raise PackagingError(
                f"functions/api/validators.py was not made from this {DOCUMENT_PATH.name}; "
                "run python -m functions.api.generate"
            )
        files[DOCUMENT_PATH.relative_to(ROOT).as_posix()] = source(DOCUMENT_PATH)
    return dict(sorted(files.items()))


def source(path: Path) -> bytes:
    """The bytes of a source file. Raises PackagingError for one with carriage returns.

    The engine packs the file as it is, so that a checkout with other line ends would be another function.
    """
    content = path.read_bytes()
    if b"\r" in content:
        raise PackagingError(
            f"{path.relative_to(ROOT).as_posix()} has carriage returns, so that its archive differs from that of other "
            "checkouts; restore the line ends of .gitattributes: git rm -r --cached -q . && git reset --hard"
        )
    return content


def archive(files: Mapping[str, bytes]) -> bytes:
    """A ZIP archive that depends on nothing but paths and contents: no times, no modes, no order, no compressor."""
    buffer = io.BytesIO()
    # Stored, not deflated: compressors differ between versions of zlib, and the sources are some tens of kilobytes.
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as packed:
        for path in sorted(files):
            info = zipfile.ZipInfo(path, _TIMESTAMP)
            info.create_system = 3
            info.external_attr = _READ_ONLY_FILE
            packed.writestr(info, files[path])
    return buffer.getvalue()


def _closure(module: str) -> list[Path]:
    found: dict[str, Path] = {}
    waiting = [module]
    while waiting:
        name = waiting.pop()
        path = _path_of(name)
        if name in found or path is None:
            continue
        found[name] = path
        waiting += [*_imported(path), *_parents(name)]
    return list(found.values())


def _parents(name: str) -> Iterator[str]:
    while "." in name:
        name = name.rpartition(".")[0]
        yield name


def _path_of(name: str) -> Path | None:
    base = ROOT.joinpath(*name.split("."))
    for path in (base.with_suffix(".py"), base / "__init__.py"):
        if path.is_file():
            return path
    return None


def _imported(path: Path) -> tuple[str, ...]:
    return _imported_by(path.read_bytes(), str(path))


@cache
def _imported_by(text: bytes, filename: str) -> tuple[str, ...]:
    """Names of this project that a source imports, by `import a.b`, `from a.b import c` and `from a import b`.

    Functions share most of their modules, so each source is parsed once.
    """
    found: list[str] = []
    for node in ast.walk(ast.parse(text, filename=filename)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names if _is_ours(alias.name)]
        elif isinstance(node, ast.ImportFrom) and node.module and _is_ours(node.module):
            found += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return tuple(found)


def _is_ours(module: str) -> bool:
    return module.partition(".")[0] in _OURS
