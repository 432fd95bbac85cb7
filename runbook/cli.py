"""The commands. Exit codes: 0 done, 2 bad input, 3 to 11 by what was wrong (`recovery.errors`), 130 interrupted."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from functions.control_item import ControlItem
from recovery import growth, lease, readiness
from recovery.caller import check_account
from recovery.check import Check
from recovery.configuration import Configuration
from recovery.errors import (
    ConfigurationError,
    CorruptJournalError,
    NotReadyError,
    RecoveryError,
    RefusedError,
    StepFailedError,
)
from recovery.operations import Operations
from recovery.plan import UNPLANNED, Plan, Verb, plan_of
from recovery.report import Report
from recovery.restore import Restore
from recovery.takeover import NOBODY
from recovery.waiting import Waiter
from runbook import arguments
from runbook.outputs import budget_of
from runbook.session import Session
from runbook.show import Show

app = typer.Typer(
    cls=arguments.Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Moves order intake between the regions, and back. docs/runbook.md is the page for the night.",
)

Outputs = Annotated[
    Path | None,
    typer.Option(
        "--outputs", envvar="RUNBOOK_OUTPUTS", help="JSON file of the recovery stack's exports, in any encoding."
    ),
]
Stack = Annotated[str, typer.Option("--stack", help="The recovery stack, where no file of exports is named.")]
WorkDir = Annotated[Path, typer.Option("--cwd", help="Folder of the Pulumi program.")]
Command = Annotated[
    str | None,
    typer.Option(
        "--scale-out-command",
        help="Grow the region with this command instead of the engine; it must be safe to repeat, and not empty.",
        callback=arguments.command,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Exactly one JSON document on stdout.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask for the typed confirmation.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Look at everything, change nothing.")]
Force = Annotated[bool, typer.Option("--force", help="Go on though something is not ready; needs --reason.")]
Reason = Annotated[
    str | None,
    typer.Option("--reason", help="Why it is forced, on one line; kept in the journal.", callback=arguments.reason),
]
At = Annotated[
    datetime,
    typer.Option(
        "--at",
        help="The moment with its offset from UTC, as RFC 3339 writes it: 2026-01-02T15:04:05Z.",
        parser=arguments.moment,
        metavar="TIME",
    ),
]

To = Annotated[
    str | None,
    typer.Option(
        "--to",
        help="The region that takes over: the recovery region by default, the primary's when the former is lost.",
        callback=arguments.destination,
    ),
]

_STACK, _HERE = "dr", Path()
# No longer than somebody takes to read what is asked.
_LOOKED_AHEAD_SECONDS = 3.0


@dataclass(frozen=True)
class Given:
    """The options that every command has."""

    session: Session
    show: Show


def given(outputs: Path | None, stack: str, cwd: Path, command: str | None, as_json: bool) -> Given:
    return Given(Session(outputs, stack, cwd, command, Waiter()), Show(as_json))


@contextmanager
def refusals(show: Show) -> Iterator[None]:
    """Turns what went wrong into one message and an exit code."""
    try:
        yield
    except RecoveryError as error:
        missing = {"missing": list(error.missing)} if isinstance(error, NotReadyError) else {}
        show.error(str(error), error.exit_code, **missing)
        raise typer.Exit(error.exit_code) from None
    except KeyboardInterrupt:
        show.error("interrupted; `resume` goes on where it stopped", 130)
        raise typer.Exit(130) from None


@app.command()
def status(outputs: Outputs = None, stack: Stack = _STACK, cwd: WorkDir = _HERE, as_json: AsJson = False) -> None:
    """Who holds the lease and the lock, where traffic leads, how the last run stands."""
    it = given(outputs, stack, cwd, None, as_json)
    with refusals(it.show):
        found = it.session.operations(it.show.watch, it.show.announce).status()
        it.show.status(found)
        if "corrupt" in (found["last_run"] or {}):
            raise typer.Exit(CorruptJournalError.exit_code)


@app.command()
def plan(
    verb: Annotated[Verb, typer.Argument(help="Whose steps are printed.")] = Verb.FAILOVER,
    outputs: Outputs = None,
    stack: Stack = _STACK,
    cwd: WorkDir = _HERE,
    to: To = None,
    as_json: AsJson = False,
) -> None:
    """The steps of a verb, and the recovery time's budget term by term; calls nothing."""
    it = given(outputs, stack, cwd, None, as_json)
    with refusals(it.show):
        _show_plan(it, plan_of(_directed(it, verb, to)))


