"""Command of the rehearsal: `python -m rehearsal [--stack ...] [--engine ...]`, `... up --keep`, `... down`."""

from __future__ import annotations

import resource
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from typing import Annotated

import pulumi
import typer
from rich.console import Console

from aws_emulator.server import ACCOUNT_ID, RunningServer, ServerFailedError, start
from blueprint import BlueprintError
from command_line import Group
from rehearsal.build_folder import DEFAULT, BuildFolderError, clear, require_own
from rehearsal.engines import EngineError
from rehearsal.engines.choice import EngineKind, choose, make, plugins_of, provider_of
from rehearsal.page.rehearsal_page import page
from rehearsal.progress import ProgressDisplay
from rehearsal.rehearse import Rehearsal, Stage
from rehearsal.report import Report
from rehearsal.session import Session, SessionError, refuse_second
from rehearsal.stacks import Program
from rehearsal.trace import spans_of
from rehearsal.trace import write as write_trace

app = typer.Typer(cls=Group, add_completion=False, pretty_exceptions_enable=False, invoke_without_command=True)

_PORT_MOST = 65_535
_EXPECTED = (BuildFolderError, EngineError, ServerFailedError, SessionError, BlueprintError, pulumi.RunError)

EngineOption = Annotated[EngineKind, typer.Option("--engine", help="engine that deploys the stacks")]
StageOption = Annotated[Stage, typer.Option("--stack", help="last stage to run; earlier stages run first")]


def _own_folder(build: Path) -> Path:
    try:
        require_own(build)
    except BuildFolderError as error:
        raise typer.BadParameter(f"{str(build)!r}: {error}", param_hint="--build") from error
    return build


def _file_to_write(trace: Path | None) -> Path | None:
    if trace is not None and not trace.resolve().parent.is_dir():
        raise typer.BadParameter(f"{str(trace)!r}: its folder does not exist; create it", param_hint="--trace")
    if trace is not None and trace.is_dir():
        raise typer.BadParameter(f"{str(trace)!r}: is a folder; name a file", param_hint="--trace")
    return trace


BuildOption = Annotated[
    Path, typer.Option("--build", help="folder for state, plans and the report; it is emptied", callback=_own_folder)
]
TraceOption = Annotated[
    Path | None,
    typer.Option(
        "--trace", help="write the trace here too, in Chrome's format; BUILD/trace.json has it", callback=_file_to_write
    ),
]
PortOption = Annotated[
    int,
    typer.Option("--port", help="loopback port of the in-memory AWS; 0 selects a free one", min=0, max=_PORT_MOST),
]


@app.callback()
def rehearse(
    context: typer.Context,
    stack: StageOption = Stage.DR_ACTIVE,
    engine: EngineOption = EngineKind.AUTO,
    build: BuildOption = DEFAULT,
    port: PortOption = 0,
    trace: TraceOption = None,
) -> None:
    """Deploy both stacks in an in-memory AWS, take over, verify, destroy, and report."""
    if context.invoked_subcommand is None:
        _guarded(lambda console: _whole(console, stack, engine, build, port, trace))


@app.command()
def up(
    keep: Annotated[bool, typer.Option("--keep", help="keep the server and the stacks running")] = False,
    stack: StageOption = Stage.DR,
    engine: EngineOption = EngineKind.AUTO,
    build: BuildOption = DEFAULT,
    port: PortOption = 0,
) -> None:
    """Deploy the stacks. With --keep, leave them running and print how to reach them."""
    _guarded(lambda console: _up(console, stack, engine, build, port, keep=keep))


@app.command()
def down(build: BuildOption = DEFAULT) -> None:
    """Destroy the stacks of `up --keep` and stop its server."""
    _guarded(lambda console: _down(console, build))


def _whole(console: Console, stage: Stage, engine: EngineKind, build: Path, port: int, trace: Path | None) -> int:
    with _begun(console, engine, build, port, outlives_caller=False) as (rehearsal, server):
        try:
            with rehearsal.shown:
                rehearsal.up(stage, proving=True)
                rehearsal.down()
        except BaseException:
            server.check_alive()
            raise
        finally:
            rehearsal.note_strictness()
            server.stop()
            Session.forget(build)
            _write_reports(rehearsal, build, trace)
    rehearsal.report.show(console)
    console.print(f"report: {build / 'report.html'} and {build / 'report.json'}", soft_wrap=True)
    console.print(f"processor time of all processes: {_processor_seconds():.0f} s; trace: {build / 'trace.json'}")
    return 1 if rehearsal.report.problems() else 0


