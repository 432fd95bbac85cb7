"""Options and arguments of the commands: checked before anything is called; each error is one line and exit code 2."""

from __future__ import annotations

import re
import shlex
from datetime import UTC, datetime

import typer

from command_line import DocumentGroup
from recovery.exports import is_region
from recovery.redaction import redacted_value

_LONGEST = 1000
# RFC 3339, section 5.6; fromisoformat takes dates alone, weeks and times without seconds as well.
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})", re.ASCII)
_EXAMPLE = "2026-01-02T15:04:05Z"
_ZONED = re.compile(r"(Z|[+-]\d{2}:?\d{2})$", re.ASCII | re.IGNORECASE)


class InputError(typer.BadParameter):
    """`OPTION = VALUE: what is wrong; what to do`; ends the command with exit code 2."""

    def __init__(self, option: str, value: str, wrong: str) -> None:
        hidden = redacted_value(value)
        shown = hidden if len(hidden) <= 60 else f"{hidden[:57]}..."
        super().__init__(f"{option} = {shown!r}: {wrong}")

    def format_message(self) -> str:
        return self.message


class Commands(DocumentGroup):
    """Prints what is wrong with a command line on one line of stderr, with `--json` as a document on stdout too."""

    prefix = "refused: "


def moment(text: str) -> datetime:
    """A time of RFC 3339 with its offset, in UTC."""
    if not _ZONED.search(text) and _TIME.fullmatch(f"{text}Z"):
        raise InputError("--at", text, f"has no time zone; end it with Z for UTC: {_EXAMPLE}")
    upper = text.upper()
    if not _TIME.fullmatch(upper):
        raise InputError("--at", text, f"is no time of RFC 3339; write {_EXAMPLE}")
    try:
        # Overflow: in UTC it lies before year 1 or after year 9999.
        return datetime.fromisoformat(upper).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise InputError("--at", text, f"is a time that does not exist in UTC; write {_EXAMPLE}") from error


def region(text: str | None) -> str | None:
    """The region of `--region`."""
    return _region("--region", text)


def destination(text: str | None) -> str | None:
    """The region of `--to`."""
    return _region("--to", text)


def _region(option: str, text: str | None) -> str | None:
    """The name of a region; whether it is one of the platform's is known with the exports."""
    if text is not None and not is_region(text):
        raise InputError(option, text, "is not the name of a region; write it like us-west-2")
    return text


def reason(text: str | None) -> str | None:
    """One printable line; the journal keeps it for those who ask later why a run was forced."""
    if text is not None and not text.strip():
        raise InputError("--reason", text, "is blank; say why, or leave the option out")
    if text is not None and not _is_line(text):
        raise InputError(
            "--reason", text, f"is not one printable line of at most {_LONGEST} characters; write a shorter plain line"
        )
    return text


def run_id(text: str) -> str:
    """The id of a run, as `status` shows it."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}", text):
        raise InputError("--run", text, "is not the id of a run; write it as status shows it")
    return text


def command(text: str | None) -> str | None:
    """A command line that a shell would split into one word or more."""
    if text is None:
        return None
    way_out = "name a command with its arguments, or leave the option out"
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise InputError("--scale-out-command", text, f"cannot be split ({error}); {way_out}") from error
    if not words or not words[0].strip():
        raise InputError("--scale-out-command", text, f"names no command; {way_out}")
    return text


def _is_line(text: str) -> bool:
    return bool(text.strip()) and text.isprintable() and len(text) <= _LONGEST
