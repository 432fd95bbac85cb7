"""Check what stacks declare, accept findings for now, and list the rules: `python -m policy check|baseline|list`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from policy import baseline, configuration, exemptions, frameworks, inputs, json_file, markdown
from policy.arguments import BAD_INPUT, Commands
from policy.catalogue import RULES
from policy.check import Report, evaluate
from policy.errors import PolicyInputError
from policy.extensions import with_own
from policy.formats import Format, write
from policy.rule import Rule

app = typer.Typer(cls=Commands, add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True)

VIOLATED = 1

_FILES = typer.Argument(
    help="Blueprints, `pulumi preview --json`, `pulumi stack export`; - for standard input. Two files of one project "
    "are the primary's and the recovery stack's, and are compared."
)
_CONFIG = typer.Option(
    "--config", help=f"Policy configuration, JSON.  [default: {configuration.DEFAULT} of this folder, if there is one]"
)
_EXEMPT = typer.Option(
    "--exemptions", help="Written exemptions, YAML or JSON.  [default: the configuration's, else the pack's own]"
)
_OWN = typer.Option("--rules", help="Module or file with own rules; may be repeated.")
_FRAMEWORK = typer.Option("--framework", help="Apply only rules of this framework; may be repeated.")
_PARITY = typer.Option("--parity/--no-parity", help="Compare two stacks, whatever their projects are, or never.")

Files = Annotated[list[Path], _FILES]
Config = Annotated[Path | None, _CONFIG]
Exempt = Annotated[Path | None, _EXEMPT]
Own = Annotated[list[str] | None, _OWN]
Frameworks = Annotated[list[str] | None, _FRAMEWORK]
Parity = Annotated[bool | None, _PARITY]


@app.command()
def check(
    files: Files,
    format_: Annotated[Format, typer.Option("--format", help="Form of the report.")] = Format.TABLE,
    strict: Annotated[bool, typer.Option("--strict", help="Fail on advisory findings as well.")] = False,
    config: Config = None,
    exempt: Exempt = None,
    own: Own = None,
    framework: Frameworks = None,
    accepted: Annotated[
        Path | None, typer.Option("--baseline", help="Fail only on findings that this file does not list.")
    ] = None,
    parity: Parity = None,
) -> None:
    """Apply every rule to what stacks declare.

    Exit with 0, 1 for findings that refuse or an expired exemption, 2 for bad input or rules.
    """
    known = baseline.read(accepted) if accepted is not None else None
    report = _report(files, config, exempt, own, framework, parity, known)
    typer.echo(write(report, format_), nl=False)
    for line in [*(entry.expiry_text for entry in report.expired), *(error.text for error in report.errors)]:
        typer.echo(line, err=True)
    if report.errors:
        raise typer.Exit(BAD_INPUT)
    if report.failures(strict=strict):
        raise typer.Exit(VIOLATED)


@app.command("baseline")
def baseline_(
    files: Files,
    output: Annotated[Path, typer.Option("--output", help="File to write; - for standard output.")],
    config: Config = None,
    exempt: Exempt = None,
    own: Own = None,
    framework: Frameworks = None,
    parity: Parity = None,
) -> None:
    """Write the findings of today into a file, for `check --baseline`."""
    report = _report(files, config, exempt, own, framework, parity, None)
    if report.errors:
        raise PolicyInputError(report.errors[0].text)
    text = baseline.text(report)
    if str(output) == "-":
        typer.echo(text, nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise PolicyInputError(f"--output {output}: cannot be written: {error.strerror}; name another file") from None
    typer.echo(f"{output}: {len(report.findings)} findings are accepted")


def _report(
    files: list[Path],
    config: Path | None,
    exempt: Path | None,
    own: list[str] | None,
    framework: list[str] | None,
    parity: bool | None,
    known: baseline.Baseline | None,
) -> Report:
    if files.count(json_file.STDIN) > 1:
        raise PolicyInputError("-: standard input is given twice; give it once")
    rules = with_own(RULES, own or ())
    configured, notice = _configured(config)
    report = evaluate(
        [inputs.read(path) for path in files],
        configured,
        _exemptions(exempt, configured),
        rules=rules,
        selected=framework or (),
        baseline=known,
        parity=parity,
    )
    report.notices = [*notice, *report.notices]
    return report


def _configured(path: Path | None) -> tuple[Any, list[str]]:
    if path is not None:
        return configuration.read(path), []
    if configuration.DEFAULT.is_file():
        return configuration.read(configuration.DEFAULT), [f"configuration: {configuration.DEFAULT}"]
    return None, []


def _exemptions(path: Path | None, configured: Any) -> Any:
    if path is not None:
        return exemptions.read(path)
    return exemptions.configured(configuration.exemptions_in(configured))


@app.command("list")
def list_(
    as_markdown: Annotated[bool, typer.Option("--markdown", help="Print the text of docs/policies.md.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print rules with needs, controls and parameters.")] = False,
    as_frameworks: Annotated[bool, typer.Option("--frameworks", help="Print the names of --framework.")] = False,
    framework: Frameworks = None,
    own: Own = None,
) -> None:
    """Print the catalogue of rules."""
    every = with_own(RULES, own or ())
    rules = frameworks.select(every, framework or ())
    if as_markdown:
        typer.echo(markdown.text(rules), nl=False)
    elif as_json:
        typer.echo(json.dumps([rule.as_json() for rule in rules], indent=2))
    elif as_frameworks:
        _print_frameworks(every)
    else:
        table = Table("Rule", "Severity", "Service", "Asks")
        for rule in rules:
            table.add_row(rule.id, rule.severity.value, rule.service, rule.title)
        Console().print(table)


def _print_frameworks(rules: tuple[Rule, ...]) -> None:
    table = Table("Name", "Framework", "Rules", "Controls")
    for name, framework in frameworks.known(rules).items():
        controls = {control for rule in rules for control in framework.controls(rule)}
        applied = sum(bool(framework.controls(rule)) for rule in rules)
        table.add_row(name, framework.title, str(applied), str(len(controls)))
    Console().print(table)
