"""Commands that print an error of their arguments on one line of stderr, without secrets, and exit with 2.

The pack also stands alone, without the rest of its repository, and therefore has this for itself.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from typer.core import TyperGroup

from policy.errors import PolicyInputError

BAD_INPUT = 2
_HIDDEN = "***"
# The user information of a URL, and USER:PASSWORD@ without a scheme, up to the last @ of the word. A role's ARN may
# have an @ as well.
_ARN = r"arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:[0-9]{12}:[A-Za-z0-9_+=,.@/-]+"
_USER = re.compile(
    rf"(?P<arn>{_ARN})|(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*://)[^\s\"'<>`]*@|[^\s\"'<>`@:/]*:[^\s\"'<>`]*@"
)


class Commands(TyperGroup):
    """A group that prints bad input and bad arguments on one line."""

    def main(self, args: Sequence[str] | None = None, *rest: Any, standalone_mode: bool = True, **more: Any) -> Any:
        words = list(sys.argv[1:] if args is None else args)
        if not words or not standalone_mode:
            return super().main(words, *rest, standalone_mode=standalone_mode, **more)
        try:
            found = super().main(words, *rest, standalone_mode=False, **more)
        except PolicyInputError as error:
            sys.stderr.write(one_line(str(error), words) + "\n")
            sys.exit(BAD_INPUT)
        except Exception as error:
            # Typer's errors of arguments: an unknown option, a bad value, a word too many.
            if getattr(error, "exit_code", None) != BAD_INPUT or not hasattr(error, "format_message"):
                raise
            message = f"{error.format_message()}; see --help"  # type: ignore[attr-defined]
            sys.stderr.write(one_line(message, words) + "\n")
            sys.exit(BAD_INPUT)
        sys.exit(found if isinstance(found, int) else 0)


def one_line(message: str, given: Iterable[str] = ()) -> str:
    """The message on one line, without a password of a URL or of USER:PASSWORD@; `given` are the words that a person
    gave, in which a password may have spaces."""
    for word in given:
        before, at, after = word.rpartition("@")
        if at and ":" in before and not re.fullmatch(_ARN, word):
            message = message.replace(word, f"{_HIDDEN}@{after}").replace(repr(word)[1:-1], f"{_HIDDEN}@{after}")
    hidden = _USER.sub(_without_user, message)
    return " ".join(hidden.split())


def _without_user(found: re.Match[str]) -> str:
    return found["arn"] or f"{found['scheme'] or ''}{_HIDDEN}@"
