"""JSON of a file, in any encoding that JSON and PowerShell write."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from policy.errors import PolicyInputError

STDIN = Path("-")
_ENCODINGS = {"utf-8-sig": "UTF-8 with a byte order mark"}


def text_of(path: Path, hint: str) -> str:
    """The text of a file, `-` for standard input. Raises `PolicyInputError` that ends with `hint`.

    PowerShell 5.1 writes UTF-16 with a byte order mark by `>` (Microsoft Learn, "about_Character_Encoding"). JSON
    begins with an ASCII character, by which its encoding is known without a mark, too (RFC 4627, section 3).
    """
    where = named(path)
    try:
        content = sys.stdin.buffer.read() if path == STDIN else path.read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "is no path"
        raise PolicyInputError(f"{where}: cannot be read: {reason}; {hint}") from None
    encoding = json.detect_encoding(content)
    try:
        return content.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        name = _ENCODINGS.get(encoding, encoding.upper())
        raise PolicyInputError(
            f"{where}: is not text in {name}, as its first bytes suggest: byte {error.start} is "
            f"0x{content[error.start]:02X}; save it as UTF-8, and {hint}"
        ) from None


def read(path: Path, hint: str, pairs: Callable[[list[tuple[str, Any]]], Any] | None = None) -> Any:
    """The JSON value in a file; `pairs` makes its objects. Raises `PolicyInputError` that ends with `hint`."""
    text = text_of(path, hint)
    try:
        return json.loads(text, object_pairs_hook=pairs)
    except (ValueError, RecursionError) as error:
        raise PolicyInputError(f"{named(path)}: is not JSON: {error}; {hint}") from None


def named(path: Path) -> str:
    """The file as messages call it."""
    return "standard input" if path == STDIN else str(path)
