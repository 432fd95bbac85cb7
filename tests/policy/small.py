"""One rule applied to a few resources, with what it says of whom and what it leaves undecided."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from policy import check
from policy.catalogue import BY_ID
from policy.report import Report
from tests.policy import documents as d

__all__ = ["Entry", "accused", "compared", "only_refused", "reference", "refused", "undecided"]

Json = dict[str, Any]
Entry = tuple[str, str, Json]
ACCOUNT = "123456789012"


def reference(type_: str, name: str, path: str = "id") -> str:
    """An output of another resource of the same stack."""
    return f"${{{type_}::{name}#{path}}}"


def _stack(entries: Sequence[Entry], stack: str, region: str, *sides: str) -> Json:
    """A stack in its region; a resource of which a side is named `at` is made in that region."""
    providers: list[Entry] = [
        ("pulumi:providers:aws", name, {"region": name, "allowedAccountIds": [ACCOUNT]}) for name in (region, *sides)
    ]
    document = d.blueprint(*providers, *entries, stack=stack)
    urns = {entry["name"]: entry["urn"] for entry in document["resources"][: len(providers)]}
    for entry in document["resources"][len(providers) :]:
        properties = dict(entry["properties"])
        entry["provider"] = urns[properties.pop("at", region)]
        entry["properties"] = properties
    return document


def _applied(rule: str, documents: Sequence[Json], parameters: Json) -> Report:
    report = check.evaluate(documents, {rule: parameters} if parameters else None, rules=[BY_ID[rule]])
    assert not report.errors
    assert not report.not_configured
    return report


def accused(rule: str, *entries: Entry, **parameters: Any) -> list[tuple[str, str]]:
    """Whom the rule accuses of what: the name of each resource, and the message."""
    report = _applied(rule, [_stack(entries, "dev", "us-east-1", "us-west-2")], parameters)
    assert not report.not_evaluated, [entry.text for entry in report.not_evaluated]
    return [(violation.urn.split("::")[-1], violation.message) for violation in report.violations]


def refused(rule: str, *entries: Entry, **parameters: Any) -> list[str]:
    """What the rule says, of whomever."""
    return [message for _, message in accused(rule, *entries, **parameters)]


def undecided(rule: str, *entries: Entry, **parameters: Any) -> list[tuple[str, str]]:
    """What the rule cannot judge, and why; it may accuse nobody meanwhile."""
    report = _applied(rule, [_stack(entries, "dev", "us-east-1", "us-west-2")], parameters)
    assert not report.violations, [violation.message for violation in report.violations]
    return [(entry.property, entry.reason) for entry in report.not_evaluated]


def compared(
    rule: str,
    primary: Sequence[Entry],
    recovery: Sequence[Entry],
    *,
    standing_by: bool = True,
    outputs: Json | None = None,
    **parameters: Any,
) -> list[tuple[str, str]]:
    """Whom a rule on both stacks accuses of what. A stack that stands by makes a topic in the primary's region.

    `outputs` are those of the primary, which the recovery stack refers to by `${pulumi:pulumi:StackReference::...}`.
    """
    side: list[Entry] = [("aws:sns/topic:Topic", "aside", {"at": "us-east-1"})] if standing_by else []
    filling: list[Entry] = [("aws:sns/topic:Topic", f"filling-{index}", {}) for index in range(3)]
    ours = _stack([*filling, *primary], "primary", "us-east-1")
    theirs = _stack([*filling, *side, *recovery], "dr", "us-west-2", *(["us-east-1"] if standing_by else []))
    ours["outputs"] = outputs or {}
    report = _applied(rule, [ours, theirs], parameters)
    assert not report.not_evaluated, [entry.text for entry in report.not_evaluated]
    return [(violation.urn.split("::")[-1], violation.message) for violation in report.violations]


def only_refused(rule: str, name: str, *entries: Entry, **parameters: Any) -> list[str]:
    """What the rule says of the resource of that name; the others must be left in peace."""
    found = accused(rule, *entries, **parameters)
    assert {accused_ for accused_, _ in found} <= {name}
    return [message for _, message in found]
