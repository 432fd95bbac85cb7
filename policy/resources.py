"""One resource as a rule sees it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from policy.tokens import usual
from policy.values import NotEvaluatedError, Unknown, has_reference, parsed, single, unknown_in


class Resource:
    """The inputs of a resource in the engine's camelCase, with what surrounds them.

    Paths are names joined by dots. A list of one block is entered as if it were the block, as pulumi flattens some of
    them and not others. Numbers may be floats, booleans may be texts (launch templates).
    """

    def __init__(
        self,
        urn: str,
        type_: str,
        name: str,
        properties: Mapping[str, Any],
        *,
        provider: str | None = None,
        parent: str | None = None,
        options: Mapping[str, Any] | None = None,
        dependencies: Mapping[str, tuple[str, ...]] | None = None,
        outputs: Mapping[str, Any] | None = None,
        custom: bool = True,
        external: bool = False,
    ) -> None:
        self.urn = urn
        self.type = usual(type_)
        self.name = name
        self.provider = provider
        self.parent = parent
        self._options = dict(options or {})
        self.options = parsed(self._options, "options")
        self.dependencies = dependencies or {}
        """URNs of what each top-level property depends on, as the engine tells; a blueprint writes references."""
        self.custom = custom
        self.external = external
        """Whether the stack only reads it; another program manages it."""
        self._outputs = outputs or {}
        self._raw = properties

    @property
    def outputs(self) -> Mapping[str, Any]:
        """The outputs as they were given, where the form has any."""
        return self._outputs

    @property
    def inputs(self) -> Mapping[str, Any]:
        """The inputs as they were given, secrets and unknowns in the engine's form."""
        return self._raw

    def having(self, inputs: Mapping[str, Any]) -> Resource:
        """The same resource with other inputs."""
        return Resource(
            self.urn,
            self.type,
            self.name,
            inputs,
            provider=self.provider,
            parent=self.parent,
            options=self._options,
            dependencies=self.dependencies,
            outputs=self._outputs,
            custom=self.custom,
            external=self.external,
        )

    @cached_property
    def properties(self) -> dict[str, Any]:
        """The inputs, unknowns wrapped."""
        return parsed(self._raw)

    @cached_property
    def identity(self) -> dict[str, Any]:
        """What the cloud has called it, where that is known: id, ARN, URL and the like."""
        return parsed({key: value for key, value in self._outputs.items() if isinstance(value, str)})

    def get(self, path: str) -> Any:
        """The value at `path`, None where it is missing. Raises `NotEvaluatedError` when it is not known."""
        value = self.peek(path)
        return value.refuse() if isinstance(value, Unknown) else value

    def peek(self, path: str) -> Any:
        """The value at `path`, an `Unknown` as it is; for rules that ask only whether something is there."""
        value: Any = self.properties
        for key in path.split("."):
            value = single(value)
            if isinstance(value, Unknown):
                return value
            if not isinstance(value, dict):
                return None
            value = value.get(key)
        return value

    def has(self, path: str) -> bool:
        """Whether something stands at `path`. A value that is not known yet does if another resource gives it.

        Raises `NotEvaluatedError` for one that nothing is known of: it may turn out to be nothing.
        """
        value = self.peek(path)
        if isinstance(value, Unknown):
            return bool(self.dependencies.get(path.split(".")[0])) or value.refuse()
        return value not in (None, "", [], {})

    def flag(self, path: str, *, default: bool = False) -> bool:
        """A boolean, `default` where it is missing. Raises `NotEvaluatedError`."""
        value = self.get(path)
        if value is None:
            return default
        if isinstance(value, str):
            if value.lower() in ("true", "false"):
                return value.lower() == "true"
            raise NotEvaluatedError(path, f"is neither true nor false but {value!r}")
        if not isinstance(value, bool | int | float):
            raise NotEvaluatedError(path, f"is neither true nor false but a {type(value).__name__}")
        return bool(value)

    def number(self, path: str) -> float | None:
        """A number, None where it is missing. Raises `NotEvaluatedError`."""
        value = self.get(path)
        if value is None:
            return None
        try:
            return float(value)
        except (TypeError, ValueError):
            raise NotEvaluatedError(path, f"is not a number but {value!r}") from None

    def text(self, path: str) -> str:
        """A text known whole, empty where it is missing. Raises `NotEvaluatedError`, also for a reference."""
        value = self.get(path)
        if value is None:
            return ""
        if has_reference(value):
            raise NotEvaluatedError(path, f"comes from another resource: {value}")
        if isinstance(value, list | dict):
            raise NotEvaluatedError(path, f"is no text but a {type(value).__name__}")
        return str(value)

    def items(self, path: str) -> list[Any]:
        """A list, empty where it is missing; a lone block counts as a list of one. Raises `NotEvaluatedError`."""
        value = self.peek(path)
        if isinstance(value, Unknown):
            value.refuse()
        if value is None:
            return []
        items = value if isinstance(value, list) else [value]
        for item in items:
            if isinstance(item, Unknown):
                item.refuse()
        return items

    def document(self, path: str) -> Any:
        """The JSON document in a text property, None where it is missing. Raises `NotEvaluatedError`."""
        if path not in self._documents:
            self._documents[path] = self._read(path)
        return self._documents[path]

    @cached_property
    def _documents(self) -> dict[str, Any]:
        return {}

    def _read(self, path: str) -> Any:
        value = self.get(path)
        if not isinstance(value, str):
            unknown = unknown_in(value)
            return unknown.refuse() if unknown is not None else value
        try:
            found = json.loads(value)
        except ValueError as error:
            raise NotEvaluatedError(path, f"is not a JSON document: {error}") from None
        if isinstance(found, str):
            raise NotEvaluatedError(path, "is a JSON text and not a JSON document: it was encoded twice")
        return found

    def option(self, name: str) -> Any:
        """An option of the resource's life, such as protect. Raises `NotEvaluatedError` where it is not told."""
        value = self.options.get(name)
        return value.refuse() if isinstance(value, Unknown) else value

    def __repr__(self) -> str:
        return f"Resource({self.urn!r})"
