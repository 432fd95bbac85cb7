"""Draws a blueprint as SVG: all layers and their dependencies, or one layer with its components.

The drawing depends only on the recorded graph. The same blueprint gives the same bytes. Colours follow the reader's
light or dark preference.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from html import escape

from blueprint.layers import Layer, dependencies, kind_of, layer_of, layers, ranks
from blueprint.model import BadInputError, Blueprint, Resource

_BOX_WIDTH, _GAP_X, _GAP_Y, _MARGIN = 250, 24, 46, 20
_TITLE_HEIGHT, _LINE_HEIGHT, _HEADING_HEIGHT = 58, 16, 30
_KINDS_PER_LAYER = 5
_COMPONENTS_PER_ROW = 4
# Every rule is scoped to the drawing: a page can contain several drawings.
_STYLE = """
.architecture { --ink: #16202a; --soft: #4d5b68; --box: #eef3f8; --edge: #5b7894; --paper: #ffffff; }
@media (prefers-color-scheme: dark) {
  .architecture { --ink: #e8eef4; --soft: #a9b8c6; --box: #1d2a36; --edge: #7f9fbe; --paper: #10171e; }
}
.architecture .paper { fill: var(--paper); } .architecture .box { fill: var(--box); stroke: var(--edge); }
.architecture .arrow { fill: none; stroke: var(--edge); stroke-width: 1.2; } .architecture .head { fill: var(--edge); }
.architecture text { fill: var(--ink); font: 12px system-ui, sans-serif; } .architecture .soft { fill: var(--soft); }
.architecture .name { font-weight: 600; font-size: 14px; } .architecture .title { font-weight: 600; font-size: 17px; }
"""


def picture(blueprint: Blueprint, layer: str | None = None) -> str:
    """Return the SVG document of all layers, or of one. Raises `BadInputError` if the stack has no such layer."""
    if layer is None:
        return _all_layers(blueprint)
    known = layers(blueprint)
    if layer not in known:
        raise BadInputError(f"--layer = {layer}: the stack has no such layer; choose one of {', '.join(known)}")
    return _one_layer(blueprint, known[layer])


def _all_layers(blueprint: Blueprint) -> str:
    known, edges = layers(blueprint), dependencies(blueprint)
    row_of = ranks(edges)
    rows: list[list[str]] = [[] for _ in range(max(row_of.values(), default=0) + 1)]
    for name in known:
        rows[-1 - row_of.get(name, 0)].append(name)
    widest = max(len(row) for row in rows)
    width = 2 * _MARGIN + widest * _BOX_WIDTH + (widest - 1) * _GAP_X
    boxes: dict[str, tuple[float, float, float]] = {}
    y = float(_TITLE_HEIGHT)
    for row in rows:
        height = max(_height(_lines(known[name])) for name in row)
        left = (width - len(row) * _BOX_WIDTH - (len(row) - 1) * _GAP_X) / 2
        for number, name in enumerate(row):
            boxes[name] = (left + number * (_BOX_WIDTH + _GAP_X), y, height)
        y += height + _GAP_Y
    total = sum(len(layer.resources) for layer in known.values())
    subtitle = "An arrow leads from a layer to a layer that it depends on. Indirect dependencies are not drawn."
    parts = [
        _arrow_head(blueprint.stack),
        *_arrows(boxes, _direct(edges, row_of), blueprint.stack),
        *(part for name, box in boxes.items() for part in _box(*box, name, _lines(known[name]))),
    ]
    return _document(width, y, f"Stack {blueprint.stack}: {total} resources in {len(known)} layers", subtitle, parts)


def _one_layer(blueprint: Blueprint, layer: Layer) -> str:
    groups = _by_component(blueprint, layer)
    parts: list[str] = []
    names = sorted(groups)
    y = float(_TITLE_HEIGHT)
    for start in range(0, len(names), _COMPONENTS_PER_ROW):
        row = names[start : start + _COMPONENTS_PER_ROW]
        lines = {name: _counted(Counter(map(kind_of, groups[name])), None) for name in row}
        height = max(_height(found) for found in lines.values())
        for number, name in enumerate(row):
            x = _MARGIN + number * (_BOX_WIDTH + _GAP_X)
            parts += _box(x, y, height, name, lines[name])
        y += height + _GAP_X
    columns = min(len(names), _COMPONENTS_PER_ROW)
    width = 2 * _MARGIN + columns * _BOX_WIDTH + (columns - 1) * _GAP_X
    title = f"Stack {blueprint.stack}, layer {layer.name}: {len(layer.resources)} resources"
    return _document(width, y, title, f"{len(names)} components", parts)


def _by_component(blueprint: Blueprint, layer: Layer) -> Mapping[str, Sequence[Resource]]:
    """Resources of a layer by the name of their parent component."""
    found: dict[str, list[Resource]] = {}
    for resource in layer.resources:
        parent = blueprint.by_urn.get(resource.parent or "")
        while parent is not None and parent.custom:
            parent = blueprint.by_urn.get(parent.parent or "")
        if parent is not None and layer_of(blueprint, parent) == layer.name:
            found.setdefault(parent.name, []).append(resource)
    return found


def _direct(edges: Mapping[str, Counter[str]], row_of: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    """Yield the edges to draw: those that lead down a row, without edges that a longer path already implies."""
    down = {layer: {other for other in counts if row_of[other] < row_of[layer]} for layer, counts in edges.items()}

    def reaches(start: str, goal: str) -> bool:
        return goal == start or any(reaches(other, goal) for other in down.get(start, ()))

    for layer, others in sorted(down.items()):
        for other in sorted(others):
            if not any(reaches(between, other) for between in others - {other}):
                yield layer, other


def _lines(layer: Layer) -> list[str]:
    return _counted(layer.by_kind, _KINDS_PER_LAYER)


def _counted(kinds: Counter[str], most: int | None) -> list[str]:
    ranked = sorted(kinds.items(), key=lambda kind: (-kind[1], kind[0]))
    shown = [f"{count} × {kind}" for kind, count in ranked[:most]]
    left = sum(kinds.values()) - sum(count for _, count in ranked[:most])
    return [*shown, f"{left} more"] if left else shown


def _height(lines: Sequence[str]) -> float:
    return _HEADING_HEIGHT + _LINE_HEIGHT * len(lines) + 8


def _box(x: float, y: float, height: float, name: str, lines: Sequence[str]) -> Iterator[str]:
    yield f'<rect class="box" x="{x:.1f}" y="{y:.1f}" width="{_BOX_WIDTH}" height="{height:.1f}" rx="6"/>'
    yield f'<text class="name" x="{x + 12:.1f}" y="{y + 21:.1f}">{escape(name)}</text>'
    for number, line in enumerate(lines):
        at = y + _HEADING_HEIGHT + _LINE_HEIGHT * number + 10
        yield f'<text class="soft" x="{x + 12:.1f}" y="{at:.1f}">{escape(line)}</text>'


def _arrow_head(stack: str) -> str:
    # The id contains the stack's name, because ids must be unique on a page with two stacks.
    return (
        f'<defs><marker id="head-{stack}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
        'orient="auto"><path class="head" d="M0,0 L8,4 L0,8 z"/></marker></defs>'
    )


def _arrows(
    boxes: Mapping[str, tuple[float, float, float]], edges: Iterator[tuple[str, str]], stack: str
) -> Iterator[str]:
    for start, end in edges:
        (x1, y1, height), (x2, y2, _) = boxes[start], boxes[end]
        x1, x2, y1 = x1 + _BOX_WIDTH / 2, x2 + _BOX_WIDTH / 2, y1 + height
        bend = (y2 - y1) / 2
        yield (
            f'<path class="arrow" marker-end="url(#head-{stack})" d="M{x1:.1f},{y1:.1f} C{x1:.1f},{y1 + bend:.1f} '
            f'{x2:.1f},{y2 - bend:.1f} {x2:.1f},{y2 - 3:.1f}"><title>{escape(start)} depends on {escape(end)}</title>'
            "</path>"
        )


def _document(width: float, height: float, title: str, subtitle: str, parts: Sequence[str]) -> str:
    return "\n".join(
        [
            f'<svg class="architecture" xmlns="http://www.w3.org/2000/svg" '
            f'viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" '
            f'height="{height:.0f}" role="img" aria-label="{escape(title)}">',
            f"<style>{_STYLE}</style>",
            f'<rect class="paper" width="{width:.0f}" height="{height:.0f}"/>',
            f'<text class="title" x="{_MARGIN}" y="26">{escape(title)}</text>',
            f'<text class="soft" x="{_MARGIN}" y="44">{escape(subtitle)}</text>',
            *parts,
            "</svg>",
            "",
        ]
    )
