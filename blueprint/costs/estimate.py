"""Cost estimate of a stack, by layer and by line."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from blueprint.costs.lines import Charge, charges, dedicated_types
from blueprint.costs.orders import OrderUsage, per_million
from blueprint.costs.prices import Prices
from blueprint.layers import kind_of, layer_of
from blueprint.model import Blueprint


@dataclass(frozen=True)
class Line:
    """Charges of one kind in one layer, summed: `quantity` units of `what`, `monthly` in US dollars."""

    layer: str
    kind: str
    what: str
    quantity: float
    monthly: float


@dataclass(frozen=True)
class Estimate:
    """`lines` are standing costs, most expensive first; `unpriced` are charges without a price in the table;
    `per_million` are the request costs of a million orders."""

    stack: str
    date: str
    lines: tuple[Line, ...]
    unpriced: tuple[str, ...]
    per_million: tuple[Charge, ...]

    @property
    def monthly(self) -> float:
        """Standing cost of a month in US dollars."""
        return sum(line.monthly for line in self.lines)

    def by_layer(self) -> Mapping[str, float]:
        """Standing cost of a month by layer, most expensive first."""
        sums: dict[str, float] = defaultdict(float)
        for line in self.lines:
            sums[line.layer] += line.monthly
        return dict(sorted(sums.items(), key=lambda entry: -entry[1]))

    def over(self, dollars: float) -> Sequence[Line]:
        """Lines that cost more than `dollars` a month."""
        return [line for line in self.lines if line.monthly > dollars]


def estimate(blueprint: Blueprint, prices: Prices, usage: OrderUsage | None = None) -> Estimate:
    """Estimate the costs of a recorded stack."""
    sums: dict[tuple[str, str, str], tuple[float, float]] = {}
    unpriced: list[str] = []
    for resource in blueprint.resources:
        layer = layer_of(blueprint, resource) or "providers"
        for charge in charges(resource, blueprint, prices):
            if charge.monthly is None:
                unpriced.append(f"{resource.name}: {charge.what}")
                continue
            key = (layer, kind_of(resource), charge.what)
            quantity, monthly = sums.get(key, (0.0, 0.0))
            sums[key] = (quantity + charge.quantity, monthly + charge.monthly)
    if dedicated_types(blueprint):
        fee = prices.monthly("dedicated_region_fee")
        sums["latency", "ec2/instance", "fee of a region with dedicated instances"] = (1, fee)
    lines = [Line(*key, *value) for key, value in sums.items() if value[1]]
    lines.sort(key=lambda line: (-line.monthly, line.layer, line.kind, line.what))
    orders = tuple(per_million(blueprint, prices, usage or OrderUsage()))
    return Estimate(blueprint.stack, prices.date, tuple(lines), tuple(unpriced), orders)
