"""Comment on a pull request: previews of the stacks, cut to the code host's maximum length."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
# A fence must be longer than any run of backticks inside it (CommonMark 0.31, "Fenced code blocks").
_BACKTICKS = re.compile(r"`{3,}")
_CUT = "[...]\n"


class Host(StrEnum):
    """A code host, with the maximum length of a comment in characters."""

    CODECOMMIT = "codecommit"
    GITHUB = "github"

    @property
    def limit(self) -> int:
        """CodeCommit API Reference, `CommentContentSizeLimitExceededException`; GitHub refuses a longer body with "body
        is too long"."""
        return {Host.CODECOMMIT: 10_240, Host.GITHUB: 65_536}[self]


@dataclass(frozen=True)
class Preview:
    """The engine's preview of one stack; `text` is None if the preview did not run."""

    stack: str
    text: str | None

    @classmethod
    def read(cls, folder: Path, stack: str) -> Preview:
        """Read the file that is named after the stack, such as `primary.txt`."""
        path = folder / f"{stack}.txt"
        if not path.is_file():
            return cls(stack, None)
        return cls(stack, _ANSI.sub("", path.read_text(encoding="utf-8", errors="replace")).strip())


def comment(previews: Sequence[Preview], log: str, limit: int) -> str:
    """Return Markdown of at most `limit` characters.

    Long previews are cut at the front, because their end has the summary and the policy pack's result. `log` is the
    location of the whole log.
    """
    frames = [_frame(preview) for preview in previews]
    foot = f"\nThe whole log: {log}\n"
    fixed = sum(len(head) + len(tail) for head, tail, _ in frames) + len(foot)
    share = _shares([len(text) for _, _, text in frames], limit - fixed)
    parts = [head + _end_of(text, room) + tail for (head, tail, text), room in zip(frames, share, strict=True)]
    return "".join(parts) + foot


def _frame(preview: Preview) -> tuple[str, str, str]:
    title = f"### Preview of `{preview.stack}`\n\n"
    if preview.text is None:
        return f"{title}Not previewed: an earlier step failed.\n", "", ""
    longest = max((len(run) for run in _BACKTICKS.findall(preview.text)), default=2)
    fence = "`" * (longest + 1)
    return f"{title}{fence}text\n", f"{fence}\n", preview.text + "\n"


def _shares(lengths: Sequence[int], room: int) -> list[int]:
    """Divide `room` among texts: short ones leave their unused part to the others."""
    shares = [0] * len(lengths)
    left, waiting = max(room, 0), sorted(range(len(lengths)), key=lambda index: lengths[index])
    while waiting:
        index = waiting.pop(0)
        shares[index] = min(lengths[index], left // (len(waiting) + 1))
        left -= shares[index]
    return shares


def _end_of(text: str, room: int) -> str:
    if len(text) <= room:
        return text
    if room <= len(_CUT):
        return ""
    kept = text[len(text) - (room - len(_CUT)) :]
    # Cut at a line, unless there is only one line.
    _, newline, whole = kept.partition("\n")
    return _CUT + (whole if newline and whole else kept)
