"""A drill as an SVG picture: accepted orders by region, steps of the runbook, events.

The module writes SVG directly: a few lines and dots need no library.
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from rehearsal.drill.result import DECIDED, Mark, Result

_WIDTH, _LEFT, _ROW, _TOP = 1100, 190, 22, 80
_TICKS = 12
"""Maximum number of marks on the axis."""
_STEPS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000)
"""Possible seconds between marks."""
_COLOURS = ("#1b6ca8", "#c8553d", "#5a9367", "#8367c7")


def timeline(result: Result) -> str:
    """Return the SVG document of a drill."""
    moments = [mark.at for mark in result.marks]
    moments += [moment for span in result.spans for moment in (span.begun, span.ended)]
    moments += [one.answered_at for one in result.acceptances]
    start, end = min(moments), max(max(moments), min(moments) + 1)

    def x(moment: int) -> float:
        return _LEFT + (moment - start) / (end - start) * (_WIDTH - _LEFT - 20)

    writers = sorted({(one.region, one.epoch) for one in result.acceptances}, key=lambda one: (one[1], one[0]))
    decided = next((mark.at for mark in result.marks if mark.what == DECIDED), start)
    proved = decided + round(result.recovery_seconds * 1000)
    marks = sorted([*result.marks, Mark(proved, "first accepted order, by the journal")], key=lambda mark: mark.at)
    rows = [f"{region}, epoch {epoch}" for region, epoch in writers] + [span.step for span in result.spans]
    height = _TOP + _ROW * (len(rows) + len(marks)) + 40
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}" '
        f'viewBox="0 0 {_WIDTH} {height}" font-family="sans-serif" font-size="12">',
        f'<rect width="{_WIDTH}" height="{height}" fill="white"/>',
        _text(10, 22, _title(result), 15),
        _text(
            10, 42, "measured in an in-memory AWS; seconds from the decision on; shaded: to the first accepted order"
        ),
        f'<rect x="{x(decided):.1f}" y="{_TOP}" width="{x(proved) - x(decided):.1f}" height="{height - _TOP - 30}" '
        'fill="#fbe9c6"/>',
        *_axis(start, end, decided, x),
    ]
    # Draw lines first, because text crosses some of them.
    for number, mark in enumerate(marks, start=len(rows)):
        at, y = x(mark.at), _TOP + _ROW * number + 15
        parts.append(f'<line x1="{at:.1f}" x2="{at:.1f}" y1="{_TOP}" y2="{y}" stroke="#bbb"/>')
    for number, name in enumerate(rows):
        parts.append(_text(10, _TOP + _ROW * number + 15, name))
    for number, (region, epoch) in enumerate(writers):
        y, colour = _TOP + _ROW * number + 11, _COLOURS[number % len(_COLOURS)]
        accepted = (one for one in result.acceptances if (one.region, one.epoch) == (region, epoch))
        parts += [f'<circle cx="{x(one.answered_at):.1f}" cy="{y}" r="3" fill="{colour}"/>' for one in accepted]
    for number, span in enumerate(result.spans, start=len(writers)):
        y, width = _TOP + _ROW * number + 4, max(2.0, x(span.ended) - x(span.begun))
        parts.append(f'<rect x="{x(span.begun):.1f}" y="{y}" width="{width:.1f}" height="14" fill="#444"/>')
        parts.append(_text(x(span.ended) + 5, y + 11, f"{(span.ended - span.begun) / 1000:.2f} s", 10))
    for number, mark in enumerate(marks, start=len(rows)):
        y = _TOP + _ROW * number + 15
        left = x(mark.at) < _WIDTH * 0.8
        parts.append(_text(x(mark.at) + (4 if left else -4), y, mark.what, anchor="start" if left else "end"))
    return "\n".join([*parts, "</svg>", ""])


def _title(result: Result) -> str:
    return (
        f"Drill {result.scenario.seed}: primary {result.scenario.loss}, {result.scenario.second}; "
        f"{result.recovery_seconds:.2f} s from the decision to the first accepted order, "
        f"{result.lease_seconds:.2f} s of them wait for the old lease"
    )


def _axis(start: int, end: int, zero: int, x: Callable[[int], float]) -> list[str]:
    """Draw marks at round seconds before and after `zero`."""
    step = next(
        step for step in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000) if (end - start) / 1000 / step < _TICKS
    )
    seconds = range(-((zero - start) // 1000 // step) * step, (end - zero) // 1000 + 1, step)
    parts = []
    for second in seconds:
        at = x(zero + 1000 * second)
        parts.append(f'<line x1="{at:.1f}" x2="{at:.1f}" y1="{_TOP - 8}" y2="{_TOP}" stroke="#444"/>')
        parts.append(_text(at, _TOP - 12, f"{second} s", 10, "middle"))
    return [*parts, f'<line x1="{_LEFT}" x2="{_WIDTH - 20}" y1="{_TOP}" y2="{_TOP}" stroke="#444"/>']


def _text(x: float, y: float, text: str, size: int = 12, anchor: str = "start") -> str:
    # A white outline separates the text from the lines that it crosses.
    edge = 'stroke="white" stroke-width="3" paint-order="stroke"'
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" {edge}>{escape(text)}</text>'
