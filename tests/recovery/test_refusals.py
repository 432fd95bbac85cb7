"""A run that must not begin says why, and changes nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from recovery import configuration, readiness
from recovery.clients import Clients
from recovery.context import Parts
from recovery.errors import (
    ConfigurationError,
    CorruptJournalError,
    JournalTakenError,
    LockHeldError,
    NothingToResumeError,
    NotReadyError,
    RecoveryError,
    RefusedError,
    UnfinishedRunError,
    WrongAccountError,
)
from recovery.executor import Moment, Point
from recovery.lock import LASTS_MILLISECONDS
from recovery.operations import died_here, this_process
from recovery.plan import Verb, plan_of
from tests.functions.aws import CONTROL
from tests.recovery.clients import KilledError
from tests.recovery.test_kills import killing_at
from tests.recovery.world import ACCOUNT, EAST, WEST, Identity, World, outputs


def refused(world: World, expected: type[RecoveryError], match: str, verb: Verb = Verb.FAILOVER) -> RecoveryError:
    before = world.state()
    calls = len(world.killer.calls)
    with pytest.raises(expected, match=match) as caught:
        world.operations("bob").begin(verb)
    assert world.state() == before
    changing = [call for call in world.killer.calls[calls:] if call != "lambda invoke"]
    assert not changing, "nothing was changed"
    assert caught.value.exit_code != 0
    return caught.value


def test_credentials_of_another_account_are_refused_before_anything_is_looked_at(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Identity, "account", "999999999999")
    refused(world, WrongAccountError, "account 999999999999: these credentials are not of the platform's")
    with pytest.raises(WrongAccountError):
        world.operations().resume()
    with pytest.raises(WrongAccountError):
        world.operations().abort("never mind")
    with pytest.raises(WrongAccountError):
        world.operations().status()


def test_a_region_that_lacks_something_is_named_with_all_that_it_lacks(world: World) -> None:
    world.databases[WEST].source = None
    world.secrets[WEST].versions = {"first": ["AWSPREVIOUS"]}
    found = refused(world, NotReadyError, "make it a replica of primary-trade-history again", Verb.SWITCHOVER)
    assert isinstance(found, NotReadyError)
    assert [one.partition(":")[0] for one in found.missing] == ["database", "secret"]


@pytest.mark.parametrize("status", ["backing-up", "storage-optimization", "modifying"])
def test_a_failover_waits_for_no_part_that_orders_do_not_need(world: World, status: str) -> None:
    world.databases[WEST].status = status
    said: list[str] = []
    operations = world.operations(announce=said.append)
    context = operations.context(plan_of(Verb.FAILOVER), "")
    missing = [check.name for check in readiness.checks(context) if not check.ready]
    assert missing == ["database"]
    assert not set(missing) & set(readiness.NEEDED_BY_ORDERS)


def test_what_is_not_ready_and_not_needed_by_orders_is_kept_in_the_journal(world: World) -> None:
    world.databases[WEST].source = None
    said: list[str] = []
    assert world.operations(announce=said.append).begin(Verb.FAILOVER).outcome == "done"
    run = world.journal().tail().run
    assert run is not None
    assert run.began.content["postponed"] == ["database: standby-trade-history available, replicates nothing"]
    assert "not ready, and awaited after the first order: database: " in "\n".join(said)


def test_what_is_missing_can_be_forced_with_a_reason_that_the_journal_keeps(world: World) -> None:
    world.databases[WEST].source = None
    report = world.operations().begin(Verb.FAILOVER, reason="the exchange waits")
    assert report.outcome == "done"
    run = world.journal().tail().run
    assert run is not None
    assert run.began.content["reason"] == "the exchange waits"
    assert run.began.content["overridden"] == ["database: standby-trade-history available, replicates nothing"]


def test_no_reason_makes_good_a_region_that_takes_orders_already(world: World) -> None:
    world.operations().begin(Verb.FAILOVER)
    world.clock.advance(3_600_000)
    for reason in (None, "again"):
        with pytest.raises(NotReadyError, match="this region takes orders already") as caught:
            world.operations().begin(Verb.FAILOVER, reason=reason)
        offered = "--force" in str(caught.value)
        assert offered is (reason is None), "nobody is sent to force what was forced in vain"


def test_the_regions_do_not_swap_to_and_fro(world: World) -> None:
    world.operations().begin(Verb.FAILOVER)
    world.databases[EAST].source = "arn:standby-trade-history"
    with pytest.raises(NotReadyError, match=r"cooldown: the last takeover was at .*; wait \d+ s"):
        world.operations().begin(Verb.FAILBACK)
    world.clock.advance(600_000)
    world.give_back_the_primary()
    assert world.operations().begin(Verb.FAILBACK).outcome == "done"


def test_of_two_runbooks_at_once_one_proceeds_and_the_other_names_it(world: World) -> None:
    others: list[RecoveryError] = []

    def watch(moment: Moment) -> None:
        if moment.point is Point.BEFORE_EFFECT:
            with pytest.raises(LockHeldError, match=r"failover \w+ is run by alice, last heard of") as caught:
                world.operations("bob").begin(Verb.SWITCHOVER)
            assert caught.value.holder == "alice"
            with pytest.raises(LockHeldError, match="alice"):
                world.operations("carol", clients=_clients_whose_holder_lives(world)).resume()
            others.append(caught.value)

    # A holder that lives is heard of while the other waits.
    report = world.operations("alice", watch=watch).begin(Verb.FAILOVER)
    assert report.outcome == "done", [(step.name, step.trouble) for step in report.steps if step.trouble]
    assert len(others) == len(report.steps)


def _clients_whose_holder_lives(world: World) -> Any:
    def make(service: str, region: str) -> Any:
        real = world.client(service, region)
        if service != "dynamodb":
            return real

        class Beating:
            def __getattr__(self, name: str) -> Any:
                def call(**parameters: Any) -> Any:
                    key = parameters.get("Key", {}).get("item", {}).get("S")
                    if name == "get_item" and key == "runbook_lock":
                        now = world.clock()
                        world.dynamodb[WEST].update_item(
                            TableName=CONTROL,
                            Key=parameters["Key"],
                            UpdateExpression="SET heartbeat = :now, #until = :until",
                            ExpressionAttributeNames={"#until": "until"},
                            ExpressionAttributeValues={":now": {"N": str(now)}, ":until": {"N": str(now + 15_000)}},
                        )
                    return getattr(real, name)(**parameters)

                return call

        return Beating()

    return lambda here, there: Clients(here, there, make, make)


def test_a_run_that_began_while_another_looked_around_is_noticed(world: World) -> None:
    class Meanwhile:
        """Between this runbook's look at the journal and its own lock, another runs a takeover to its end."""

        done = False

        def trouble(self) -> str | None:
            if not Meanwhile.done:
                Meanwhile.done = True
                assert world.operations("alice").begin(Verb.FAILOVER).outcome == "done"
            return None

        def start(self, run: str, progress: Any) -> str:
            return run

        def state(self, started: str) -> str:
            return "done"

    with pytest.raises(JournalTakenError, match="was written by another process"):
        world.operations("bob", parts=lambda _clients: Parts(world.switch, Meanwhile())).begin(Verb.FAILOVER)
    assert world.lease().epoch == 2, "the second takeover did not happen"
    assert world.state()["lock free"]


