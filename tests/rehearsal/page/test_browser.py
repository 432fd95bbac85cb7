"""The report page in headless Chromium: no error, accessible, readable on a narrow screen, light and dark."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from tests import browser

_NARROW, _WIDE = 400, 1280

pytestmark = pytest.mark.skipif(
    browser.executable() is None, reason="no Chromium on the PATH: run `make browser`, or install Chrome"
)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=browser.executable(), args=[*browser.ARGUMENTS])
        yield launched
        launched.close()


@pytest.fixture(params=[("light", _WIDE), ("dark", _WIDE), ("light", _NARROW), ("dark", _NARROW)], ids=str)
def opened(request: pytest.FixtureRequest, chromium: Browser, text: str, tmp_path: Path) -> Iterator[Page]:
    scheme, width = request.param
    file = tmp_path / "report.html"
    file.write_text(text, encoding="utf-8")
    context = chromium.new_context(color_scheme=scheme, viewport={"width": width, "height": 900})
    page = context.new_page()
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("request", lambda sent: None if sent.url.startswith(("file:", "data:")) else problems.append(sent.url))
    page.goto(file.as_uri())
    yield page
    assert problems == [], "the page loads nothing and reports no error"
    context.close()


def test_axe_finds_no_violation(opened: Page) -> None:
    found: list[dict[str, Any]] = Axe().run(opened).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"][:200]) for one in found] == []


def test_the_page_itself_never_scrolls_sideways(opened: Page) -> None:
    assert opened.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_every_section_is_visible_and_its_link_leads_there(opened: Page) -> None:
    links = opened.locator("nav a")
    assert links.count() >= 8
    for number in range(links.count()):
        target = links.nth(number).get_attribute("href")
        assert target is not None
        assert opened.locator(target).is_visible()


def test_wide_parts_scroll_by_the_keyboard(opened: Page) -> None:
    for region in opened.locator(".wide").all():
        assert region.get_attribute("tabindex") == "0"
        assert region.get_attribute("aria-label")


def test_a_screenshot_shows_more_than_one_colour(opened: Page, tmp_path: Path) -> None:
    picture = opened.screenshot(path=tmp_path / "page.png")
    assert len(picture) > 10_000, "an empty page compresses to almost nothing"
