"""The documents are written in plain English: short sentences, and none of the phrases that readers stumbled over.

The list holds habits of this project, not of English in general: inversions, metaphors, and "what ..." clauses where a
noun exists. It is checked in the documents that a newcomer reads; the rest follows folder by folder.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = [
    ROOT / name
    for name in (
        "README.md",
        "CONTRIBUTING.md",
        "docs/rehearsal.md",
        "docs/capabilities.md",
        "docs/costs.md",
        "docs/runbook-card.md",
        "docs/comparison.md",
        "CHANGELOG.md",
    )
]
PACKAGES = ("blueprint", "rehearsal/demo", "rehearsal/page")
_MOST_WORDS = 32
"""Longest sentence in words. The style guide asks for 25; a list of names inside a sentence may need more."""
_HABITS = (
    r"\bwhat(ever)? stands\b",
    r"\bstands? by itself\b",
    r"\bno more\b",
    r"\bby daylight\b",
    r"\bthe night\b",
    r"\bnobody\b",
    r"\bwhoever\b",
    r"\bis told\b",
    r"\bare told\b",
    r"\btells? of\b",
    r"\bput it right\b",
    r"\bhas become of\b",
    r"\bground\b",
    r"\bnot a promise\b",
    r"\bin its turn\b",
    r"\bthe house\b",
    r"\bso that it may\b",
    r"\bwaits? for nothing\b",
    r"\bwithout a word\b",
)


def _prose(text: str) -> str:
    """Markdown without code, tables and links' targets."""
    text = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    lines = [line for line in text.splitlines() if not line.lstrip().startswith(("|", "#"))]
    text = re.sub(r"\]\([^)]*\)", "]", "\n".join(lines))
    return re.sub(r"`[^`]*`", "x", text)


def _sentences(prose: str) -> list[str]:
    paragraphs = re.split(r"\n\s*\n|\n\s*(?:[-*]|\d+\.) ", prose)
    return [part for paragraph in paragraphs for part in re.split(r"(?<=[.!?:;])\s+", " ".join(paragraph.split()))]


def _docstrings(package: str) -> list[tuple[str, str]]:
    found = []
    for file in sorted((ROOT / package).rglob("*.py")):
        for text in re.findall(r'"""(.*?)"""', file.read_text(encoding="utf-8"), re.DOTALL):
            found.append((str(file.relative_to(ROOT)), text))
    return found


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda file: file.name)
def test_documents_use_short_sentences_and_no_habit(document: Path) -> None:
    prose = _prose(document.read_text(encoding="utf-8"))
    assert [sentence for sentence in _sentences(prose) if len(sentence.split()) > _MOST_WORDS] == []
    assert [habit for habit in _HABITS if re.search(habit, prose, re.IGNORECASE)] == []


@pytest.mark.parametrize("package", PACKAGES)
def test_docstrings_use_no_habit(package: str) -> None:
    found = [
        (file, habit)
        for file, text in _docstrings(package)
        for habit in _HABITS
        if re.search(habit, text, re.IGNORECASE)
    ]
    assert found == []


def test_the_check_finds_a_long_sentence_and_a_habit() -> None:
    long = " ".join(["word"] * (_MOST_WORDS + 1)) + "."
    assert any(len(sentence.split()) > _MOST_WORDS for sentence in _sentences(_prose(long)))
    assert any(re.search(habit, "Whoever is told that the lease has gone stops.", re.IGNORECASE) for habit in _HABITS)
