"""Checkov's own tests as oracles: which resources of a fixture it passes and fails."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.policy.peers.terraform import Fixture, FixtureError, read_folder

_CHECKS = Path("checkov/terraform/checks")
_TESTS = Path("tests/terraform/checks")
# Checks of policy documents judge `aws_iam_policy_document` by itself: what it would be given to.
_ROLE = ("aws:iam/role:Role", "assumeRolePolicy")
_POLICY = ("aws:iam/policy:Policy", "policy")
_TRUST = ("CKV_AWS_358",)
_ID = re.compile(r"""\bid\s*=\s*["'](CKV2?_AWS_\d+)["']""")
_IMPORT = re.compile(r"from checkov\.terraform\.checks\.\w+\.aws\.(\w+) import check")
_EXAMPLE = re.compile(r"""["']/?(example_\w+)["']""")


@dataclass(frozen=True)
class Expectation:
    """What checkov says of a fixture: the check, and the addresses that it passes and fails."""

    check: str
    where: str
    fixture: Fixture
    passed: frozenset[str]
    failed: frozenset[str]


def expectations(checkout: Path) -> Iterator[Expectation | FixtureError]:
    """The expectations of a checkout of checkov, and fixtures that cannot be read."""
    for kind in ("resource", "data"):
        for path in sorted((checkout / _TESTS / kind / "aws").glob("test_*.py")):
            check = _check(checkout / _CHECKS / kind / "aws", path)
            if check is not None:
                holder = None if kind == "resource" else _ROLE if check in _TRUST else _POLICY
                yield from _of(check, path, holder)


def _check(checks: Path, test: Path) -> str | None:
    """The id of the check that a test is of; a few tests are named otherwise and import it."""
    name = test.stem.removeprefix("test_")
    imported = _IMPORT.search(test.read_text(encoding="utf-8"))
    for source in (checks / f"{name}.py", checks / f"{imported[1] if imported else name}.py"):
        found = _ID.search(source.read_text(encoding="utf-8")) if source.is_file() else None
        if found:
            return found[1]
    return None


def _of(check: str, path: Path, holder: tuple[str, str] | None) -> Iterator[Expectation | FixtureError]:
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    for example in dict.fromkeys(_EXAMPLE.findall(text)):
        sets = dict(_assigned(tree))
        passed = frozenset(sets.get("passing_resources", ()))
        failed = frozenset(sets.get("failing_resources", ()))
        folder = path.parent / example
        if folder.is_dir() and (passed or failed):
            try:
                yield Expectation(check, example, read_folder(folder, holder), passed, failed)
            except (FixtureError, OSError) as error:
                yield FixtureError(f"{check} {example}: {error}")
    yield from _inline(check, path, tree)


def _inline(check: str, path: Path, tree: ast.AST) -> Iterator[Expectation | FixtureError]:
    """Tests that hold their fixture as text and assert one result."""
    for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
        source = ast.unparse(function)
        results = {word for word in ("PASSED", "FAILED") if f"CheckResult.{word}" in source}
        texts = [n.value for n in ast.walk(function) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
        hcl = [text for text in texts if "resource " in text and "{" in text]
        if len(results) != 1 or len(hcl) != 1:
            continue
        addresses = [f"{a}.{b}" for a, b in re.findall(r'resource\s+"?(\w+)"?\s+"?([\w-]+)"?\s*\{', hcl[0])]
        wanted = frozenset(addresses[:1])
        passed, failed = (wanted, frozenset()) if results == {"PASSED"} else (frozenset(), wanted)
        try:
            yield Expectation(check, f"{path.stem}.{function.name}", Fixture(hcl[0]), passed, failed)
        except FixtureError as error:
            yield FixtureError(f"{check} {path.stem}.{function.name}: {error}")


def _assigned(tree: ast.AST) -> Iterator[tuple[str, list[str]]]:
    """Names and the texts that are assigned to them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            yield node.targets[0].id, _texts(node.value)


def _texts(node: ast.AST) -> list[str]:
    return [n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
