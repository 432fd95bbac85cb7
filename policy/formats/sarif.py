"""The report as SARIF 2.1.0 (OASIS), which code hosts show on the pull request."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from policy.references import risk_of, url_of
from policy.report import Finding, Report
from policy.rule import Risk, Rule, Severity

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
# What code hosts show as the severity of a security finding (GitHub, "SARIF support for code scanning").
_SECURITY = {Risk.LOW: "3.0", Risk.MEDIUM: "5.0", Risk.HIGH: "8.0", Risk.CRITICAL: "9.5"}
_LEVELS = {Severity.MANDATORY: "error", Severity.ADVISORY: "warning"}


def text(report: Report) -> str:
    """One run; each finding stands at the file of its stack, since code hosts show none without a file."""
    index = {rule.id: place for place, rule in enumerate(report.applied)}
    run = {
        "tool": {
            "driver": {
                "name": "aws-policy-pack",
                "semanticVersion": "0.1.0",
                "rules": [_rule(rule) for rule in report.applied],
            }
        },
        "results": [_result(finding, index[finding.rule.id]) for finding in report.findings],
        "invocations": [_invocation(report)],
        "columnKind": "utf16CodeUnits",
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _invocation(report: Report) -> dict[str, Any]:
    """Rules that failed or are not configured, expired exemptions, and what the inputs do not show."""
    configuration = [_notification("note", entry.text, entry.rule) for entry in report.not_configured]
    configuration += [_notification("error", entry.expiry_text) for entry in report.expired]
    execution = [_notification("error", error.text, error.rule) for error in report.errors]
    execution += [_notification("note", notice) for notice in report.notices]
    return {
        "executionSuccessful": not report.errors,
        "toolConfigurationNotifications": configuration,
        "toolExecutionNotifications": execution,
    }


def _notification(level: str, text: str, rule: Rule | None = None) -> dict[str, Any]:
    found: dict[str, Any] = {"level": level, "message": {"text": text}}
    return found if rule is None else {**found, "associatedRule": {"id": rule.id}}


def _rule(rule: Rule) -> dict[str, Any]:
    tags = [f"{framework}:{code}" for framework, codes in rule.controls.items() for code in codes]
    found = {
        "id": rule.id,
        "name": "".join(part.capitalize() for part in rule.id.split("-")),
        "shortDescription": {"text": rule.title},
        "help": {"text": rule.remediation},
        "defaultConfiguration": {"level": _LEVELS.get(rule.severity, "none")},
        "properties": {"tags": [rule.service, *tags], "security-severity": _SECURITY[risk_of(rule)]},
    }
    url = url_of(rule)
    return {**found, "helpUri": url} if url else found


def _result(finding: Finding, index: int) -> dict[str, Any]:
    said = finding.text
    subject = finding.urn or finding.stack
    print_ = hashlib.sha256(f"{finding.rule.id}\0{subject}\0{said}".encode(errors="backslashreplace")).hexdigest()
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
