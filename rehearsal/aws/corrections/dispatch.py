"""Speed: what moto works out anew for each request and what never changes while it runs.

- the methods of a service's class, for EC2 more than a thousand; corrections and additions are installed by then
- the list of its own services, read from the file system
"""

from __future__ import annotations

from functools import cache
from typing import Any

from moto import backends
from moto.core import responses

from rehearsal.aws.corrections._patch import around


@cache
def install() -> None:
    around(responses, "method_names_from_class", _method_names)
    around(backends, "list_of_moto_modules", _modules)


@cache
def _method_names(original: Any, owner: type) -> frozenset[str]:
    return frozenset(original(owner))


@cache
def _modules(original: Any) -> frozenset[str]:
    return frozenset(original())
