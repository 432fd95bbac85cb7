"""The recovery stack's exports: from the engine, or from a file that was written while all was well."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from pulumi import automation

from recovery.errors import ConfigurationError
from recovery.readiness import Check
from runbook.told import reason

BUDGET = "recoveryBudget"
"""The export that holds the recovery time's budget, term by term (`recovery.budget`)."""


def of_file(path: Path) -> Mapping[str, Any]:
    """Raises ConfigurationError."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read ({error.strerror}); name a file of exports") from error
    except ValueError as error:
        raise ConfigurationError(f"{path}: is no JSON ({error}); write it with pulumi stack output --json") from error
    if not isinstance(found, Mapping):
        raise ConfigurationError(f"{path}: is no JSON object; write it with pulumi stack output --json")
    return found


def of_stack(stack: str, work_dir: Path) -> Mapping[str, Any]:
    """By the engine, from its state; raises ConfigurationError."""
    return {name: output.value for name, output in selected(stack, work_dir).outputs().items()}


def state_check(backend: str, primary_region: str) -> Check:
    """Whether the engine's state outlives the primary's region; `backend` is the URL of the engine's login."""
    way_out = f"keep it in a bucket outside {primary_region}: pulumi login 's3://BUCKET?region=REGION'"
    found = urlsplit(backend)
    if found.scheme == "https":
        return Check("state", True, f"kept by {backend}")
    region = parse_qs(found.query).get("region", [""])[0]
    if found.scheme != "s3":
        return Check("state", False, f"{backend} is this machine alone", way_out)
    if not region:
        return Check("state", False, f"{backend} does not say where its bucket is", way_out)
    lost = region == primary_region
    return Check("state", not lost, f"{backend} is in {region}", way_out if lost else "")


def backend_of(stack: str, work_dir: Path) -> str:
    """Where the engine keeps its state; raises ConfigurationError."""
    return selected(stack, work_dir).workspace.who_am_i().url or ""


def selected(stack: str, work_dir: Path) -> automation.Stack:
    """The stack of the program in `work_dir`; raises ConfigurationError."""
    way_out = "name the recovery stack with --stack, or its exports with --outputs FILE"
    try:
        return automation.select_stack(stack_name=stack, work_dir=str(work_dir))
    except automation.StackNotFoundError as error:
        raise ConfigurationError(f"stack {stack!r}: does not exist in this backend; {way_out}") from error
    except automation.CommandError as error:
        raise ConfigurationError(
            f"stack {stack!r}: the engine cannot select it ({reason(error)}); {way_out}"
        ) from error
    except automation.InvalidVersionError as error:
        raise ConfigurationError(f"stack {stack!r}: the engine's version does not fit ({error}); {way_out}") from error
    except OSError as error:
        raise ConfigurationError(
            f"stack {stack!r}: there is no pulumi command ({error.strerror}); {way_out}"
        ) from error
