"""Prose of Python files: docstrings and comments, as texts with their lines."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
_MARKERS = ("noqa", "pyright:", "type:", "!", "fmt:", "pragma:")


@dataclass(frozen=True)
class Text:
    """A docstring or a comment block; `line` is its first line in `file`, which is relative to the repository."""

    file: Path
    line: int
    text: str

    @property
    def place(self) -> str:
        """`file:line`."""
        return f"{self.file}:{self.line}"


def docstrings(file: Path) -> Iterator[Text]:
    """Yield the docstrings of a file: of its module, classes and functions, and strings below attributes."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield Text(file.relative_to(ROOT), node.lineno, node.value.value)


def comments(file: Path) -> Iterator[Text]:
    """Yield the comments of a file; comments on consecutive lines with the same indentation are one text."""
    block: list[str] = []
    start, end, column = 0, -1, -1
    for token in tokenize.generate_tokens(io.StringIO(file.read_text(encoding="utf-8")).readline):
        if token.type != tokenize.COMMENT:
            continue
        text = token.string.lstrip("#").strip()
        if text.startswith(_MARKERS):
            continue
        (row, at) = token.start
        if block and row == end + 1 and at == column:
            block.append(text)
        else:
            if block:
                yield Text(file.relative_to(ROOT), start, "\n".join(block))
            block, start, column = [text], row, at
        end = row
    if block:
        yield Text(file.relative_to(ROOT), start, "\n".join(block))


def python_files(*folders: str) -> list[Path]:
    """Python files of folders, or single files, relative to the repository."""
    found: list[Path] = []
    for name in folders:
        path = ROOT / name
        found += sorted(path.rglob("*.py")) if path.is_dir() else [path]
    return found
