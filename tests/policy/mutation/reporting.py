"""The rate with its interval, and the survivors, for the terminal and as Markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from math import sqrt

from tests.policy.mutation.judge import Result

# The two-sided 95 % quantile of the normal distribution.
_QUANTILE = 1.96


def rate(results: Sequence[Result]) -> tuple[int, int, float]:
    """Killed mutants, judged ones, and the percentage."""
    killed = sum(result.killed for result in results)
    return killed, len(results), 100 * killed / max(1, len(results))


def interval(killed: int, judged: int) -> tuple[float, float]:
    """The 95 % interval of a share in percent (Wilson, 1927)."""
    if not judged:
        return 0.0, 100.0
    share, square = killed / judged, _QUANTILE**2
    middle = (share + square / (2 * judged)) / (1 + square / judged)
    half = _QUANTILE * sqrt(share * (1 - share) / judged + square / (4 * judged**2)) / (1 + square / judged)
    return 100 * (middle - half), 100 * min(1.0, middle + half)


def said(results: Sequence[Result]) -> str:
    """The rate of the results in one line."""
    killed, judged, percent = rate(results)
    low, high = interval(killed, judged)
    return f"{killed} of {judged} killed: {percent:.1f} % (95 % interval {low:.1f} to {high:.1f} %)"


def counted(results: Sequence[Result]) -> list[Result]:
    """Results of mutants that count for the goal."""
    return [result for result in results if result.mutant.counted]


def document(results: Sequence[Result], seed: int, count: int, others: int) -> str:
    """The rate by module and the survivors, as `docs/policy-mutants.md` has them."""
    subject = counted(results)
    killed: Counter[str] = Counter(result.mutant.module for result in subject if result.killed)
    judged: Counter[str] = Counter(result.mutant.module for result in subject)
    lines = [
        "# Mutants of the policy rules",
        "",
        f"`make mutants SEED={seed}` changes one place of a rule at a time (Cosmic Ray 8.4.3) and runs the rules' own",
        "tests. This page is written by its option `--document`.",
        "",
        f"Run of {date.today().isoformat()}, seed {seed}, a random sample over all modules:",
        "",
        f"- of the {count} mutants that count, {said(subject)};",
        f"- with the {others} mutants that do not count, {said(results)}.",
        "",
        "A mutant does not count if it puts an order comparison (`<`, `<=`, `>`, `>=`) in the place of `==`, `!=`,",
        "`is` or `is not` between values that have no order: where an operand is a text, None, a boolean or a",
        "container, as far as its text tells. Cosmic Ray itself leaves such mutants out where the right operand is",
        "None. The kind of an operand is read from the sources before a mutant is judged; the rule is in",
        "`tests/policy/mutation/kinds.py`. Most of these mutants differ from the rule only for values that AWS does",
        "not accept.",
        "",
        "| module | mutants that count | killed | percent |",
        "|---|---|---|---|",
    ]
    for module in sorted(judged):
        share = 100 * killed[module] / judged[module]
        lines.append(f"| `{module}` | {judged[module]} | {killed[module]} | {share:.1f} |")
    survivors = [result for result in results if not result.killed]
    for title, wanted in (("Survivors", True), ("Survivors that do not count", False)):
        found = [result for result in survivors if result.mutant.counted is wanted]
        lines += ["", f"## {title} ({len(found)})", ""]
        lines += ["| place | operator | instead of | stands |", "|---|---|---|---|"] if found else ["None."]
        lines += [_row(r) for r in sorted(found, key=lambda r: (r.mutant.module, r.mutant.line, r.mutant.operator))]
    return "\n".join(lines) + "\n"


def _row(result: Result) -> str:
    mutant = result.mutant
    removed = " ".join(line[1:].strip() for line in mutant.change() if line.startswith("-"))
    added = " ".join(line[1:].strip() for line in mutant.change() if line.startswith("+"))
    cells = [f"`{mutant.module}.{mutant.function or 'module'}`", mutant.operator, f"`{removed}`", f"`{added}`"]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def report(results: Sequence[Result], least: float) -> int:
    """Print the survivors and the rate. 1 where fewer than `least` percent of what counts are killed."""
    survivors = [result.mutant for result in results if not result.killed]
    for mutant in sorted(survivors, key=lambda m: (m.module, m.line)):
        note = "" if mutant.counted else " (does not count)"
        print(f"survivor {mutant.module}.py:{mutant.line} {mutant.function or 'module'} {mutant.operator}{note}")
        for line in mutant.change():
            print(f"    {line}")
    seconds = sum(result.seconds for result in results) / max(1, len(results))
    subject = counted(results)
    print(f"{said(subject)}, least {least:g} %, {seconds:.2f} s each")
    if len(subject) < len(results):
        print(f"with the mutants that do not count, {said(results)}")
    return int(rate(subject)[2] < least)
