"""Each control that a rule names has its source in the committed table, and the table names nothing else."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from policy import markdown, sources
from policy.catalogue import BY_ID, RULES
from policy.frameworks import FRAMEWORKS
from policy.references import url_of
from tests.policy.peers.controls import CONTROLS

# How a framework writes the numbers of its controls.
_NUMBERS = {
    "fsbp": r"[A-Z]\w*\.\d+",
    "cis": r"[2-6](\.\d+){1,3}",
    "pci": r"\d{1,2}\.\d+\.\d+",
    "nist": r"[A-Z]{2}-\d+",
    "wellarchitected": r"(OPS|SEC|REL|PERF|COST|SUS)\d\d-BP\d\d",
    "sec": r"17a-4\([a-f]\)",
    "finra": r"\d{4}",
    "checkov": r"CKV2?_AWS_\d+",
}
_PEER = re.compile(r"^(prowler|powerpipe|checkov) \w+")
_PAGE = re.compile(r'^(AWS|Amazon) [\w -]+, ".+"|^17 CFR 240\.17a-4')


def test_every_control_of_a_rule_has_a_row_with_a_source() -> None:
    """A control cannot be written beside a rule without a source: the table is where rules have them from."""
    named = Counter((rule.id, name, code) for rule in RULES for name, codes in rule.controls.items() for code in codes)
    rows = Counter((row.rule, row.framework, row.control) for row in sources.mappings())
    assert named == rows
    assert max(rows.values()) == 1, "a mapping stands once"


@pytest.mark.parametrize("row", sources.mappings(), ids=lambda row: f"{row.rule}-{row.framework}-{row.control}")
def test_a_row_names_a_rule_a_control_and_where_it_comes_from(row: sources.ControlMapping) -> None:
    """Numbers have the form of their framework, and a source is a peer's check or a page."""
    assert row.rule in BY_ID
    assert row.framework in {framework.key for framework in FRAMEWORKS.values()}
    assert re.fullmatch(_NUMBERS[row.framework], row.control)
    assert all(_PEER.match(part) or _PAGE.match(part) for part in row.source.split("; ")), row.source


def test_controls_of_checkov_are_compared_with_checkov() -> None:
    """A rule that names a check of checkov is judged on the check's own fixtures."""
    named = {(row.control, row.rule) for row in sources.mappings() if row.framework == "checkov"}
    graph = {code for code, _ in named if code.startswith("CKV2_")}
    compared = {(check, rule) for check, rules in CONTROLS.items() for rule in rules}
    assert {pair for pair in named if pair[0] not in graph} <= compared


def test_rules_print_their_sources_and_every_rule_has_a_page() -> None:
    """The list of rules and the document show where a control comes from."""
    rule = BY_ID["imds-v2"]
    assert rule.as_json()["sources"]["fsbp EC2.8"].startswith("prowler ec2_instance_imdsv2_enabled")
    assert "- Sources of the controls: prowler ec2_instance_imdsv2_enabled, powerpipe" in markdown.text([rule])
    assert all(url_of(rule).startswith("https://") for rule in RULES)
