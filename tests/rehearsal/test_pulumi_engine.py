"""What the pulumi engine is given, and how it says that it cannot."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from pulumi import automation

from blueprint import record_primary
from rehearsal.engines import pulumi as engines
from rehearsal.engines.protocol import EngineError, Progress
from rehearsal.engines.pulumi import PulumiEngine
from rehearsal.engines.pulumi_command import PulumiCommand
from rehearsal.stacks import Declared

PROJECT = {"name": "trading-platform", "runtime": {"name": "python", "options": {"virtualenv": ".venv"}}}
# As `pulumi stack init` leaves it behind: the salt belongs to the passphrase of whoever ran it.
STACK = {"config": {"trading-platform:role": "primary"}, "encryptionsalt": "v1:somebody-elses"}


class Command(PulumiCommand):
    """A command that is never run."""

    def automation(self) -> Any:
        return None


COMMAND = Command(Path("/bin/pulumi"), "3.274.1")


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PulumiEngine:
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    (checkout / "Pulumi.yaml").write_text(yaml.safe_dump(PROJECT), encoding="utf-8")
    (checkout / "Pulumi.primary.yaml").write_text(yaml.safe_dump(STACK), encoding="utf-8")
    monkeypatch.setattr(engines, "ROOT", checkout)
    monkeypatch.setattr(engines, "find_command", lambda: COMMAND)
    return PulumiEngine(tmp_path / "build", {})


@pytest.fixture(scope="module")
def declared() -> Declared:
    return Declared("primary", {"emulator": True}, record_primary())


def test_a_rehearsal_takes_the_settings_of_a_stack_and_not_its_secrets(
    engine: PulumiEngine, declared: Declared, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(automation, "create_or_select_stack", lambda *_, **__: None)
    engine.prepared("primary", declared)
    written = yaml.safe_load((tmp_path / "build" / "primary" / "Pulumi.primary.yaml").read_text(encoding="utf-8"))
    assert set(written) == {"config"}, "the rehearsal's passphrase is another"
    assert written["config"]["trading-platform:role"] == "primary"
    assert written["config"]["trading-platform:emulator"] is True


def test_a_stack_that_cannot_be_made_is_a_failure_of_the_engine(
    engine: PulumiEngine, declared: Declared, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise automation.CommandError(automation.CommandResult("", "error: the state cannot be written", 1))

    monkeypatch.setattr(automation, "create_or_select_stack", refuse)
    with pytest.raises(EngineError, match=r"(?s)primary: .*the state cannot be written"):
        engine.prepared("primary", declared)


def test_progress_counts_what_a_provider_makes() -> None:
    """Components are events of the engine too; the total is of resources alone."""
    told: list[Progress] = []
    events = engines._Events("primary", 1, told.append)
    for custom in (False, True):
        made = SimpleNamespace(custom=custom)
        metadata = SimpleNamespace(op="create", urn="urn:pulumi:primary::p::t::vpc", new=made, old=None)
        event: Any = SimpleNamespace(
            diagnostic_event=None, resource_pre_event=None, res_outputs_event=SimpleNamespace(metadata=metadata)
        )
        events(event)
    assert [(progress.resource, progress.done, progress.total) for progress in told] == [("vpc", 1, 1)]
