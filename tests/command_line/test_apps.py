"""Each command of the project ends with one line, exit code 2 and no secret where an argument is wrong."""

from __future__ import annotations

import subprocess
import sys

import pytest
import typer
from typer.testing import CliRunner

from command_line import Command, DocumentCommand, Group, Parser

MODULES = [
    "blueprint",
    "blueprint costs",
    "delivery",
    "policy",
    "preflight",
    "rehearsal",
    "rehearsal.demo",
    "rehearsal.drill",
    "runbook",
]
SECRET = "geheim"


@pytest.mark.parametrize("module", MODULES)
def test_an_option_that_does_not_exist_is_one_line(module: str) -> None:
    """In a process of its own, as people call it. The option's name has a secret in it, which is not printed."""
    ended = subprocess.run(
        [sys.executable, "-m", *module.split(), f"--u:{SECRET}@x.example"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 2
    assert ended.stdout == ""
    (line,) = ended.stderr.splitlines()
    assert "see --help" in line
    assert SECRET not in line


def _app(kind: type[Command]) -> typer.Typer:
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)

    @app.command(cls=kind)
    def one(name: str, count: int = 1, as_json: bool = typer.Option(False, "--json")) -> None:
        if count > 1:
            raise typer.BadParameter(f"{name!r}: has a count; leave it out", param_hint="--count")

    return app


@pytest.mark.parametrize(
    "words", [[], ["a", "b"], ["a", "--count", "x"], ["a", "--count", "2"], ["u:ge heim@x", "--count", "2"]]
)
def test_each_error_of_an_argument_is_one_line(words: list[str]) -> None:
    outcome = CliRunner().invoke(_app(Command), words)
    assert outcome.exit_code == 2
    assert len(outcome.stderr.splitlines()) == 1
    assert "heim" not in outcome.output


def test_a_document_has_the_error_too() -> None:
    outcome = CliRunner().invoke(_app(DocumentCommand), ["a", "--count", "2", "--json"])
    assert '"exit_code": 2' in outcome.stdout
    assert len(outcome.stderr.splitlines()) == 1


def test_a_group_without_words_prints_its_help() -> None:
    app = typer.Typer(cls=Group, no_args_is_help=True)
    app.command("one")(lambda: None)
    app.command("two")(lambda: None)
    assert "Usage" in CliRunner().invoke(app, []).output
    outcome = CliRunner().invoke(app, ["three"])
    assert outcome.exit_code == 2
    assert len(outcome.stderr.splitlines()) == 1


def test_the_parser_prints_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        Parser(prog="x").parse_args(["--unknown"])
    assert ended.value.code == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
