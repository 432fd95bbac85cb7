"""Documents, docstrings and comments are written in plain English: short sentences, and no habits that confuse readers.

The list has habits of this project and not of English in general: inversions, metaphors, and "what ..." clauses where a
noun exists. Each folder of `PACKAGES` is finished; add a folder when its texts are plain.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.docs.prose import ROOT, Text, comments, docstrings, python_files
from tests.docs.sample import FOLDERS, sample

DOCUMENTS = [
    ROOT / name
    for name in (
        "README.md",
        "CONTRIBUTING.md",
        "docs/capabilities.md",
        "docs/costs.md",
        "docs/decisions/README.md",
        "docs/delivery.md",
        "docs/observability.md",
        "docs/rehearsal.md",
        "docs/comparison.md",
        "docs/runbook-card.md",
        "CHANGELOG.md",
    )
]
PACKAGES = (
    "aws_emulator/__init__.py",
    "aws_emulator/__main__.py",
    "aws_emulator/additions",
    "aws_emulator/application.py",
    "aws_emulator/clients.py",
    "aws_emulator/control.py",
    "aws_emulator/corrections",
    "aws_emulator/faults.py",
    "aws_emulator/handler.py",
    "aws_emulator/kubernetes",
    "aws_emulator/listener.py",
    "aws_emulator/outage.py",
    "aws_emulator/replica_roles.py",
    "aws_emulator/replication",
    "aws_emulator/retention.py",
    "aws_emulator/retries.py",
    "aws_emulator/runtime",
    "aws_emulator/server.py",
    "aws_emulator/store",
    "aws_emulator/variables.py",
    "aws_facts",
    "benchmarks",
    "blueprint",
    "components/__init__.py",
    "components/compute",
    "components/data",
    "components/delivery",
    "components/edge",
    "components/events",
    "components/exports.py",
    "components/kubernetes",
    "components/latency",
    "components/layer.py",
    "components/network",
    "components/observability",
    "components/platform.py",
    "components/providers.py",
    "components/recovery",
    "components/security",
    "delivery",
    "rehearsal/__init__.py",
    "rehearsal/__main__.py",
    "rehearsal/demo",
    "rehearsal/drill",
    "rehearsal/engines",
    "rehearsal/functions.py",
    "rehearsal/lowering",
    "rehearsal/page",
    "rehearsal/plugins",
    "rehearsal/progress.py",
    "rehearsal/rehearse.py",
    "rehearsal/report.py",
    "rehearsal/scale_out.py",
    "rehearsal/session.py",
    "rehearsal/stacks.py",
    "rehearsal/table_consistency.py",
    "rehearsal/teardown.py",
    "rehearsal/trace.py",
    "rehearsal/verification",
    "tests/docs",
)
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
    r"\b(is|are|was|were|be|been) told\b",
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
    # Metaphors of place and speech.
    r"\bstand(s|ing)? (by|in|there|here|beside|ready)\b",
    r"\bhangs? on\b",
    r"\bsays? (so|nothing|what|who|which|how|where)\b",
    r"\bhands? (over|on|out|back)\b",
    r"\bat hand\b",
    r"\bon (its|their) way\b",
    r"\bthe way (back|round)\b",
    r"\bcomes? up\b",
    r"\b(brought|brings?|bring) (it |them |both |a stack |the stack )?up\b",
    # Clauses where a noun exists, and inversions.
    r"\A(What|Who|Where|How)\b",
    r"\b(of|by|to|for|from|with) what\b",
    r"\bwhat is no\b",
    r"\bwho(ever)? (it|they) (is|are)\b",
    r"\bthat (is|are) there\b",
    r"\bin the place of\b",
    r"\bin silence\b",
    r"\bnot even\b",
    r"\bsomebody\b",
    r"\balike\b",
    r"\blest\b",
    r"\bmeanwhile\b",
    r"\bfor want of\b",
)
_SHORT_NAMES = {"_", "x", "y", "i", "n", "T"}
"""Names of one letter that need no explanation: coordinates, an index, a count, and a type variable."""


def _prose(text: str) -> str:
    """Markdown without code, tables and links' targets."""
    text = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    lines = [line for line in text.splitlines() if not line.lstrip().startswith(("|", "#"))]
    text = re.sub(r"\]\([^)]*\)", "]", "\n".join(lines))
    return _without_code(text)


