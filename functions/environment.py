"""Settings of a function, which arrive as environment variables."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any


class SettingError(ValueError):
    """A variable is missing or wrong; the text names it, its value and the way out."""


class Environment:
    """Typed access to the variables; every accessor raises SettingError."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables

    def text(self, name: str, default: str | None = None) -> str:
        value = self._variables.get(name) or default
        if value is None:
            raise SettingError(f"{name} is not set; set it on the function")
        return value

    def milliseconds(self, name: str, default: float) -> int:
        """A number of seconds, given as whole milliseconds."""
        return round(self._number(name, default) * 1000)

    def positive(self, name: str, default: float) -> float:
        return self._number(name, default)

    def count(self, name: str, default: int) -> int:
        number = self._number(name, default)
        if number != int(number):
            raise SettingError(f"{name} = {self._variables[name]!r} is no whole number; give one")
        return int(number)

    def whole(self, name: str) -> int:
        """A whole number from 0."""
        value = self.text(name)
        if not (value.isascii() and value.isdigit()):
            raise SettingError(f"{name} = {value!r} is no whole number; give one from 0")
        return int(value)

    def objects(self, name: str) -> list[Mapping[str, Any]]:
        """A JSON array of objects."""
        value = self.text(name)
        try:
            found = json.loads(value)
        except json.JSONDecodeError as error:
            raise SettingError(f"{name} = {value!r} is no JSON ({error.msg}); give an array of objects") from error
        if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
            raise SettingError(f"{name} = {value!r} is not a JSON array of objects; give one")
        return found

    def _number(self, name: str, default: float) -> float:
        value = self._variables.get(name)
        if not value:
            return default
        try:
            number = float(value)
        except ValueError as error:
            raise SettingError(f"{name} = {value!r} is no number; give one above zero") from error
        if not (math.isfinite(number) and number > 0):
            raise SettingError(f"{name} = {value!r} is not above zero; give a number that is")
        return number
