"""Check that a deployment does not change the `active` state of a recovery stack, which only the runbook may do."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from components.settings import NAMESPACES, Role, SettingsError, stack_files
from components.settings.root import GeneralSettings


class ActiveStateError(ValueError):
    """The stack's file and its deployed state differ, or one of them cannot be read; the message states the remedy."""


def require_unchanged_state(folder: Path, stack: str, outputs: Path) -> None:
    """Raise `ActiveStateError` unless the stack file's `active` equals the deployed stack's export.

    With another value, a deployment would shrink a region that accepts orders, or grow one without the runbook, which
    saves the resources that leave such a stack (`runbook.retained_resources`). `outputs` is the output of `pulumi stack
    output --json`. A stack that was never deployed exports nothing and passes.
    """
    file = folder / f"Pulumi.{stack.rpartition('/')[2]}.yaml"
    wanted = _wanted(file)
    active = _exported(outputs).get("active")
    if wanted.role is Role.PRIMARY or active is None or active == wanted.active:
        return
    if active:
        raise ActiveStateError(
            f"{stack}: is active, but {file.name} says standby: deploying would scale it down while it serves orders; "
            "commit `active: true`, or fail back first: python -m runbook failback"
        )
    raise ActiveStateError(
        f"{stack}: is in standby, but {file.name} says active: move orders first with "
        "python -m runbook failover (or resume), and remove `active: true` until then"
    )


def _wanted(file: Path) -> GeneralSettings:
    if not file.is_file():
        raise ActiveStateError(f"{file.name}: does not exist; name a stack with a file beside Pulumi.yaml")
    try:
        config = stack_files.read(file).configuration()
    except SettingsError as error:
        raise ActiveStateError(str(error)) from error
    given = {
        key: config[f"{namespace}:{key}"]
        for namespace in NAMESPACES
        for key in ("role", "active")
        if f"{namespace}:{key}" in config
    }
    try:
        return GeneralSettings.model_validate(given)
    except ValidationError as error:
        raise ActiveStateError(f"{file.name}: {'; '.join(item['msg'] for item in error.errors())}") from error


def _exported(outputs: Path) -> Mapping[str, Any]:
    try:
        found = json.loads(outputs.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ActiveStateError(
            f"{outputs}: cannot be read ({error}); write it with `pulumi stack output --json`"
        ) from error
    if not isinstance(found, dict):
        raise ActiveStateError(f"{outputs}: is not a JSON object; write it with `pulumi stack output --json`")
    return found
