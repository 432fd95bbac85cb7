"""Who calls and what time it is: bad credentials, silent services and wrong clocks are told apart."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError, NoCredentialsError
from hypothesis import given
from hypothesis import strategies as st

from recovery.corrected_clock import CorrectedClock, date_of
from recovery.errors import WrongAccountError
from recovery.plan import Verb
from tests.recovery.clients import error
from tests.recovery.world import ACCOUNT, EAST, WEST, Identity, World

UNREACHABLE = EndpointConnectionError(endpoint_url="https://sts.example")


def _sts_raises(monkeypatch: pytest.MonkeyPatch, raised: Exception) -> None:
    def call(_self: Identity) -> Any:
        raise raised

    monkeypatch.setattr(Identity, "get_caller_identity", call)


def _table_answers(monkeypatch: pytest.MonkeyPatch, world: World, answer: Any) -> None:
    def describe(**_: Any) -> Any:
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(world.dynamodb[WEST], "describe_table", describe)


@pytest.mark.parametrize(
    ("raised", "named"),
    [
        (NoCredentialsError(), "NoCredentialsError"),
        (error("ExpiredToken"), "ExpiredToken"),
        (error("InvalidClientTokenId"), "InvalidClientTokenId"),
    ],
)
def test_refused_credentials_ask_for_a_login(
    world: World, monkeypatch: pytest.MonkeyPatch, raised: Exception, named: str
) -> None:
    _sts_raises(monkeypatch, raised)
    with pytest.raises(WrongAccountError, match=rf"AWS refuses the credentials .{named}.; log in"):
        world.operations().begin(Verb.FAILOVER)


def test_a_failover_goes_on_without_sts(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    _sts_raises(monkeypatch, UNREACHABLE)
    arn = f"arn:aws:dynamodb:{WEST}:{ACCOUNT}:table/control"
    _table_answers(monkeypatch, world, {"Table": {"TableArn": arn, "TableStatus": "ACTIVE"}})
    said: list[str] = []
    assert world.operations(announce=said.append).begin(Verb.FAILOVER).outcome == "done"
    assert any("STS in us-west-2 does not answer (EndpointConnectionError)" in line for line in said)


def test_the_control_table_of_another_account_is_refused_when_sts_is_silent(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    _sts_raises(monkeypatch, UNREACHABLE)
    arn = "arn:aws:dynamodb:us-west-2:999999999999:table/control"
    _table_answers(monkeypatch, world, {"Table": {"TableArn": arn}})
    with pytest.raises(WrongAccountError, match="account 999999999999: these credentials are not of"):
        world.operations().status()


def test_a_failover_goes_on_without_sts_and_without_descriptions_of_tables(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A read of the control table by its ARN, which has the account in it, proves whose credentials these are."""
    _sts_raises(monkeypatch, UNREACHABLE)
    _table_answers(monkeypatch, world, error("InternalServerError"))
    read = list[str]()
    real = world.dynamodb[WEST].get_item

    def get_item(TableName: str, **rest: Any) -> Any:
        read.append(TableName)
        return real(TableName, **rest)

    monkeypatch.setattr(world.dynamodb[WEST], "get_item", get_item)
    assert world.operations().begin(Verb.FAILOVER).outcome == "done"
    assert f"arn:aws:dynamodb:{WEST}:{ACCOUNT}:table/control" in read


def test_credentials_that_read_no_table_of_the_account_are_refused_without_sts(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control plane fails, and the credentials are of another account: DynamoDB refuses the read by ARN."""
    _sts_raises(monkeypatch, UNREACHABLE)
    _table_answers(monkeypatch, world, error("InternalServerError"))

    def refused(**_: Any) -> Any:
        raise error("AccessDeniedException")

    with monkeypatch.context() as patch:
        patch.setattr(world.dynamodb[WEST], "get_item", refused)
        with pytest.raises(WrongAccountError, match="neither STS"):
            world.operations().begin(Verb.FAILOVER)
    assert world.lease().holder == EAST


def test_no_network_is_not_taken_for_bad_credentials(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(**_: Any) -> Any:
        raise UNREACHABLE

    _sts_raises(monkeypatch, UNREACHABLE)
    _table_answers(monkeypatch, world, UNREACHABLE)
    monkeypatch.setattr(world.dynamodb[WEST], "get_item", unreachable)
    with pytest.raises(WrongAccountError, match=r"neither STS .* nor DynamoDB .* answers; check the network") as caught:
        world.operations().status()
    assert "log in" not in str(caught.value)


@pytest.mark.parametrize("seconds", [20, -20, 120, -3_600])
def test_a_run_uses_the_time_of_aws_when_the_clock_of_the_machine_is_wrong(
    world: World, monkeypatch: pytest.MonkeyPatch, seconds: int
) -> None:
    true = world.clock.now
    world.clock.advance(seconds * 1000)
    date = format_datetime(datetime.fromtimestamp(true / 1000, UTC), usegmt=True)
    answer = {"Account": ACCOUNT, "ResponseMetadata": {"HTTPHeaders": {"date": date}}}
    monkeypatch.setattr(Identity, "get_caller_identity", lambda _self: answer)
    said: list[str] = []
    operations = world.operations(announce=said.append)
    operations.status()
    assert abs(operations.waiter.clock() - true) <= 1_000
    assert any(f"{abs(seconds)} s {'ahead of' if seconds > 0 else 'behind'} AWS's" in line for line in said) or any(
        f"{abs(seconds) - 1} s" in line for line in said
    )


@given(
    true=st.integers(10**12, 10**13),
    skew=st.integers(-(10**7), 10**7),
    way_there=st.integers(0, 5_000),
    way_back=st.integers(0, 5_000),
)
def test_a_correction_is_never_further_from_the_truth_than_the_answer_allows(
    true: int, skew: int, way_there: int, way_back: int
) -> None:
    now = true + skew
    clock = CorrectedClock(lambda: now)
    asked, date = now, (true + way_there) // 1000 * 1000
    now += way_there + way_back
    clock.hear(date, asked, now)
    wrong = abs(clock() - (true + way_there + way_back))
    assert wrong <= abs(skew), "a correction never makes a clock worse"
    assert wrong <= way_there + way_back + 1_000, "the answer's date bounds the error"


def test_an_answer_without_a_date_changes_nothing() -> None:
    for answer in ({}, {"ResponseMetadata": {}}, {"ResponseMetadata": {"HTTPHeaders": {"date": "soon"}}}, None, "x"):
        assert date_of(answer) is None
