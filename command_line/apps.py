"""Typer commands and groups that print each error of a command line on one line.

Typer's own report is a box of four lines or more, which logs of builds break and programs cannot read.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from typing import Any, ClassVar

import typer
from typer.core import TyperCommand, TyperGroup

from recovery.redaction import redacted_message

USAGE, INTERRUPTED = 2, 130
"""Exit codes for bad arguments and for an interrupt."""


class _OneLine:
    """Runs a command and turns each error of its arguments into one line on stderr and exit code 2."""

    prefix: ClassVar[str] = ""
    writes_documents: ClassVar[bool] = False
    """Whether `--json` makes the error a document on stdout, too."""

    def main(self, args: Sequence[str] | None = None, *rest: Any, standalone_mode: bool = True, **more: Any) -> Any:
        for stream in (sys.stdout, sys.stderr):
            # A file name or a message may hold what the terminal's encoding does not have.
            if isinstance(stream, TextIOWrapper):
                stream.reconfigure(errors="backslashreplace")
        parent: Any = super()
        words = list(sys.argv[1:] if args is None else args)
        if not standalone_mode or not (words or not getattr(self, "no_args_is_help", False)):
            return parent.main(words, *rest, standalone_mode=standalone_mode, **more)
        try:
            found = parent.main(words, *rest, standalone_mode=False, **more)
        except typer.BadParameter as error:
            self._refuse(words, error.format_message(), error.exit_code)
        except typer.Abort:
            self._refuse(words, "interrupted; nothing was confirmed", INTERRUPTED)
        except Exception as error:
            # Whatever else is wrong with a command line: an option that does not exist, an argument too many.
            if getattr(error, "exit_code", None) != USAGE or not hasattr(error, "format_message"):
                raise
            self._refuse(words, f"{error.format_message()}; see --help", USAGE)  # type: ignore[attr-defined]
        else:
            sys.exit(found if isinstance(found, int) else 0)

    def _refuse(self, words: Sequence[str], message: str, code: int) -> None:
        line = " ".join(redacted_message(message, words).split())
        if self.writes_documents and "--json" in words:
            sys.stdout.write(json.dumps({"error": line, "exit_code": code}, indent=2, sort_keys=True) + "\n")
        sys.stderr.write(f"{self.prefix}{line}\n")
        sys.exit(code)


class Command(_OneLine, TyperCommand):
    """One command without subcommands: `@app.command(cls=Command)`."""


class Group(_OneLine, TyperGroup):
    """Several commands: `typer.Typer(cls=Group)`."""


class DocumentCommand(Command):
    """A command whose `--json` prints one document on stdout, errors included."""

    writes_documents = True


class DocumentGroup(Group):
    """Commands whose `--json` prints one document on stdout, errors included."""

    writes_documents = True
