"""Instrument classes, and the limit prices that each may have.

The rule and its table are `x-instrument-classes` of the OpenAPI document, with the reason of each row: clients read the
same table. What the order says decides, then its venue, then the symbol where it can be read in one way only.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from functions.api import validators


@dataclass(frozen=True)
class _Class:
    """A row of the table: the form of its symbols, the form that proves the class alone, and its limit prices."""

    name: str
    form: re.Pattern[str]
    alone: re.Pattern[str]
    prices: str


# A pattern of the document ends at the end of the symbol; fullmatch also refuses the line break that "$" lets pass.
_CLASSES = {
    name: _Class(name, re.compile(form), re.compile(alone), prices)
    for name, form, alone, prices in validators.INSTRUMENT_CLASSES
}
_FUTURES_VENUES = frozenset(validators.FUTURES_VENUES)
ANY_PRICE = tuple(row.name for row in _CLASSES.values() if row.prices == "any")
"""The classes whose limit prices may be zero or negative."""


def class_of(order: Mapping[str, str]) -> str:
    """The class of a valid order's instrument, by what the order says, its venue, or its symbol alone."""
    said = order.get("instrument_class")
    if said is not None:
        return said
    instrument = order["instrument"]
    at_futures_venue = order.get("venue") in _FUTURES_VENUES
    return next(
        row.name for row in _CLASSES.values() if (row.form if at_futures_venue else row.alone).fullmatch(instrument)
    )


def has_form(instrument: str, name: str) -> bool:
    """Whether a symbol can be one of the class. The symbol of an option can be nothing else."""
    option = _CLASSES["option"]
    if option.form.fullmatch(instrument):
        return name == option.name
    return _CLASSES[name].form.fullmatch(instrument) is not None


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
    if not has_form(instrument, "option"):
        return "must have a root of one to six capital letters and digits before the expiry of an option"
    year, month, day = (int(end[1][at : at + 2]) for at in (0, 2, 4))
    try:
        date(2000 + year, month, day)
    except ValueError:
        return f"must expire on a day that exists, and {end[1]} (yymmdd) does not"
    return None


def allows(order: Mapping[str, str], limit_price: str) -> bool:
    """Whether the class of the order's instrument allows this limit price; the order is valid by the API's schemas."""
    return Decimal(limit_price) > 0 or class_of(order) in ANY_PRICE
