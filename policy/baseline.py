"""Findings that are accepted for now: a run with a baseline fails only on findings that the baseline does not list."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from policy import json_file
from policy.errors import PolicyInputError, command
from policy.report import Finding, Report

_VERSION = 1
_FIELDS = ("rule", "urn", "finding")
_HINT = f"write it with `{command()} baseline FILE... --output BASELINE`"

Key = tuple[str, str, str]


@dataclass(frozen=True)
class Baseline:
    """How often each finding is accepted, by rule, URN and text."""

    accepted: Mapping[Key, int]

    def applied(self, report: Report) -> Report:
        """The report with accepted findings set apart."""
        left = Counter(self.accepted)
        known: list[Finding] = []
        for finding in report.findings:
            if left[_key(finding)] > 0:
                left[_key(finding)] -= 1
                known.append(finding)
        ids = {id(finding) for finding in known}
        return replace(
            report,
            violations=[finding for finding in report.violations if id(finding) not in ids],
            not_evaluated=[finding for finding in report.not_evaluated if id(finding) not in ids],
            known=known,
            stale=left.total(),
        )


def _key(finding: Finding) -> Key:
    return finding.rule.id, finding.urn, finding.text


def text(report: Report) -> str:
    """The baseline that accepts every finding of the report."""
    entries = sorted(_key(finding) for finding in report.findings)
    lines = [dict(zip(_FIELDS, entry, strict=True)) for entry in entries]
    return json.dumps({"version": _VERSION, "findings": lines}, indent=2) + "\n"


def read(path: Path) -> Baseline:
    """The baseline in a file. Raises `PolicyInputError`."""
    return _baseline(json_file.read(path, _HINT), str(path))


def _baseline(document: Any, where: str) -> Baseline:
    if not isinstance(document, Mapping) or not isinstance(document.get("findings"), list):
        raise PolicyInputError(f"{where}: is not a baseline; {_HINT}")
    if document.get("version") != _VERSION:
        raise PolicyInputError(f"{where}: version = {document.get('version')!r} is not {_VERSION}; {_HINT}")
    accepted: Counter[Key] = Counter()
    for index, entry in enumerate(document["findings"]):
        values = [entry.get(name) for name in _FIELDS] if isinstance(entry, Mapping) else []
        texts = [value for value in values if isinstance(value, str)]
        if len(texts) != len(_FIELDS):
            raise PolicyInputError(f"{where}: findings[{index}]: needs {', '.join(_FIELDS)} as texts; {_HINT}")
        accepted[texts[0], texts[1], texts[2]] += 1
    return Baseline(accepted)
