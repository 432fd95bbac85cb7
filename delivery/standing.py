"""Whether a deployment would turn a recovery region over, which the runbook alone does."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from components.settings import NAMESPACES, Role, SettingsError, stack_files
from components.settings.root import GeneralSettings


class StandingError(ValueError):
    """The stack's file and what stands there differ, or one of them cannot be read; the message says the way out."""


def require_agreement(folder: Path, stack: str, outputs: Path) -> None:
    """The file of the stack must say of `active` what its exports say: whoever brings up another value shrinks a region
    that takes orders, or grows one past the runbook, which keeps what such a stack lets go of (`runbook.retained`).
    `outputs` is what `pulumi stack output --json` printed; a stack that was never brought up exports nothing, and may
    be. Raises `StandingError`."""
    file = folder / f"Pulumi.{stack.rpartition('/')[2]}.yaml"
    wanted = _wanted(file)
    stands = _exported(outputs).get("active")
    if wanted.role is Role.PRIMARY or stands is None or stands == wanted.active:
        return
    if stands:
        raise StandingError(
            f"{stack}: has taken over, and by {file.name} it would stand by, so that it shrinks while it takes orders; "
            "commit `active: true`, or hand back first: python -m runbook failback"
        )
    raise StandingError(
        f"{stack}: stands by, and by {file.name} it would have taken over; orders are moved before it grows, by "
        "python -m runbook failover, or resume: take `active: true` out until that is done"
    )


def _wanted(file: Path) -> GeneralSettings:
    if not file.is_file():
        raise StandingError(f"{file.name}: is not there; name a stack that has a file beside Pulumi.yaml")
    try:
        config = stack_files.read(file).configuration()
    except SettingsError as error:
        raise StandingError(str(error)) from error
    given = {
        key: config[f"{namespace}:{key}"]
        for namespace in NAMESPACES
        for key in ("role", "active")
        if f"{namespace}:{key}" in config
    }
    try:
        return GeneralSettings.model_validate(given)
    except ValidationError as error:
        raise StandingError(f"{file.name}: {'; '.join(item['msg'] for item in error.errors())}") from error


def _exported(outputs: Path) -> Mapping[str, Any]:
    try:
        found = json.loads(outputs.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StandingError(f"{outputs}: cannot be read ({error}); write it by pulumi stack output --json") from error
    if not isinstance(found, dict):
        raise StandingError(f"{outputs}: is no JSON object; write it by pulumi stack output --json")
    return found
