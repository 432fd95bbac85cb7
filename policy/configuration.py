"""How the rules are set: severity and parameters of each, in the form of CrossGuard's policy configuration.

{"all": "advisory", "stream-shards": {"enforcementLevel": "mandatory", "targetUtilisation": 70}}
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from policy.errors import PolicyInputError
from policy.rule import Rule, Severity

ALL = "all"
LEVEL = "enforcementLevel"
NOT_EVALUATED = "could-not-be-evaluated"
"""The name under which what could not be evaluated is reported, and set, as if it were a rule of its own."""


@dataclass(frozen=True)
class Setting:
    """How one rule is set."""

    severity: Severity
    parameters: Mapping[str, Any]


Settings = Mapping[str, Setting]


def read(path: Path) -> Any:
    """The configuration in a JSON file. Raises `PolicyInputError`."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise PolicyInputError(f"{path}: cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise PolicyInputError(f"{path}: is not JSON: {error}") from None


def settings(rules: Iterable[Rule], configuration: Mapping[str, Any] | None = None) -> Settings:
    """How each rule is set, by id, and `NOT_EVALUATED` where that is set.

    Raises `PolicyInputError` for an unknown rule, level or parameter.
    """
    by_id = {rule.id: rule for rule in rules}
    given = configuration if configuration is not None else {}
    if not isinstance(given, Mapping):
        raise PolicyInputError(f"configuration: must be an object of rules, not {type(given).__name__}")
    for name in given:
        if name not in (ALL, NOT_EVALUATED) and name not in by_id:
            close = get_close_matches(name, by_id, n=1)
            hint = f"did you mean {close[0]!r}?" if close else "`python -m policy list` names them all"
            raise PolicyInputError(f"configuration: there is no rule {name!r}; {hint}")
    everything = _level(given[ALL], ALL) if ALL in given else None
    found = {id_: _setting(rule, given.get(id_), everything) for id_, rule in by_id.items()}
    if NOT_EVALUATED in given:
        found[NOT_EVALUATED] = Setting(_level(given[NOT_EVALUATED], NOT_EVALUATED), {})
    return found


def _setting(rule: Rule, value: Any, everything: Severity | None) -> Setting:
    severity = everything or rule.severity
    if value is None:
        return Setting(severity, rule.defaults())
    if isinstance(value, str):
        return Setting(_level(value, rule.id), rule.defaults())
    if not isinstance(value, Mapping):
        raise PolicyInputError(f"configuration: {rule.id} = {value!r} must be a level or an object")
    given = {name: item for name, item in value.items() if name != LEVEL}
    for name, item in given.items():
        _check_parameter(rule, name, item)
    level = _level(value[LEVEL], rule.id) if LEVEL in value else severity
    return Setting(level, {**rule.defaults(), **given})


def _check_parameter(rule: Rule, name: str, value: Any) -> None:
    if name not in rule.parameters:
        known = ", ".join(rule.parameters) or "none"
        raise PolicyInputError(f"configuration: rule {rule.id!r} has no parameter {name!r}; it has: {known}")
    if (objection := rule.parameters[name].objection(value)) is not None:
        raise PolicyInputError(f"configuration: {rule.id}.{name} = {value!r} {objection}")


def _level(value: Any, where: str) -> Severity:
    if isinstance(value, Mapping) and set(value) == {LEVEL}:
        value = value[LEVEL]
    # CrossGuard treats "remediate" as mandatory where a policy cannot remedy anything itself.
    if value == "remediate":
        return Severity.MANDATORY
    try:
        return Severity(value)
    except ValueError:
        levels = ", ".join(Severity)
        raise PolicyInputError(f"configuration: {where} = {value!r} is no level; choose one of {levels}") from None
