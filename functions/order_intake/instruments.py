"""Instrument classes, and the limit prices that each may have.

The table is `x-instrument-classes` of the OpenAPI document, with the reason of each row: clients read the same table.
Only a root of `x-futures-roots` makes a future: shares have symbols of the same form.
"""

from __future__ import annotations

import re
from datetime import date
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


# The end of an OSI symbol: expiry, C or P, strike. Nothing else ends so.
_OPTION_END = re.compile(r"([0-9]{6})[CP][0-9]{8}", re.ASCII)
_OPTION_END_LENGTH = 15
OPTION = "SPXW261218P05000000"
"""An option symbol for messages: root, expiry as yymmdd, C or P, strike in thousandths."""


def not_an_option(instrument: str) -> str | None:
    """Why a symbol that ends like an option's names no option; None for an option, and for any other symbol."""
    end = _OPTION_END.fullmatch(instrument[-_OPTION_END_LENGTH:])
    if end is None:
        return None
    if class_of(instrument) != "option":
        return "must have a root of one to six capital letters and digits before the expiry of an option"
    year, month, day = (int(end[1][at : at + 2]) for at in (0, 2, 4))
    try:
        date(2000 + year, month, day)
    except ValueError:
        return f"must expire on a day that exists, and {end[1]} (yymmdd) does not"
    return None


def allows(instrument: str, limit_price: str) -> bool:
    """Whether the class of the instrument allows this limit price; both are valid by the API's schemas."""
    return Decimal(limit_price) > 0 or class_of(instrument) in ANY_PRICE
