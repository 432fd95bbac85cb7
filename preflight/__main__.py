"""Ask whether an account offers what a stack needs: `python -m preflight primary|dr`.

Exit codes: 0 fine; 1 something would stop the update; 2 bad input, or AWS could not be asked (no credentials, another
account, a region that is not enabled, calls that were denied or throttled). Every call reads; nothing is changed.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Annotated

import pulumi
import typer

from blueprint import BlueprintError
from blueprint.overrides import overrides_of
from command_line import DocumentCommand
from preflight.account import Account, CannotAskError
from preflight.recorded import declared_of
from preflight.run import EXIT_CANNOT_ASK, ask, exit_code, questions_of
from preflight.show import Show

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command(cls=DocumentCommand, help=__doc__)
def preflight(
    stack: Annotated[str, typer.Argument(help="primary, dr or sandbox")],
    active: Annotated[bool, typer.Option("--active", help="dr only: at the sizes of a takeover")] = False,
    offline: Annotated[
        bool, typer.Option("--offline", help="print what to request, without credentials or calls")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="exactly one JSON document on stdout")] = False,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="a setting that stands over the stack file, KEY=VALUE")
    ] = None,
) -> None:
    show = Show(as_json)
    try:
        code = _run(show, stack, _overrides(set_ or [], active), offline=offline)
    except (CannotAskError, pulumi.RunError, BlueprintError) as error:
        show.error(str(error), EXIT_CANNOT_ASK)
        code = EXIT_CANNOT_ASK
    raise typer.Exit(code)


def _run(show: Show, stack: str, overrides: Mapping[str, str], *, offline: bool) -> int:
    begun = time.monotonic()
    declared = declared_of(stack, overrides)
    questions = questions_of(declared)
    show.tell(f"{stack} recorded: {len(questions)} questions, {time.monotonic() - begun:.1f} s")
    if offline:
        show.requests(stack, questions)
        return 0
    account = Account(emulated=declared.emulated)
    caller = account.require_identity(declared)
    show.tell(f"asking account {declared.account} as {caller}")
    with show.progress(len(questions)) as told:
        findings = ask(questions, account, told)
    code = exit_code(findings)
    show.findings(stack, findings, code)
    return code


def _overrides(pairs: list[str], active: bool) -> dict[str, str]:
    return ({"active": "true"} if active else {}) | overrides_of(pairs)


if __name__ == "__main__":
    app()
