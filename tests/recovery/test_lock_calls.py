"""What the lock and the journal ask of the control table: a stub that loses races, fails, and records its calls."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from recovery.errors import JournalTakenError, LockHeldError, LockLostError
from recovery.journal import Journal, JournalUnavailableError, Kind
from recovery.lock import Lock, LockUnavailableError
from tests.functions.aws import Clock
from tests.recovery.clients import error

LOST = error("ConditionalCheckFailedException")
GONE = EndpointConnectionError(endpoint_url="https://dynamodb")


class Stub:
    """Answers from a list, or raises what is in it; `calls` are the operations with their parameters."""

    def __init__(self, **answers: list[Any]) -> None:
        self._answers = answers
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def __getattr__(self, name: str) -> Any:
        def call(**parameters: Any) -> Any:
            self.calls.append((name, parameters))
            answers = self._answers.get(name, [])
            answer = (answers.pop(0) if len(answers) > 1 else answers[0]) if answers else {}
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call

    def of(self, name: str) -> list[dict[str, Any]]:
        return [parameters for operation, parameters in self.calls if operation == name]


def stored(*, token: int, until: int, verb: str = "drill") -> dict[str, Any]:
    numbers = {"token": token, "heartbeat": 5, "until": until}
    texts = {"run": "r", "holder": "bob", "verb": verb}
    return {
        "Item": {
            **{name: {"N": str(value)} for name, value in numbers.items()},
            **{name: {"S": value} for name, value in texts.items()},
        }
    }


def lock(client: Stub) -> Lock:
    return Lock(client, "control", Clock(1000))


def take(held: Lock, **more: Any) -> Any:
    return held.acquire(run="mine", holder="alice", verb="failover", **more)


def test_a_lock_that_is_not_there_is_written_only_if_it_still_is_not() -> None:
    client = Stub()
    take(lock(client))
    (put,) = client.of("put_item")
    assert put["ConditionExpression"] == "attribute_not_exists(#item)"
    assert all(read["ConsistentRead"] is True for read in client.of("get_item"))


def test_a_free_lock_is_taken_only_as_it_was_read() -> None:
    client = Stub(get_item=[stored(token=7, until=0)])
    assert take(lock(client)).token == 8
    (put,) = client.of("put_item")
    assert put["ConditionExpression"] == "#token = :token AND heartbeat = :heartbeat AND #until = :until"
    assert put["ExpressionAttributeValues"] == {":token": {"N": "7"}, ":heartbeat": {"N": "5"}, ":until": {"N": "0"}}


def test_who_loses_the_race_for_the_lock_is_told_who_won() -> None:
    client = Stub(get_item=[{}, stored(token=1, until=9000)], put_item=[LOST])
    with pytest.raises(LockHeldError, match="bob"):
        take(lock(client))


def test_a_lock_that_changes_at_each_try_is_given_up_after_five() -> None:
    client = Stub(get_item=[stored(token=1, until=9000)], put_item=[LOST])
    with pytest.raises(LockUnavailableError, match="each of 5 tries"):
        take(lock(client), over=("drill",))
    assert len(client.of("put_item")) == 5


@pytest.mark.parametrize("operation", ["get_item", "put_item"])
@pytest.mark.parametrize("failure", [GONE, error("AccessDeniedException")], ids=["gone", "denied"])
def test_a_table_that_does_not_answer_gives_no_lock(operation: str, failure: Exception) -> None:
    held = lock(Stub(**{operation: [failure]}))
    with pytest.raises(LockUnavailableError):
        take(held)
    with pytest.raises(LockLostError):
        held.beat()


def test_a_heartbeat_is_written_only_by_the_holder() -> None:
    client = Stub()
    held = lock(client)
    take(held)
    held.beat()
    (update,) = client.of("update_item")
    assert update["ConditionExpression"] == "#token = :token AND run = :run AND holder = :holder"
    client._answers["update_item"] = [LOST]
    with pytest.raises(LockLostError, match="taken over by another runbook"):
        held.beat()
    client._answers["update_item"] = [GONE]
    with pytest.raises(LockUnavailableError):
        held.beat()


def append(journal: Journal) -> Any:
    return journal.append(None, run="r", verb="failover", kind=Kind.BEGAN, step="", at=1, facts={})


def test_an_entry_of_the_journal_is_written_only_where_none_is() -> None:
    client = Stub()
    append(Journal(client, "control"))
    (put,) = client.of("put_item")
    assert put["ConditionExpression"] == "attribute_not_exists(#item)"


def test_of_two_writers_of_an_entry_one_is_told() -> None:
    client = Stub(put_item=[LOST])
    with pytest.raises(JournalTakenError, match="was written by another process"):
        append(Journal(client, "control"))
    (read,) = client.of("get_item")
    assert read["ConsistentRead"] is True


@pytest.mark.parametrize("failure", [GONE, error("ThrottlingException")], ids=["gone", "throttled"])
def test_a_journal_that_cannot_be_written_or_read_stops_the_run(failure: Exception) -> None:
    with pytest.raises(JournalUnavailableError):
        append(Journal(Stub(put_item=[failure]), "control"))
    with pytest.raises(JournalUnavailableError):
        Journal(Stub(query=[failure]), "control").tail()
