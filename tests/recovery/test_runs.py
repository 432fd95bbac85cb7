"""What a run does to both regions."""

from __future__ import annotations

import threading
from collections import Counter
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from recovery import readiness
from recovery.budget import CALLS_OF_THE_EPOCH, CALLS_TO_TURN, ENTRIES_OF_THE_JOURNAL, SwitchKind
from recovery.clients import PAGE_TRIES, Clients
from recovery.context import Parts
from recovery.errors import RegionLostError, StepFailedError, WrongAccountError
from recovery.executor import Moment, Point
from recovery.journal import Outcome
from recovery.lock import CALLS_TO_TAKE
from recovery.plan import PLANS, Verb, plan_of
from recovery.report import Status
from recovery.scale_out import CalledScaleOut, CodeBuildScaleOut, CommandScaleOut
from recovery.steps.step import Stage
from recovery.switch import HealthCheckSwitch, OvertakenError
from recovery.waiting import Waiter
from tests.functions.conftest import event
from tests.recovery.clients import KilledError, error, ids
from tests.recovery.test_kills import killing_at
from tests.recovery.world import CONTROL, EAST, LEASE_MILLISECONDS, WEST, Identity, World


def dead(service: str, region: str) -> Any:
    """Clients of a region that is gone: whoever asks waits for ever, or is refused."""

    class Client:
        def __getattr__(self, name: str) -> Any:
            def refuse(**_parameters: Any) -> Any:
                raise EndpointConnectionError(endpoint_url=f"https://{service}.{region}.amazonaws.com")

            return refuse

    return Client()


def silent(_service: str, _region: str) -> Any:
    class Client:
        def __getattr__(self, name: str) -> Any:
            return lambda **_parameters: threading.Event().wait()

    return Client()


def test_a_failover_moves_the_lease_the_traffic_and_the_stores_in_this_order(world: World) -> None:
    world.order("A")
    passed: list[str] = []
    report = world.operations(
        watch=lambda moment: passed.append(moment.step.name) if moment.point is Point.AFTER_RESULT else None
    ).begin(Verb.FAILOVER)
    assert report.outcome == "done"
    assert passed == PLANS[Verb.FAILOVER].names
    assert world.state()["lease"] == (WEST, 2)
    assert world.switch.state() == "standby"
    assert world.databases[WEST].source is None
    assert world.secrets[WEST].primary_region is None
    assert world.files[WEST].source is None
    assert world.grown.runs == [report.run]
    assert world.accepting() == {WEST}


def test_the_lease_of_an_old_holder_that_does_not_answer_is_waited_out_and_shown_by_itself(world: World) -> None:
    report = world.operations().begin(Verb.FAILOVER)
    assert report.lease_seconds == LEASE_MILLISECONDS / 1000
    assert report.recovery_seconds == report.lease_seconds, "nothing else takes time before the first accepted order"
    assert report.step("await-lease").facts == {"waited_milliseconds": LEASE_MILLISECONDS}


def test_a_lease_that_has_lapsed_is_not_waited_for(world: World) -> None:
    world.clock.advance(60_000)
    report = world.operations().begin(Verb.FAILOVER)
    assert report.lease_seconds == 0
    assert report.recovery_seconds == 0.2, "order intake looks for the lease as often as it is set to"


def test_nothing_slow_stands_between_the_decision_and_the_first_accepted_order() -> None:
    for verb in (Verb.FAILOVER, Verb.SWITCHOVER, Verb.FAILBACK):
        stages = [step.stage for step in PLANS[verb].steps]
        assert stages == sorted(stages, key=list(Stage).index), f"{verb}: stages follow each other"
    gap = [step.name for step in PLANS[Verb.FAILOVER].stage(Stage.GAP)]
    assert gap == ["take-lease", "turn-traffic", "await-lease", "open-intake", "prove-order"]
    assert not PLANS[Verb.FAILOVER].stage(Stage.BEFORE)


