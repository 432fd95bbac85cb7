"""The price table: US dollars in us-east-1, with the AWS page that publishes each price (`prices.json`)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

HOURS_PER_MONTH = 730
"""Hours that AWS's pricing pages count in a month."""


@dataclass(frozen=True)
class Prices:
    """`date` is that of the price data, ISO 8601; the rest are US dollars by name, instance type or class."""

    date: str
    prices: Mapping[str, Mapping[str, Any]]
    instances: Mapping[str, float]
    databases: Mapping[str, float]

    def usd(self, name: str) -> float:
        """The price of one unit. Raises `KeyError` for a name that the table does not have."""
        return float(self.prices[name]["usd"])

    def monthly(self, name: str) -> float:
        """The price of one unit for a month: 730 hours where the unit is an hour."""
        hourly = str(self.prices[name]["unit"]).startswith("hour")
        return self.usd(name) * (HOURS_PER_MONTH if hourly else 1)


@cache
def prices() -> Prices:
    """The table of this repository."""
    table = json.loads((Path(__file__).parent / "prices.json").read_text(encoding="utf-8"))
    return Prices(table["date"], table["prices"], table["ec2_hour"]["usd"], table["rds_postgresql_hour"]["usd"])