def test_a_failover_does_not_wait_for_a_drill_that_found_a_difference(world: World) -> None:
    world.order("STUCK", arrived=False)
    world.clock.advance(60_000)
    assert world.operations("alice").begin(Verb.DRILL).outcome == "incomplete"
    assert world.operations("bob").begin(Verb.FAILOVER).outcome == "done"


@pytest.mark.parametrize("verb", [Verb.DRILL, Verb.SWITCHOVER])
def test_a_drill_that_was_killed_while_it_compared_blocks_nothing(world: World, verb: Verb) -> None:
    with pytest.raises(KilledError):
        world.operations("alice", watch=killing_at("compare-orders", Point.BEFORE_EFFECT)).begin(Verb.DRILL)
    refused(world, LockHeldError, "is run by alice", verb)
    world.clock.advance(LASTS_MILLISECONDS)
    world.hold(EAST)
    assert world.operations("bob").begin(verb).outcome == "done"


def test_a_run_that_has_not_ended_is_resumed_or_aborted_before_another(world: World) -> None:
    with pytest.raises(KilledError):
        world.operations("alice", watch=killing_at("detach-files", Point.BEFORE_EFFECT)).begin(Verb.FAILOVER)
    world.clock.advance(LASTS_MILLISECONDS)
    refused(world, UnfinishedRunError, r"failover \w+, begun by alice at .* has not ended: `resume` or `abort` it")
    said = world.operations("bob").abort()
    assert said.startswith("failover ")
    with pytest.raises(NothingToResumeError):
        world.operations("bob").resume()
    world.order("after the abort", accepted_by=WEST)


def test_a_run_is_not_left_between_the_regions_without_a_reason(world: World) -> None:
    with pytest.raises(KilledError):
        world.operations(watch=killing_at("open-intake", Point.BEFORE_INTENT)).begin(Verb.FAILOVER)
    with pytest.raises(RefusedError, match="`resume` ends that in seconds"):
        world.operations("bob").abort()
    assert "is given up after take-lease, turn-traffic, await-lease" in world.operations("bob").abort(
        "the region is to stay closed"
    )