@pytest.mark.parametrize("region", [dead, silent])
def test_a_failover_asks_nothing_of_the_region_that_is_gone(world: World, region: Any) -> None:
    asked: list[tuple[str, str]] = []

    def only_here(service: str, where: str) -> Any:
        asked.append((service, where))
        assert where == WEST, f"{service} of {where} is asked by a patient client"
        return world.client(service, where)

    clients = {"clients": lambda here, there: Clients(here, there, only_here, region, cut_milliseconds=20)}
    report = world.operations(**clients).begin(Verb.FAILOVER)
    assert report.outcome == "done"
    assert report.reached == {"answered": 0, "cut": 0, "refused": 0}
    assert asked


@pytest.mark.parametrize("region", [dead, silent])
def test_a_call_to_a_region_that_is_gone_is_cut_and_counted_and_the_next_is_not_made(region: Any) -> None:
    clients = Clients(WEST, EAST, dead, region, cut_milliseconds=20)
    for _ in range(3):
        with pytest.raises(RegionLostError, match=r"us-east-1 did not answer|us-east-1 does not answer"):
            clients.there("dynamodb", "get_item", TableName="orders")
    assert vars(clients.reached) == {"answered": 0, "cut": 1, "refused": 2}


def test_a_region_that_answers_with_an_error_is_there(world: World) -> None:
    clients = Clients(WEST, EAST, world.client, world.client)
    with pytest.raises(Exception, match="DBInstanceNotFound"):
        clients.there("rds", "describe_db_instances", DBInstanceIdentifier="another")
    assert vars(clients.reached) == {"answered": 1, "cut": 0, "refused": 0}


def test_a_switchover_with_the_primary_gone_stops_before_anything_is_stopped(world: World) -> None:
    clients = {"clients": lambda here, there: Clients(here, there, world.client, dead)}
    report = world.operations(**clients).begin(Verb.SWITCHOVER)
    assert report.outcome == "incomplete"
    assert "a switchover needs both regions, `failover` does not" in (report.step("compare-orders").trouble or "")
    assert report.reached["cut"] == PAGE_TRIES
    assert world.state()["lease"] == (EAST, 1)
    assert report.step("quiesce").status is Status.NOT_BEGUN


def test_a_switchover_accepts_nowhere_until_every_order_has_arrived(world: World) -> None:
    world.order("A")
    seen: dict[str, set[str]] = {}
    late: list[str] = []

    def watch(moment: Moment) -> None:
        if moment.point is Point.BEFORE_INTENT and moment.step.name == "quiesce":
            late.append(world.order("LAST", arrived=False))
        if moment.point is Point.BEFORE_INTENT and moment.step.name in ("catch-up", "take-lease"):
            seen[moment.step.name] = world.accepting()

    def sleep(milliseconds: int) -> None:
        world.sleep(milliseconds)
        if late and milliseconds <= 500:
            world.replicate(EAST, WEST)

    report = world.operations(watch=watch, waiter=Waiter(world.clock, sleep)).begin(Verb.SWITCHOVER)
    assert report.outcome == "done"
    assert seen == {"catch-up": set(), "take-lease": set()}
    assert late[0] in ids(world.dynamodb[WEST], "orders"), "the last order had arrived before the lease was given"
    assert world.lease().epoch == 3
    assert world.accepting() == {WEST}


def test_a_switchover_that_cannot_catch_up_is_aborted_and_the_primary_accepts_again(world: World) -> None:
    def watch(moment: Moment) -> None:
        if moment.point is Point.BEFORE_INTENT and moment.step.name == "quiesce":
            world.order("STUCK", arrived=False)

    report = world.operations(watch=watch).begin(Verb.SWITCHOVER)
    assert "`abort` gives the lease back to us-east-1" in (report.step("catch-up").trouble or "")
    assert world.accepting() == set()
    said = world.operations("bob").abort()
    assert "us-east-1 accepts orders again" in said
    world.clock.advance(1000)
    assert world.accepting() == {EAST}
    assert world.operations().begin(Verb.FAILOVER).outcome == "done", (
        "what was given up is no takeover to cool down from"
    )


