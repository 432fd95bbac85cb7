"""The verbs: what is looked at before a run begins, who may begin, resume and abort one."""

from __future__ import annotations

import getpass
import math
import os
import secrets
import socket
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from functions.clock import timestamp
from functions.control_item import ControlItem
from recovery import lease, readiness
from recovery.caller import check_account
from recovery.check import Check
from recovery.clients import Clients
from recovery.configuration import Configuration
from recovery.context import Announce, Context, Parts
from recovery.errors import (
    CorruptJournalError,
    LockHeldError,
    NothingToResumeError,
    NotReadyError,
    RecoveryError,
    RefusedError,
    StepFailedError,
    UnfinishedRunError,
)
from recovery.executor import Executor, Watch, recovery_seconds, tradable_seconds
from recovery.journal import Entry, Journal, Kind, Outcome, Run, Tail
from recovery.lock import CALLS_TO_TAKE, Heartbeat, Held, Lock
from recovery.plan import GIVEN_UP, GIVES_WAY, UNPLANNED, Plan, Verb, plan_of
from recovery.report import Report
from recovery.steps.lease import TakeLease
from recovery.steps.traffic import ProveOrder
from recovery.switch import SwitchError
from recovery.takeover import NOBODY, take_over
from recovery.waiting import Waiter


def this_process() -> str:
    """Who runs a runbook: user, host and process."""
    return f"{_here()}[{os.getpid()}]"


def died_here(holder: str) -> bool:
    """Whether a holder was a process of this user on this host, and is no more."""
    where, _, process = holder.rstrip("]").rpartition("[")
    if where != _here() or not process.isdigit():
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False


def _here() -> str:
    return f"{getpass.getuser()}@{socket.gethostname()}"


