"""The price table: US dollars in us-east-1, with the AWS page that publishes each price (`prices.json`)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

HOURS_PER_MONTH = 730
"""Hours in a month, as on AWS's pricing pages."""


@dataclass(frozen=True)
class Prices:
    """`date` is the date of the price data, ISO 8601; the other fields are US dollars by name, instance type or
    class."""

    date: str
    prices: Mapping[str, Mapping[str, Any]]
    instances: Mapping[str, float]
    databases: Mapping[str, float]

    def usd(self, name: str) -> float:
        """Price of one unit. Raises `KeyError` for a name that the table lacks."""
        return float(self.prices[name]["usd"])

    def monthly(self, name: str) -> float:
        """Price of one unit for a month: 730 hours if the unit is an hour."""
        hourly = str(self.prices[name]["unit"]).startswith("hour")
        return self.usd(name) * (HOURS_PER_MONTH if hourly else 1)


@cache
def prices() -> Prices:
    """Read the price table of this repository."""
    table = json.loads((Path(__file__).parent / "prices.json").read_text(encoding="utf-8"))
    return Prices(table["date"], table["prices"], table["ec2_hour"]["usd"], table["rds_postgresql_hour"]["usd"])
