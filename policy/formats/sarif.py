"""The report as SARIF 2.1.0 (OASIS), which code hosts show on the pull request."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from policy.check import NotEvaluated, Report, Violation
from policy.rule import Rule, Severity

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {Severity.MANDATORY: "error", Severity.ADVISORY: "warning"}


def text(report: Report) -> str:
    """One run; each finding stands at the file of its stack, since code hosts show none without a file."""
    index = {rule.id: place for place, rule in enumerate(report.applied)}
    run = {
        "tool": {
            "driver": {
                "name": "trading-platform-policy",
                "semanticVersion": "0.1.0",
                "rules": [_rule(rule) for rule in report.applied],
            }
        },
        "results": [_result(finding, index[finding.rule.id]) for finding in _findings(report)],
        "columnKind": "utf16CodeUnits",
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _findings(report: Report) -> list[Violation | NotEvaluated]:
    return [*report.violations, *report.not_evaluated]


def _rule(rule: Rule) -> dict[str, Any]:
    tags = [f"{framework}:{code}" for framework, codes in rule.controls.items() for code in codes]
    return {
        "id": rule.id,
        "name": "".join(part.capitalize() for part in rule.id.split("-")),
        "shortDescription": {"text": rule.title},
        "help": {"text": rule.remediation},
        "defaultConfiguration": {"level": _LEVELS.get(rule.severity, "none")},
        "properties": {"tags": [rule.service, *tags]},
    }


def _result(finding: Violation | NotEvaluated, index: int) -> dict[str, Any]:
    said = (
        finding.message
        if isinstance(finding, Violation)
        else f"could not be evaluated: {finding.property} {finding.reason}"
    )
    subject = finding.urn or finding.stack
    print_ = hashlib.sha256(f"{finding.rule.id}\0{subject}\0{said}".encode()).hexdigest()
    return {
        "ruleId": finding.rule.id,
        "ruleIndex": index,
        "level": _LEVELS[finding.severity],
        "message": {"text": f"{subject.split('::')[-1]}: {said}. {finding.rule.remediation}"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": f"Pulumi.{finding.stack}.yaml"},
                    "region": {"startLine": 1},
                },
                "logicalLocations": [{"fullyQualifiedName": subject, "kind": "resource"}],
            }
        ],
        "partialFingerprints": {"finding/v1": print_},
    }
