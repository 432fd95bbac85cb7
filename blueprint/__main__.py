"""Print what a stack declares: `python -m blueprint primary|dr [--active] [--json FILE] [--set KEY=VALUE]`.

`python -m blueprint STACK --program FOLDER` records the Python program of another Pulumi project.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import pulumi
import typer
from rich.console import Console

from blueprint.foreign import record_program
from blueprint.model import Blueprint, BlueprintError
from blueprint.program import record, record_dr
from blueprint.tree import tree

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def blueprint(
    stack: Annotated[str, typer.Argument(help="primary or dr")],
    active: Annotated[bool, typer.Option("--active", help="dr only: as after a failover")] = False,
    json: Annotated[Path | None, typer.Option("--json", help="write the JSON here instead; - for stdout")] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="a setting that stands over the stack file, KEY=VALUE")
    ] = None,
    program: Annotated[
        Path | None,
        typer.Option("--program", help="Folder of another project; --set sets its config."),
    ] = None,
) -> None:
    """Record what a stack declares and print it. Nothing is called and nothing is created."""
    try:
        overrides = _overrides(set_ or [])
        if program is not None:
            _foreign(program, stack, overrides, json)
            return
        recorded = _recorded(stack, active, overrides)
    except (pulumi.RunError, BlueprintError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    if json is None:
        Console().print(tree(recorded))
    elif str(json) == "-":
        typer.echo(recorded.to_text(), nl=False)
    else:
        _write(json, recorded.to_text())


def _foreign(folder: Path, stack: str, config: dict[str, str], file: Path | None) -> None:
    recorded = record_program(folder, stack=stack, config=config)
    if file is None:
        Console().print(tree(recorded.blueprint))
    elif str(file) == "-":
        typer.echo(recorded.to_text(), nl=False)
    else:
        _write(file, recorded.to_text())


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        reason = f"{str(file)!r} cannot be written ({error.strerror}); name a file in a folder that exists"
        raise typer.BadParameter(reason, param_hint="--json") from error


def _recorded(stack: str, active: bool, overrides: dict[str, str]) -> Blueprint:
    if stack == "dr":
        return record_dr(active=active, overrides=overrides)
    return record(stack, overrides={**overrides, **({"active": True} if active else {})})


def _overrides(pairs: list[str]) -> dict[str, str]:
    overrides = {}
    for pair in pairs:
        key, separator, value = pair.partition("=")
        if not separator:
            raise typer.BadParameter(f"{pair!r}: write it as KEY=VALUE", param_hint="--set")
        overrides[key] = value
    return overrides


if __name__ == "__main__":
    app()
