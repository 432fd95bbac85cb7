"""Writes a command's document to a file, or to standard output for `-`."""

from __future__ import annotations

from pathlib import Path

import typer


def write(option: str, file: Path, text: str) -> None:
    """Write `text` to `file`. Raises `typer.BadParameter` that names the `option` if the file cannot be written."""
    if str(file) == "-":
        typer.echo(text, nl=False)
        return
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        reason = f"{str(file)!r} cannot be written ({error.strerror}); name a file in a folder that exists"
        raise typer.BadParameter(reason, param_hint=option) from error
