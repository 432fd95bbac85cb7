"""The report as JUnit XML: a suite for each service, a case for each rule."""

from __future__ import annotations

from collections import defaultdict
from xml.etree import ElementTree as Xml

from policy.report import NotEvaluated, Report, RuleError, Violation
from policy.rule import Rule, Severity


def text(report: Report) -> str:
    """A mandatory violation fails its case, what could not be evaluated is an error, advisory findings are noted."""
    found: dict[str, list[Violation | NotEvaluated | RuleError]] = defaultdict(list)
    for finding in (*report.findings, *report.errors):
        found[finding.rule.id].append(finding)
    root = Xml.Element("testsuites", name="policy")
    services: dict[str, list[Rule]] = defaultdict(list)
    for rule in report.applied:
        services[rule.service].append(rule)
    skipped = {entry.rule.id: entry.text for entry in report.not_configured}
    for entry in report.not_configured:
        services[entry.rule.service].append(entry.rule)
    for service, rules in services.items():
        suite = Xml.SubElement(root, "testsuite", name=service, tests=str(len(rules)))
        for rule in rules:
            _case(suite, rule, found[rule.id], skipped.get(rule.id))
        for kind, attribute in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
            cases = sum(case.find(kind) is not None for case in suite)
            suite.set(attribute, str(cases))
    if report.expired:
        _expired(Xml.SubElement(root, "testsuite", name="exemptions"), report)
    Xml.indent(root)
    return Xml.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _expired(suite: Xml.Element, report: Report) -> None:
    for entry in report.expired:
        case = Xml.SubElement(suite, "testcase", classname="policy.exemptions", name=f"{entry.rule} for {entry.urn}")
        Xml.SubElement(case, "failure", message=entry.expiry_text)
    count = str(len(report.expired))
    suite.attrib.update(tests=count, failures=count, errors="0", skipped="0")


def _case(
    suite: Xml.Element, rule: Rule, findings: list[Violation | NotEvaluated | RuleError], skipped: str | None
) -> None:
    case = Xml.SubElement(suite, "testcase", classname=f"policy.{rule.service}", name=f"{rule.id}: {rule.title}")
    if skipped is not None:
        Xml.SubElement(case, "skipped", message=f"not configured: {skipped}")
    for kind, lines in _by_kind(findings).items():
        if lines:
            element = Xml.SubElement(case, kind)
            if kind != "system-out":
                element.set("message", f"{rule.title} ({len(lines)})")
            element.text = "\n".join([*lines, rule.remediation])


def _by_kind(findings: list[Violation | NotEvaluated | RuleError]) -> dict[str, list[str]]:
    lines: dict[str, list[str]] = {"failure": [], "error": [], "system-out": []}
    for finding in findings:
        if isinstance(finding, RuleError):
            lines["error"].append(finding.text)
            continue
        mandatory = finding.severity is Severity.MANDATORY
        kind = "failure" if isinstance(finding, Violation) else "error"
        lines[kind if mandatory else "system-out"].append(f"{finding.urn or finding.stack}: {finding.text}")
    return lines
