"""Agreement with checkov by control: `python -m tests.policy.peers [CHECKOUT] [--markdown] [--differences]`.

The folder of a checkout of checkov is given, or named by CHECKOV_CHECKOUT. Its fixtures are read there.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from policy.catalogue import BY_ID
from policy.check import evaluate
from policy.report import Report
from policy.rule import Scope
from tests.policy.peers.checkov import Expectation, expectations
from tests.policy.peers.controls import CONTROLS
from tests.policy.peers.terraform import FixtureError

VARIABLE = "CHECKOV_CHECKOUT"
AGREED, ONLY_PEER, ONLY_PACK, UNKNOWN = "agreed", "only the peer refuses", "only the pack refuses", "not evaluated"


@dataclass(frozen=True)
class Verdict:
    """One resource: what the peer says, and how the pack's verdict relates to it."""

    check: str
    where: str
    address: str
    outcome: str


def main(arguments: list[str] | None = None) -> int:
    """Print the agreement; answer 2 where there is no checkout."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkout", nargs="?", type=Path, default=os.environ.get(VARIABLE))
    parser.add_argument("--markdown", action="store_true", help="print the table of docs/policy-peers.md")
    parser.add_argument("--differences", action="store_true", help="print each resource on which both differ")
    options = parser.parse_args(arguments)
    if options.checkout is None or not Path(options.checkout, "checkov", "version.py").is_file():
        print(f"CHECKOUT = {options.checkout}: is no checkout of checkov; name it or set {VARIABLE}", file=sys.stderr)
        return 2
    verdicts, unread = judged(Path(options.checkout))
    if not verdicts:
        print(
            f"CHECKOUT = {options.checkout}: holds no checks of AWS and their tests; name a full one", file=sys.stderr
        )
        return 2
    _print(verdicts, unread, markdown=options.markdown)
    if options.differences:
        for verdict in verdicts:
            if verdict.outcome != AGREED:
                rules = ", ".join(CONTROLS[verdict.check])
                print(f"{verdict.check} ({rules}) {verdict.where} {verdict.address}: {verdict.outcome}")
    return 0


def judged(checkout: Path) -> tuple[list[Verdict], list[str]]:
    """Every verdict on a resource for which a rule asks what the check asks, and what could not be read."""
    verdicts: list[Verdict] = []
    unread: list[str] = []
    for expectation in expectations(checkout):
        if isinstance(expectation, FixtureError):
            unread.append(str(expectation))
        elif expectation.check in CONTROLS:
            verdicts += _verdicts(expectation)
    return verdicts, unread


def _verdicts(expectation: Expectation) -> Iterator[Verdict]:
    document, addresses = expectation.fixture.blueprint()
    rules = [BY_ID[id_] for id_ in CONTROLS[expectation.check] if id_ in BY_ID]
    report = evaluate([document], rules=rules)
    whole = any(rule.scope is Scope.STACK for rule in rules)
    for address, refused in [(a, False) for a in expectation.passed] + [(a, True) for a in expectation.failed]:
        urn = addresses.get(address)
        if urn is None:
            continue
        found = _refused(report, urn, whole)
        outcome = UNKNOWN if found is None else AGREED if found == refused else ONLY_PEER if refused else ONLY_PACK
        yield Verdict(expectation.check, expectation.where, address, outcome)


def _refused(report: Report, urn: str, whole: bool) -> bool | None:
    """Whether a rule refuses the resource; None where none can tell."""
    name = urn.rpartition("::")[2]
    found = {v.urn for v in report.violations}
    if urn in found or (whole and report.violations):
        return True
    if any(n.urn == urn or n.urn.endswith(f"::{name}") for n in report.not_evaluated) or report.errors:
        return None
    return False


def _print(verdicts: list[Verdict], unread: list[str], *, markdown: bool) -> None:
    by_check: dict[str, Counter[str]] = defaultdict(Counter)
    for verdict in verdicts:
        by_check[verdict.check][verdict.outcome] += 1
    columns = (AGREED, ONLY_PEER, ONLY_PACK, UNKNOWN)
    if markdown:
        print(f"| check | rules | judged | {' | '.join(columns)} |\n|---|---|---|---|---|---|---|")
    for check, counts in sorted(by_check.items(), key=lambda entry: int(entry[0].rpartition("_")[2])):
        cells = [str(counts[column]) for column in columns]
        rules = ", ".join(f"`{id_}`" if markdown else id_ for id_ in CONTROLS[check])
        line = [check, rules, str(counts.total()), *cells]
        print(f"| {' | '.join(line)} |" if markdown else "  ".join(line))
    total = Counter(verdict.outcome for verdict in verdicts)
    print(f"\n{len(verdicts)} resources judged by {len(by_check)} checks: ", end="")
    print(", ".join(f"{total[column]} {column}" for column in columns) + f"; {len(unread)} fixtures not read")


if __name__ == "__main__":
    sys.exit(main())
