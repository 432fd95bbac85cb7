"""A report in the forms that people and programs read."""

from __future__ import annotations

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


def write(report: Report, format_: Format) -> str:
    """The report as text, with a line end."""
    return _WRITERS[format_](report)
