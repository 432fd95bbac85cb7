"""Agreement with peers by control: `python -m tests.policy.peers [CHECKOUT] [--markdown] [--differences]`.

CHECKOUT is the folder of a checkout of checkov or of trivy-checks, or named by PEER_CHECKOUT. Its fixtures are read
there; nothing of them is kept.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from policy.catalogue import BY_ID
from policy.check import evaluate
from policy.report import Report
from policy.rule import Scope
from tests.policy.peers import checkov, trivy
from tests.policy.peers.checkov import Expectation
from tests.policy.peers.controls import CONTROLS, TRIVY
from tests.policy.peers.terraform import FixtureError

VARIABLE = "PEER_CHECKOUT"
AGREED, ONLY_PEER, ONLY_PACK, UNKNOWN = "agreed", "only the peer refuses", "only the pack refuses", "not evaluated"
Controls = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Verdict:
    """One resource: what the peer says, how the pack's verdict relates to it, and what the pack says."""

    check: str
    where: str
    address: str
    outcome: str
    said: str


def main(arguments: list[str] | None = None) -> int:
    """Print the agreement; answer 2 where there is no checkout."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkout", nargs="?", type=Path, default=os.environ.get(VARIABLE))
    parser.add_argument("--markdown", action="store_true", help="print the table of docs/policy-peers.md")
    parser.add_argument("--differences", action="store_true", help="print each resource on which both differ")
    options = parser.parse_args(arguments)
    checkout = Path(options.checkout) if options.checkout is not None else None
    is_checkov = checkout is not None and (checkout / "checkov" / "version.py").is_file()
    if checkout is None or not (is_checkov or (checkout / trivy.CHECKS).is_dir()):
        print(
            f"CHECKOUT = {checkout}: is no checkout of checkov or trivy-checks; name it or set {VARIABLE}",
            file=sys.stderr,
        )
        return 2
    controls: Controls = CONTROLS if is_checkov else TRIVY
    expected = checkov.expectations(checkout) if is_checkov else trivy.expectations(checkout)
    verdicts, unread = judged(expected, controls)
    if not verdicts:
        print(f"CHECKOUT = {checkout}: holds no checks of AWS and their tests; name a full one", file=sys.stderr)
        return 2
    _print(verdicts, unread, controls, markdown=options.markdown)
    if options.differences:
        for line in unread:
            print(line)
        for verdict in verdicts:
            if verdict.outcome != AGREED:
                rules = ", ".join(controls[verdict.check])
                print(f"{verdict.check} ({rules}) {verdict.where} {verdict.address}: {verdict.outcome}; {verdict.said}")
    return 0


def judged(expected: Iterator[Expectation | FixtureError], controls: Controls) -> tuple[list[Verdict], list[str]]:
    """Every verdict on a resource for which a rule asks what the check asks, and what could not be read."""
    verdicts: list[Verdict] = []
    unread: list[str] = []
    for expectation in expected:
        if isinstance(expectation, FixtureError):
            unread.append(str(expectation))
        elif expectation.check in controls:
            verdicts += _verdicts(expectation, controls[expectation.check])
    return verdicts, unread


def _verdicts(expectation: Expectation, ids: tuple[str, ...]) -> Iterator[Verdict]:
    document, addresses = expectation.fixture.blueprint()
    addresses[trivy.WHOLE] = ""
    rules = [BY_ID[id_] for id_ in ids]
    report = evaluate([document], rules=rules)
    whole = any(rule.scope is Scope.STACK for rule in rules)
    wanted = [(a, False) for a in sorted(expectation.passed)] + [(a, True) for a in sorted(expectation.failed)]
    for address, refused in wanted:
        urn = addresses.get(address)
        if urn is None:
            continue
        found = _refused(report, urn, whole or not urn)
        outcome = UNKNOWN if found is None else AGREED if found == refused else ONLY_PEER if refused else ONLY_PACK
        said = [f.text for f in report.findings if whole or not urn or f.urn == urn]
        yield Verdict(expectation.check, expectation.where, address, outcome, "; ".join(said))


def _refused(report: Report, urn: str, whole: bool) -> bool | None:
    """Whether a rule refuses the resource; None where none can tell."""
    name = urn.rpartition("::")[2]
    found = {v.urn for v in report.violations}
    if urn in found or (whole and report.violations):
        return True
    unknown = any(whole or n.urn == urn or n.urn.endswith(f"::{name}") for n in report.not_evaluated)
    return None if unknown or report.errors else False


def _print(verdicts: list[Verdict], unread: list[str], controls: Controls, *, markdown: bool) -> None:
    by_check: dict[str, Counter[str]] = defaultdict(Counter)
    for verdict in verdicts:
        by_check[verdict.check][verdict.outcome] += 1
    columns = (AGREED, ONLY_PEER, ONLY_PACK, UNKNOWN)
    if markdown:
        print(f"| check | rules | judged | {' | '.join(columns)} |\n|---|---|---|---|---|---|---|")
    for check, counts in sorted(by_check.items(), key=lambda entry: _place(entry[0])):
        cells = [str(counts[column]) for column in columns]
        rules = ", ".join(f"`{id_}`" if markdown else id_ for id_ in controls[check])
        line = [check, rules, str(counts.total()), *cells]
        print(f"| {' | '.join(line)} |" if markdown else "  ".join(line))
    total = Counter(verdict.outcome for verdict in verdicts)
    print(f"\n{len(verdicts)} resources judged by {len(by_check)} checks: ", end="")
    print(", ".join(f"{total[column]} {column}" for column in columns) + f"; {len(unread)} fixtures not read")


def _place(check: str) -> tuple[int, str]:
    number = check.rpartition("_")[2]
    return (int(number) if number.isdigit() else 0, check)


if __name__ == "__main__":
    sys.exit(main())
