"""Speed: what moto works out anew for each request and what never changes while it runs.

- the methods of a service's class, for EC2 more than a thousand; corrections and additions are installed by then
- the list of its own services, read from the file system
- the id of each answer, by one random choice for each of its characters
"""

from __future__ import annotations

import string
from functools import cache
from typing import Any

from moto import backends
from moto.core import responses
from moto.moto_api._internal.moto_random import MotoRandom

from aws_emulator.corrections._patch import around


@cache
def install() -> None:
    around(responses, "method_names_from_class", _method_names)
    around(backends, "list_of_moto_modules", _modules)
    around(MotoRandom, "get_random_string", _random_string)


@cache
def _method_names(original: Any, owner: type) -> frozenset[str]:
    return frozenset(original(owner))


@cache
def _modules(original: Any) -> frozenset[str]:
    return frozenset(original())


def _random_string(
    _original: Any, random: MotoRandom, length: int = 20, include_digits: bool = True, lower_case: bool = False
) -> str:
    pool = string.ascii_letters + (string.digits if include_digits else "")
    text = "".join(random.choices(pool, k=length))
    return text.lower() if lower_case else text
