"""What is posted on a pull request: the previews of the stacks, as far as the code host takes them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
# A fence is longer than any run of backticks within it (CommonMark 0.31, "Fenced code blocks").
_BACKTICKS = re.compile(r"`{3,}")
_CUT = "[...]\n"


class Host(StrEnum):
    """A code host, and how long a comment it takes, in characters."""

    CODECOMMIT = "codecommit"
    GITHUB = "github"

    @property
    def limit(self) -> int:
        """CodeCommit API Reference, `CommentContentSizeLimitExceededException`; GitHub refuses a body that is longer
        than this with "body is too long"."""
        return {Host.CODECOMMIT: 10_240, Host.GITHUB: 65_536}[self]


@dataclass(frozen=True)
class Preview:
    """What the engine said of one stack; `text` is None when it was not asked."""

    stack: str
    text: str | None

    @classmethod
    def read(cls, folder: Path, stack: str) -> Preview:
        """From the file that is named after the stack, such as `primary.txt`."""
        path = folder / f"{stack}.txt"
        if not path.is_file():
            return cls(stack, None)
        return cls(stack, _ANSI.sub("", path.read_text(encoding="utf-8", errors="replace")).strip())


def comment(previews: Sequence[Preview], log: str, limit: int) -> str:
    """Markdown of at most `limit` characters. What does not fit is cut at the front: the summary and the policy pack's
    verdict stand at the end of a preview. `log` says where the whole of it is."""
    frames = [_frame(preview) for preview in previews]
    foot = f"\nThe whole log: {log}\n"
    fixed = sum(len(head) + len(tail) for head, tail, _ in frames) + len(foot)
    share = _shares([len(text) for _, _, text in frames], limit - fixed)
    parts = [head + _end_of(text, room) + tail for (head, tail, text), room in zip(frames, share, strict=True)]
    return "".join(parts) + foot


def _frame(preview: Preview) -> tuple[str, str, str]:
    title = f"### Preview of `{preview.stack}`\n\n"
    if preview.text is None:
        return f"{title}It was not previewed: a step before it has failed.\n", "", ""
    longest = max((len(run) for run in _BACKTICKS.findall(preview.text)), default=2)
    fence = "`" * (longest + 1)
    return f"{title}{fence}text\n", f"{fence}\n", preview.text + "\n"


def _shares(lengths: Sequence[int], room: int) -> list[int]:
    """Who needs less than an equal part leaves the rest to the others."""
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
    # Whole lines, unless there is but one.
    _, newline, whole = kept.partition("\n")
    return _CUT + (whole if newline and whole else kept)
