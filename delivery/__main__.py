"""Commands of a build: `python -m delivery ready|profile|login|check-active|mirror|comment`."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import Annotated

import typer

from command_line import Group
from delivery.active_state import ActiveStateError, require_unchanged_state
from delivery.comment import Host, Preview, comment
from delivery.mirror import MirrorError, copies, mirror
from delivery.profile import ProfileError, config_file, write
from delivery.registry_login import LoginError, docker_file, log_in, registry_of

app = typer.Typer(cls=Group, add_completion=False, pretty_exceptions_enable=False, help=__doc__)

# Remedies for missing variables of a build.
_REMEDIES = {
    "PULUMI_BACKEND_URL": "set stateBackendUrl and deploy the primary",
    "RECOVERY_ARTIFACTS": "set the repository's variable to the recovery region's artifacts bucket",
    "PRIMARY_STACK": "set primaryStack",
    "RECOVERY_STACK": "set recoveryStack",
}


@app.command()
def ready(variables: Annotated[list[str], typer.Argument(help="environment variables that the build needs")]) -> None:
    """Check that the build's environment variables are set; if not, print the remedy and exit with 1."""
    missing = [name for name in variables if not os.environ.get(name)]
    for name in missing:
        remedy = _REMEDIES.get(name, "pass it as an environment variable of the build")
        typer.echo(f"{name}: is not set; {remedy}", err=True)
    if missing:
        raise typer.Exit(1)


@app.command()
def profile(
    name: Annotated[str, typer.Argument(help="name of the profile, as AWS_PROFILE has it")],
    role_arn: Annotated[str, typer.Argument(help="ARN of the role to assume")],
) -> None:
    """Write an AWS profile that assumes a role with the credentials of the build's container."""
    try:
        write(config_file(), name, role_arn)
    except ProfileError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error


@app.command()
def login(
    stacks: Annotated[list[str], typer.Argument(help="stacks from whose registries an update takes charts")],
) -> None:
    """Log in to the registries of stacks for 12 hours, so that Helm can take charts from there."""
    try:
        for stack in stacks:
            host, region = registry_of(Path(), stack)
            log_in(host, region, docker_file())
            typer.echo(f"{stack}: logged in to {host}")
    except LoginError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error


@app.command()
def check_active(
    stack: Annotated[str, typer.Argument(help="the stack to deploy")],
    outputs: Annotated[Path, typer.Argument(help="file with the output of `pulumi stack output --json`")],
) -> None:
    """Refuse to deploy a stack whose `active` setting differs from its deployed state; the runbook changes that
    state."""
    try:
        require_unchanged_state(Path(), stack, outputs)
    except ActiveStateError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error


@app.command("mirror")
def mirror_(
    outputs: Annotated[Path, typer.Argument(help="file with the output of `pulumi stack output --json`")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="print the commands without running them")] = False,
) -> None:
    """Copy the third-party images and charts of a stack into the registry of its region."""
    try:
        wanted = copies(outputs)
        planned = (shlex.join(command) for each in wanted for command in each.commands)
        for line in planned if dry_run else mirror(wanted):
            typer.echo(line)
    except MirrorError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error


@app.command("comment")
def comment_(
    folder: Annotated[Path, typer.Argument(help="folder with STACK.txt for each stack", file_okay=False)],
    stacks: Annotated[list[str], typer.Argument(help="stacks, in display order")],
    log: Annotated[str, typer.Option(help="location of the whole log: an address, or the id of a build")],
    host: Annotated[Host, typer.Option(help="the code host, which limits a comment's length")],
) -> None:
    """Print the comment for a pull request: previews of the stacks, cut to the code host's maximum length."""
    typer.echo(comment([Preview.read(folder, stack) for stack in stacks], log, host.limit), nl=False)


if __name__ == "__main__":
    app()
