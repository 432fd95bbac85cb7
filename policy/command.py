"""Check recorded blueprints, and list the rules: `python -m policy check|list`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from policy import blueprint, configuration, exemptions, markdown
from policy.catalogue import RULES
from policy.check import evaluate
from policy.errors import PolicyInputError
from policy.formats import Format, write

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True)

VIOLATED, BAD_INPUT = 1, 2


@app.command()
def check(
    primary: Annotated[Path, typer.Argument(help="a blueprint, from `python -m blueprint STACK --json FILE`")],
    recovery: Annotated[Path | None, typer.Argument(help="the recovery stack's, to compare both")] = None,
    format_: Annotated[Format, typer.Option("--format", help="how the report is written")] = Format.TABLE,
    strict: Annotated[bool, typer.Option("--strict", help="advisory findings fail as well")] = False,
    config: Annotated[Path | None, typer.Option("--config", help="policy configuration, JSON")] = None,
    exempt: Annotated[Path, typer.Option("--exemptions", help="written exemptions, YAML or JSON")] = exemptions.DEFAULT,
) -> None:
    """Apply every rule to one blueprint, or to both stacks. Exits with 0, 1 for violations, 2 for bad input."""
    try:
        report = evaluate(
            [blueprint.read(path) for path in (primary, recovery) if path is not None],
            configuration.read(config) if config is not None else None,
            exemptions.read(exempt),
        )
    except PolicyInputError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(BAD_INPUT) from error
    typer.echo(write(report, format_), nl=False)
    if report.failures(strict=strict):
        raise typer.Exit(VIOLATED)


@app.command("list")
def list_(
    as_markdown: Annotated[bool, typer.Option("--markdown", help="the text of docs/policies.md")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="rules with needs, controls and parameters")] = False,
) -> None:
    """Print the catalogue of rules."""
    if as_markdown:
        typer.echo(markdown.text(), nl=False)
        return
    if as_json:
        typer.echo(json.dumps([rule.as_json() for rule in RULES], indent=2))
        return
    table = Table(*("Rule", "Severity", "Service", "Asks"))
    for rule in RULES:
        table.add_row(rule.id, rule.severity.value, rule.service, rule.title)
    Console().print(table)
