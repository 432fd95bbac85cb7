"""Written exemptions: which resource may break which rule, why, and until when."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import yaml

from policy.errors import PolicyInputError

DEFAULT = Path(__file__).with_name("exemptions.yaml")

_FIELDS = ("urn", "rule", "reason", "expires")
# A reason that a reviewer can judge does not fit into a word or two.
_LEAST_REASON = 20


@dataclass(frozen=True)
class Exemption:
    """One exemption; `expires` is the last day on which it counts, `urn` may hold `*` for a part."""

    urn: str
    rule: str
    reason: str
    expires: date

    def covers(self, rule: str, urn: str, today: date) -> bool:
        """Whether it excuses that violation today."""
        return self.rule == rule and today <= self.expires and fnmatchcase(urn, self.urn.replace("[", "[[]"))


def read(path: Path) -> Any:
    """The entries of a file of exemptions, YAML or JSON. Raises `PolicyInputError`."""
    try:
        entries = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise PolicyInputError(f"{path}: cannot be read: {error.strerror}") from None
    except yaml.YAMLError as error:
        raise PolicyInputError(f"{path}: is not YAML: {str(error).splitlines()[0]}") from None
    except ValueError as error:
        raise PolicyInputError(f"{path}: is not YAML: {error}") from None
    return [] if entries is None else entries


def exemptions(entries: Any, rules: Collection[str]) -> tuple[Exemption, ...]:
    """The exemptions that `entries` describe. Raises `PolicyInputError` for a malformed one."""
    if not isinstance(entries, Iterable) or isinstance(entries, str | Mapping):
        raise PolicyInputError(f"exemptions: must be a list, not {type(entries).__name__}")
    return tuple(_exemption(entry, index, rules) for index, entry in enumerate(entries))


def _exemption(entry: Any, index: int, rules: Collection[str]) -> Exemption:
    where = f"exemptions[{index}]"
    if isinstance(entry, Exemption):
        return entry
    if not isinstance(entry, Mapping):
        raise PolicyInputError(f"{where}: must be an object with {', '.join(_FIELDS)}")
    if unknown := {str(field) for field in entry} - set(_FIELDS):
        raise PolicyInputError(
            f"{where}: {', '.join(sorted(unknown))} is not a field; the fields are {', '.join(_FIELDS)}"
        )
    for field in _FIELDS:
        if not entry.get(field):
            raise PolicyInputError(f"{where}: {field} is missing; an exemption has {', '.join(_FIELDS)}")
        if field != "expires" and not isinstance(entry[field], str):
            raise PolicyInputError(f"{where}: {field} = {entry[field]!r} must be a text")
    if entry["rule"] not in rules:
        raise PolicyInputError(f"{where}: there is no rule {entry['rule']!r}; `python -m policy list` names them all")
    reason = entry["reason"].strip()
    if len(reason) < _LEAST_REASON:
        raise PolicyInputError(f"{where}: reason = {reason!r} explains nothing; write what a reviewer would accept")
    return Exemption(entry["urn"], entry["rule"], reason, _date(entry["expires"], where))


def _date(value: Any, where: str) -> date:
    # YAML reads a date with a time as what Python does not compare with a date.
    if isinstance(value, date):
        return value.date() if isinstance(value, datetime) else value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise PolicyInputError(f"{where}: expires = {value!r} is not a date; write it as YYYY-MM-DD") from None
