"""Trivy's examples as oracles: each check has Terraform that it passes and Terraform that it fails."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import yaml

from tests.policy.peers.checkov import Expectation
from tests.policy.peers.terraform import Fixture, FixtureError

CHECKS = Path("checks/cloud/aws")
WHOLE = "the whole example"
"""The address under which a fixture is judged as a whole: trivy does not say which resource it means."""


def expectations(checkout: Path) -> Iterator[Expectation | FixtureError]:
    """The expectations of a checkout of trivy-checks, and examples that cannot be read."""
    for path in sorted((checkout / CHECKS).rglob("*.yaml")):
        check = path.relative_to(checkout / CHECKS).with_suffix("").as_posix()
        examples = (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).get("terraform") or {}
        for kind in ("good", "bad"):
            for index, text in enumerate(examples.get(kind) or ()):
                where = f"{kind} example {index + 1}"
                try:
                    fixture = Fixture(text)
                except FixtureError as error:
                    yield FixtureError(f"{check} {where}: {error}")
                    continue
                one = frozenset({WHOLE})
                passed, failed = (one, frozenset[str]()) if kind == "good" else (frozenset[str](), one)
                yield Expectation(check, where, fixture, passed, failed)
