"""The report as JSON."""

from __future__ import annotations

import json

from policy.formats import controls
from policy.report import Report


def text(report: Report) -> str:
    """Rules and judgements counted, findings listed, and the state of each control of the frameworks."""
    return json.dumps({**report.as_json(), "controls": controls.rows(report)}, indent=2) + "\n"
