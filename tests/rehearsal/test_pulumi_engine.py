"""What the pulumi engine is given, and how it says that it cannot."""

from __future__ import annotations

import gc
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from pulumi import automation

from blueprint import record_primary
from rehearsal.engines import choice
from rehearsal.engines import pulumi as engines
from rehearsal.engines.choice import EngineKind
from rehearsal.engines.protocol import EngineError, Progress
from rehearsal.engines.pulumi import PulumiEngine
from rehearsal.engines.pulumi_command import PulumiCommand
from rehearsal.engines.pulumi_events import DriftEvents, PolicyEvents, UpdateEvents
from rehearsal.engines.pulumi_state import RetainedResources, merged
from rehearsal.engines.terraform.plugin import Plugin
from rehearsal.stacks import Declared

PROJECT = {"name": "trading-platform", "runtime": {"name": "python", "options": {"virtualenv": ".venv"}}}
# As `pulumi stack init` leaves it behind: the salt belongs to the passphrase of whoever ran it.
STACK = {"config": {"trading-platform:role": "primary"}, "encryptionsalt": "v1:somebody-elses"}


class Command(PulumiCommand):
    """A command that is never run."""

    def automation(self) -> Any:
        return None


PROVIDER_PLUGIN = Plugin("5.100.0", None)
COMMAND = Command(Path("/bin/pulumi"), "3.274.1")


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PulumiEngine:
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    (checkout / "Pulumi.yaml").write_text(yaml.safe_dump(PROJECT), encoding="utf-8")
    (checkout / "Pulumi.primary.yaml").write_text(yaml.safe_dump(STACK), encoding="utf-8")
    monkeypatch.setattr(engines, "ROOT", checkout)
    monkeypatch.setattr(engines, "find_command", lambda: COMMAND)
    monkeypatch.setattr(engines, "_provider", lambda: PROVIDER_PLUGIN)
    return PulumiEngine(tmp_path / "build", {})


@pytest.fixture(scope="module")
def declared() -> Declared:
    return Declared("primary", {"emulator": True}, record_primary())


