"""The section of the report page about where the time went: a flame picture and tables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from html import escape

from rehearsal.page.document import Section, table, wide
from rehearsal.trace import Kind, Span, totals, waiting

_MOST_ROWS = 25
_WIDTH, _ROW = 1100, 20
_LEAST_SHOWN = 2.0
# Dark text on each has a contrast of more than 4.5 : 1.
_COLOURS = ("#f6c89f", "#f9dc9c", "#f2b5a7")


def trace(spans: Sequence[Span]) -> Section:
    """Time by command, resource type and action, and by request."""
    commands = [span for span in spans if span.kind is Kind.COMMAND]
    rows = [
        (span.name, f"{span.seconds:.1f} s", f"{waiting(span, spans):.1f} s")
        for span in sorted(commands, key=lambda span: span.begun)
    ]
    parts = [
        "<p><code>trace.json</code> beside this page holds every span; Perfetto opens it.</p>",
        table("Commands of the engine", ("Command", "Time", "Server idle"), rows, numbers=(1, 2)),
        _flame(spans),
    ]
    for kind, title in (
        (Kind.RESOURCE, "Resources by type and action"),
        (Kind.REQUEST, "Requests by service and action"),
    ):
        most = totals(span for span in spans if span.kind is kind)[:_MOST_ROWS]
        parts.append(
            table(
                f"{title}: the {len(most)} that took the most time together",
                ("Type", "Action", "Count", "Together", "Longest"),
                [(t.type, t.action, f"{t.count:,}", f"{t.seconds:.1f} s", f"{t.longest:.2f} s") for t in most],
                numbers=(2, 3, 4),
            )
        )
    return Section("trace", "Where the time went", "\n".join(parts))


def _flame(spans: Sequence[Span]) -> str:
    """Seconds of all resources together, side by side: stack, then type, then action. Resources overlap in time."""
    weights: dict[tuple[str, ...], float] = defaultdict(float)
    for span in spans:
        if span.kind is Kind.RESOURCE:
            path = (span.track, span.type, span.action)
            for depth in range(1, len(path) + 1):
                weights[path[:depth]] += span.seconds
    whole = sum(weight for path, weight in weights.items() if len(path) == 1)
    if not whole:
        return ""
    boxes = "".join(_boxes(weights, (), 0.0, _WIDTH / whole))
    label = "Time of all resources together, by stack, type and action"
    return wide(
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{label}" width="{_WIDTH}" '
        f'height="{3 * _ROW}" viewBox="0 0 {_WIDTH} {3 * _ROW}" font-size="11" font-family="sans-serif">'
        f"{boxes}</svg>",
        label,
        on_white=True,
    )


def _boxes(
    weights: Mapping[tuple[str, ...], float], parent: tuple[str, ...], left: float, scale: float
) -> Iterator[str]:
    depth = len(parent)
    inside = {path: weight for path, weight in weights.items() if len(path) == depth + 1 and path[:depth] == parent}
    for path, weight in sorted(inside.items(), key=lambda item: -item[1]):
        width = weight * scale
        if width >= _LEAST_SHOWN:
            name = escape(path[-1])
            shown = name if width > 7 * len(name) else ""
            yield (
                f"<g><title>{escape(' '.join(path))}: {weight:.1f} s</title>"
                f'<rect x="{left:.1f}" y="{depth * _ROW}" width="{width:.1f}" height="{_ROW - 1}" '
                f'fill="{_COLOURS[depth]}" stroke="#ffffff"/>'
                f'<text x="{left + 3:.1f}" y="{depth * _ROW + 14}" fill="#16202a">{shown}</text></g>'
            )
            yield from _boxes(weights, path, left, scale)
        left += width
