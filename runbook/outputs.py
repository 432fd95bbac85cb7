"""The recovery stack's exports: from the engine, or from a file that was written while all was well."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pulumi import automation

from recovery.errors import ConfigurationError
from recovery.exports import Reader, of_file
from recovery.redaction import redacted_value
from runbook.engine_errors import reason
from runbook.state_location import state_check

__all__ = ("BUDGET", "backend_of", "budget_of", "of_file", "of_stack", "selected", "state_check")

BUDGET = "recoveryBudget"
"""The export that holds the recovery time's budget, term by term (`recovery.budget`)."""


# The longest that a term of the budget is; a day is far beyond the objective.
_MOST_SECONDS = 86_400
_STACK = re.compile(r"(?!-)[A-Za-z0-9_.-]{1,100}(?:/(?!-)[A-Za-z0-9_.-]{1,100}){0,2}")
NO_ENGINE = (
    "there is no pulumi command on PATH; run `make engine` in the program's folder and put its .venv/bin on PATH, "
    "or name a file of the exports with --outputs FILE"
)


def budget_of(outputs: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The budget among the exports, None where there is none; raises ConfigurationError that names the bad key.

    Exports that an older version of the program wrote have no `beside`, `engines` and sums with other names.
    """
    if outputs.get(BUDGET) is None:
        return None
    found = Reader(outputs[BUDGET], BUDGET)
    later = [*(found.parts("beside") if found.has("beside") else ())]
    later += [found.part("engines")] if found.has("engines") else []
    for term in (*found.parts("terms"), *later, found.part("detection")):
        term.words("name")
        term.words("source")
        term.seconds("seconds", _MOST_SECONDS)
    found.seconds("seconds", _MOST_SECONDS)
    for key in ("secondDisasterSeconds", "tradableSeconds"):
        if found.has(key):
            found.seconds(key, _MOST_SECONDS)
    return found.values


def of_stack(stack: str, work_dir: Path) -> Mapping[str, Any]:
    """By the engine, from its state; raises ConfigurationError."""
    with _engine_errors(stack):
        return {name: output.value for name, output in selected(stack, work_dir).outputs().items()}


def backend_of(stack: str, work_dir: Path) -> str:
    """URL of the backend where the engine keeps its state, which may hold secrets; raises ConfigurationError."""
    with _engine_errors(stack):
        return selected(stack, work_dir).workspace.who_am_i().url or ""


def selected(stack: str, work_dir: Path) -> automation.Stack:
    """The stack of the program in `work_dir`; raises ConfigurationError."""
    if not _STACK.fullmatch(stack):
        raise ConfigurationError(
            f"--stack = {redacted_value(stack)!r}: is not the name of a stack; write STACK or ORG/PROJECT/STACK"
        )
    if not work_dir.is_dir():
        raise ConfigurationError(
            f"--cwd = {redacted_value(str(work_dir))!r}: is no folder; name the folder of the Pulumi program"
        )
    if not shutil.which("pulumi"):
        raise ConfigurationError(f"stack {stack!r}: {NO_ENGINE}")
    with _engine_errors(stack):
        return automation.select_stack(stack_name=stack, work_dir=str(work_dir))


@contextmanager
def _engine_errors(stack: str) -> Iterator[None]:
    """Turns each error of the engine into a ConfigurationError."""
    way_out = "name the recovery stack with --stack, or its exports with --outputs FILE"
    try:
        yield
    except automation.StackNotFoundError as error:
        raise ConfigurationError(f"stack {stack!r}: does not exist in this backend; {way_out}") from error
    except automation.CommandError as error:
        raise ConfigurationError(
            f"stack {stack!r}: the engine cannot select or read it ({reason(error)}); {way_out}"
        ) from error
    except automation.InvalidVersionError as error:
        raise ConfigurationError(f"stack {stack!r}: the engine's version does not fit ({error}); {way_out}") from error
    except ValueError as error:
        raise ConfigurationError(f"stack {stack!r}: the engine's answer is no JSON ({error}); {way_out}") from error
    except OSError as error:
        raise ConfigurationError(
            f"stack {stack!r}: the pulumi command cannot be run ({error.strerror}); {NO_ENGINE.partition('; ')[2]}"
        ) from error
