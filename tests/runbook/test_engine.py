"""What a stack lets go of when it grows is taken back before it shrinks."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi import automation

from recovery.errors import StepFailedError
from runbook import engine
from runbook.engine import PulumiScaleOut
from runbook.engine_errors import reason
from runbook.outputs import state_check
from runbook.retained_resources import RetainedStore, put_back, retained
from tests.functions.aws import CONTROL
from tests.recovery.tables import Tables

REGIONAL = {"urn": "urn:dr::pulumi:providers:aws::regional", "custom": True}
PRIMARY_SIDE = {"urn": "urn:dr::pulumi:providers:aws::primary-side", "custom": True}
BUS = {"urn": "urn:dr::bus", "provider": f"{REGIONAL['urn']}::1"}
ROUTE = {"urn": "urn:dr::route", "provider": f"{PRIMARY_SIDE['urn']}::2", "retainOnDelete": True, "id": "r-1"}
REPLICA = {"urn": "urn:dr::replica", "provider": f"{REGIONAL['urn']}::1", "retainOnDelete": True, "id": "orders"}
STANDING_BY = [REGIONAL, PRIMARY_SIDE, BUS, ROUTE, REPLICA]
ACTIVE = [REGIONAL, BUS]


# As `pulumi up --non-interactive` prints it.
PROGRESS = """Updating (dr):
 +  aws:ec2:NatGateway nat creating (0s)
    pulumi:pulumi:Stack trading-platform-dr running error: update failed: the quota of NAT gateways is used up
Diagnostics:
  pulumi:pulumi:Stack (trading-platform-dr):
    error: update failed: the quota of NAT gateways is used up

Resources:
    1 errored