def test_failback_names_each_order_that_the_takeover_had_not_known(world: World) -> None:
    world.order("KNOWN")
    lost = [world.order(f"LOST-{number}", arrived=False) for number in range(3)]
    world.operations().begin(Verb.FAILOVER)
    world.give_back_the_primary()
    report = world.operations().begin(Verb.FAILBACK)
    assert report.outcome == "done", report
    facts = report.step("reconcile-orders").facts
    assert sorted(order["order_id"] for order in facts["named"]) == sorted(lost)
    assert {order["became"] for order in facts["named"]} == {"waits for the desk"}
    assert all(order["arrived_since"] for order in facts["named"]), "global tables have sent them on since"
    assert facts["unreplicated"] == 3
    assert world.accepting() == {EAST}
    assert world.switch.state() == "primary"
    assert world.shrunk.runs == [report.run]


def test_orders_of_an_epoch_before_the_last_are_named_too(world: World) -> None:
    """A switchover is broken off by the loss of the primary: the lease has passed through two epochs since the last
    orders were accepted, and they had not arrived."""
    late: list[str] = []

    def watch(moment: Moment) -> None:
        if moment.point is Point.BEFORE_INTENT and moment.step.name == "quiesce":
            late.append(world.order("LATE", arrived=False))

    assert world.operations(watch=watch).begin(Verb.SWITCHOVER).outcome == "incomplete"
    world.operations().abort()
    assert world.operations().begin(Verb.FAILOVER).outcome == "done"
    world.give_back_the_primary()
    facts = world.operations().begin(Verb.FAILBACK).step("reconcile-orders").facts
    assert [order["order_id"] for order in facts["named"]] == late


def test_a_lease_that_nobody_holds_any_more_is_taken_when_its_run_is_lost(world: World) -> None:
    late: list[str] = []

    def watch(moment: Moment) -> None:
        if moment.point is Point.BEFORE_INTENT and moment.step.name == "quiesce":
            late.append(world.order("LATE", arrived=False))

    world.operations(watch=watch).begin(Verb.SWITCHOVER)
    found = {check.name: check for check in world.operations().doctor(Verb.FAILOVER)}
    assert not found["last run"].ready
    assert "`resume` or `abort` it" in found["last run"].way_out
    key = {"item": {"S": "journal"}, "sequence": {"N": "3"}}
    world.dynamodb[WEST].delete_item(TableName="control", Key=key)
    assert "starts anew" in world.operations().abort("entry 3 was lost in a test")
    assert world.lease().holder == "nobody"
    assert world.operations().begin(Verb.FAILOVER).outcome == "done"
    assert world.accepting() == {WEST}
    world.give_back_the_primary()
    facts = world.operations().begin(Verb.FAILBACK).step("reconcile-orders").facts
    assert [order["order_id"] for order in facts["named"]] == late


def test_a_background_step_that_fails_holds_up_only_what_needs_it_and_resume_ends_the_run(world: World) -> None:
    world.files[WEST].other_side_answers = True
    original = world.databases[WEST].promote_read_replica

    def refuse(DBInstanceIdentifier: str) -> Any:
        raise error("InsufficientDBInstanceCapacity")

    world.databases[WEST].promote_read_replica = refuse  # type: ignore[method-assign]
    report = world.operations().begin(Verb.FAILOVER)
    assert report.outcome == "incomplete"
    assert report.step("promote-database").status is Status.FAILED
    assert report.step("await-database").status is Status.HELD_UP
    assert report.step("scale-out").status is Status.HELD_UP
    assert report.step("detach-files").status is Status.DONE
    assert report.step("drain-backlog").status is Status.DONE
    assert world.accepting() == {WEST}, "orders do not wait for the database"
    world.databases[WEST].promote_read_replica = original  # type: ignore[method-assign]
    resumed = world.operations("bob").resume()
    assert resumed.outcome == "done"
    assert resumed.step("prove-order").status is Status.DONE_BEFORE


