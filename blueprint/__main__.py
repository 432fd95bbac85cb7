"""Print or draw the resource graph that a stack declares.

`python -m blueprint primary|dr [--active] [--json FILE] [--picture FILE.svg [--layer NAME]] [--set KEY=VALUE]` records
a stack of the platform.
`python -m blueprint costs primary|dr` estimates the monthly cost of a stack.
`python -m blueprint STACK --program FOLDER` records the Python program of another Pulumi project.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from logging.handlers import MemoryHandler
from pathlib import Path
from typing import Annotated

import pulumi
import typer
from rich.console import Console

from blueprint.costs.command import app as costs
from blueprint.foreign import record_program
from blueprint.model import BadInputError, Blueprint, BlueprintError
from blueprint.output_file import write
from blueprint.overrides import overrides_of
from blueprint.picture import picture
from blueprint.program import record, record_dr
from blueprint.tree import tree
from command_line import Command
from recovery.redaction import redacted_message

BAD_INPUT = 2

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command(cls=Command)
def blueprint(
    stack: Annotated[str, typer.Argument(help="primary, dr or sandbox")],
    active: Annotated[bool, typer.Option("--active", help="dr only: the stack as after a failover")] = False,
    json: Annotated[Path | None, typer.Option("--json", help="write JSON to this file; - for stdout")] = None,
    picture_: Annotated[
        Path | None, typer.Option("--picture", help="write an SVG drawing of the layers to this file; - for stdout")
    ] = None,
    layer: Annotated[str | None, typer.Option("--layer", help="draw only this layer, with its components")] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="override a setting of the stack file, KEY=VALUE")
    ] = None,
    program: Annotated[
        Path | None,
        typer.Option("--program", help="folder of another Pulumi project; --set sets its config"),
    ] = None,
) -> None:
    """Record the resource graph of a stack and print it. Makes no call and creates nothing.

    Exits with 0, with 1 for a program that cannot be recorded, and with 2 for an invalid stack file or setting.
    """
    if layer is not None and picture_ is None:
        raise typer.BadParameter(f"{layer!r}: needs a file; add --picture FILE.svg", param_hint="--layer")
    try:
        overrides = overrides_of(set_ or [])
        with _warnings_of_a_recording():
            if program is not None:
                _foreign(program, stack, overrides, json)
                return
            recorded = _recorded(stack, active, overrides)
        drawing = picture(recorded, layer) if picture_ is not None else ""
    except (pulumi.RunError, BadInputError) as error:
        typer.echo(redacted_message(str(error), [stack, *(set_ or []), str(program)]), err=True)
        raise typer.Exit(BAD_INPUT) from error
    except BlueprintError as error:
        typer.echo(redacted_message(str(error), [stack, *(set_ or []), str(program)]), err=True)
        raise typer.Exit(1) from error
    if json is not None:
        write("--json", json, recorded.to_text())
    if picture_ is not None:
        write("--picture", picture_, drawing)
    if json is None and picture_ is None:
        Console().print(tree(recorded))


@contextmanager
def _warnings_of_a_recording() -> Iterator[None]:
    """Print what a program warns of after it is recorded. A refusal is one line: no warning precedes it."""
    held = MemoryHandler(capacity=10_000, flushLevel=logging.CRITICAL + 1, flushOnClose=False)
    log = logging.getLogger("blueprint")
    log.addHandler(held)
    try:
        yield
        held.setTarget(logging.lastResort)
        held.flush()
    finally:
        log.removeHandler(held)
        held.close()


def _foreign(folder: Path, stack: str, config: dict[str, str], file: Path | None) -> None:
    recorded = record_program(folder, stack=stack, config=config)
    if file is None:
        Console().print(tree(recorded.blueprint))
    else:
        write("--json", file, recorded.to_text())


def _recorded(stack: str, active: bool, overrides: dict[str, str]) -> Blueprint:
    if stack == "dr":
        return record_dr(active=active, overrides=overrides)
    return record(stack, overrides={**overrides, **({"active": True} if active else {})})


def main() -> None:
    """Run `costs`, or the command that prints a blueprint for any other first argument."""
    if sys.argv[1:2] == ["costs"]:
        costs(args=sys.argv[2:], prog_name="python -m blueprint costs")
    app(prog_name="python -m blueprint")


if __name__ == "__main__":
    main()
