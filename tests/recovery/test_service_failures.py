"""A service fails while its region lives: what order intake answers, which observers vote, what a run does.

docs/runbook.md lists these failures with the tests that play them. The functions and the runbook are the product's own;
services are in memory and fail as the SDK shows it. Health checkers are modelled as a caller of `/health`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError

from components.settings.recovery import RecoverySettings
from functions.observer.observations import stale_for, unanswered
from functions.order_intake.handler import build
from recovery.plan import Verb
from tests.functions.aws import CONTROL
from tests.functions.conftest import event
from tests.recovery.clients import Silent, error
from tests.recovery.world import EAST, LEASE_MILLISECONDS, WEST, World

Fault = Callable[[str], None]
"""Is told of each call by its operation; raises what the SDK raises."""
_STALE_SECONDS = RecoverySettings.model_fields["lease_stale_seconds"].default


class Faulty:
    """A client whose calls fail once `fault` is set. With `executes`, the service carries them out all the same."""

    def __init__(self, real: Any) -> None:
        self._real = real
        self.fault: Fault | None = None
        self.executes = False

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        real = getattr(self._real, name)

        def call(*arguments: Any, **parameters: Any) -> Any:
            if self.fault is not None:
                if self.executes:
                    with suppress(ClientError):
                        real(*arguments, **parameters)
                self.fault(name)
            return real(*arguments, **parameters)

        return call


class Primary:
    """Order intake of the primary with services that can fail, as a process that has accepted an order."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.dynamodb, self.kinesis = Faulty(world.services["dynamodb", EAST]), Faulty(world.streams[EAST])
        self.application = build(world._variables(EAST), self.dynamodb, self.kinesis, world.clock)
        world.applications[EAST] = self.application
        world.services["lambda", EAST].application = self.application
        assert self.enter("FIRST") == 201
        self._number = 0

    def enter(self, name: str) -> int:
        body = (
            f'{{"client_order_id":"{name}","instrument":"XYZ","side":"BUY","type":"MARKET","quantity":"1",'
            '"time_in_force":"IOC"}'
        )
        return self.application.answer(event("POST", "/orders", body, account="ACC-1")).answer.status

    def health(self, _url: str = "") -> int:
        return self.application.answer({"httpMethod": "GET", "resource": "/health"}).answer.status

    def pass_time(self, seconds: int) -> list[int]:
        """Statuses of an order each second."""
        statuses = []
        for _ in range(seconds):
            self.world.clock.advance(1_000)
            self._number += 1
            statuses.append(self.enter(f"O-{self._number}"))
        return statuses

    def votes(self) -> set[str]:
        """Observers that miss the primary. The replica's lag is AWS's metric, and is not modelled."""
        found = set[str]()
        if unanswered(self.health, "https://primary.example/health"):
            found |= {"primary-unanswered", "primary-unseen"}
        if stale_for(self.world.dynamodb[WEST], CONTROL, EAST, self.world.clock) > _STALE_SECONDS:
            found.add("lease-stale")
        return found


@pytest.fixture
def primary(world: World) -> Primary:
    return Primary(world)


def unreachable(_operation: str) -> None:
    """The endpoint resolves to nothing, as in October 2025."""
    raise EndpointConnectionError(endpoint_url="https://dynamodb.us-east-1.amazonaws.com")


def without_keys(_operation: str) -> None:
    """DynamoDB cannot reach KMS."""
    raise error("KMSInternalException", "AWS KMS is unavailable")