def test_files_whose_source_cannot_be_told_let_go_by_themselves(world: World) -> None:
    world.files[WEST].other_side_answers = False
    assert world.operations().begin(Verb.FAILOVER).outcome == "done"
    assert world.files[WEST].modes == ["LOCAL_CONFIGURATION_ONLY"]


def test_orders_that_the_stream_did_not_take_are_published_before_a_failover_ends(world: World) -> None:
    world.streams[WEST].working = False

    def sleep(milliseconds: int) -> None:
        world.sleep(milliseconds)
        if milliseconds >= 10_000:
            world.streams[WEST].working = True
            world.services["lambda", WEST].invoke("standby-redrive:live")

    report = world.operations(waiter=Waiter(world.clock, sleep)).begin(Verb.FAILOVER)
    assert report.step("prove-order").status is Status.DONE, "an order is accepted without the stream"
    assert report.step("drain-backlog").facts["waiting"] == 0


def test_growth_by_a_command_streams_its_lines_and_fails_with_its_last_ones() -> None:
    lines: list[str] = []
    grow = CommandScaleOut(["sh", "-c", "echo $RECOVERY_RUN; echo two; exit ${FAIL:-0}"], {})
    assert grow.start("run-1", lines.append) == "run-1"
    assert lines == ["run-1", "two"]
    with pytest.raises(StepFailedError, match=r"ended with 3: run-1 \| two"):
        CommandScaleOut(grow.command, {"FAIL": "3"}).start("run-1", lines.append)
    with pytest.raises(StepFailedError, match="no-such-command cannot be started"):
        CommandScaleOut(["no-such-command"], {}).start("run-1", lines.append)


class Builds:
    """CodeBuild: one project, and the builds that were started."""

    def __init__(self) -> None:
        self.started: list[dict[str, Any]] = []
        self.status = "IN_PROGRESS"

    def list_builds_for_project(self, **_: Any) -> Any:
        return {"ids": [build["id"] for build in reversed(self.started)]}

    def batch_get_builds(self, ids: list[str]) -> Any:
        return {"builds": [{**build, "buildStatus": self.status} for build in self.started if build["id"] in ids]}

    def start_build(self, environmentVariablesOverride: Any, **_: Any) -> Any:
        build = {
            "id": f"build-{len(self.started)}",
            "environment": {"environmentVariables": environmentVariablesOverride},
        }
        self.started.append(build)
        return {"build": build}

    def batch_get_projects(self, names: list[str]) -> Any:
        return {"projects": names if names == ["scale-out"] else []}


def test_growth_by_a_build_finds_its_own_build_again_and_starts_another_when_that_failed(world: World) -> None:
    builds = Builds()
    grow = CodeBuildScaleOut(builds, "scale-out")
    assert grow.trouble() is None
    assert "does not exist" in (CodeBuildScaleOut(builds, "other").trouble() or "")
    first = grow.start("run-1", lambda _line: None)
    assert grow.start("run-1", lambda _line: None) == first
    assert grow.start("run-2", lambda _line: None) != first
    assert grow.state(first) == "running"
    builds.status = "FAILED"
    with pytest.raises(StepFailedError, match="build-0 ended as FAILED"):
        grow.state(first)
    assert grow.start("run-1", lambda _line: None) not in (first, "build-1")
    builds.status = "SUCCEEDED"
    parts = Parts(world.switch, CodeBuildScaleOut(builds, "scale-out"), CalledScaleOut(world.shrunk))
    assert world.operations(parts=lambda _clients: parts).begin(Verb.FAILOVER).outcome == "done"


