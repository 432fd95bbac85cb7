"""Speed: cache values that moto computes for each request although they never change.

- the methods of a service's class, more than a thousand for EC2; corrections and additions are installed before
- the list of moto's services, read from the file system
- the random id of each answer, chosen at once instead of character by character
"""

from __future__ import annotations

import string
from functools import cache
from typing import Any

from moto import backends
from moto.core import responses
from moto.moto_api._internal.moto_random import MotoRandom

from aws_emulator.corrections._patch import replace_method


@cache
def install() -> None:
    replace_method(responses, "method_names_from_class", _method_names)
    replace_method(backends, "list_of_moto_modules", _modules)
    replace_method(MotoRandom, "get_random_string", _random_string)


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
