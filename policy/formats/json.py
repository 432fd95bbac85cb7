"""The report as JSON."""

from __future__ import annotations

import json

from policy.check import Report


def text(report: Report) -> str:
    """Rules and judgements counted; violations, what could not be evaluated, and what is exempted, listed."""
    return json.dumps(report.as_json(), indent=2) + "\n"