def test_everything_is_looked_at_at_once_after_a_decision(world: World) -> None:
    """One look waits for another that has begun: one after the other they would never end."""
    begun: dict[str, threading.Event] = {"rds": threading.Event(), "efs": threading.Event()}

    def client(service: str, region: str) -> Any:
        real = world.client(service, region)
        other = {"rds": "efs", "efs": "rds"}.get(service)
        if other is None:
            return real

        class Waiting:
            def __getattr__(self, name: str) -> Any:
                def call(**parameters: Any) -> Any:
                    begun[service].set()
                    assert begun[other].wait(10), f"{service} is asked before {other}"
                    return getattr(real, name)(**parameters)

                return call

        return Waiting()

    operations = world.operations(clients=lambda here, there: Clients(here, there, client, client))
    assert all(check.ready for check in operations.doctor(Verb.FAILOVER))


def test_a_page_of_a_region_that_is_slow_once_is_asked_for_again(world: World) -> None:
    silences = [1]

    def slow_once(service: str, region: str) -> Any:
        real = world.client(service, region)

        class Client:
            def __getattr__(self, name: str) -> Any:
                def call(**parameters: Any) -> Any:
                    if silences:
                        silences.pop()
                        threading.Event().wait()
                    return getattr(real, name)(**parameters)

                return call

        return Client()

    world.order("A")
    clients = {"clients": lambda here, there: Clients(here, there, world.client, slow_once, cut_milliseconds=200)}
    report = world.operations(**clients).begin(Verb.DRILL)
    assert report.outcome == "done", report
    assert report.reached["cut"] == 1, "each attempt that was cut is counted"


def test_what_is_prepared_while_the_decision_is_made_serves_the_run(world: World) -> None:
    made: list[str] = []

    def counted(here: str, there: str) -> Clients:
        made.append(here)
        return Clients(here, there, world.client, world.client)

    operations = world.operations(clients=counted)
    before = world.state()
    assert all(check.ready for check in operations.prepare(Verb.FAILOVER))
    assert world.state() == before, "preparing changes nothing"
    assert operations.begin(Verb.FAILOVER).outcome == Outcome.DONE
    assert made == [WEST], "the run goes on with the clients that were prepared"


def test_trouble_while_preparing_is_left_to_the_run_to_tell(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Identity, "account", "999999999999")
    operations = world.operations()
    assert operations.prepare(Verb.FAILOVER) == []
    with pytest.raises(WrongAccountError):
        operations.begin(Verb.FAILOVER)


def test_a_process_that_stood_still_turns_no_traffic_back(world: World) -> None:
    """It had taken the lease and seen order intake open; then people gave its run up and moved everything back."""
    with pytest.raises(KilledError):
        world.operations(watch=killing_at("turn-traffic", Point.BEFORE_EFFECT)).begin(Verb.FAILOVER)
    stalled = HealthCheckSwitch(world.dynamodb[WEST], CONTROL)
    assert world.operations().abort("the primary is well")
    world.give_back_the_primary()
    assert world.operations().begin(Verb.FAILBACK, "the database was never promoted").outcome == "done"
    assert world.state()["lease"] == (EAST, 4)
    with pytest.raises(OvertakenError, match="epoch 2 has ended"):
        stalled.turn("standby", 2)
    assert world.switch.state() == "primary", "callers are led where orders are accepted"


def test_a_run_that_was_overtaken_says_so_and_turns_nothing(world: World) -> None:
    def overtaken(moment: Moment) -> None:
        if moment.step.name == "turn-traffic" and moment.point is Point.BEFORE_EFFECT:
            world.switch.turn("primary", 3)

    report = world.operations(watch=overtaken).begin(Verb.FAILOVER)
    assert report.outcome == "incomplete"
    assert "epoch 2 has ended" in str(report.step("turn-traffic").trouble)
    assert world.switch.state() == "primary"