@dataclass
class Operations:
    """Everything that a person or a function does about recovery, on one configuration.

    `clients` makes the clients of a run by (region that takes over, region that is left). `watch` is told of each
    boundary of a step, `announce` of progress within one. `heartbeat` keeps the lock while a run is carried out.
    """

    configuration: Configuration
    clients: Callable[[str, str], Clients]
    parts: Callable[[Clients], Parts]
    waiter: Waiter
    holder: str
    watch: Watch = lambda _moment: None
    announce: Announce = lambda _line: None
    heartbeat: Callable[[Lock], AbstractContextManager[Any]] = Heartbeat
    _clients: dict[tuple[str, str], Clients] = field(default_factory=dict)

    def context(self, plan: Plan, run: str, reason: str | None = None) -> Context:
        """What a run of a plan works on; calls nothing."""
        primary, standby = self.configuration.primary, self.configuration.standby
        source, target = (primary, standby) if plan.to_standby else (standby, primary)
        clients = self._clients_between(target.region, source.region)
        return Context(
            self.configuration,
            run,
            plan.verb,
            source,
            target,
            clients,
            self.parts(clients),
            self.waiter,
            self.announce,
            overridden=reason,
            standby_lost=plan.verb is Verb.FAILOVER_TO_PRIMARY,
        )

    def _clients_between(self, target: str, source: str) -> Clients:
        """Made once: a run goes on with the connections that stand since it was prepared."""
        between = (target, source)
        if between not in self._clients:
            self._clients[between] = self.clients(target, source)
        return self._clients[between]

    def prepare(self, verb: Verb) -> list[Check]:
        """What `doctor` finds, so that after the decision clients and connections stand; changes nothing.

        Whatever keeps it from looking is the run's own to say, which looks again.
        """
        try:
            return self.doctor(verb)
        except (RecoveryError, SwitchError, BotoCoreError, ClientError):
            return []

    def doctor(self, verb: Verb = Verb.FAILOVER) -> list[Check]:
        """Everything that a takeover needs, and the whole journal; changes nothing. Raises WrongAccountError."""
        context = self.context(plan_of(verb), "")
        check_account(context)
        return readiness.audit(context)

    def begin(self, verb: Verb, reason: str | None = None) -> Report:
        """Carries a verb out from its beginning; `reason` is why it is forced, None if it is not.

        Raises RecoveryError of the kind that says why nothing was begun, or why it cannot go on.
        """
        plan = plan_of(verb)
        context = self.context(plan, secrets.token_hex(5), reason)
        decided_at = self.waiter.clock()
        tail, found = self._may_begin(plan, context, reason, decided_at)
        journal, lock = self._journal(context), self._lock(context)
        lock.acquire(run=context.run, holder=self.holder, verb=verb, over=GIVES_WAY.get(verb, ()))
        facts = {"decided_at": decided_at, **self._beginning(plan, found, reason)}
        # After the entry that was read before anything was looked at: a run that came and went meanwhile is noticed.
        last = self._given_way(journal, lock, tail, f"{verb} {context.run} takes its place")
        began = self._append(journal, lock, last, context.run, verb, Kind.BEGAN, facts)
        return self._carry_out(plan, context, journal, Run((began,)), lock)

    def try_out(self, verb: Verb, reason: str | None = None) -> None:
        """Looks at everything that `begin` does before it changes anything, and raises what it would."""
        plan = plan_of(verb)
        self._may_begin(plan, self.context(plan, "", reason), reason)

    def resume(self) -> Report:
        """Takes the unfinished run up, whoever began it; raises NothingToResumeError and what `begin` does."""
        probe = self.context(plan_of(Verb.FAILOVER), "")
        check_account(probe)
        journal = self._journal(probe)
        run = _unfinished(journal)
        plan = plan_of(run.verb)
        context = self.context(plan, run.id, run.began.content.get("reason"))
        lock = self._lock(context)
        self._acquire_patiently(lock, run)
        # Whoever held the lock may have got further before it died.
        run = _unfinished(journal)
        facts = {"holder": self.holder}
        resumed = self._append(journal, lock, run.entries[-1], run.id, run.verb, Kind.RESUMED, facts)
        return self._carry_out(plan, context, journal, Run((*run.entries, resumed)), lock)

    def abort(self, reason: str | None = None) -> str:
        """Ends the unfinished run where it stands, and says where that is. Raises RefusedError within the gap.

        A lease that was taken from both regions goes back to the one that had it. With a `reason`, it may leave a run
        in its gap, and gives a corrupt journal up.
        """
        probe = self.context(plan_of(Verb.FAILOVER), "")
        check_account(probe)
        journal = self._journal(probe)
        try:
            run = _unfinished(journal)
        except CorruptJournalError:
            if reason is None:
                raise
            self._lock(probe).refuse_if_held()
            journal.seal(at=self.waiter.clock(), facts=self._by(reason))
            return "the journal was given up and starts anew; what was under way is not known: look at `status`"
        context = self.context(plan_of(run.verb), run.id)
        done = run.results()
        moving = TakeLease.name in (*done, *run.intents()) and ProveOrder.name not in done
        if moving and reason is None:
            raise RefusedError(
                f"{run.verb} {run.id} has taken the lease and not yet proved that orders are accepted: `resume` ends "
                "that in seconds; to leave it so, --force --reason ..."
            )
        lock = self._lock(context)
        self._acquire_patiently(lock, run)
        run = _unfinished(journal)
        try:
            handed_back = self._hand_back(context)
        except Exception:
            lock.release()
            raise
        facts = {"outcome": str(Outcome.ABORTED), **self._by(reason), "done": sorted(done)}
        self._append(journal, lock, run.entries[-1], run.id, run.verb, Kind.ENDED, facts)
        lock.release()
        return f"{run.verb} {run.id} is given up after {', '.join(done) or 'no step'}{handed_back}"

    def under_way(self) -> Run:
        """The run that has begun and not ended, whether or not somebody is at work on it; changes nothing.

        Raises NothingToResumeError.
        """
        probe = self.context(plan_of(Verb.FAILOVER), "")
        check_account(probe)
        return _unfinished(self._journal(probe))

    def status(self) -> dict[str, Any]:
        """Who holds the lease and the lock, where traffic leads, and how the last run stands, or how the journal is
        `corrupt`; changes nothing."""
        context = self.context(plan_of(Verb.FAILOVER), "")
        check_account(context)
        held, now = self._lock(context).read(), self.waiter.clock()
        right = lease.read(context.control, self.configuration.tables.control)
        try:
            last = self._journal(context).tail().run
            shown = _shown_run(last) if last else None
        except CorruptJournalError as error:
            shown = {"corrupt": str(error)}
        return {
            "lease": _shown_lease(right, now) if right else None,
            "traffic": readiness.position(context),
            "lock": None if held is None or held.is_free(now) else _shown_lock(held),
            "last_run": shown,
        }

    def _may_begin(
        self, plan: Plan, context: Context, reason: str | None, decided_at: int | None = None
    ) -> tuple[Tail, list[Check]]:
        """The end of the journal and what was found; raises RecoveryError of the kind that says why not. With
        `decided_at` the looks are cut so that the first step comes in time."""
        check_account(context)
        self._lock(context).refuse_if_held(GIVES_WAY.get(plan.verb, frozenset[Verb]()))
        tail = self._journal(context).tail()
        _refuse_unfinished(tail.run, GIVEN_UP[plan.verb])
        return tail, self._looked_at(plan, context, reason, self._left(decided_at))

    def _left(self, decided_at: int | None) -> float:
        """Seconds of the decision that are left to look, before the lock is taken."""
        if decided_at is None:
            return math.inf
        timing = self.configuration.timing
        end = decided_at + timing.decision - CALLS_TO_TAKE * timing.call
        return max(0, end - self.waiter.clock()) / 1000

    def _looked_at(self, plan: Plan, context: Context, reason: str | None, seconds: float) -> list[Check]:
        """The checks of the beginning, refused unless they are forced."""
        if plan.verb == Verb.OPEN:
            found = lease.read(context.control, self.configuration.tables.control)
            if found is not None:
                raise NotReadyError(
                    f"the lease is held by {found.holder} under epoch {found.epoch}: order intake was opened before"
                )
            return []
        found = readiness.checks(context, seconds if plan.verb in UNPLANNED else math.inf)
        if reason:
            never = [check for check in found if check.name in readiness.NEVER_FORCED]
            readiness.require(never, can_be_forced=False)
        else:
            needed = readiness.NEEDED.get(plan.verb)
            readiness.require([check for check in found if needed is None or check.name in needed])
        return found

    def _given_way(self, journal: Journal, lock: Lock, tail: Tail, reason: str) -> Entry | None:
        """Ends the run that gives way, if there is one, and gives the journal's last entry."""
        run = tail.run
        if run is None or run.outcome is not None:
            return tail.last
        # It may have got further until its lock was taken.
        try:
            latest = journal.tail()
        except Exception:
            lock.release()
            raise
        if latest.run is None or latest.run.id != run.id:
            return tail.last
        if latest.run.outcome is not None:
            return latest.last
        facts = {"outcome": str(Outcome.ABORTED), **self._by(reason), "done": sorted(latest.run.results())}
        return self._append(journal, lock, latest.last, run.id, run.verb, Kind.ENDED, facts)

    def _beginning(self, plan: Plan, found: list[Check], reason: str | None) -> dict[str, Any]:
        facts: dict[str, Any] = {"holder": self.holder, "steps": plan.names}
        missing = [f"{check.name}: {check.found}" for check in found if not check.ready]
        if reason is not None:
            facts |= {"reason": reason, "overridden": missing}
        elif missing and plan.verb in UNPLANNED:
            facts["postponed"] = missing
            for line in missing:
                self.announce(f"not ready, and awaited after the first order: {line}")
        return facts

    def _carry_out(self, plan: Plan, context: Context, journal: Journal, run: Run, lock: Lock) -> Report:
        """Releases the lock however it ends, except by a kill, which it outlives for a while."""
        try:
            with self.heartbeat(lock) as beating:
                check = getattr(beating, "check", lambda: None)
                report = Executor(plan, context, journal, run, self.watch, check).execute()
        except (Exception, KeyboardInterrupt):
            lock.release()
            raise
        lock.release()
        return report

    def _acquire_patiently(self, lock: Lock, run: Run) -> None:
        """Takes the lock of a process that died: it is free once it has been silent long enough.

        Raises LockHeldError if the holder is heard of again meanwhile.
        """
        try:
            lock.acquire(run=run.id, holder=self.holder, verb=run.verb)
        except LockHeldError:
            held = lock.read()
            if held is None or held.run != run.id:
                raise
            dead = died_here(held.holder)
            if not dead:
                self.announce(f"waiting for the lock of {held.holder}, which is free unless it is heard of")
                self.waiter.until_clock_reads(held.until)
            lock.acquire(run=run.id, holder=self.holder, verb=run.verb, instead_of=held if dead else None)

    def _hand_back(self, context: Context) -> str:
        table = self.configuration.tables.control
        found = lease.read(context.control, table)
        if found is None or found.holder != NOBODY:
            return ""
        back = take_over(found, context.source.region, self.waiter.clock(), self.configuration.timing.lease)
        if not lease.write(context.control, table, back):
            raise StepFailedError("the lease changed while it was handed back; `abort` again")
        return f"; {context.source.region} accepts orders again"

    def _append(
        self, journal: Journal, lock: Lock, last: Entry | None, run: str, verb: str, kind: Kind, facts: dict[str, Any]
    ) -> Entry:
        """An entry about the run itself; the lock is released if it cannot be written."""
        try:
            return journal.append(last, run=run, verb=verb, kind=kind, step="", at=self.waiter.clock(), facts=facts)
        except Exception:
            lock.release()
            raise

    def _by(self, reason: str | None) -> dict[str, Any]:
        return {"holder": self.holder, "reason": reason}

    def _journal(self, context: Context) -> Journal:
        return Journal(context.control, self.configuration.tables.control)

    def _lock(self, context: Context) -> Lock:
        return Lock(context.control, self.configuration.tables.control, self.waiter.clock)


