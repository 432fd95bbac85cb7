"""The journal and the lock under any order of writers, deaths, lost answers and passing time."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule

from recovery.errors import CorruptJournalError, JournalTakenError, LockHeldError, LockLostError
from recovery.journal import Entry, Journal, JournalUnavailableError, Kind
from recovery.lock import Heartbeat, Lock, LockUnavailableError
from tests.functions.aws import CONTROL, Clock
from tests.recovery.tables import Tables

LASTS = 15_000


class Forgetful:
    """A client whose next write is made and not answered, and which the SDK may repeat."""

    def __init__(self, real: Any) -> None:
        self._real = real
        self.lose_next = False
        self.repeat_next = False

    def __getattr__(self, name: str) -> Any:
        def call(**parameters: Any) -> Any:
            answer = getattr(self._real, name)(**parameters)
            if name in ("put_item", "update_item"):
                if self.repeat_next:
                    self.repeat_next = False
                    return getattr(self._real, name)(**parameters)
                if self.lose_next:
                    self.lose_next = False
                    raise ReadTimeoutError(endpoint_url="https://dynamodb")
            return answer

        return call


class Process:
    """A runbook: what it knows of the journal, and its lock."""

    def __init__(self, number: int, tables: Tables, clock: Clock) -> None:
        self.name = f"process-{number}"
        self.client = Forgetful(tables)
        self.lock = Lock(self.client, CONTROL, clock, LASTS)
        self.journal = Journal(self.client, CONTROL)
        self.token = 0
        self.writes = False
        self.last: Entry | None = None
        self.written: list[Entry] = []


class JournalAndLock(RuleBasedStateMachine):
    """Processes take the lock, write, die, and go on after they were thought dead."""

    processes = Bundle("processes")

    @initialize()
    def empty(self) -> None:
        self.clock = Clock()
        self.tables = Tables({CONTROL: ("item", "sequence")})
        self.tokens: list[int] = []
        self.confirmed: dict[int, Entry] = {}
        self.number = 0

    @rule(target=processes)
    def start(self) -> Process:
        self.number += 1
        return Process(self.number, self.tables, self.clock)

    @rule(process=processes, repeated=st.booleans())
    def acquire(self, process: Process, repeated: bool) -> None:
        stored = Lock(self.tables, CONTROL, self.clock, LASTS).read()
        free = stored is None or stored.is_free(self.clock())
        process.client.repeat_next = repeated and free
        if not free:
            with pytest.raises(LockHeldError) as caught:
                process.lock.acquire(run="r", holder=process.name, verb="failover")
            assert stored is not None
            assert caught.value.holder == stored.holder
            return
        process.token = process.lock.acquire(run="r", holder=process.name, verb="failover").token
        process.writes, process.last = True, process.journal.tail().last
        assert process.token not in self.tokens, "no two holders have one token"
        self.tokens.append(process.token)

    @rule(process=processes)
    def beat(self, process: Process) -> None:
        mine = bool(self.tokens) and process.token == self.tokens[-1]
        try:
            process.lock.beat()
            assert mine, "only the last who took the lock keeps it"
        except LockLostError:
            assert not mine or self._released

    @rule(process=processes)
    def release(self, process: Process) -> None:
        process.lock.release()

    @rule(process=processes, fate=st.sampled_from(["answered", "repeated", "lost"]))
    def write(self, process: Process, fate: str) -> None:
        if not process.writes:
            return
        process.client.repeat_next, process.client.lose_next = fate == "repeated", fate == "lost"
        at = (process.last.sequence if process.last else 0) + 1
        taken = at in self.confirmed
        try:
            entry = process.journal.append(
                process.last, run="r", verb="failover", kind=Kind.BEGAN, step="", at=self.clock(), facts={"by": at}
            )
        except JournalTakenError:
            assert taken, "a writer is refused only where another was before it"
            return
        except JournalUnavailableError:
            assert fate == "lost"
            self.confirmed[at] = Journal(self.tables, CONTROL).tail().last  # type: ignore[assignment]
            # It no longer knows what was written last. The lock is another matter: that it still holds.
            process.writes = False
            return
        finally:
            process.client.repeat_next = process.client.lose_next = False
        # Two processes that write the very same entry at one moment have written one entry.
        assert not taken or self.confirmed[at] == entry
        self.confirmed[at] = entry
        process.last = entry

    @rule(process=consumes(processes))
    def die(self, process: Process) -> None:
        process.lock.forget()

    @rule(milliseconds=st.sampled_from([1, 4_000, LASTS, 60_000]))
    def pass_time(self, milliseconds: int) -> None:
        self.clock.advance(milliseconds)

    @property
    def _released(self) -> bool:
        stored = Lock(self.tables, CONTROL, self.clock, LASTS).read()
        return stored is not None and stored.until == 0

    @invariant()
    def the_journal_is_whole_and_holds_what_was_confirmed(self) -> None:
        journal = Journal(self.tables, CONTROL)
        assert journal.verify() == len(self.confirmed)
        for sequence, entry in self.confirmed.items():
            assert journal._entry_at(sequence) == entry

    @invariant()
    def tokens_only_grow(self) -> None:
        assert self.tokens == sorted(set(self.tokens))


TestJournalAndLock = JournalAndLock.TestCase
TestJournalAndLock.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)


@pytest.fixture
def tables() -> Tables:
    return Tables({CONTROL: ("item", "sequence")})


def filled(tables: Tables, count: int = 4) -> Journal:
    journal, last = Journal(tables, CONTROL), None
    for number in range(count):
        kind = Kind.BEGAN if number == 0 else Kind.INTENT
        last = journal.append(last, run="r", verb="failover", kind=kind, step=f"s{number}", at=number, facts={"n": 1})
    return journal


def key(sequence: int) -> dict[str, Any]:
    return {"item": {"S": "journal"}, "sequence": {"N": str(sequence)}}


CHANGES = [
    ("step", {"S": "another"}),
    ("at", {"N": "7"}),
    ("facts", {"S": "{}"}),
    ("previous", {"S": "0"}),
    ("run", {"S": "x"}),
]


@pytest.mark.parametrize(("attribute", "value"), CHANGES)
@pytest.mark.parametrize("sequence", [1, 2, 4])
def test_a_changed_entry_is_found_wherever_it_is(tables: Tables, sequence: int, attribute: str, value: Any) -> None:
    journal = filled(tables)
    item = tables.get_item(CONTROL, key(sequence))["Item"]
    tables.put_item(CONTROL, {**item, attribute: value})
    for read in (journal.verify, journal.tail):
        with pytest.raises(CorruptJournalError, match=f"entry {sequence} is not what was written"):
            read()


@pytest.mark.parametrize("lost", ["digest", "facts", "kind"])
def test_an_entry_that_lacks_something_is_found(tables: Tables, lost: str) -> None:
    journal = filled(tables)
    item = tables.get_item(CONTROL, key(3))["Item"]
    tables.put_item(CONTROL, {name: value for name, value in item.items() if name != lost})
    with pytest.raises(CorruptJournalError, match="entry 3 is not what was written: it is malformed"):
        journal.tail()


class Counted:
    """A client that counts the items that it was given."""

    def __init__(self, real: Tables) -> None:
        self.real, self.given = real, 0

    def query(self, **parameters: Any) -> Any:
        page = self.real.query(**parameters)
        self.given += len(page["Items"])
        return page


@pytest.mark.parametrize("entries", [1, 40, 130])
def test_the_latest_run_is_read_and_not_all_that_were_before(tables: Tables, entries: int) -> None:
    journal, last = Journal(tables, CONTROL), None
    for run, count in (("old", 500), ("new", entries)):
        for number in range(count):
            kind = Kind.BEGAN if number == 0 else Kind.INTENT
            last = journal.append(last, run=run, verb="drill", kind=kind, step="s", at=number, facts={})
    counted = Counted(tables)
    run = Journal(counted, CONTROL).tail().run
    assert run is not None
    assert (run.id, len(run.entries)) == ("new", entries)
    assert counted.given <= entries + 100


def test_the_first_entries_may_not_be_gone(tables: Tables) -> None:
    journal = filled(tables)
    tables.delete_item(CONTROL, key(1))
    with pytest.raises(CorruptJournalError, match="the entries before it are gone"):
        journal.verify()
    with pytest.raises(CorruptJournalError, match="run r has no beginning at entry 2"):
        journal.tail()


def test_what_a_seal_gives_up_is_kept_and_not_read(tables: Tables) -> None:
    journal = filled(tables)
    item = tables.get_item(CONTROL, key(2))["Item"]
    tables.put_item(CONTROL, {**item, "facts": {"S": "{}"}})
    seal = journal.seal(at=9, facts={"reason": "a test"})
    assert seal.sequence == 5
    assert journal.verify() == 1
    tail = journal.tail()
    assert tail.run is None
    assert tail.last == seal
    began = journal.append(tail.last, run="q", verb="failover", kind=Kind.BEGAN, step="", at=10, facts={})
    assert journal.tail().run is not None
    assert journal.verify() == 2
    assert began.previous == seal.digest


def test_a_lock_that_cannot_be_read_is_no_lock(tables: Tables) -> None:
    tables.put_item(CONTROL, {"item": {"S": "runbook_lock"}, "sequence": {"N": "0"}, "token": {"N": "1"}})
    with pytest.raises(LockUnavailableError, match=r"item runbook_lock is malformed .'run'.; delete it"):
        Lock(tables, CONTROL, Clock()).acquire(run="r", holder="me", verb="failover")


def test_a_heartbeat_keeps_the_lock_and_notices_that_it_was_taken(tables: Tables) -> None:
    clock = Clock()
    lock = Lock(tables, CONTROL, clock, LASTS)
    lock.acquire(run="r", holder="alice", verb="failover")
    clock.advance(LASTS)
    with Heartbeat(lock, every=1) as beating:
        other = Lock(tables, CONTROL, clock, LASTS)
        while (held := other.read()) is None or held.is_free(clock()):
            continue
        clock.advance(10 * LASTS)
        taken = False
        while not taken:
            try:
                other.acquire(run="r", holder="bob", verb="failover")
                taken = True
            except LockHeldError:
                clock.advance(LASTS)
        beating._thread.join(timeout=60)
        with pytest.raises(LockLostError, match="was taken over by another runbook"):
            beating.check()