Duration: 12s
"""


class Stack:
    """The engine: an `up` with `active` lets go of what is retained."""

    def __init__(self, resources: list[Any]) -> None:
        self.resources = resources
        self.config: dict[str, str] = {}
        self.ups: list[dict[str, Any]] = []
        self.previews: list[str] = []
        self.fails = False
        self.version = 7

    def export_stack(self) -> Any:
        return automation.Deployment(version=3, deployment={"resources": list(self.resources), "manifest": {}})

    def import_stack(self, state: Any) -> None:
        assert state.deployment["manifest"] == {}
        self.resources = list(state.deployment["resources"])

    def set_config(self, key: str, value: Any) -> None:
        self.config[key] = value.value

    def get_all_config(self) -> dict[str, Any]:
        return {key: automation.ConfigValue(value) for key, value in self.config.items()}

    def remove_config(self, key: str) -> None:
        del self.config[key]

    def preview(self, on_output: Any, **options: Any) -> Any:
        self.previews.append(self.config[engine.ACTIVE])
        on_output("previewing\n")
        if self.fails:
            raise automation.CommandError(_failed("the policy pack refuses it"))
        return SimpleNamespace(change_summary={"create": 43, "update": 17})

    def up(self, on_output: Any, **options: Any) -> Any:
        self.ups.append(options)
        on_output("updating\n")
        if self.config[engine.ACTIVE] == "true":
            self.resources = ACTIVE
        elif ROUTE not in self.resources:
            raise automation.CommandError(_failed("RouteAlreadyExists"))
        if self.fails:
            raise automation.CommandError(_failed("the control plane is slow"))
        begun = datetime(2026, 1, 2, 15, 4, 5)
        return SimpleNamespace(summary=SimpleNamespace(version=self.version, start_time=begun))


def _failed(stderr: str) -> Any:
    return SimpleNamespace(code=255, stdout="", stderr=stderr, __str__=lambda: stderr)


@pytest.fixture
def store() -> RetainedStore:
    return RetainedStore(Tables({CONTROL: ("item", "sequence")}), CONTROL)


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Stack:
    made = Stack(STANDING_BY)
    monkeypatch.setattr(engine, "selected", lambda _stack, _cwd: made)
    return made


def test_retained_resources_are_kept_with_the_provider_that_leaves_with_them() -> None:
    assert retained(STANDING_BY) == [REGIONAL, PRIMARY_SIDE, ROUTE, REPLICA]
    assert retained(ACTIVE) == []


def test_what_was_let_go_of_is_put_back_after_what_it_stands_on() -> None:
    whole = put_back(ACTIVE, retained(STANDING_BY))
    assert whole == [REGIONAL, BUS, PRIMARY_SIDE, ROUTE, REPLICA]
    assert put_back(whole, retained(STANDING_BY)) == whole


def test_a_region_grows_and_shrinks_without_colliding_with_itself(
    stack: Stack, store: RetainedStore, tmp_path: Path
) -> None:
    (tmp_path / "policy").mkdir()
    (tmp_path / "policy" / "PulumiPolicy.yaml").touch()
    (tmp_path / "policy-config.json").touch()
    lines: list[str] = []
    grow, shrink = (PulumiScaleOut("dr", tmp_path, active, store) for active in (True, False))
    assert grow.start("run-1", lines.append) == "update 7 of dr"
    assert lines == ["updating"]
    assert stack.config == {"trading-platform:active": "true"}
    assert stack.ups[0]["policy_packs"] == [str(tmp_path / "policy")]
    assert stack.ups[0]["policy_pack_configs"] == [str(tmp_path / "policy-config.json")]
    assert grow.start("run-1", lines.append), "taken up again, it lets go of nothing and forgets nothing"
    assert grow.start("run-2", lines.append)
    shrink.start("run-3", lines.append)
    assert {entry["urn"] for entry in stack.resources} == {entry["urn"] for entry in STANDING_BY}
    assert stack.config == {"trading-platform:active": "false"}


@pytest.mark.parametrize("before", [None, "false"])
@pytest.mark.parametrize("fails", [False, True])
def test_a_preview_of_growth_changes_nothing_and_restores_the_setting(
    stack: Stack, store: RetainedStore, tmp_path: Path, before: str | None, fails: bool
) -> None:
    """A stack file that kept `active: true` would grow the region with the next deployment."""
    if before is not None:
        stack.config[engine.ACTIVE] = before
    stack.fails = fails
    grow = PulumiScaleOut("dr", tmp_path, True, store)
    if fails:
        with pytest.raises(StepFailedError, match="could not be previewed"):
            grow.preview(lambda _line: None)
    else:
        assert grow.preview(lambda _line: None) == "preview of dr: 43 create, 17 update"
    assert stack.previews == ["true"]
    assert stack.config.get(engine.ACTIVE) == before
    assert stack.resources == STANDING_BY
    assert not stack.ups


def test_an_update_is_named_by_its_time_where_the_backend_counts_none(
    stack: Stack, store: RetainedStore, tmp_path: Path
) -> None:
    stack.version = 0
    said = PulumiScaleOut("dr", tmp_path, True, store).start("run-1", lambda _line: None)
    assert said == "update of 2026-01-02T15:04:05Z of dr", "a bucket keeps no numbers"


def test_a_growth_that_fails_half_way_is_taken_up_again(stack: Stack, store: RetainedStore, tmp_path: Path) -> None:
    grow = PulumiScaleOut("dr", tmp_path, True, store)
    stack.fails = True
    with pytest.raises(StepFailedError, match="stack dr could not be brought up"):
        grow.start("run-1", lambda _line: None)
    stack.fails, stack.resources = False, [*ACTIVE, PRIMARY_SIDE, ROUTE]
    grow.start("run-1", lambda _line: None)
    assert {entry["urn"] for entry in store.load()} >= {ROUTE["urn"], REPLICA["urn"], PRIMARY_SIDE["urn"]}


@pytest.mark.parametrize(
    ("stdout", "stderr", "told"),
    [
        (PROGRESS, "", "update failed: the quota of NAT gateways is used up"),
        ("", "error: no stack selected", "no stack selected"),
        ("", "the backend is not there", "the backend is not there"),
        ("", "", "code: 255"),
    ],
)
def test_a_growth_that_fails_says_why_in_the_engines_own_words(stdout: str, stderr: str, told: str) -> None:
    assert reason(automation.CommandError(automation.CommandResult(stdout, stderr, 255))) == told


@given(size=st.integers(0, 40_000))
def test_whatever_was_kept_is_loaded_again(size: int) -> None:
    store = RetainedStore(Tables({CONTROL: ("item", "sequence")}), CONTROL)
    kept = [{"urn": f"urn:{number}", "inputs": {"text": "x" * (number % 17)}} for number in range(size // 100)]
    store.save("run", kept)
    assert store.load() == kept


@pytest.mark.parametrize(
    ("backend", "ready", "found"),
    [
        ("https://api.pulumi.com", True, "kept by"),
        ("s3://state?region=us-west-2", True, "is in us-west-2"),
        ("s3://state?region=us-east-1", False, "is in us-east-1"),
        ("s3://state", False, "does not say where"),
        ("file://~", False, "this machine alone"),
    ],
)
def test_a_state_that_would_be_lost_with_the_primary_is_missed(backend: str, ready: bool, found: str) -> None:
    check = state_check(backend, "us-east-1")
    assert check.ready is ready
    assert found in check.found
    assert bool(check.way_out) is not ready