def _up(console: Console, stage: Stage, engine: EngineKind, build: Path, port: int, *, keep: bool) -> int:
    if not keep:
        raise SessionError("the in-memory AWS ends with this process: use `up --keep`, or `python -m rehearsal`")
    with _begun(console, engine, build, port, outlives_caller=True) as (rehearsal, server):
        try:
            with rehearsal.shown:
                rehearsal.up(stage)
        except BaseException:
            console.print("the server and its state are kept; `python -m rehearsal down` cleans up", style="yellow")
            server.check_alive()
            raise
        finally:
            rehearsal.note_strictness()
            _write_reports(rehearsal, build)
    rehearsal.report.show(console)
    console.print(f"endpoint: {server.endpoint}\npid: {server.pid}\nenvironment:")
    for name, value in server.environment().items():
        console.print(f"export {name}={value}", highlight=False, soft_wrap=True)
    return 1 if rehearsal.report.problems() else 0


def _down(console: Console, build: Path) -> int:
    session = Session.read(build)
    if session is None:
        raise SessionError(f"nothing is up in {build}; `python -m rehearsal up --keep` deploys the stacks")
    if not session.alive:
        console.print("the server and its resources no longer exist; removing its state")
        clear(build)
        return 0
    engine = make(EngineKind(session.engine), build, session.environment)
    report = Report(session.engine, provider_of(engine))
    with ProgressDisplay(console) as shown:
        Rehearsal(engine, session.environment, session.account_id, shown, report, build).down()
    session.stop_server()
    clear(build)
    console.print("stacks destroyed, server stopped")
    return 0


def _write_reports(rehearsal: Rehearsal, build: Path, trace: Path | None = None) -> None:
    rehearsal.write(build / "report.json")
    drawn = [declared.blueprint for stage, declared in rehearsal.declared.items() if stage is not Stage.DR_ACTIVE]
    spans = spans_of(build)
    for file in filter(None, (build / "trace.json", trace)):
        write_trace(spans, file)
    (build / "report.html").write_text(page(rehearsal.report, drawn, spans), encoding="utf-8")


def _processor_seconds() -> float:
    """Processor time of this process and of its children: server, program, terraform and its providers."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


@contextmanager
def _begun(
    console: Console, kind: EngineKind, build: Path, port: int, *, outlives_caller: bool
) -> Iterator[tuple[Rehearsal, RunningServer]]:
    refuse_second(build)
    chosen = choose(kind)
    _require_engine(chosen)
    clear(build)
    with Program() as program:
        server = start(port, build / "server.log", ACCOUNT_ID, outlives_caller=outlives_caller)
        environment = server.environment()
        try:
            engine = make(chosen, build, environment)
            report = Report(
                chosen.value,
                provider_of(engine),
                seconds={"load": program.loaded()},
                plugins=plugins_of(engine),
            )
        except BaseException:
            server.stop()
            raise
        Session(server.pid, server.endpoint, chosen.value, ACCOUNT_ID, environment).write(build)
        yield (
            Rehearsal(engine, environment, ACCOUNT_ID, ProgressDisplay(console), report, build, server, program),
            server,
        )


def _require_engine(kind: EngineKind) -> None:
    """Report a missing command or plugin before anything starts. Raises `EngineError`.

    An engine writes its plugins into its folder, so the check has a folder of its own: the build folder may be new.
    """
    with TemporaryDirectory() as folder:
        make(kind, Path(folder), {})


def _guarded(command: Callable[[Console], int]) -> None:
    """Run a command. Expected failures print one message; they and interrupts exit with a non-zero code."""
    console = Console()
    signal.signal(signal.SIGTERM, _interrupted)
    try:
        code = command(console)
    except _EXPECTED as error:
        console.print(f"[red]error:[/] {error}", highlight=False, soft_wrap=True)
        code = 1
    except KeyboardInterrupt:
        console.print("interrupted; all processes have ended")
        code = 130
    sys.exit(code)


def _interrupted(_: int, __: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    app()
