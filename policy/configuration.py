"""How the rules are set: severity and parameters of each, in the form of CrossGuard's policy configuration.

{"all": "advisory", "stream-shards": {"enforcementLevel": "mandatory", "targetUtilisation": 70}}
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from policy import json_file
from policy.errors import PolicyInputError, command
from policy.rule import Rule, Severity

DEFAULT = Path("policy-config.json")
"""Read from the current folder where no file is named."""

ALL = "all"
LEVEL = "enforcementLevel"
REMEDIATE = "remediate"
NOT_EVALUATED = "could-not-be-evaluated"
"""The name under which what could not be evaluated is reported, and set, as if it were a rule of its own."""
EXEMPTIONS = "exemptions"
"""The name under which exemptions are set: `{"exemptions": {"file": PATH}}` or `{"exemptions": {"entries": [...]}}`."""
RULE_ERRORS = "rule-failed"
"""The policy under which the engine is told that a rule itself failed; it cannot be set."""
EXPIRED = "exemption-expired"
"""The policy under which the engine reports expired exemptions; it cannot be set."""
RESERVED = (ALL, NOT_EVALUATED, EXEMPTIONS, RULE_ERRORS, EXPIRED)


@dataclass(frozen=True)
class Setting:
    """How one rule is set."""

    severity: Severity
    parameters: Mapping[str, Any]
    remediate: bool = False


Settings = Mapping[str, Setting]
Level = tuple[Severity, bool]
"""The severity, and whether the engine applies the rule's remedy."""


_HINT = f'name a file of JSON such as {{"all": "advisory"}}; `{command()} list --json` has the parameters of each rule'


def read(path: Path) -> Any:
    """The configuration in a JSON file. Raises `PolicyInputError`."""
    return json_file.read(path, _HINT, _once)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose keys stand once: of two, JSON takes the last in silence."""
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = next(key for key in found if sum(key == other for other, _ in pairs) > 1)
        raise ValueError(f"{twice!r} is set twice in one object")
    return found


def exemptions_in(configuration: Any) -> Mapping[str, Any]:
    """The setting of exemptions: `file`, `entries`, both or neither. Raises `PolicyInputError`."""
    value = configuration.get(EXEMPTIONS) if isinstance(configuration, Mapping) else None
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise PolicyInputError(f"configuration: {EXEMPTIONS} = {value!r} must be an object with file or entries")
    for name, item in value.items():
        type_ = {"file": str, "entries": list, LEVEL: str}.get(name)
        if type_ is None:
            raise PolicyInputError(f"configuration: {EXEMPTIONS} has no parameter {name!r}; it has: file, entries")
        if not isinstance(item, type_):
            raise PolicyInputError(f"configuration: {EXEMPTIONS}.{name} = {item!r} must be of type {type_.__name__}")
    return value


def settings(rules: Iterable[Rule], configuration: Mapping[str, Any] | None = None) -> Settings:
    """How each rule is set, by id, and `NOT_EVALUATED` where that is set.

    Raises `PolicyInputError` for an unknown rule, level or parameter.
    """
    by_id = {rule.id: rule for rule in rules}
    given = configuration if configuration is not None else {}
    if not isinstance(given, Mapping):
        raise PolicyInputError(f"configuration: must be an object of rules, not {type(given).__name__}")
    for name in given:
        if name not in (ALL, NOT_EVALUATED, EXEMPTIONS) and name not in by_id:
            close = get_close_matches(name, by_id, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"`{command()} list` names them all"
            raise PolicyInputError(f"configuration: there is no rule {name!r}; {hint}")
    exemptions_in(given)
    everything = _level(given[ALL], ALL) if ALL in given else None
    found = {id_: _setting(rule, given.get(id_), everything) for id_, rule in by_id.items()}
    if NOT_EVALUATED in given:
        found[NOT_EVALUATED] = Setting(_level(given[NOT_EVALUATED], NOT_EVALUATED)[0], {})
    return found


def _setting(rule: Rule, value: Any, everything: Level | None) -> Setting:
    severity, remediate = everything or (rule.severity, False)
    if value is None:
        return Setting(severity, rule.defaults(), remediate)
    if isinstance(value, str):
        severity, remediate = _level(value, rule.id)
        return Setting(severity, rule.defaults(), remediate)
    if not isinstance(value, Mapping):
        raise PolicyInputError(f"configuration: {rule.id} = {value!r} must be a level or an object")
    given = {name: item for name, item in value.items() if name != LEVEL}
    for name, item in given.items():
        _check_parameter(rule, name, item)
    if LEVEL in value:
        severity, remediate = _level(value[LEVEL], rule.id)
    return Setting(severity, {**rule.defaults(), **given}, remediate)


def _check_parameter(rule: Rule, name: str, value: Any) -> None:
    if name not in rule.parameters:
        known = ", ".join(rule.parameters) or "none"
        raise PolicyInputError(f"configuration: rule {rule.id!r} has no parameter {name!r}; it has: {known}")
    if (objection := rule.parameters[name].objection(value)) is not None:
        raise PolicyInputError(f"configuration: {rule.id}.{name} = {value!r} {objection}")


def _level(value: Any, where: str) -> Level:
    if isinstance(value, Mapping) and set(value) == {LEVEL}:
        value = value[LEVEL]
    # As the engine does: a rule without a remedy is mandatory then, and so is what the remedy does not correct.
    if value == REMEDIATE:
        return Severity.MANDATORY, True
    try:
        return Severity(value), False
    except ValueError:
        levels = ", ".join([*Severity, REMEDIATE])
        raise PolicyInputError(f"configuration: {where} = {value!r} is no level; choose one of {levels}") from None
