"""Own rules of a user, beside those of the catalogue.

A module or file with `RULES`, a `policy.rule.Rules` or a list of `Rule`. It is named by `--rules`, by the variable
POLICY_RULES (several separated by commas), or by an installed package in the entry-point group `aws_policy_pack.rules`.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

from policy.configuration import RESERVED
from policy.confinement import confined, said
from policy.errors import PolicyInputError
from policy.rule import Rule, Rules

GROUP = "aws_policy_pack.rules"
VARIABLE = "POLICY_RULES"
_ID = re.compile(r"^[a-z0-9]+(-[a-z0-9]+)*$")
_HINT = "define RULES = policy.rule.Rules(SERVICE) and decorate checks with it"


def with_own(catalogue: Sequence[Rule], named: Iterable[str] = ()) -> tuple[Rule, ...]:
    """The catalogue and own rules: those named, those of POLICY_RULES, and those of installed packages.

    Raises `PolicyInputError` for rules that cannot be loaded, and for an id that is not valid or stands twice.
    """
    rules = list(catalogue)
    places = [*named, *(part.strip() for part in os.environ.get(VARIABLE, "").split(",") if part.strip())]
    for place in dict.fromkeys(places):
        _add(rules, _rules_of(getattr(_module(place), "RULES", None), place), place)
    for point in entry_points(group=GROUP):
        where = f"entry point {point.name} = {point.value}"
        try:
            with confined():
                value = point.load()
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - whatever a package raises when it is imported
            raise PolicyInputError(f"{where}: cannot be loaded: {said(error)}; correct or remove it") from None
        _add(rules, _rules_of(getattr(value, "RULES", value), where), where)
    return tuple(rules)


def own(rules: Rules | Iterable[Rule], catalogue: Sequence[Rule] = ()) -> tuple[Rule, ...]:
    """The catalogue and own rules that a program has in hand. Raises `PolicyInputError`."""
    found = list(catalogue)
    _add(found, _rules_of(rules, "own rules"), "own rules")
    return tuple(found)


def _module(place: str) -> ModuleType:
    """A module by its dotted name, or by the path of its file."""
    path = Path(place)
    try:
        if place.endswith(".py"):
            name = f"policy_own_{path.stem}"
            spec = importlib.util.spec_from_file_location(name, path)
            if spec is None or spec.loader is None or not path.is_file():
                raise PolicyInputError(f"--rules {place}: there is no such file; name a file or a module")
            module = importlib.util.module_from_spec(spec)
            sys.modules[name] = module
            with confined():
                spec.loader.exec_module(module)
            return module
        if not {str(Path.cwd()), ""} & set(sys.path):
            sys.path.append(str(Path.cwd()))
        with confined():
            return importlib.import_module(place)
    except (PolicyInputError, KeyboardInterrupt):
        raise
    except BaseException as error:  # noqa: BLE001 - whatever the module raises when it is imported
        raise PolicyInputError(f"--rules {place}: cannot be loaded: {said(error)}; correct it") from None


def _rules_of(value: Any, where: str) -> list[Rule]:
    found = value.rules if isinstance(value, Rules) else value
    if not isinstance(found, list | tuple) or not all(isinstance(rule, Rule) for rule in found):
        raise PolicyInputError(f"{where}: has no rules; {_HINT}")
    if not found:
        raise PolicyInputError(f"{where}: RULES is empty; {_HINT}")
    return [replace(rule, own=True) for rule in found]


def _add(rules: list[Rule], further: Iterable[Rule], where: str) -> None:
    ids = {rule.id for rule in rules}
    for rule in further:
        if rule.id in RESERVED or not _ID.match(rule.id):
            raise PolicyInputError(f"{where}: id = {rule.id!r}: is not valid; use small letters, digits and hyphens")
        if rule.id in ids:
            raise PolicyInputError(f"{where}: id = {rule.id!r}: another rule has it; choose another id")
        ids.add(rule.id)
        rules.append(rule)