def _without_code(text: str) -> str:
    return re.sub(r"`[^`]*`", "x", text)


def _without_sources(text: str) -> str:
    """Text without the names of pages in parentheses, which are sources and no part of the sentence."""
    return re.sub(r"\([^()]*\)", "", text)


def _sentences(prose: str) -> list[str]:
    paragraphs = re.split(r"\n\s*\n|\n\s*(?:[-*]|\d+\.) ", prose)
    return [part for paragraph in paragraphs for part in re.split(r"(?<=[.!?:;])\s+", " ".join(paragraph.split()))]


def _long_sentences(prose: str) -> list[str]:
    return [sentence for sentence in _sentences(prose) if len(sentence.split()) > _MOST_WORDS]


def _habits(prose: str) -> list[str]:
    return [habit for habit in _HABITS if re.search(habit, prose, re.IGNORECASE)]


def _texts(package: str) -> list[Text]:
    return [text for file in python_files(package) for text in (*docstrings(file), *comments(file))]


def _short_names(file: Path) -> list[str]:
    """Parameters, and targets of assignments and loops, of one letter; comprehensions and lambdas are exempt."""
    found = []
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            arguments = node.args
            names = [each.arg for each in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
        elif isinstance(node, ast.Assign):
            names = [target.id for target in node.targets if isinstance(target, ast.Name)]
        elif isinstance(node, (ast.AnnAssign, ast.For)) and isinstance(node.target, ast.Name):
            names = [node.target.id]
        found += [f"{file}:{node.lineno}: {name}" for name in names if len(name) == 1]  # type: ignore[attr-defined]
    return [place for place in found if place.rpartition(" ")[2] not in _SHORT_NAMES]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda file: str(file.relative_to(ROOT)))
def test_documents_use_short_sentences_and_no_habit(document: Path) -> None:
    """Each document has no sentence over the limit and no habit."""
    prose = _prose(document.read_text(encoding="utf-8"))
    assert _long_sentences(prose) == []
    assert _habits(prose) == []


@pytest.mark.parametrize("package", PACKAGES)
def test_docstrings_and_comments_use_no_habit(package: str) -> None:
    """Each docstring and comment of the finished folders has no habit."""
    if package == "tests/docs":
        pytest.skip("this file quotes the habits")
    found = [(text.place, habit) for text in _texts(package) for habit in _habits(_without_code(text.text))]
    assert found == []


@pytest.mark.parametrize("package", PACKAGES)
def test_docstrings_and_comments_use_short_sentences(package: str) -> None:
    """Each docstring and comment of the finished folders has no sentence over the limit; sources do not count."""
    found = [
        (text.place, sentence)
        for text in _texts(package)
        for sentence in _long_sentences(_without_sources(_without_code(text.text)))
    ]
    assert found == []


@pytest.mark.parametrize("package", PACKAGES)
def test_names_have_more_than_one_letter(package: str) -> None:
    """Parameters, variables and loop variables of the finished folders are words, except usual ones."""
    assert [place for file in python_files(package) for place in _short_names(file)] == []


def test_the_check_finds_a_long_sentence_and_a_habit() -> None:
    """The checks fail for a sentence over the limit and for a habit."""
    long = " ".join(["word"] * (_MOST_WORDS + 1)) + "."
    assert _long_sentences(_prose(long)) == [long]
    assert _habits("Whoever is told that the lease has gone stops.")
    assert _habits("What a run must know.")


def test_the_check_finds_a_name_of_one_letter(tmp_path: Path) -> None:
    """The check of names fails for a parameter and a variable of one letter."""
    file = tmp_path / "short.py"
    file.write_text("def double(a: int) -> int:\n    b = a + a\n    return b\n", encoding="utf-8")
    assert [place.rpartition(" ")[2] for place in _short_names(file)] == ["a", "b"]


def test_a_sample_is_reproducible() -> None:
    """The same seed gives the same docstrings, and another seed gives others."""
    folders = FOLDERS[:3]
    assert sample(1, 20, folders) == sample(1, 20, folders)
    assert sample(1, 20, folders) != sample(2, 20, folders)