def test_a_rehearsal_uses_the_settings_of_a_stack_without_its_secrets(
    engine: PulumiEngine, declared: Declared, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(automation, "create_or_select_stack", lambda *_, **__: None)
    engine.prepared("primary", declared)
    written = yaml.safe_load((tmp_path / "build" / "primary" / "Pulumi.primary.yaml").read_text(encoding="utf-8"))
    assert set(written) == {"config"}, "the rehearsal's passphrase is another"
    assert written["config"]["trading-platform:role"] == "primary"
    assert written["config"]["trading-platform:emulator"] is True


def test_a_stack_that_cannot_be_created_is_an_engine_error(
    engine: PulumiEngine, declared: Declared, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise automation.CommandError(automation.CommandResult("", "error: the state cannot be written", 1))

    monkeypatch.setattr(automation, "create_or_select_stack", refuse)
    with pytest.raises(EngineError, match=r"(?s)primary: .*the state cannot be written"):
        engine.prepared("primary", declared)


def test_progress_counts_resources_of_providers() -> None:
    """Components are events of the engine too; the total is of resources alone."""
    told: list[Progress] = []
    events = UpdateEvents("primary", 1, told.append)
    for custom in (False, True):
        made = SimpleNamespace(custom=custom)
        events(_finished("create", "vpc", new=made))
    assert [(progress.resource, progress.done, progress.total) for progress in told] == [("vpc", 1, 1)]


def test_progress_never_counts_beyond_its_total() -> None:
    """A takeover showed 1120 of 1090: a replacement finishes three times, and what is deleted is not declared."""
    told: list[Progress] = []
    events = UpdateEvents("dr", 1, told.append)
    for operation, name in (("create-replacement", "vpc"), ("replace", "vpc"), ("delete-replaced", "vpc")):
        events(_finished(operation, name, new=SimpleNamespace(custom=True)))
    assert {(progress.done, progress.total) for progress in told} == {(1, 1)}
    events(_finished("delete", "gone", new=SimpleNamespace(custom=True)))
    assert (told[-1].done, told[-1].total) == (2, 2)


@pytest.mark.parametrize(
    ("pulumi", "terraform", "chosen"),
    [
        (True, True, EngineKind.PULUMI),
        (False, True, EngineKind.TERRAFORM),
        (True, False, EngineKind.PULUMI),
        (False, False, None),
    ],
)
def test_the_engine_of_users_is_the_default(
    monkeypatch: pytest.MonkeyPatch, pulumi: bool, terraform: bool, chosen: EngineKind | None
) -> None:
    """Without a command the message names both ways to get one."""
    monkeypatch.setattr(choice, "has_command", lambda: pulumi)
    monkeypatch.setattr(choice.shutil, "which", lambda _name: "terraform" if terraform else None)
    if chosen is None:
        with pytest.raises(EngineError, match=r"`make engine` or `make terraform`"):
            choice.choose(EngineKind.AUTO)
        return
    assert choice.choose(EngineKind.AUTO) is chosen
    assert choice.choose(EngineKind.TERRAFORM) is EngineKind.TERRAFORM


def _event(**kinds: Any) -> Any:
    names = ("diagnostic_event", "policy_event", "resource_pre_event", "res_outputs_event")
    return SimpleNamespace(**{name: kinds.get(name) for name in names})


def _step(op: str, name: str, new: Any, diffs: list[str] | None) -> Any:
    urn = f"urn:pulumi:primary::p::t::{name}"
    return SimpleNamespace(metadata=SimpleNamespace(op=automation.OpType(op), urn=urn, new=new, old=None, diffs=diffs))


def _finished(op: str, name: str, new: Any) -> Any:
    return _event(res_outputs_event=_step(op, name, new, None))


def _begun(op: str, name: str, diffs: list[str] | None = None) -> Any:
    return _event(resource_pre_event=_step(op, name, object(), diffs))


def test_drift_is_the_changes_of_a_preview_with_refresh() -> None:
    """A resource that is gone is not read back, and an operation without changed properties is named by itself."""
    events = DriftEvents()
    for event in (
        _finished("refresh", "kept", object()),
        _finished("refresh", "gone", None),
        _begun("same", "kept"),
        _begun("update", "changed", ["tags"]),
        _begun("create", "gone"),
    ):
        events(event)
    assert events.read_back == {"urn:pulumi:primary::p::t::kept"}
    assert [(change.address.rsplit("::", 1)[-1], change.arguments) for change in events.changes] == [
        ("changed", ("tags",)),
        ("gone", ("create",)),
    ]


def test_unevaluated_rules_are_counted_by_name_and_mandatory_violations_are_kept() -> None:
    """The SDK puts a policy's description before the message."""
    events = PolicyEvents()
    for policy, level, message in (
        ("could-not-be-evaluated", "advisory", "A rule could not be evaluated\niam-wildcard: policy is not known"),
        ("could-not-be-evaluated", "advisory", "A rule could not be evaluated\niam-wildcard: policy is not known"),
        ("bucket-encrypted", "mandatory", "Buckets are encrypted\nhas no key"),
        ("spot-price", "advisory", "Spot"),
    ):
        events(
            _event(
                policy_event=SimpleNamespace(
                    policy_name=policy, enforcement_level=level, message=message, resource_urn="urn:a::b::c::logs"
                )
            )
        )
    assert events.not_evaluated == {"iam-wildcard": 2}
    assert events.violations == ["bucket-encrypted: logs: Buckets are encrypted has no key"]
    assert events.advisory == {"spot-price": 1}


ROOT_URN, PROVIDER_URN = "urn:s", "urn:provider"


def _entry(urn: str, **fields: Any) -> dict[str, Any]:
    return {"urn": urn, "type": "aws:s3/bucket:Bucket", "custom": True, "id": f"id-of-{urn}", **fields}


ROOT = {"urn": ROOT_URN, "type": "pulumi:pulumi:Stack"}
PROVIDER = _entry(PROVIDER_URN, type="pulumi:providers:aws")


def test_a_retained_resource_keeps_its_provider(tmp_path: Path) -> None:
    """Only resources that are in the cloud still are kept: those without retention have been deleted."""
    retained = RetainedResources(tmp_path / "retained.json")
    replica = _entry("urn:replica", retainOnDelete=True, provider=f"{PROVIDER_URN}::id")
    retained.note([ROOT, PROVIDER, replica, _entry("urn:deleted")], [ROOT])
    assert [entry["urn"] for entry in retained.entries()] == [PROVIDER_URN, "urn:replica"]
    retained.note([ROOT, replica], [ROOT])
    assert len(retained.entries()) == 2, "the same is kept once"


def test_a_state_to_destroy_has_no_protection_and_no_broken_dependencies() -> None:
    """The engine refuses a state whose entries refer to others that are missing or stand behind them."""
    replica = _entry(
        "urn:replica",
        retainOnDelete=True,
        protect=True,
        parent="urn:component-that-is-gone",
        dependencies=["urn:gone", "urn:table"],
        propertyDependencies={"source": ["urn:gone"], "table": ["urn:table"]},
        provider=f"{PROVIDER_URN}::id-before",
        deletedWith="urn:gone",
    )
    present = [ROOT, _entry("urn:table", protect=True)]
    found = merged(present, [replica, PROVIDER])
    assert [entry["urn"] for entry in found] == [ROOT_URN, "urn:table", PROVIDER_URN, "urn:replica"]
    last = found[-1]
    assert not {"protect", "retainOnDelete", "deletedWith"} & last.keys()
    assert (last["parent"], last["dependencies"]) == (ROOT_URN, ["urn:table"])
    assert last["propertyDependencies"] == {"source": [], "table": ["urn:table"]}
    assert last["provider"] == f"{PROVIDER_URN}::id-of-{PROVIDER_URN}"
    assert "protect" not in found[1]


@pytest.fixture
def uncollected() -> Iterator[None]:
    """No garbage collection: an interrupt that arrives in a callback of it (hypothesis has one) is lost."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("uncollected")
def test_an_interrupt_stops_the_command_and_waits_for_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shows that the SDK's own thread is never interrupted: it would print an error of each pipe that is closed."""
    waited_for, told_to_stop, ended = threading.Event(), threading.Event(), threading.Event()
    result = Future.result

    def waited(future: Future[Any]) -> Any:
        # Threads that other tests left behind wait for results too.
        if threading.current_thread() is threading.main_thread():
            waited_for.set()
        return result(future)

    monkeypatch.setattr(Future, "result", waited)

    def command() -> None:
        assert waited_for.wait(60)
        os.kill(os.getpid(), signal.SIGINT)
        assert told_to_stop.wait(60)
        ended.set()

    with pytest.raises(KeyboardInterrupt):
        engines.beside(command, told_to_stop.set)
    assert ended.is_set()


def test_the_result_and_the_failure_of_a_command_arrive() -> None:
    """Shows that a thread of its own hides neither."""

    def fails() -> None:
        raise EngineError("no")

    assert engines.beside(lambda: 3, lambda: None) == 3
    with pytest.raises(EngineError, match="no"):
        engines.beside(fails, lambda: None)
