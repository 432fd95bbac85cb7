"""The site of the documents builds without a warning, and its generated pages are current."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from components.settings.reference import reference
from tests import browser

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    # `--strict`: a broken link or a page that the navigation does not name is an error.
    assert built.returncode == 0, built.stderr[-2000:]
    return folder


def test_every_document_is_a_page(site: Path) -> None:
    documents = [path for path in (ROOT / "docs").rglob("*.md") if "site" not in path.parts]
    missing = [
        path.name
        for path in documents
        if not (site / path.relative_to(ROOT / "docs")).with_suffix(".html").exists()
        and not (site / path.relative_to(ROOT / "docs").parent / "index.html").exists()
    ]
    assert missing == []


def test_the_readme_is_the_first_page_and_its_links_stay_inside(site: Path) -> None:
    text = (site / "index.html").read_text(encoding="utf-8")
    assert "Low-latency trading platform" in text
    assert 'href="runbook.html"' in text
    assert 'href="docs/' not in text


def test_pages_ask_no_other_host_for_fonts_or_styles(site: Path) -> None:
    text = (site / "index.html").read_text(encoding="utf-8")
    assert "fonts.googleapis.com" not in text
    assert "fonts.gstatic.com" not in text


def test_the_settings_page_is_that_of_the_models() -> None:
    assert (ROOT / "docs/settings.md").read_text(encoding="utf-8") == reference(), "run `make settings-schema`"


def test_the_card_prints_on_one_page(site: Path) -> None:
    if browser.executable() is None:
        pytest.skip("no Chromium on the PATH")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=browser.executable(), args=[*browser.ARGUMENTS])
        page = launched.new_page()
        page.goto((site / "runbook-card.html").as_uri())
        printed = page.pdf(format="A4")
        launched.close()
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1
