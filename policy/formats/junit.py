"""The report as JUnit XML: a suite for each service, a case for each rule."""

from __future__ import annotations

from collections import defaultdict
from xml.etree import ElementTree as Xml

from policy.check import NotEvaluated, Report, Violation
from policy.rule import Rule, Severity


def text(report: Report) -> str:
    """A mandatory violation fails its case, what could not be evaluated is an error, advisory findings are noted."""
    found: dict[str, list[Violation | NotEvaluated]] = defaultdict(list)
    for finding in (*report.violations, *report.not_evaluated):
        found[finding.rule.id].append(finding)
    root = Xml.Element("testsuites", name="policy")
    services: dict[str, list[Rule]] = defaultdict(list)
    for rule in report.applied:
        services[rule.service].append(rule)
    for service, rules in services.items():
        suite = Xml.SubElement(root, "testsuite", name=service, tests=str(len(rules)))
        for rule in rules:
            _case(suite, rule, found[rule.id])
        for kind in ("failure", "error"):
            cases = sum(case.find(kind) is not None for case in suite)
            suite.set(f"{kind}s", str(cases))
    Xml.indent(root)
    return Xml.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _case(suite: Xml.Element, rule: Rule, findings: list[Violation | NotEvaluated]) -> None:
    case = Xml.SubElement(suite, "testcase", classname=f"policy.{rule.service}", name=f"{rule.id}: {rule.title}")
    for kind, lines in _by_kind(findings).items():
        if lines:
            element = Xml.SubElement(case, kind)
            if kind != "system-out":
                element.set("message", f"{rule.title} ({len(lines)})")
            element.text = "\n".join([*lines, rule.remediation])


def _by_kind(findings: list[Violation | NotEvaluated]) -> dict[str, list[str]]:
    lines: dict[str, list[str]] = {"failure": [], "error": [], "system-out": []}
    for finding in findings:
        mandatory = finding.severity is Severity.MANDATORY
        if isinstance(finding, Violation):
            kind, said = "failure", finding.message
        else:
            kind, said = "error", f"could not be evaluated: {finding.property} {finding.reason}"
        lines[kind if mandatory else "system-out"].append(f"{finding.urn or finding.stack}: {said}")
    return lines
