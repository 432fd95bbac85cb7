"""The frame of the report page: style, navigation and sections. No script and no network."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

# Contrast of text against its background is at least 4.5 : 1 in both schemes (WCAG 2.2, success criterion 1.4.3).
_STYLE = """
:root { color-scheme: light dark; --ink: #16202a; --soft: #4d5b68; --paper: #ffffff; --card: #f4f7fa;
  --line: #c6d1dc; --link: #0b5394; --good: #1d6f42; --bad: #a61b1b; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8eef4; --soft: #a9b8c6; --paper: #10171e; --card: #1a242e;
  --line: #3a4a59; --link: #8ec2f5; --good: #7fd6a2; --bad: #ff9c9c; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main, header, nav { max-width: 72rem; margin: 0 auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; margin: 1.5rem 0 .25rem; } h2 { font-size: 1.25rem; margin: 2.5rem 0 .5rem; }
h3 { font-size: 1rem; margin: 1.25rem 0 .25rem; } a { color: var(--link); }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1rem; list-style: none; padding: 0; }
.soft { color: var(--soft); } .good { color: var(--good); font-weight: 600; }
.bad { color: var(--bad); font-weight: 600; }
.wide { overflow-x: auto; border: 1px solid var(--line); border-radius: 6px; }
.wide:focus-visible, a:focus-visible, summary:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
.sheet { background: #ffffff; }
table { border-collapse: collapse; width: 100%; } caption { text-align: left; color: var(--soft); padding: .5rem; }
th, td { text-align: left; padding: .35rem .6rem; border-top: 1px solid var(--line); vertical-align: top; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: .75rem; padding: 0;
  list-style: none; }
.facts li { background: var(--card); border: 1px solid var(--line); border-radius: 6px; padding: .6rem .8rem; }
.facts strong { display: block; font-size: 1.35rem; }
"""


@dataclass(frozen=True)
class Section:
    """A part of the page. `body` is HTML."""

    id: str
    title: str
    body: str


def document(title: str, lead: str, sections: Sequence[Section]) -> str:
    """The whole page. `title` and `lead` are text."""
    links = "".join(f'<li><a href="#{part.id}">{escape(part.title)}</a></li>' for part in sections)
    body = "\n".join(
        f'<section aria-labelledby="{part.id}"><h2 id="{part.id}">{escape(part.title)}</h2>\n{part.body}</section>'
        for part in sections
    )
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        # An empty icon, because a browser would otherwise request one.
        f'<link rel="icon" href="data:,"><title>{escape(title)}</title><style>{_STYLE}</style></head>\n'
        f'<body><header><h1>{escape(title)}</h1><p class="soft">{escape(lead)}</p></header>\n'
        f'<nav aria-label="Sections"><ul>{links}</ul></nav>\n<main>\n{body}\n</main></body></html>\n'
    )


def table(caption: str, heads: Sequence[str], rows: Iterable[Sequence[str]], numbers: Sequence[int] = ()) -> str:
    """A table of text cells; the columns in `numbers` are aligned right. Scrolls by itself on a narrow screen."""

    def kind(column: int) -> str:
        return ' class="number"' if column in numbers else ""

    head = "".join(f'<th scope="col"{kind(column)}>{escape(name)}</th>' for column, name in enumerate(heads))
    body = "".join(
        "<tr>" + "".join(f"<td{kind(column)}>{escape(cell)}</td>" for column, cell in enumerate(row)) + "</tr>"
        for row in rows
    )
    inner = f"<table><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return wide(inner, caption)


def wide(inner: str, label: str, *, on_white: bool = False) -> str:
    """HTML that may be wider than the screen, in a box that the keyboard can scroll. `on_white` for drawings that are
    made for a white background."""
    sheet = " sheet" if on_white else ""
    return f'<div class="wide{sheet}" role="region" tabindex="0" aria-label="{escape(label)}">{inner}</div>\n'


def facts(pairs: Iterable[tuple[str, str]]) -> str:
    """Figures with captions, as a grid of cards: (figure, caption)."""
    return (
        '<ul class="facts">'
        + "".join(f"<li><strong>{escape(figure)}</strong> {escape(what)}</li>" for figure, what in pairs)
        + "</ul>\n"
    )


def bullets(lines: Iterable[str]) -> str:
    """A list of text lines."""
    return "<ul>" + "".join(f"<li>{escape(line)}</li>" for line in lines) + "</ul>\n"
