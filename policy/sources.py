"""Which controls of a framework ask what a rule asks, and who says so: `controls.csv` beside this file.

One row for each mapping: rule, framework, control, source. A source is one of these:

- `prowler CHECK`: prowler's check asks what the rule asks, and its compliance file maps the check to the control
  (prowler-cloud/prowler, `prowler/compliance/aws`, commit 3e000faa of 2026-08-21).
- `powerpipe QUERY`: as prowler's, in the benchmarks of turbot/steampipe-mod-aws-compliance 1.13.0 (commit a1d0b446).
- `checkov CLASS`: the check with that number (checkov 3.3.13).
- the title of a page of AWS, or a paragraph of a regulation.

CIS rows have the numbers of 6.0; each was found under the number of 5.0, one section lower, as well.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

TABLE = Path(__file__).with_name("controls.csv")
COLUMNS = ("rule", "framework", "control", "source")


@dataclass(frozen=True)
class ControlMapping:
    """One control that asks what a rule asks; `source` says who maps the one to the other."""

    rule: str
    framework: str
    control: str
    source: str


@cache
def mappings() -> tuple[ControlMapping, ...]:
    """Every row of the table."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        return tuple(ControlMapping(*(row[name] for name in COLUMNS)) for row in csv.DictReader(file))


@cache
def _by_rule() -> Mapping[str, tuple[ControlMapping, ...]]:
    found: dict[str, list[ControlMapping]] = {}
    for mapping in mappings():
        found.setdefault(mapping.rule, []).append(mapping)
    return {rule: tuple(rows) for rule, rows in found.items()}


def of_rule(rule: str) -> tuple[ControlMapping, ...]:
    """The mappings of a rule of the catalogue; none of a rule that no control asks for."""
    return _by_rule().get(rule, ())


def controls_of(rule: str) -> dict[str, tuple[str, ...]]:
    """The controls of a rule of the catalogue by framework."""
    found: dict[str, list[str]] = {}
    for mapping in of_rule(rule):
        found.setdefault(mapping.framework, []).append(mapping.control)
    return {framework: tuple(controls) for framework, controls in found.items()}


def sources_of(rule: str) -> Iterator[str]:
    """Each source of a rule's mappings once."""
    seen: dict[str, None] = {}
    for mapping in of_rule(rule):
        seen.update(dict.fromkeys(mapping.source.split("; ")))
    yield from seen
