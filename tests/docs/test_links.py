"""Every link and every command of the documents leads to something that exists."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_LISTED = subprocess.run(["git", "ls-files", "--", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True)
DOCUMENTS = [ROOT / name for name in _LISTED.stdout.splitlines()]
_LINK = re.compile(r"(?<!`)\[[^\]]*\]\(([^)\s]+)\)")
_TARGET = re.compile(r"`make ([a-z-]+)")
_MODULE = re.compile(r"python -m ([a-z_.]+)")
_OUTSIDE = ("http://", "https://", "mailto:")
# Modules of other projects that the documents name.
_FOREIGN = {"pytest", "pip", "venv", "json.tool", "http.server"}


def _anchors(file: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda file: str(file.relative_to(ROOT)))
def test_links_lead_to_files_and_headings_that_exist(document: Path) -> None:
    broken = []
    for link in _LINK.findall(document.read_text(encoding="utf-8")):
        if link.startswith(_OUTSIDE):
            continue
        path, _, anchor = link.partition("#")
        file = (document.parent / path).resolve() if path else document
        if not file.exists() or (anchor and file.suffix == ".md" and anchor not in _anchors(file)):
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda file: str(file.relative_to(ROOT)))
def test_make_targets_and_modules_exist(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(_TARGET.findall(text)) <= targets
    modules = {name.rstrip(".") for name in _MODULE.findall(text)} - _FOREIGN
    missing = [name for name in sorted(modules) if not _is_module(name)]
    assert missing == []


def _is_module(name: str) -> bool:
    path = ROOT / Path(*name.split("."))
    return path.with_suffix(".py").exists() or (path / "__main__.py").exists()


def test_the_documents_are_found() -> None:
    assert {"README.md", "CONTRIBUTING.md", "docs/runbook.md"} <= {str(file.relative_to(ROOT)) for file in DOCUMENTS}