@app.command()
def doctor(
    verb: Annotated[Verb, typer.Argument(help="For which takeover.")] = Verb.FAILOVER,
    outputs: Outputs = None,
    stack: Stack = _STACK,
    cwd: WorkDir = _HERE,
    command: Command = None,
    to: To = None,
    preview: Annotated[
        bool, typer.Option("--preview", help="Also run the growth of the region as a preview; takes minutes.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Whether the region that would take over is ready, and what is missing; exit code 4 if something is."""
    it = given(outputs, stack, cwd, command, as_json)
    with refusals(it.show):
        directed = _directed(it, verb, to)
        operations = it.session.operations(it.show.watch, it.show.announce)
        looked = operations.doctor(directed)
        found = [*looked, it.session.distance(), *it.session.state()]
        if preview:
            found.append(growth.preview(operations.context(plan_of(directed), "")))
        it.show.checks(found)
        if not all(check.ready for check in found):
            raise typer.Exit(NotReadyError.exit_code)


@app.command(help=plan_of(Verb.FAILOVER).help)
def failover(
    outputs: Outputs = None,
    stack: Stack = _STACK,
    cwd: WorkDir = _HERE,
    command: Command = None,
    to: To = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    force: Force = False,
    reason: Reason = None,
    as_json: AsJson = False,
) -> None:
    it = given(outputs, stack, cwd, command, as_json)
    with refusals(it.show):
        _run(it, plan_of(_directed(it, Verb.FAILOVER, to)), yes, dry_run, _reason(force, reason))


def _command_of(verb: Verb) -> Callable[..., None]:
    """The command of a verb that knows its direction."""

    def command(
        outputs: Outputs = None,
        stack: Stack = _STACK,
        cwd: WorkDir = _HERE,
        command: Command = None,
        yes: Yes = False,
        dry_run: DryRun = False,
        force: Force = False,
        reason: Reason = None,
        as_json: AsJson = False,
    ) -> None:
        it = given(outputs, stack, cwd, command, as_json)
        with refusals(it.show):
            _run(it, plan_of(verb), yes, dry_run, _reason(force, reason))

    return command


for _verb in Verb:
    if _verb not in UNPLANNED:
        app.command(_verb.value, help=plan_of(_verb).help)(_command_of(_verb))


def _run(it: Given, plan: Plan, yes: bool, dry_run: bool, forced: str | None) -> None:
    operations = it.session.operations(it.show.watch, it.show.announce)
    if dry_run:
        _try_out(it, operations, plan, forced)
        return
    if not yes:
        _look_ahead(it, operations, plan.verb)
    _confirm(it, plan, yes)
    _end(it, operations.begin(plan.verb, forced))


def _directed(it: Given, verb: Verb, to: str | None) -> Verb:
    """The verb that leads to a region. Raises ConfigurationError for a third region, and for a verb without choice."""
    if to is None:
        return verb
    found = it.session.configuration
    site = found.site(to)
    if verb not in UNPLANNED:
        raise ConfigurationError(f"--to = {to!r}: {verb} has no choice of region; leave the option out")
    return Verb.FAILOVER_TO_PRIMARY if site == found.primary else Verb.FAILOVER


@app.command()
def resume(
    outputs: Outputs = None,
    stack: Stack = _STACK,
    cwd: WorkDir = _HERE,
    command: Command = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Go on with the run that was killed or that a step held up, whoever began it."""
    it = given(outputs, stack, cwd, command, as_json)
    with refusals(it.show):
        operations = it.session.operations(it.show.watch, it.show.announce)
        if dry_run:
            _show_left(it, operations)
            return
        _end(it, operations.resume())


@app.command()
def abort(
    outputs: Outputs = None,
    stack: Stack = _STACK,
    cwd: WorkDir = _HERE,
    command: Command = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    force: Force = False,
    reason: Reason = None,
    as_json: AsJson = False,
) -> None:
    """End the unfinished run where it stands; nothing is undone but a lease that was taken from both regions."""
    it = given(outputs, stack, cwd, command, as_json)
    with refusals(it.show):
        forced = _reason(force, reason)
        operations = it.session.operations(it.show.watch, it.show.announce)
        if dry_run:
            _show_left(it, operations)
            return
        _typed("abort", yes)
        said = operations.abort(forced)
        it.show.say(said, aborted=said)


@app.command()
def grow(
    run: Annotated[str, typer.Option("--run", help="The id of the run that it is part of.", callback=arguments.run_id)],
    stack: Stack = _STACK,
    cwd: WorkDir = _HERE,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Bring the recovery stack to full size by the engine: what a build in the cloud does for a run."""
    it = given(None, stack, cwd, None, as_json)
    with refusals(it.show):
        context = it.session.operations(it.show.watch, it.show.announce).context(plan_of(Verb.FAILOVER), run)
        check_account(context)
        engine = it.session.engine(context.clients, active=True)
        if dry_run:
            previewed = engine.preview(it.show.announce)
            it.show.say(previewed, previewed=previewed)
            return
        done = engine.start(run, it.show.announce)
        it.show.say(done, grown=done)


@app.command()
def restore(
    at: At,
    outputs: Outputs = None,
    stack: Stack = _STACK,
    cwd: WorkDir = _HERE,
    region: Annotated[
        str | None,
        typer.Option("--region", help="Where; by default the region that takes orders.", callback=arguments.region),
    ] = None,
    replay: Annotated[bool, typer.Option("--replay/--no-replay", help="Replay the last events before it.")] = True,
    yes: Yes = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Restore the engines' tables as they were at a moment, beside the live ones, and replay the events up to it."""
    it = given(outputs, stack, cwd, None, as_json)
    with refusals(it.show):
        if region is not None:
            it.session.configuration.site(region)
        operations = it.session.operations(it.show.watch, it.show.announce)
        context = operations.context(plan_of(Verb.FAILOVER), "")
        check_account(context)
        found = it.session.configuration
        site = found.site(region or _serving(lease.read(context.control, found.tables.control), found))
        restore = Restore(found, context.clients, site, it.session.waiter, it.show.announce)
        if dry_run:
            names = restore.try_out(at)
            it.show.say(f"{site.region}: would restore {', '.join(names.values())}", region=site.region, swap=names)
            return
        it.show.announce(f"restore in {site.region}, account {found.account_id}: tables beside the live ones")
        _typed(f"restore {site.region}", yes)
        restored = restore.run(at, replay=replay)
        it.show.restored(restored)
        if not restored.verified:
            raise typer.Exit(StepFailedError.exit_code)


def _serving(right: ControlItem | None, found: Configuration) -> str:
    """The region that takes orders; raises RefusedError where none does."""
    if right is None:
        return found.primary.region
    if right.holder == NOBODY:
        raise RefusedError("no region takes orders now: say with --region in which one to restore")
    return right.holder


def _look_ahead(it: Given, operations: Operations, verb: Verb) -> None:
    """Says what is not ready before anybody decides. It is looked for in a thread, which a silent region may keep: the
    question comes in time all the same, and the run looks again."""
    found: list[Check] = []
    looking = threading.Thread(target=lambda: found.extend(operations.prepare(verb)), daemon=True)
    looking.start()
    looking.join(_LOOKED_AHEAD_SECONDS)
    for check in found:
        if not check.ready:
            it.show.announce(f"not ready: {check.name}: {check.found}; {check.way_out}")


def _try_out(it: Given, operations: Operations, plan: Plan, reason: str | None) -> None:
    """The plan, and what a run of it would be refused for; to a program the one or the other."""
    if not it.show.as_json:
        _show_plan(it, plan)
    operations.try_out(plan.verb, reason)
    if it.show.as_json:
        _show_plan(it, plan)


def _show_left(it: Given, operations: Operations) -> None:
    """The run that is unfinished, and what is left of it; raises NothingToResumeError."""
    run = operations.under_way()
    done = run.results()
    left = [name for name in plan_of(run.verb).names if name not in done]
    said = f"{readiness.begun(run)} has done {', '.join(done) or 'nothing'}; left: {', '.join(left) or 'nothing'}"
    it.show.say(said, run=run.id, verb=run.verb, done=sorted(done), left=left)


def _show_plan(it: Given, plan: Plan) -> None:
    found = it.session.configuration
    source, target = (found.primary, found.standby) if plan.to_standby else (found.standby, found.primary)
    budget = budget_of(it.session.outputs)
    it.show.plan(plan, source.region, target.region, budget if plan.verb in UNPLANNED else None)


def _confirm(it: Given, plan: Plan, yes: bool) -> None:
    found = it.session.configuration
    target = found.standby if plan.to_standby else found.primary
    it.show.announce(f"{plan.verb} to {target.region}, account {found.account_id}: {plan.does}; loses {plan.loses}")
    _typed(f"{plan.verb} {target.region}", yes)


def _typed(phrase: str, yes: bool) -> None:
    """Asks for the phrase letter by letter; raises RefusedError."""
    if yes:
        return
    if not _at_a_terminal():
        raise RefusedError("nobody is there to confirm; give --yes")
    if typer.prompt(f'type "{phrase}" to go on', err=True).strip() != phrase:
        raise RefusedError("not confirmed; nothing was changed")


def _at_a_terminal() -> bool:
    return sys.stdin.isatty()


def _reason(force: bool, reason: str | None) -> str | None:
    """Why a run is forced, None if it is not; raises RefusedError for one without the other."""
    if force and not (reason or "").strip():
        raise RefusedError("--force: needs --reason, which is kept in the journal")
    if reason and not force:
        raise RefusedError("--reason: is for --force alone; add it, or leave both")
    return reason if force else None


def _end(it: Given, report: Report) -> None:
    it.show.report(report)
    if report.outcome != "done":
        raise typer.Exit(StepFailedError.exit_code)