def test_a_takeover_makes_as_many_calls_as_the_budget_counts(world: World) -> None:
    """Up to the switch being turned, on the control table; the wait for order intake has a term of its own."""
    made: list[tuple[str, str]] = []

    class Recorded:
        def __init__(self, client: Any) -> None:
            self._client = client

        def __getattr__(self, name: str) -> Any:
            def call(**parameters: Any) -> Any:
                key = parameters.get("Key") or parameters.get("Item") or {}
                made.append((name, key.get("item", {}).get("S", name)))
                return getattr(self._client, name)(**parameters)

            return call

    def recorded(service: str, region: str) -> Any:
        client = world.client(service, region)
        return Recorded(client) if service == "dynamodb" and region == WEST else client

    world.switch = HealthCheckSwitch(Recorded(world.dynamodb[WEST]), CONTROL)
    begun: list[int] = []

    def watch(moment: Moment) -> None:
        if not begun:
            begun.append(len(made))

    clients = {"clients": lambda here, there: Clients(here, there, world.client, world.client, make_prompt=recorded)}
    assert world.operations(watch=watch, **clients).begin(Verb.FAILOVER).outcome == "done"
    turned = made.index(("put_item", "traffic_switch"))
    on_the_way = Counter(item for _, item in made[begun[0] : turned + 1])
    assert on_the_way["order_intake"] == CALLS_OF_THE_EPOCH
    # The first entry is made before the first step.
    assert on_the_way["journal"] + 1 == ENTRIES_OF_THE_JOURNAL
    assert on_the_way["traffic_switch"] == CALLS_TO_TURN[SwitchKind.HEALTH_CHECK]
    lock = [name for name, item in made[: begun[0]] if item == "runbook_lock"]
    assert len(lock[1:]) == CALLS_TO_TAKE, "after the look whether somebody holds it"


def test_a_look_that_does_not_come_is_cut_in_time_to_begin(world: World) -> None:
    """The stores follow the orders: nobody waits to hear that they are well."""

    def silent_store(service: str, region: str) -> Any:
        return silent(service, region) if service == "rds" else world.client(service, region)

    operations = world.operations(clients=lambda here, there: Clients(here, there, silent_store, world.client))
    context = operations.context(plan_of(Verb.FAILOVER), "")
    found = {check.name: check for check in readiness.checks(context, 0.2)}
    assert found["database"].ready
    assert found["database"].found == "not known: no answer within 0.2 s"
    assert found["lease"].ready
    world.services["lambda", WEST] = silent("lambda", WEST)
    context = world.operations().context(plan_of(Verb.FAILOVER), "")
    unready = [check.name for check in readiness.checks(context, 0.2) if not check.ready]
    assert unready == ["order intake"], "without it no order would be accepted"


def test_an_order_that_its_client_entered_in_both_regions_is_named_with_both_acceptances(world: World) -> None:
    """The second acceptance overwrites the item of the first one: only the old region's stream still tells of it."""
    body = (
        '{"client_order_id":"TWICE","instrument":"XYZ","side":"BUY","type":"MARKET","quantity":"1",'
        '"time_in_force":"IOC"}'
    )
    asked = event("POST", "/orders", body, account="ACC-1")
    assert world.applications[EAST].answer(asked).answer.status == 201
    first = world.clock()
    assert world.operations().begin(Verb.FAILOVER).outcome == "done"
    assert world.applications[WEST].answer(asked).answer.status == 201
    # The last of the two writes stays, in both regions.
    world.replicate(WEST, EAST)
    world.give_back_the_primary()
    (named,) = world.operations().begin(Verb.FAILBACK).step("reconcile-orders").facts["named"]
    assert (named["order_id"], named["region"], named["epoch"], named["accepted_at"]) == ("ACC-1#TWICE", EAST, 1, first)
    assert named["became"] == "entered again"
    assert (named["again"]["region"], named["again"]["epoch"]) == (WEST, 2)
