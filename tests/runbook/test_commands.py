"""The commands say what they did, refuse what they must, and leave stdout to one document."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from recovery.budget import budget
from recovery.errors import (
    ConfigurationError,
    CorruptJournalError,
    LockHeldError,
    NothingToResumeError,
    NotReadyError,
    OutsideRecoveryWindowError,
    RefusedError,
    UnfinishedRunError,
    WrongAccountError,
)
from recovery.executor import Point
from recovery.lock import LASTS_MILLISECONDS
from recovery.plan import Verb
from runbook.engine import PulumiScaleOut
from tests.recovery.clients import KilledError
from tests.recovery.test_budget import FAST
from tests.recovery.test_kills import killing_at
from tests.recovery.world import EAST, LEASE_MILLISECONDS, WEST, Identity, World, outputs
from tests.runbook.conftest import Backups, Run

VERBS = ("open", "failover", "switchover", "failback", "rejoin", "drill")
COMMANDS = ("status", "plan", "doctor", "resume", "abort", "restore", "grow", *VERBS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(run: Run, command: str) -> None:
    found = run(command, "--help")
    assert found.exit_code == 0
    assert "--json" in found.stdout


def test_a_failover_prints_one_document_for_programs(run: Run, world: World) -> None:
    found = run("failover", "--yes", "--json")
    assert found.exit_code == 0, found.stderr
    document = json.loads(found.stdout)
    assert document["outcome"] == "done"
    assert document["recovery_seconds"] == LEASE_MILLISECONDS / 1000
    assert [step["status"] for step in document["steps"]] == ["done"] * len(document["steps"])
    assert world.lease().holder == WEST
    assert "prove-order: done in" in found.stderr


def test_a_failover_to_the_primary_is_confirmed_with_its_region(run: Run, world: World) -> None:
    """`--to` chooses the direction; the phrase, the report and the journal name the region that takes over."""
    assert run("failover", "--yes").exit_code == 0
    world.give_back_the_primary()
    world.hold(WEST, 2)
    world.lost.add(WEST)
    looked = run("doctor", "failover", "--to", EAST)
    assert "order intake" in looked.stdout
    assert run("plan", "--to", EAST).stdout.startswith("failover-to-primary: move order intake to the primary")
    found = run("failover", "--to", EAST, "--yes", "--json")
    assert found.exit_code == 0, found.output
    document = json.loads(found.stdout)
    assert (document["verb"], document["source"], document["target"]) == ("failover-to-primary", WEST, EAST)
    assert f"failover-to-primary to {EAST}" in found.stderr
    assert world.lease().holder == EAST


def test_the_recovery_region_may_be_named_too(run: Run, world: World) -> None:
    """`--to` with the default region is the default."""
    assert run("failover", "--to", WEST, "--dry-run").exit_code == 0
    assert run("failover", "--to", WEST, "--yes").exit_code == 0
    assert world.lease().holder == WEST


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("failover", "--yes", "--to", "eu-west-1"), "region 'eu-west-1' is neither us-east-1 (primary) nor us-west-2"),
        (("failover", "--yes", "--to", "us west"), "--to = 'us west': is not the name of a region"),
        (("failover", "--yes", "--to", ""), "--to = '': is not the name of a region"),
        (("plan", "switchover", "--to", EAST), "--to = 'us-east-1': switchover has no choice of region"),
        (("doctor", "failback", "--to", EAST), "--to = 'us-east-1': failback has no choice of region"),
        (("failback", "--yes", "--to", EAST), "No such option: --to"),
    ],
)
def test_a_destination_that_is_none_is_refused_before_any_call(
    run: Run, world: World, words: tuple[str, ...], message: str
) -> None:
    """Bad input to `--to`: exit code 2, one line, nothing changed."""
    calls = len(world.killer.calls)
    found = run(*words)
    assert found.exit_code == ConfigurationError.exit_code
    assert message in found.stderr
    assert len(found.stderr.splitlines()) == 1
    assert len(world.killer.calls) == calls
    assert world.lease().epoch == 1


@pytest.mark.parametrize("verb", ["failover", "switchover", "drill"])
def test_a_dry_run_changes_nothing(run: Run, world: World, verb: str) -> None:
    before, calls = world.state(), len(world.killer.calls)
    found = run(verb, "--dry-run", "--json")
    assert found.exit_code == 0, found.output
    assert json.loads(found.stdout)["verb"] == verb
    assert world.state() == before
    assert set(world.killer.calls[calls:]) <= {"lambda invoke"}


def test_a_dry_run_says_what_is_missing(run: Run, world: World) -> None:
    world.databases[WEST].source = None
    found = run("switchover", "--dry-run")
    assert found.exit_code == NotReadyError.exit_code
    assert "make it a replica of primary-trade-history again" in found.stderr


@pytest.mark.parametrize("verb", VERBS)
def test_a_dry_run_is_refused_as_the_run_would_be(run: Run, world: World, verb: str) -> None:
    world.lock().acquire(run="r", holder="alice@desk[7]", verb="switchover")
    for words in (("--dry-run",), ("--yes",)):
        found = run(verb, "--json", *words)
        assert found.exit_code == LockHeldError.exit_code
        assert "alice@desk[7]" in json.loads(found.stdout)["error"], "one document, the refusal"


def test_a_dry_run_finds_the_run_that_has_not_ended(run: Run, world: World) -> None:
    with pytest.raises(KilledError):
        world.operations(watch=killing_at("detach-files", Point.BEFORE_EFFECT)).begin(Verb.FAILOVER)
    world.clock.advance(LASTS_MILLISECONDS)
    assert run("failover", "--dry-run").exit_code == UnfinishedRunError.exit_code
    assert "last run" in run("doctor").stdout


def test_the_first_lease_is_tried_out_too(run: Run) -> None:
    found = run("open", "--dry-run")
    assert found.exit_code == NotReadyError.exit_code
    assert "order intake was opened before" in found.stderr


def test_resume_and_abort_say_what_they_would_do(run: Run, world: World) -> None:
    for command in ("resume", "abort"):
        assert run(command, "--dry-run").exit_code == NothingToResumeError.exit_code
    with pytest.raises(KilledError):
        world.operations(watch=killing_at("detach-files", Point.BEFORE_EFFECT)).begin(Verb.FAILOVER)
    before, calls = world.state(), len(world.killer.calls)
    left = json.loads(run("resume", "--dry-run", "--json").stdout)
    assert (left["verb"], left["left"][0]) == ("failover", "detach-files")
    assert json.loads(run("abort", "--dry-run", "--json").stdout) == left
    assert world.state() == before
    assert len(world.killer.calls) == calls, "nothing was changed"


def test_nobody_is_asked_where_nobody_is(run: Run, world: World) -> None:
    found = run("failover", typed="failover us-west-2\n")
    assert found.exit_code == RefusedError.exit_code
    assert "give --yes" in found.stderr
    assert world.lease().holder == EAST


def test_what_is_not_ready_is_said_before_anybody_decides(
    run: Run, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runbook.cli._at_a_terminal", lambda: True)
    world.databases[WEST].source = None
    found = run("failover", typed="no\n")
    assert found.exit_code == RefusedError.exit_code
    said = found.stderr.splitlines()
    unready = next(index for index, line in enumerate(said) if line.strip().startswith("not ready: database"))
    asked = next(index for index, line in enumerate(said) if "failover to us-west-2" in line)
    assert unready < asked
    assert world.lease().holder == EAST


@pytest.mark.parametrize(("typed", "holder"), [("failover us-west-2", WEST), ("yes", EAST), ("failover", EAST)])
def test_the_confirmation_is_typed_letter_by_letter(
    run: Run, world: World, monkeypatch: pytest.MonkeyPatch, typed: str, holder: str
) -> None:
    monkeypatch.setattr("runbook.cli._at_a_terminal", lambda: True)
    found = run("failover", typed=f"{typed}\n")
    assert (found.exit_code == 0) is (holder == WEST), found.output
    assert world.lease().holder == holder


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--force",), "--force: needs --reason"),
        (("--reason", "why"), "--reason: is for --force alone"),
    ],
)
def test_force_and_reason_go_together(run: Run, words: tuple[str, ...], message: str) -> None:
    found = run("failover", "--yes", *words)
    assert found.exit_code == RefusedError.exit_code
    assert message in found.stderr


def test_what_is_refused_is_a_document_too(run: Run, world: World) -> None:
    world.databases[WEST].source = None
    found = run("switchover", "--yes", "--json")
    document = json.loads(found.stdout)
    assert found.exit_code == document["exit_code"] == NotReadyError.exit_code
    assert document["missing"] == [
        "database: standby-trade-history available, replicates nothing; "
        "make it a replica of primary-trade-history again"
    ]
    forced = run("failover", "--yes", "--json", "--force", "--reason", "the exchange waits")
    assert forced.exit_code == 0


def test_another_account_is_refused(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Identity, "account", "999999999999")
    for command in set(COMMANDS) - {"plan"}:
        words = [command, *(["--yes"] if command in (*VERBS, "abort", "restore") else [])]
        words += {"restore": ["--at", "2026-01-02T14:00:00Z"], "grow": ["--run", "r-1"]}.get(command, [])
        found = run(*words)
        assert found.exit_code == WrongAccountError.exit_code, command
        assert "999999999999" in found.stderr


def test_while_another_runbook_is_at_work_it_is_named(run: Run, world: World) -> None:
    world.lock().acquire(run="r", holder="alice@desk[7]", verb="switchover")
    found = run("failover", "--yes")
    assert found.exit_code == LockHeldError.exit_code
    assert "switchover r is run by alice@desk[7]" in found.stderr
    status = json.loads(run("status", "--json").stdout)
    assert status["lock"]["holder"] == "alice@desk[7]"


def test_a_corrupt_journal_does_not_hide_who_may_accept_orders(run: Run, world: World) -> None:
    assert run("failover", "--yes").exit_code == 0
    key = {"item": {"S": "journal"}, "sequence": {"N": "5"}}
    item = world.dynamodb[WEST].get_item(TableName="control", Key=key)["Item"]
    world.dynamodb[WEST].put_item(TableName="control", Item={**item, "facts": {"S": "{}"}})
    found = run("status", "--json")
    assert found.exit_code == CorruptJournalError.exit_code
    status = json.loads(found.stdout)
    assert (status["lease"]["holder"], status["traffic"]) == (WEST, "standby")
    assert "entry 5 is not what was written" in status["last_run"]["corrupt"]


def test_resume_without_a_run_is_refused(run: Run) -> None:
    assert run("resume").exit_code == NothingToResumeError.exit_code


def test_doctor_ends_with_an_error_when_something_is_missing(run: Run, world: World) -> None:
    assert run("doctor").exit_code == 0
    world.files[WEST].name = "fs-standby"
    world.secrets[WEST].versions = {}
    found = run("doctor", "--json")
    assert found.exit_code == NotReadyError.exit_code
    document = json.loads(found.stdout)
    assert not document["ready"]
    assert [check["name"] for check in document["checks"] if not check["ready"]] == ["secret"]


def test_the_plan_prints_the_budget_term_by_term(run: Run) -> None:
    document = json.loads(run("plan", "failover", "--json").stdout)
    assert document["budget"]["seconds"] == sum(term["seconds"] for term in document["budget"]["terms"])
    assert document["target"] == WEST
    assert json.loads(run("plan", "failback", "--json").stdout)["target"] == EAST


def test_the_plan_of_a_second_disaster_counts_the_lease_before_the_traffic(run: Run, exports: Path) -> None:
    """The lost region cannot answer that the primary takes over, so nothing passes at the same time. Exports of an
    older version have no such number."""
    found = budget(FAST)
    of_now = {
        "terms": [asdict(term) for term in found.terms],
        "beside": [asdict(term) for term in found.beside],
        "detection": asdict(found.detection),
        "seconds": found.seconds,
        "secondDisasterSeconds": found.second_disaster_seconds,
    }
    older = {key: value for key, value in of_now.items() if key not in ("beside", "secondDisasterSeconds")}
    for written, words, seconds in (
        (of_now, ("plan", "failover"), found.seconds),
        (of_now, ("plan", "failover", "--to", EAST), found.second_disaster_seconds),
        (older, ("plan", "failover", "--to", EAST), found.seconds),
    ):
        exports.write_text(json.dumps({**outputs(), "recoveryBudget": written}))
        rows = [line.split("\u2502") for line in run(*words).stdout.splitlines()]
        printed = {cells[1].strip(): cells[2].strip() for cells in rows if len(cells) == 5}
        assert float(printed["sum"]) == pytest.approx(seconds, abs=0.01)
        assert float(printed["headroom"]) == pytest.approx(30 - seconds, abs=0.01)


def test_a_stack_that_is_not_known_is_refused(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "runbook", "failover", "--yes", "--stack", "no-such-stack", "--cwd", str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == ConfigurationError.exit_code, ran.stderr
    assert "stack 'no-such-stack'" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_restored_table_stands_beside_the_live_one_and_agrees_with_it(
    run: Run, world: World, backups: Backups
) -> None:
    world.clock.advance(-7_200_000)
    world.order("EARLY")
    world.clock.advance(7_200_000)
    found = run("restore", "--at", "2026-01-02T14:00:00Z", "--no-replay", "--yes", "--json")
    assert found.exit_code == 0, found.output
    document = json.loads(found.stdout)
    assert document["verified"]
    assert document["swap"]["orders"] == "orders-20260102T140000Z"
    assert [table["items"] for table in document["tables"]] == [1, 0, 0]
    repeated = run("restore", "--at", "2026-01-02T15:00:00+01:00", "--no-replay", "--yes", "--json")
    assert json.loads(repeated.stdout)["tables"] == document["tables"], "the same moment is restored once"


def test_a_restored_table_that_contradicts_the_live_one_is_reported(run: Run, world: World, backups: Backups) -> None:
    world.order("TOO-LATE", accepted_by=WEST)
    found = run("restore", "--at", "2026-01-02T14:00:00Z", "--no-replay", "--yes", "--json")
    assert found.exit_code == 8
    assert "ACC-1#TOO-LATE was accepted after the moment" in json.loads(found.stdout)["tables"][0]["mismatches"]


@pytest.mark.parametrize("at", ["2025-01-01T00:00:00Z", "2027-01-01T00:00:00Z"])
def test_a_time_outside_the_recovery_window_is_refused(run: Run, backups: Backups, at: str) -> None:
    found = run("restore", "--yes", "--at", at)
    assert found.exit_code == OutsideRecoveryWindowError.exit_code
    assert "orders can be restored from 2025-11-28" in found.stderr
    assert not backups.restored


def test_a_build_in_the_cloud_grows_the_stack_for_its_run(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    started: list[tuple[str, bool, str]] = []

    def start(self: PulumiScaleOut, run: str, _progress: object) -> str:
        started.append((self.stack, self.active, run))
        return "update 7 of dr"

    monkeypatch.setattr(PulumiScaleOut, "start", start)
    found = run("grow", "--run", "r-1", "--stack", "dr", "--json")
    assert json.loads(found.stdout) == {"grown": "update 7 of dr"}
    assert started == [("dr", True, "r-1")]


@pytest.mark.parametrize("at", ["yesterday", "2026-01-02T14:00:00"])
def test_a_time_that_is_none_is_refused(run: Run, at: str) -> None:
    found = run("restore", "--yes", "--at", at)
    assert found.exit_code == ConfigurationError.exit_code
    assert f"--at = {at!r}: " in found.stderr


def test_a_restore_is_confirmed_and_tried_out(run: Run, world: World, backups: Backups) -> None:
    at = ("restore", "--at", "2026-01-02T14:00:00Z")
    assert run(*at).exit_code == RefusedError.exit_code
    found = run(*at, "--dry-run", "--json")
    assert json.loads(found.stdout)["swap"]["orders"] == "orders-20260102T140000Z"
    assert run("restore", "--dry-run", "--at", "2025-01-01T00:00:00Z").exit_code == OutsideRecoveryWindowError.exit_code
    assert not backups.restored, "nothing was restored"


def test_a_restore_between_two_regions_names_the_one_it_is_for(run: Run, world: World, backups: Backups) -> None:
    world.hold("nobody", 2)
    found = run("restore", "--yes", "--at", "2026-01-02T14:00:00Z")
    assert found.exit_code == RefusedError.exit_code
    assert "--region" in found.stderr
    assert run("restore", "--yes", "--no-replay", "--at", "2026-01-02T14:00:00Z", "--region", WEST).exit_code == 0
