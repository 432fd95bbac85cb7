"""What stacks declare, in each form that pulumi and this project write: blueprints, previews, exports."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from policy import blueprint, json_file, state
from policy.errors import PolicyInputError, kind_of
from policy.resources import Resource
from policy.stack import Stack
from policy.values import MASK, SECRET_SIGNATURE, SIGNATURE_KEY, UNKNOWN_SENTINELS

_HINT = "give a blueprint, the output of `pulumi preview --json`, or of `pulumi stack export`"
_SHOWN = 5


@dataclass(frozen=True)
class Input:
    """One stack, the form in which it was given, and what that form does not show."""

    stack: Stack
    form: str
    notices: tuple[str, ...]


def read(path: Path) -> Input:
    """The stack in a file of any encoding of JSON, `-` for standard input. Raises `PolicyInputError`."""
    where, text = json_file.named(path), json_file.text_of(path, _HINT)
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise PolicyInputError(f"{where}: {_not_json(text, error)}; {_HINT}") from None
    return loaded(document, where)


def _not_json(text: str, error: Exception) -> str:
    """Why the text is not one JSON document."""
    lines = text.splitlines()
    if isinstance(error, json.JSONDecodeError) and error.msg == "Extra data" and lines:
        try:
            first = json.loads(lines[0])
        except ValueError:
            first = None
        if isinstance(first, Mapping) and {"timestamp", "sequence"} & set(first):
            return "is a log of engine events, which has no whole stack in it"
    return f"is not JSON: {error}"


def loaded(document: Any, where: str) -> Input:
    """The stack in a JSON document of any form. Raises `PolicyInputError`; `where` names the document."""
    if isinstance(document, Mapping) and ("steps" in document or "changeSummary" in document):
        form, (stack, notices) = "pulumi preview --json", state.preview(document, where)
    elif isinstance(document, Mapping) and ("deployment" in document or "checkpoint" in document):
        form, (stack, notices) = "pulumi stack export", state.export(document, where)
    elif isinstance(document, Mapping) and "manifest" in document:
        whole = "give the whole output of `pulumi stack export`"
        raise PolicyInputError(f"{where}: is only the part `deployment` of an export; {whole}")
    elif not isinstance(document, Mapping) or not {"resources", "stack"} & set(document):
        raise PolicyInputError(f"{where}: is {kind_of(document)} in none of the forms that the pack reads; {_HINT}")
    else:
        form, (stack, notices) = "blueprint", (blueprint.stack_of(document, where), [])
    hidden = [f"{where} ({form}): {line}" for line in [*notices, *_hidden(stack)]]
    return Input(stack, form, tuple(hidden))


def _hidden(stack: Stack) -> Iterator[str]:
    """Which properties the document does not show."""
    kinds: dict[str, Counter[str]] = {"secret": Counter(), "unknown": Counter()}
    for resource in stack.resources:
        for name, value in resource.inputs.items():
            for kind in _kinds(value):
                kinds[kind][_label(resource, name)] += 1
    texts = {"secret": "secret values are not shown", "unknown": "values are known only after the update"}
    for kind, found in kinds.items():
        if found:
            names = [f"{name} ({count})" if count > 1 else name for name, count in found.most_common(_SHOWN)]
            more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
            yield f"{found.total()} {texts[kind]}: {', '.join(names)}{more}"


def _label(resource: Resource, name: str) -> str:
    return f"{resource.type.rpartition(':')[2]}.{name}"


def _kinds(value: Any) -> set[str]:
    if isinstance(value, str):
        return {"unknown"} if value in UNKNOWN_SENTINELS else set()
    if isinstance(value, Mapping):
        if value.get(SIGNATURE_KEY) == SECRET_SIGNATURE and "plaintext" not in value:
            inner = value.get("value", MASK)
            return {"secret"} if inner == MASK else _kinds(inner)
        return {kind for item in value.values() for kind in _kinds(item)}
    if isinstance(value, list | tuple):
        return {kind for item in value for kind in _kinds(item)}
    return set()
