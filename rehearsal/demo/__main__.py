"""The demo's command: `python -m rehearsal.demo [--loss dead|cut-off|planned] [--build FOLDER] [--open]`.

Starts an in-memory AWS with the minimal fixture (tables, streams and functions of both regions), lets orders flow,
takes the primary region away, and lets the runbook recover. Shows all of it live, and writes a report page.
Exit codes: 0 when the drill passed, 1 when it did not, 2 for a bad option, 130 when interrupted.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
import webbrowser
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer
from rich.console import Console
from rich.live import Live

from aws_emulator.server import ServerFailedError, start
from blueprint.program import ROOT
from command_line import Command
from components.settings import Settings
from components.settings.consistency.recovery import recovery_budget
from rehearsal.demo.observation import Observer
from rehearsal.demo.screen import Lines, rendered
from rehearsal.drill import small
from rehearsal.drill.drill import Drill
from rehearsal.drill.operator import OperatorError
from rehearsal.drill.result import Result
from rehearsal.drill.scenario import Loss, Scenario, Second
from rehearsal.drill.series import opened, outcome
from rehearsal.drill.world import World
from rehearsal.page.document import Section, document, facts
from rehearsal.page.drills import drills, losses
from rehearsal.page.recovery_time import recovery_time

_REFRESHED_EVERY_SECONDS = 0.25
_ORDERS_BEFORE_THE_LOSS = 25
_LAG_SECONDS = 0.5
_ORDERS_PER_SECOND = 8.0

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command(cls=Command)
def demo(
    loss: Annotated[
        Loss, typer.Option("--loss", help="how the primary region is lost; planned: a switchover")
    ] = Loss.DEAD,
    build: Annotated[Path, typer.Option("--build", help="folder of the report page and the logs")] = ROOT
    / "build/demo",
    open_: Annotated[bool, typer.Option("--open", help="open the report page in the browser")] = False,
) -> None:
    """Run one drill on a minimal fixture and show it live."""
    signal.signal(signal.SIGTERM, _interrupted)
    console = Console()
    try:
        code = _run(console, loss, build, open_)
    except (ServerFailedError, OperatorError, TimeoutError) as error:
        console.print(f"[red]error:[/] {error}", highlight=False, soft_wrap=True)
        code = 1
    except KeyboardInterrupt:
        console.print("interrupted; the in-memory AWS is stopped")
        code = 130
    sys.exit(code)


def scenario_of(loss: Loss) -> Scenario:
    """The drill of the demo: a loss and nothing else."""
    return Scenario(0, loss, Second.NOTHING, _ORDERS_BEFORE_THE_LOSS, _LAG_SECONDS, _ORDERS_PER_SECOND, None, None)


def page(result: Result, seconds: float) -> str:
    """The report page of one demo that took `seconds`."""
    summary = facts(
        [
            (f"{result.recovery_seconds:.2f} s", "from the decision to the first accepted order"),
            (str(result.findings.accepted), "orders accepted"),
            (str(len(result.findings.lost)), "orders lost, each named"),
            (f"{seconds:.0f} s", "for the whole demo"),
        ]
    )
    scope = (
        "<p>AWS is emulated by moto with corrections; the functions, the runbook and the lease are the platform's own. "
        "The demo uses a minimal fixture: tables, streams, functions, a database and buckets of both regions. "
        "<code>make rehearse</code> does the same on both complete stacks.</p>"
    )
    budget = recovery_budget(Settings.parse({}))
    parts = [Section("summary", "Summary", scope + summary), recovery_time(budget, [result]), drills([result])]
    return document("Failover demo", "Measured on this machine in an in-memory AWS.", [*parts, losses([result])])


def _run(console: Console, loss: Loss, build: Path, open_: bool) -> int:
    began = time.monotonic()
    try:
        build.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = f"{str(build)!r} cannot be created ({error.strerror}); name another folder"
        raise typer.BadParameter(reason, param_hint="--build") from error
    console.print("Starting an in-memory AWS and two regions of the minimal fixture ...", style="dim")
    with start(log=build / "server.log") as server:
        world = small.make(server)
        console.print("Granting the lease to the primary region ...", style="dim")
        opened(world, build)
        result = _watched(console, world, Drill(world, scenario_of(loss), build))
    file = build / "report.html"
    file.write_text(page(result, time.monotonic() - began), encoding="utf-8")
    console.print(outcome(result), highlight=False, soft_wrap=True)
    console.print(f"report: {file}", highlight=False, soft_wrap=True)
    if open_:
        webbrowser.open(file.resolve().as_uri())
    return 1 if result.troubles else 0


def _watched(console: Console, world: World, drill: Drill) -> Result:
    """Runs the drill in a thread and shows it until it ends. Raises what the drill raises."""
    outcome_: list[Result | BaseException] = []

    def run() -> None:
        try:
            outcome_.append(drill.run())
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that waits
            outcome_.append(error)

    thread = threading.Thread(target=run, daemon=True)
    with Observer(drill) as observer:
        thread.start()
        if console.is_terminal:
            with Live(console=console, auto_refresh=False) as live:
                while thread.is_alive():
                    live.update(rendered(observer.now()), refresh=True)
                    thread.join(_REFRESHED_EVERY_SECONDS)
                live.update(rendered(observer.now()), refresh=True)
        else:
            lines = Lines(console)
            while thread.is_alive():
                lines.show(observer.now())
                thread.join(_REFRESHED_EVERY_SECONDS)
            lines.show(observer.now())
    world.server.check_alive()
    (ended,) = outcome_
    if isinstance(ended, BaseException):
        raise ended
    return ended


def _interrupted(_: int, __: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    app()
