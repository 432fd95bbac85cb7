"""Steps of a delivery: `python -m delivery ready|profile|standing|mirror|comment`."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import Annotated

import typer

from delivery.comment import Host, Preview, comment
from delivery.mirror import MirrorError, copies, mirror
from delivery.profile import ProfileError, config_file, write
from delivery.standing import StandingError, require_agreement

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, help=__doc__)

# Where each variable of a build comes from, for whoever finds it missing.
_FROM = {
    "PULUMI_BACKEND_URL": "name the backend of the state in stateBackendUrl, and bring the primary up",
    "RECOVERY_ARTIFACTS": "name the recovery region's bucket of artifacts in the variable of the repository",
    "PRIMARY_STACK": "name the stack in primaryStack",
    "RECOVERY_STACK": "name the stack in recoveryStack",
}


@app.command()
def ready(variables: Annotated[list[str], typer.Argument(help="environment variables that the build needs")]) -> None:
    """Refuse to begin while something is not set, and say where it is set."""
    missing = [name for name in variables if not os.environ.get(name)]
    for name in missing:
        typer.echo(f"{name}: is not set; {_FROM.get(name, 'whoever starts the build gives it')}", err=True)
    if missing:
        raise typer.Exit(1)


@app.command()
def profile(
    name: Annotated[str, typer.Argument(help="name of the profile, as AWS_PROFILE has it")],
    role_arn: Annotated[str, typer.Argument(help="ARN of the role to act as")],
) -> None:
    """Let AWS's tools act as a role, by the credentials of the build's container."""
    try:
        write(config_file(), name, role_arn)
    except ProfileError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error


@app.command()
def standing(
    stack: Annotated[str, typer.Argument(help="the stack that is to be brought up")],
    outputs: Annotated[Path, typer.Argument(help="what `pulumi stack output --json` printed of it")],
) -> None:
    """Refuse to turn a recovery region over by a deployment: the runbook does that."""
    try:
        require_agreement(Path(), stack, outputs)
    except StandingError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error


@app.command("mirror")
def mirror_(
    outputs: Annotated[Path, typer.Argument(help="what `pulumi stack output --json` printed of a stack")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="print the commands, run none")] = False,
) -> None:
    """Copy the images of others that a stack runs into the registry of its region."""
    try:
        wanted = copies(outputs)
        for line in (shlex.join(each.command) for each in wanted) if dry_run else mirror(wanted):
            typer.echo(line)
    except MirrorError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error


@app.command("comment")
def comment_(
    folder: Annotated[Path, typer.Argument(help="folder with STACK.txt for each stack", file_okay=False)],
    stacks: Annotated[list[str], typer.Argument(help="stacks in the order in which they are shown")],
    log: Annotated[str, typer.Option(help="where the whole log is: an address, or the id of a build")],
    host: Annotated[Host, typer.Option(help="the code host, which limits a comment's length")],
) -> None:
    """Print the comment on a pull request: the previews of the stacks, cut to what the code host takes."""
    typer.echo(comment([Preview.read(folder, stack) for stack in stacks], log, host.limit), nl=False)


if __name__ == "__main__":
    app()
