"""Stack files, read as the engine reads them; the only reader of their raw text.

The engine changes some values before a program sees them: `17.10` arrives as 17.1, `010` as 8, `2026-11-28` as a point
in time. A program cannot tell. This reader sees what is written, and refuses a value that would arrive otherwise.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from components.settings.engine_yaml import EngineYamlError, Scalar, Timestamp, Tree, document
from components.settings.errors import SettingsError, printable, problem
from components.settings.root import NAMESPACES, PROJECT
from components.settings.schema import config_schema

# The parts of a stack file (pulumi/sdk, go/common/workspace, `ProjectStack`); the engine leaves others out in silence.
_TEXT_PARTS = ("secretsprovider", "encryptedkey", "encryptionsalt")
PARTS = (*_TEXT_PARTS, "config", "environment")

# All settings at their longest take a tenth of it.
MOST_BYTES = 500_000

_NO_TEXT = Scalar("", None, 1)
_LEADING_ZERO = re.compile(r"[-+]?0[0-9_]+")
_SECRET_WAY_OUT = "is encrypted, and only the engine can decrypt it; give a value with --set"


@dataclass(frozen=True)
class StackFile:
    """What one stack file says.

    `values` are JSON values by `namespace:name`: text as the engine hands it on, or lists and mappings.
    `problems` are messages by the same keys: values that arrive otherwise than written, or that are encrypted.
    `environments` are the environments of Pulumi ESC whose values only the engine can read; what the file itself says
    below `environment: values: pulumiConfig:` is among the values, under those below `config:`.
    """

    values: Mapping[str, Any]
    problems: Mapping[str, str]
    environments: tuple[str, ...] = ()

    def configuration(self, overrides: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The values with `overrides`, settings without namespace, in their place. Raises `SettingsError` for the
        problems that no override takes away."""
        given = {f"{namespace}:{key}" for key in overrides or {} for namespace in NAMESPACES}
        problems = [message for key, message in self.problems.items() if key not in given]
        if problems:
            raise SettingsError(problems)
        kept = {key: value for key, value in self.values.items() if key not in given}
        return kept | {f"{PROJECT}:{key}": value for key, value in (overrides or {}).items()}

    def unread(self, name: str) -> str:
        """One line on settings that an environment may give and only the engine can read; empty where there are none.

        A value below `config:` stands over that of an environment (Pulumi docs, "Pulumi ESC", stack configuration).
        """
        if not self.environments:
            return ""
        written = {key.partition(":")[2] for key in (*self.values, *self.problems)}
        left = len(config_schema().keys() - written)
        return (
            f"{name}: environment = {', '.join(self.environments)}: only the engine reads it, and {left} settings that "
            "the file does not write below `config:` may come from there; here they are at their defaults: give "
            "what it sets with --set KEY=VALUE"
        )


def read(path: Path) -> StackFile:
    """The stack file at `path`. Raises `SettingsError` with one line that names the file where it cannot be read."""
    try:
        data = path.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise SettingsError([f"{path.name}: cannot be read ({reason}); name a file that can"]) from error
    if len(data) > MOST_BYTES:
        raise SettingsError([f"{path.name}: has more than {MOST_BYTES // 1000} kB; name a stack file"])
    try:
        return parsed(data, path.name)
    except EngineYamlError as error:
        raise SettingsError([f"{path.name}, line {error.line}: {error.reason}"]) from error


def parsed(data: bytes, name: str) -> StackFile:
    """The stack file with that content. Raises `EngineYamlError` where the engine cannot read it, and `SettingsError`
    where it has parts that no stack file has."""
    tree = document(data)
    if tree is None:
        return StackFile({}, {})
    if not isinstance(tree, dict):
        raise EngineYamlError(1, "is not a mapping; write the settings below `config:`")
    unknown = [key for key in tree if key not in PARTS]
    if unknown:
        raise SettingsError([_unknown_part(name, key) for key in unknown])
    for part in _TEXT_PARTS:
        if not isinstance(tree.get(part, _NO_TEXT), Scalar):
            raise EngineYamlError(_line(tree[part]), f"`{part}` is not text; leave it as the engine wrote it")
    environments, given = _environment(tree.get("environment"))
    values, problems = _values(_mapping(given, "pulumiConfig"), name, evaluated=True)
    config = _mapping(tree.get("config"), "config")
    own, own_problems = _values(config, name)
    written = {*own, *own_problems}
    kept = {key: message for key, message in problems.items() if key not in written}
    return StackFile({**values, **own}, {**kept, **own_problems}, environments)


