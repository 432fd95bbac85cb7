"""What the generated validators raise."""

from __future__ import annotations

from typing import Any


class JsonSchemaValueException(ValueError):  # noqa: N818 - the name that the generated code uses
    """A value that its schema refuses; the text begins with the value's path, `name`."""

    def __init__(self, message: str, value: Any, name: str, rule: str) -> None:
        super().__init__(message)
        self.value = value
        self.name = name
        self.rule = rule
