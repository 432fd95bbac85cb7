"""Random passwords of the program. This process generates them and passes them in the environment, never in state."""

from __future__ import annotations

import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from blueprint import Blueprint, Resource
from rehearsal.lowering.naming import resource_name

RANDOM_PASSWORD = "random:index/randomPassword:RandomPassword"
_SPECIAL = "!@#$%&*()-_=+[]{}<>:?"


@dataclass(frozen=True)
class Password:
    """The input variable of one random password, and the generator of its value."""

    variable: str
    properties: Mapping[str, Any]

    def make(self) -> str:
        """Generate a value with the required length and the required minimum of each character class."""
        wanted = {
            string.ascii_lowercase: ("lower", "minLower"),
            string.ascii_uppercase: ("upper", "minUpper"),
            string.digits: ("numeric", "minNumeric"),
            self.properties.get("overrideSpecial") or _SPECIAL: ("special", "minSpecial"),
        }
        alphabet = "".join(chars for chars, (use, _) in wanted.items() if self.properties.get(use, True))
        letters = [
            secrets.choice(chars)
            for chars, (_, least) in wanted.items()
            for _ in range(self.properties.get(least) or 0)
        ]
        letters += [secrets.choice(alphabet) for _ in range(self.properties["length"] - len(letters))]
        secrets.SystemRandom().shuffle(letters)
        return "".join(letters)


def passwords(blueprint: Blueprint) -> dict[str, Password]:
    """Return every random password that a stack declares, by resource name."""
    return {
        resource.name: Password(_variable(resource), resource.properties)
        for resource in blueprint.of_type(RANDOM_PASSWORD)
    }


def _variable(resource: Resource) -> str:
    return "password_" + resource_name(resource.name).replace("-", "_")