def _mapping(tree: Tree | None, part: str) -> Mapping[str, Tree]:
    if tree is None or (isinstance(tree, Scalar) and tree.value is None):
        return {}
    if not isinstance(tree, dict):
        raise EngineYamlError(1, f"has a `{part}` that is not a mapping; write each setting as KEY: VALUE below it")
    return tree


def _environment(tree: Tree | None) -> tuple[tuple[str, ...], Tree | None]:
    """Names of environments, and the settings of one that the file itself defines (pulumi/sdk, go/common/workspace,
    `Environment`: a list of names, or a definition with `imports` and `values`)."""
    if tree is None or (isinstance(tree, Scalar) and tree.value is None):
        return (), None
    if isinstance(tree, Scalar):
        raise EngineYamlError(tree.line, "has an `environment` that is no list; write it as [ENVIRONMENT]")
    names = tree.get("imports", []) if isinstance(tree, dict) else tree
    values = tree.get("values") if isinstance(tree, dict) else None
    given = values.get("pulumiConfig") if isinstance(values, dict) else None
    if not isinstance(names, list):
        raise EngineYamlError(_line(names), "has `imports` that are no list; write them as [ENVIRONMENT]")
    return tuple(_name(each) for each in names), given


def _name(tree: Tree) -> str:
    """An environment's name; an import may also be a mapping of the name to options."""
    if isinstance(tree, dict) and len(tree) == 1:
        return printable(next(iter(tree)))
    if isinstance(tree, Scalar) and isinstance(tree.value, str):
        return printable(tree.value)
    raise EngineYamlError(_line(tree), "has an environment whose name is not text; write it in quotes")


def _unknown_part(name: str, key: str) -> str:
    near = difflib.get_close_matches(key, PARTS, n=1)
    hint = f"did you mean {near[0]}?" if near else "write a setting below `config:`"
    return f"{name}: {printable(key)} is not a part of a stack file, and the engine leaves it out; {hint}"


def _values(config: Mapping[str, Tree], name: str, *, evaluated: bool = False) -> tuple[dict[str, Any], dict[str, str]]:
    """Values and problems by key; `evaluated` for the part in which the engine evaluates expressions."""
    kinds = _kinds()
    values: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for written, tree in config.items():
        key = _full_key(written)
        if key is None:
            problems[written] = f"{name}: {printable(written)} is not a key; write it as {PROJECT}:NAME"
        elif key in values or key in problems:
            problems[key] = f"{name}: {key} is written twice, once as {printable(written)}; remove one"
        elif found := (evaluated and _expression(tree)) or _problem(key, tree, kinds.get(key, "")):
            problems[key] = f"{problem(key, *found)} ({name}, line {_line(tree)})"
        else:
            values[key] = _plain(tree)
    return values, problems


def _full_key(written: str) -> str | None:
    """`namespace:name`; the engine puts the project's namespace before a name alone, and knows `namespace:config:name`
    from an older form (`config.ParseKey`)."""
    parts = written.split(":")
    if len(parts) == 3 and parts[1] == "config":
        parts = [parts[0], parts[2]]
    if len(parts) == 1:
        parts = [PROJECT, parts[0]]
    return ":".join(parts) if len(parts) == 2 and all(parts) else None


@cache
def _kinds() -> dict[str, str]:
    """The engine's type of each setting by key, such as `array of string`."""
    kinds = {}
    for key, declared in config_schema().items():
        kind = declared["type"]
        if kind == "array":
            kind = f"array of {declared['items']['type']}"
        kinds |= {f"{namespace}:{key}": kind for namespace in NAMESPACES}
    return kinds


