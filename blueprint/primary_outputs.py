"""The primary's exports as a recovery stack reads them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from blueprint.references import STACK_REFERENCE, Reference, references_in
from blueprint.secrets import Secret


def as_seen_from_dr(stack: str, outputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return exports of a recorded stack for a stack that refers to it.

    Values that the primary knows without the cloud stay values. Values that only the cloud can provide become
    references to the stack's output (`${pulumi:pulumi:StackReference::<stack>#outputs.<name>}`), because the primary's
    own references are meaningless in another stack.
    """
    return {name: _seen(value, Reference(STACK_REFERENCE, stack, f"outputs.{name}")) for name, value in outputs.items()}


def named_again(
    document: Mapping[str, Any], stack: str, declared: Mapping[str, Any], actual: Mapping[str, Any]
) -> dict[str, Any]:
    """Rewrite a blueprint in JSON form that was recorded with real exports of `stack`, as if recorded with references.

    A reader of two joined stacks needs to know the export behind each value, and an ARN from the cloud names no
    resource of a blueprint. `declared` are the exports as `stack` declares them, `actual` their real values.
    """
    names = dict(_given(as_seen_from_dr(stack, declared), actual))
    if not names:
        return dict(document)
    longest_first = sorted(names, key=len, reverse=True)
    pattern = re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, longest_first))})(?![\w-])")
    return _renamed(document, lambda text: pattern.sub(lambda match: names[match[0]], text))


def _given(seen: Any, actual: Any) -> Iterator[tuple[str, str]]:
    """Yield pairs of a value from the cloud and the reference that replaces it."""
    if isinstance(seen, Secret):
        return
    if isinstance(seen, dict) and isinstance(actual, Mapping):
        for key, item in seen.items():
            yield from _given(item, actual.get(key))
    elif isinstance(seen, list) and isinstance(actual, list):
        for item, given in zip(seen, actual, strict=False):
            yield from _given(item, given)
    elif isinstance(actual, str) and actual and any(references_in(seen)):
        yield actual, str(seen)


def _renamed(value: Any, rename: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return rename(value)
    if isinstance(value, Mapping):
        return {key: _renamed(item, rename) for key, item in value.items()}
    if isinstance(value, list):
        return [_renamed(item, rename) for item in value]
    return value


def _seen(value: Any, reference: Reference) -> Any:
    if isinstance(value, Secret):
        return Secret(_seen(value.value, reference))
    if isinstance(value, dict):
        return {key: _seen(item, _step(reference, f".{key}")) for key, item in value.items()}
    if isinstance(value, list):
        return [_seen(item, _step(reference, f"[{index}]")) for index, item in enumerate(value)]
    return str(reference) if any(references_in(value)) else value


def _step(reference: Reference, step: str) -> Reference:
    return Reference(reference.type, reference.name, reference.path + step)
