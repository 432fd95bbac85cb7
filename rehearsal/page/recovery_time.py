"""The section about the recovery time: the budget as a stacked bar against its limit, and the drills' measurements."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from recovery.budget import RTO_SECONDS, Budget
from rehearsal.drill.result import Result
from rehearsal.page.document import Section, table, wide

_WIDTH, _BAR_HEIGHT, _LEFT, _TOP = 900, 34, 10, 34
_PIXELS_PER_SECOND = (_WIDTH - 2 * _LEFT) / (RTO_SECONDS * 1.1)
_COLOURS = ("#1b6ca8", "#c8553d", "#5a9367", "#8367c7", "#9a7b1a", "#3d7d80")
_ROW = 78


def recovery_time(budget: Budget, results: Sequence[Result]) -> Section:
    """`budget` is the upper bound from settings; `results` are the drills, of which failovers were measured."""
    bars = [("Allowed by the settings (modelled)", [(term.name, term.seconds) for term in budget.terms])]
    bars += [(f"Drill {r.scenario.seed}, measured in the in-memory AWS", _measured(r)) for r in results]
    rows = [(term.name, f"{term.seconds:g}", term.source) for term in budget.terms]
    body = (
        "<p>The recovery time runs from the decision to the first order that the recovery region accepts. The settings "
        f"allow {budget.seconds:g} s of {RTO_SECONDS:g} s. That sum is a model with the largest value of each term. "
        "Drills measure the terms that exist in the in-memory AWS. Health checks and resolvers do not exist there; "
        f"their terms are modelled only. Detection comes before the decision: {budget.detection.seconds:g} s at most "
        "(modelled).</p>"
        + wide(_bars(bars), "Recovery time, modelled and measured", on_white=True)
        + table("Terms of the recovery time budget", ("term", "seconds at most", "source"), rows, numbers=(1,))
    )
    return Section("recovery-time", "Recovery time", body)


def _measured(result: Result) -> list[tuple[str, float]]:
    """Parts of one drill's recovery time: preparation before the first step, the lease, and the other steps."""
    beyond = {step: seconds for step, seconds in result.steps.items() if seconds >= 0.005}
    lease = min(result.lease_seconds, sum(result.steps.values()))
    if "await-lease" in beyond:
        beyond["await-lease"] = max(0.0, beyond["await-lease"] - lease)
    parts = [("preparation", result.preparation), ("wait for the old lease", lease), *beyond.items()]
    return [(name, seconds) for name, seconds in parts if seconds > 0]


def _bars(bars: Sequence[tuple[str, Sequence[tuple[str, float]]]]) -> str:
    height = _TOP + _ROW * len(bars) + 10
    limit = _LEFT + RTO_SECONDS * _PIXELS_PER_SECOND
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}" '
        'role="img" aria-label="Stacked bars of the recovery time" font-family="system-ui, sans-serif" font-size="12">',
        f'<line x1="{limit:.1f}" x2="{limit:.1f}" y1="22" y2="{height}" stroke="#a61b1b" stroke-dasharray="4 3"/>',
        f'<text x="{limit:.1f}" y="16" text-anchor="middle" fill="#a61b1b">{RTO_SECONDS:g} s</text>',
    ]
    for number, (label, terms) in enumerate(bars):
        y = _TOP + _ROW * number
        total = sum(seconds for _, seconds in terms)
        parts.append(f'<text x="{_LEFT}" y="{y + 12}" fill="#16202a">{escape(label)}: {total:.2f} s</text>')
        x = float(_LEFT)
        for colour, (name, seconds) in enumerate(terms):
            width = seconds * _PIXELS_PER_SECOND
            parts.append(
                f'<rect x="{x:.1f}" y="{y + 20}" width="{max(width, 0.8):.1f}" height="{_BAR_HEIGHT}" '
                f'fill="{_COLOURS[colour % len(_COLOURS)]}"><title>{escape(name)}: {seconds:.2f} s</title></rect>'
            )
            x += width
    return "\n".join([*parts, "</svg>"])