def _problem(key: str, tree: Tree, kind: str) -> tuple[object, str] | None:
    """What is shown of the value, and why it is refused; None for a value that arrives as it is written."""
    if any(_secrets(tree)):
        return _Hidden(), _SECRET_WAY_OUT
    for scalar in _scalars(tree):
        if isinstance(scalar.value, Timestamp):
            return _Written(scalar.written), "arrives as a point in time in another form; write it in quotes"
    if isinstance(tree, Scalar):
        return _problem_of_scalar(key, tree, kind)
    if not kind:
        changed = [scalar for scalar in _scalars(tree) if not _keeps(scalar, "")]
        return _change(changed[0]) if changed else None
    if isinstance(tree, dict) or not kind.startswith("array"):
        shape = "mapping" if isinstance(tree, dict) else "list"
        return _plain(tree), f"is a {shape}; write {'a list' if kind.startswith('array') else 'one value'}"
    return next(filter(None, (_problem_of_item(item, kind.removeprefix("array of ")) for item in tree)), None)


def _problem_of_scalar(key: str, scalar: Scalar, kind: str) -> tuple[object, str] | None:
    if kind == "boolean" and scalar.value is not None and scalar.text not in ("true", "false"):
        return _Written(scalar.written), "is not a boolean; write true or false"
    if kind.startswith("array") and isinstance(scalar.value, str) and key.startswith(f"{PROJECT}:"):
        return scalar.written, "is text where the engine asks for a list; write a YAML list, such as [one, two]"
    return None if _keeps(scalar, kind) else _change(scalar)


def _problem_of_item(item: Tree, kind: str) -> tuple[object, str] | None:
    if not isinstance(item, Scalar):
        return _plain(item), "is a list or mapping within the list; write one value for each item"
    if kind == "string" and not isinstance(item.value, str):
        return _Written(item.written), "is not text within the list; write it in quotes"
    if item.value is None or isinstance(item.value, bool):
        return _Written(item.written), "is not a number within the list; write digits"
    return None if _keeps(item, kind) else _change(item)


def _keeps(scalar: Scalar, kind: str) -> bool:
    """Whether a program gets what a person reads: numbers may be spelled otherwise where a number is meant."""
    if kind == "integer" and isinstance(scalar.value, int | float):
        return not _LEADING_ZERO.fullmatch(scalar.written)
    if isinstance(scalar.value, bool) and kind == "boolean":
        return True
    return scalar.is_kept


def _change(scalar: Scalar) -> tuple[object, str]:
    return _Written(scalar.written), f"arrives as {scalar.text}; write it in quotes"


class _Written(str):
    """Text that a message shows without quotes, as it stands in the file."""

    __slots__ = ()

    def __repr__(self) -> str:
        return printable(self)


class _Hidden:
    """Stands for an encrypted value in a message."""

    def __repr__(self) -> str:
        return "[secret]"


def _secrets(tree: Tree) -> Iterator[Tree]:
    """Objects with the one key `secure`, which hold what the engine encrypted."""
    if isinstance(tree, dict):
        if list(tree) == ["secure"]:
            yield tree
        for item in tree.values():
            yield from _secrets(item)
    elif isinstance(tree, list):
        for item in tree:
            yield from _secrets(item)


def _expression(tree: Tree) -> tuple[object, str] | None:
    if not any(_expressions(tree)):
        return None
    return _Written("an expression of Pulumi ESC"), "is evaluated by the engine alone; give a value with --set"


def _expressions(tree: Tree) -> Iterator[Tree]:
    """Functions and references of an environment's definition (Pulumi ESC syntax reference)."""
    if isinstance(tree, dict):
        if any(key.startswith("fn::") for key in tree):
            yield tree
        for item in tree.values():
            yield from _expressions(item)
    elif isinstance(tree, list):
        for item in tree:
            yield from _expressions(item)
    elif isinstance(tree.value, str) and "${" in tree.value:
        yield tree


def _scalars(tree: Tree) -> Iterator[Scalar]:
    if isinstance(tree, Scalar):
        yield tree
    else:
        for item in tree.values() if isinstance(tree, dict) else tree:
            yield from _scalars(item)


def _line(tree: Tree) -> int:
    return next((scalar.line for scalar in _scalars(tree)), 1)


def _plain(tree: Tree) -> Any:
    """The tree as JSON values; a scalar that is not within a list or mapping is the text that a program gets."""
    return tree.text if isinstance(tree, Scalar) else _nested(tree)


def _nested(tree: Tree) -> Any:
    if isinstance(tree, Scalar):
        return tree.value
    if isinstance(tree, dict):
        return {key: _nested(item) for key, item in tree.items()}
    return [_nested(item) for item in tree]


def as_sent(value: Any) -> str:
    """A value as the engine hands it to a program: text as it is, everything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