@pytest.mark.parametrize("fault", [unreachable, without_keys], ids=["DynamoDB", "KMS"])
def test_a_primary_without_its_tables_is_voted_out_and_a_failover_serves_orders(primary: Primary, fault: Fault) -> None:
    """Three of four observers fire as soon as the lease has lapsed; the runbook asks nothing of the primary."""
    primary.dynamodb.fault = fault
    statuses = primary.pass_time(LEASE_MILLISECONDS // 1000 + _STALE_SECONDS + 1)
    assert set(statuses) == {503}
    assert primary.votes() == {"primary-unanswered", "primary-unseen", "lease-stale"}
    report = primary.world.operations().begin(Verb.FAILOVER)
    assert report.outcome == "done"
    assert primary.world.lease().holder == WEST


def test_orders_wait_in_the_outbox_while_kinesis_fails_and_nobody_votes(primary: Primary) -> None:
    """Orders are accepted with 202; the redrive publishes them when the stream is back. A failover is not needed."""
    primary.kinesis.fault = unreachable
    assert set(primary.pass_time(30)) == {202}
    assert primary.health() == 200
    assert primary.votes() == set()
    primary.kinesis.fault = None
    primary.world.clock.advance(60_000)
    assert primary.enter("LAST") == 201
    primary.world.services["lambda", EAST].invoke("primary-redrive:live")
    published = {record["order_id"] for record in primary.world.streams[EAST].records}
    assert {f"ACC-1#O-{number}" for number in range(1, 31)} <= published


def test_slow_tables_that_execute_late_refuse_orders_and_extend_the_lease(primary: Primary) -> None:
    """A call that takes longer than its time-out is cut: nobody is told that an order was accepted.

    The table executes it all the same, so the lease stays fresh, and two observers alone vote. `orders-stopped` pages
    on these two.
    """

    def slow(_operation: str) -> None:
        primary.world.clock.advance(500)
        raise ReadTimeoutError(endpoint_url="https://dynamodb.us-east-1.amazonaws.com")

    primary.dynamodb.fault, primary.dynamodb.executes = slow, True
    assert set(primary.pass_time(LEASE_MILLISECONDS // 1000 + _STALE_SECONDS + 1)) == {503}
    assert primary.votes() == {"primary-unanswered", "primary-unseen"}


def test_tables_that_are_slow_within_the_time_out_accept_orders_and_nobody_votes(primary: Primary) -> None:
    """Latency below writeTimeoutMilliseconds costs latency alone."""
    primary.dynamodb.fault = lambda _operation: primary.world.clock.advance(300)
    assert set(primary.pass_time(30)) <= {201, 202}
    assert primary.votes() == set()


def test_one_zone_that_fails_refuses_some_calls_and_the_lease_stands(primary: Primary) -> None:
    """Every third call fails: clients repeat; the lease is extended by the others; no observer votes."""
    calls = 0

    def one_of_three(operation: str) -> None:
        nonlocal calls
        calls += 1
        if calls % 3 == 0:
            unreachable(operation)

    primary.dynamodb.fault = one_of_three
    statuses = primary.pass_time(60)
    assert statuses.count(201) + statuses.count(202) >= 30
    assert set(statuses) <= {201, 202, 503}
    assert primary.votes() == set()


@pytest.mark.parametrize("service", ["rds", "efs", "secretsmanager"])
def test_a_control_plane_that_fails_in_the_recovery_region_keeps_no_order_out(world: World, service: str) -> None:
    """The first order is accepted; the step that needs the control plane fails and is resumed later."""
    world.order("A")
    real = world.services[service, WEST]
    world.services[service, WEST] = Silent()
    report = world.operations().begin(Verb.FAILOVER)
    assert report.outcome == "incomplete"
    assert report.recovery_seconds == LEASE_MILLISECONDS / 1000
    assert world.accepting() == {WEST}
    world.services[service, WEST] = real
    assert world.operations().resume().outcome == "done"


def test_a_control_plane_of_dynamodb_that_fails_keeps_no_failover_back(world: World) -> None:
    """The look before a failover and the choice of a replica read items, as orders do; no table is described."""
    world.order("A")
    world.services["dynamodb", WEST] = tables = Faulty(world.services["dynamodb", WEST])

    def control_plane(operation: str) -> None:
        if operation.startswith("describe_"):
            raise error("InternalServerError", "Internal server error")

    tables.fault = control_plane
    assert world.operations().begin(Verb.FAILOVER).outcome == "done"
    assert world.lease().holder == WEST


def test_sts_that_fails_keeps_no_failover_back(world: World) -> None:
    """The control table names the account instead."""
    world.order("A")
    world.services["sts", WEST] = Silent()
    assert world.operations().begin(Verb.FAILOVER).outcome == "done"


def test_every_failure_of_the_page_names_a_test_of_this_module() -> None:
    """A row of docs/runbook.md claims only what is played here."""
    page = (Path(__file__).resolve().parents[2] / "docs" / "runbook.md").read_text(encoding="utf-8")
    played = set(re.findall(r"`(test_[a-z_]+)` \|$", page, re.MULTILINE))
    here = {name for name in globals() if name.startswith("test_")} - {
        "test_every_failure_of_the_page_names_a_test_of_this_module"
    }
    assert played == here