def takes_over_here(run: Run) -> bool:
    """Whether a run goes on to let the recovery region accept orders without asking the primary: a failover, or a
    switchover that has come to take the lease."""
    taken = TakeLease.name in (*run.results(), *run.intents())
    return run.verb == Verb.FAILOVER or (plan_of(run.verb).to_standby and taken)


def _unfinished(journal: Journal) -> Run:
    run = journal.tail().run
    if run is None or run.outcome is not None:
        raise NothingToResumeError("no run is unfinished; `status` shows the last one")
    return run


def _refuse_unfinished(last: Run | None, over: Collection[str]) -> None:
    if last is not None and last.outcome is None and last.verb not in over:
        raise UnfinishedRunError(f"{readiness.begun(last)} has not ended: `resume` or `abort` it")


def _shown_lease(right: ControlItem, now: int) -> dict[str, Any]:
    return {
        "holder": right.holder,
        "epoch": right.epoch,
        "valid_from": timestamp(right.valid_from),
        "valid_until": timestamp(right.valid_until),
        "valid": right.valid_from <= now < right.valid_until,
    }


def _shown_lock(held: Held) -> dict[str, Any]:
    return {"holder": held.holder, "verb": held.verb, "run": held.run, "heartbeat": timestamp(held.heartbeat)}


def _shown_run(run: Run) -> dict[str, Any]:
    return {
        "run": run.id,
        "verb": run.verb,
        "began": timestamp(run.began.at),
        "outcome": run.outcome or "unfinished: `resume` or `abort` it",
        "recovery_seconds": recovery_seconds(run),
        "tradable_seconds": tradable_seconds(run),
        "done": sorted(run.results()),
        "failed": {step: facts["trouble"] for step, facts in run.failures().items()},
    }
