"""Instrument classes, and the limit prices that each may have.

The table is `x-instrument-classes` of the OpenAPI document, with the reason of each row: clients read the same table.
Only a root of `x-futures-roots` makes a future: shares have symbols of the same form.
"""

from __future__ import annotations

import re
from decimal import Decimal

from functions.api import validators

_ANY = "any"
# A pattern of the document ends at the end of the symbol; fullmatch also refuses the line break that "$" lets pass.
_CLASSES = [(name, re.compile(pattern), prices) for name, pattern, prices in validators.INSTRUMENT_CLASSES]
ANY_PRICE = tuple(name for name, _, prices in _CLASSES if prices == _ANY)
"""The classes whose limit prices may be zero or negative."""


def class_of(instrument: str) -> str:
    """The class of a valid instrument: the first whose pattern matches its symbol."""
    return next(name for name, pattern, _ in _CLASSES if pattern.fullmatch(instrument))


def allows(instrument: str, limit_price: str) -> bool:
    """Whether the class of the instrument allows this limit price; both are valid by the API's schemas."""
    return Decimal(limit_price) > 0 or class_of(instrument) in ANY_PRICE
