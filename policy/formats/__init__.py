"""A report in the forms that people and programs read."""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import StrEnum

from policy.formats import controls, json, junit, sarif, table
from policy.report import Report


class Format(StrEnum):
    """How a report is written."""

    TABLE = "table"
    JSON = "json"
    SARIF = "sarif"
    JUNIT = "junit"
    CONTROLS = "controls"


_WRITERS: dict[Format, Callable[[Report], str]] = {
    Format.TABLE: table.text,
    Format.JSON: json.text,
    Format.SARIF: sarif.text,
    Format.JUNIT: junit.text,
    Format.CONTROLS: controls.text,
}


# XML 1.0, "Characters", has no control characters but tab and line ends, and a lone surrogate has no UTF-8 at all. JSON
# lets a plan hold both.
_NOT_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def write(report: Report, format_: Format) -> str:
    """The report as text, with a line end. A character that no text has is written as its escape."""
    return _NOT_TEXT.sub(lambda match: ascii(match[0])[1:-1], _WRITERS[format_](report))
