"""The sections about drills: figures, a timeline of each, and every loss by name."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from rehearsal.drill.result import Result
from rehearsal.drill.scenario import Loss
from rehearsal.drill.series import outcome, shown
from rehearsal.drill.timeline import timeline
from rehearsal.page.document import Section, bullets, facts, table, wide


def drills(results: Sequence[Result], broken: Sequence[str] = ()) -> Section:
    """A timeline for each drill; `broken` are the reasons why drills ended early."""
    body = "".join(_drill(result) for result in results)
    if broken:
        body += '<h3>Drills that ended early</h3><p class="bad">These drills did not finish.</p>' + bullets(broken)
    return Section("drills", "Drills", body or "<p>No drill ran.</p>")


def losses(results: Sequence[Result]) -> Section:
    """Every order and record that a region did not have when it took over, by name."""
    rows = [(str(r.scenario.seed), "order", name) for r in results for name in r.findings.lost]
    rows += [(str(r.scenario.seed), "record", key) for r in results for key in r.objects.lost]
    if not rows:
        return Section("losses", "Losses", "<p>No order and no record was missing when a region took over.</p>")
    body = (
        "<p>The recovery region did not have these orders and records when it took over. They had not replicated yet. "
        "Failback names each lost order. Strongly consistent tables lose none.</p>"
    )
    return Section("losses", "Losses", body + table("Losses by name", ("drill", "kind", "name"), rows))


def _drill(result: Result) -> str:
    about = result.findings
    seconds = result.gap_seconds if result.scenario.loss is Loss.PLANNED else result.recovery_seconds
    verdict = '<span class="bad">failed</span>' if result.problems else '<span class="good">passed</span>'
    figures = [
        (f"{seconds:.2f} s", "without accepted orders, measured from the decision"),
        (f"{result.lease_seconds:.2f} s", "of these, the wait for the old lease"),
        (str(about.accepted), "orders accepted"),
        (str(len(about.lost)), "orders not replicated at the takeover, named below"),
        (str(about.max_writers_per_epoch), "region that accepted orders under one epoch"),
    ]
    return (
        f"<h3>{escape(shown(result.scenario))}: {verdict}</h3>\n<p>{escape(outcome(result))}</p>"
        + facts(figures)
        + wide(timeline(result), f"Timeline of drill {result.scenario.seed}", on_white=True)
        + (bullets(result.problems) if result.problems else "")
    )
