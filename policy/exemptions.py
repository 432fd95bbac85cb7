"""Written exemptions: which resource may break which rule, why, and until when.

An exemption is an entry of a file, or stands beside the resource: a tag `policy-exemption:RULE`, or on a Kubernetes
object an annotation `policy-exemption/RULE`, with the value `REASON until=YYYY-MM-DD`. AWS takes no other characters
in most tag values than letters, digits, spaces and _ . : / = + - @ (Tagging AWS resources, "Tag naming limits").
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import yaml

from policy import json_file
from policy.errors import PolicyInputError, command
from policy.resources import Resource
from policy.values import NotEvaluatedError, Unknown

DEFAULT = Path(__file__).with_name("exemptions.yaml")

_FIELDS = ("urn", "rule", "reason", "expires")
_TAG = "policy-exemption:"
_ANNOTATION = "policy-exemption/"
_UNTIL = re.compile(r"^(?P<reason>.*?)[\s;,]*\buntil=(?P<expires>\S+)\s*$", re.DOTALL)
# A reason that a reviewer can judge does not fit into a word or two.
_LEAST_REASON = 20
_HINT = f"name a file with a list of exemptions, each with {', '.join(_FIELDS)}"


@dataclass(frozen=True)
class Exemption:
    """One exemption; `expires` is the last day on which it counts, `urn` may hold `*` for a part."""

    urn: str
    rule: str
    reason: str
    expires: date
    source: str = "file"
    """`file`, or `tag` for one that stands beside the resource."""
    label: str = "exemption"
    """How a message names it: the index of its entry, or its tag with the resource."""

    def as_json(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "rule": self.rule,
            "urn": self.urn,
            "reason": self.reason,
            "expires": self.expires.isoformat(),
            "source": self.source,
        }

    def expired(self, today: date) -> bool:
        """Whether its last day is over."""
        return self.expires < today

    @property
    def expiry_text(self) -> str:
        """Why it fails a check once it has expired, in one line with the entry and the date."""
        return (
            f"{self.label} ({self.rule} for {self.urn}): expired on {self.expires}; "
            "delete it, or review the reason and set a later date"
        )

    def covers(self, rule: str, urn: str, today: date) -> bool:
        """Whether it excuses that violation today."""
        return self.rule == rule and today <= self.expires and fnmatchcase(urn, self.urn.replace("[", "[[]"))


def read(path: Path) -> Any:
    """The entries of a file of exemptions, YAML or JSON. Raises `PolicyInputError`."""
    text = json_file.text_of(path, _HINT)
    try:
        entries = yaml.load(text, _Loader)
    except RecursionError:
        raise PolicyInputError(f"{path}: is not YAML: it is nested too deeply; {_HINT}") from None
    except yaml.YAMLError as error:
        raise PolicyInputError(f"{path}: is not YAML: {str(error).splitlines()[0]}; {_HINT}") from None
    except ValueError as error:
        raise PolicyInputError(f"{path}: is not YAML: {error}; {_HINT}") from None
    return [] if entries is None else entries


class _Loader(yaml.SafeLoader):
    """Reads mappings whose keys stand once: of two, YAML of Python takes the last in silence."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value]
        if twice := next((key for key in keys if keys.count(key) > 1), None):
            raise yaml.constructor.ConstructorError(
                problem=f"{twice!r} stands twice in one entry (line {node.start_mark.line + 1})"
            )
        return super().construct_mapping(node, deep)


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
        raise PolicyInputError(f"{where}: there is no rule {entry['rule']!r}; `{command()} list` names them all")
    reason = _reason(entry["reason"], where)
    return Exemption(entry["urn"], entry["rule"], reason, _date(entry["expires"], where), label=where)


def _reason(text: str, where: str) -> str:
    reason = text.strip()
    if len(reason) < _LEAST_REASON:
        raise PolicyInputError(f"{where}: reason = {reason!r} explains nothing; write what a reviewer would accept")
    return reason


def beside(resources: Iterable[Resource], rules: Collection[str]) -> Iterator[Exemption]:
    """The exemptions that stand beside resources. Raises `PolicyInputError` for a malformed one."""
    for resource in resources:
        for rule, value, shown in _written_beside(resource):
            where = f"{resource.urn}: {shown} = {value!r}"
            if rule not in rules:
                raise PolicyInputError(f"{where}: there is no rule {rule!r}; `{command()} list` names them all")
            match = _UNTIL.match(value) if isinstance(value, str) else None
            if match is None:
                raise PolicyInputError(f"{where}: says no end; write it as `REASON until=YYYY-MM-DD`")
            reason = _reason(match["reason"], where)
            yield Exemption(resource.urn, rule, reason, _date(match["expires"], where), source="tag", label=shown)


def _written_beside(resource: Resource) -> Iterator[tuple[str, Any, str]]:
    """Rule, value and name of each tag or annotation that is an exemption."""
    places = (("tags", _TAG, "tag"),)
    if resource.type.startswith("kubernetes:"):
        places = (("metadata.annotations", _ANNOTATION, "annotation"),)
    for path, prefix, kind in places:
        for key, value in _pairs(resource, path):
            if isinstance(key, str) and key.startswith(prefix):
                yield key.removeprefix(prefix), value, f"{kind} {key}"


def _pairs(resource: Resource, path: str) -> Iterator[tuple[Any, Any]]:
    """Tags as an object, or as a list of key and value as an Auto Scaling group has them."""
    if "policy-exemption" not in str(resource.inputs.get(path.partition(".")[0], "")):
        return
    try:
        found = resource.peek(path)
    except NotEvaluatedError:
        return
    if isinstance(found, Mapping):
        yield from found.items()
    for entry in found if isinstance(found, list) else ():
        if isinstance(entry, Mapping) and not isinstance(entry.get("key"), Unknown):
            yield entry.get("key"), entry.get("value")


def _date(value: Any, where: str) -> date:
    # YAML reads a date with a time as what Python does not compare with a date.
    if isinstance(value, date):
        return value.date() if isinstance(value, datetime) else value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise PolicyInputError(f"{where}: expires = {value!r} is not a date; write it as YYYY-MM-DD") from None


def configured(setting: Mapping[str, Any]) -> list[Any]:
    """The entries that a configuration names; those of the pack's own file where it names none.

    A relative path counts from the current folder, which under the engine is the folder of the pack. Raises
    `PolicyInputError`.
    """
    if not setting.keys() & {"file", "entries"}:
        return _entries(DEFAULT) if DEFAULT.is_file() else []
    file = setting.get("file")
    return [*(_entries(Path(file)) if file else ()), *setting.get("entries", ())]


def _entries(path: Path) -> list[Any]:
    found = read(path)
    if not isinstance(found, list):
        raise PolicyInputError(f"{path}: must be a list of exemptions, not {type(found).__name__}")
    return found
