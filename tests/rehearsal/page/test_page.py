"""The report page: sections, names of losses, no network, valid structure."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from blueprint import Blueprint
from rehearsal.page.drills import drills, losses
from tests.rehearsal.drill.test_series import result

_MAXIMUM_BYTES = 2_000_000


class _Outline(HTMLParser):
    """Ids, links and headings of a page, and the elements that would load something."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.anchors: list[str] = []
        self.headings: list[int] = []
        self.loaded: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if identifier := values.get("id"):
            self.ids.append(identifier)
        href = values.get("href") or ""
        if tag == "a" and href.startswith("#"):
            self.anchors.append(href[1:])
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag == "script" or values.get("src") or (tag == "link" and not href.startswith("data:")):
            self.loaded.append(tag)


def test_the_page_has_every_section_and_each_link_leads_to_one(text: str) -> None:
    outline = _Outline(text)
    assert outline.anchors == [
        "summary",
        "architecture",
        "stacks",
        "policy",
        "recovery-time",
        "drills",
        "losses",
        "costs",
        "times",
    ]
    assert set(outline.anchors) <= set(outline.ids)


def test_ids_are_unique_and_headings_skip_no_level(text: str) -> None:
    outline = _Outline(text)
    assert len(outline.ids) == len(set(outline.ids))
    assert outline.headings[0] == 1
    assert all(after <= before + 1 for before, after in zip(outline.headings, outline.headings[1:], strict=False))


def test_the_page_loads_nothing_and_is_small(text: str) -> None:
    assert _Outline(text).loaded == []
    assert len(text.encode()) < _MAXIMUM_BYTES


def test_lost_orders_missing_resources_and_problems_are_listed_and_escaped(text: str) -> None:
    assert "DRILL#&lt;one&gt;" in text
    assert "key-lost" in text
    assert "no &lt;answer&gt;" in text
    assert "aws_x.y: z" in text
    assert "1 of 2 created, fewer than 95%" in text


def test_the_budget_separates_modelled_and_measured_times(text: str, dr: Blueprint) -> None:
    assert f"Allowed by the settings (modelled): {dr.outputs['recoveryBudget']['seconds']:.2f} s" in text
    assert "Drill 0, measured in the in-memory AWS: 3.00 s" in text
    for term in dr.outputs["recoveryBudget"]["terms"]:
        assert term["name"].replace("'", "&#x27;") in text


def test_drills_that_ended_early_are_listed() -> None:
    section = drills([], ["drill 3: no answer"])
    assert "drill 3: no answer" in section.body


def test_the_page_states_that_no_order_was_lost() -> None:
    assert "No order and no record was missing" in losses([result()]).body