def test_a_journal_that_was_tampered_with_stops_everything_and_names_the_entry(world: World) -> None:
    world.operations().begin(Verb.FAILOVER)
    world.clock.advance(3_600_000)
    key = {"item": {"S": "journal"}, "sequence": {"N": "5"}}
    item = world.dynamodb[WEST].get_item(TableName="control", Key=key)["Item"]
    world.dynamodb[WEST].put_item(TableName="control", Item={**item, "facts": {"S": '{"holder":"mallory"}'}})
    for verb in (Verb.FAILOVER, Verb.FAILBACK):
        with pytest.raises(CorruptJournalError, match="entry 5 is not what was written: its digest is another"):
            world.operations().begin(verb)
    with pytest.raises(CorruptJournalError, match="entry 5"):
        world.operations().resume()
    with pytest.raises(CorruptJournalError, match="abort --force --reason"):
        world.operations().abort()
    assert "starts anew" in world.operations().abort("entry 5 was lost in a test")
    world.give_back_the_primary()
    assert world.operations().begin(Verb.FAILBACK).outcome == "done"


def test_an_earlier_run_that_was_tampered_with_is_told_and_stops_no_takeover(world: World) -> None:
    world.operations().begin(Verb.FAILOVER)
    world.give_back_the_primary()
    world.operations().begin(Verb.FAILBACK)
    world.clock.advance(3_600_000)
    world.hold(EAST, epoch=3)
    world.databases[WEST].source = world.databases[EAST].name
    key = {"item": {"S": "journal"}, "sequence": {"N": "5"}}
    item = world.dynamodb[WEST].get_item(TableName="control", Key=key)["Item"]
    world.dynamodb[WEST].put_item(TableName="control", Item={**item, "facts": {"S": '{"holder":"mallory"}'}})
    (told,) = (check for check in world.operations().doctor() if check.name == "journal")
    assert not told.ready
    assert "entry 5 is not what was written" in told.found
    assert world.operations().begin(Verb.FAILOVER).outcome == "done"


def test_an_entry_that_was_removed_is_missed(world: World) -> None:
    world.operations().begin(Verb.FAILOVER)
    world.dynamodb[WEST].delete_item(TableName="control", Key={"item": {"S": "journal"}, "sequence": {"N": "7"}})
    with pytest.raises(CorruptJournalError, match="entry 7 is not what was written: it is missing"):
        world.journal().verify()


def test_order_intake_is_opened_once(world: World) -> None:
    with pytest.raises(NotReadyError, match="the lease is held by us-east-1 under epoch 1"):
        world.operations().begin(Verb.OPEN)


def test_there_is_nothing_to_resume_before_the_first_run(world: World) -> None:
    with pytest.raises(NothingToResumeError, match="no run is unfinished"):
        world.operations().resume()


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("accountId",), "12", "recovery.accountId = '12': is not the 12 digits"),
        (("primary", "region"), None, "recovery.primary.region = None: is no text"),
        (("standby", "region"), EAST, "recovery.standby.region = 'us-east-1': is the primary's region too"),
        (("timing", "leaseMilliseconds"), 1.5, "recovery.timing.leaseMilliseconds = 1.5: is no whole number"),
        (("switch",), "on", "recovery.switch = 'on': is no JSON object"),
    ],
)
def test_an_export_that_is_not_what_it_should_be_is_named(path: tuple[str, ...], value: Any, message: str) -> None:
    found = outputs()
    part = found["recovery"]
    for key in path[:-1]:
        part = part[key]
    part[path[-1]] = value
    with pytest.raises(ConfigurationError, match=message.replace(".", r"\.")):
        configuration.from_outputs(found)
    del part[path[-1]]
    with pytest.raises(ConfigurationError, match=rf"recovery\.{'.'.join(path)}: is missing among the exports"):
        configuration.from_outputs(found)


def test_a_file_of_exports_is_read_or_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "outputs.json"
    with pytest.raises(ConfigurationError, match=r"outputs\.json: cannot be read"):
        configuration.from_file(path)
    path.write_text("{")
    with pytest.raises(ConfigurationError, match=r"outputs\.json: is no JSON"):
        configuration.from_file(path)
    path.write_text(json.dumps(outputs()))
    found = configuration.from_file(path)
    assert found.account_id == ACCOUNT
    assert found.other(found.site(EAST)) == found.site(WEST)
    with pytest.raises(ConfigurationError, match="'eu-west-1' is neither"):
        found.site("eu-west-1")


def test_a_run_whose_process_died_on_this_host_is_resumed_at_once(world: World) -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait(timeout=60)
    dead = this_process().replace(f"[{os.getpid()}]", f"[{process.pid}]")
    assert died_here(dead)
    assert not died_here(this_process())
    assert not died_here(f"somebody@elsewhere[{process.pid}]")
    with pytest.raises(KilledError):
        world.operations(dead, watch=killing_at("turn-traffic", Point.BEFORE_EFFECT)).begin(Verb.FAILOVER)
    killed_at = world.clock()
    passed: dict[str, int] = {}
    watch = lambda moment: passed.setdefault(moment.step.name, world.clock())  # noqa: E731
    assert world.operations("bob", watch=watch).resume().outcome == "done"
    assert passed["turn-traffic"] == killed_at, "nothing is waited for"
