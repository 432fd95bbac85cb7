"""The section about monthly costs."""

from __future__ import annotations

from collections.abc import Sequence

from blueprint import Blueprint
from blueprint.costs.estimate import Estimate, estimate
from blueprint.costs.prices import prices
from rehearsal.page.document import Section, bullets, table

_SHOWN_ABOVE_DOLLARS = 50.0


def costs(blueprints: Sequence[Blueprint]) -> Section:
    """Standing costs of each recorded stack by layer, and each line above 50 US dollars a month."""
    table_ = prices()
    found = [estimate(blueprint, table_) for blueprint in blueprints]
    body = (
        f"<p>Estimated from the recorded graph and list prices of {table_.date} (us-east-1), in US dollars a month "
        "without traffic. Data transfer, storage that fills up, logs and scans are not counted.</p>"
    )
    totals = [(one.stack, f"{one.monthly:,.0f}") for one in found]
    body += table("Standing cost by stack", ("stack", "USD a month"), totals, numbers=(1,))
    for one in found:
        body += f"<h3>Stack {one.stack}</h3>" + _lines(one)
    return Section("costs", "Costs", body)


def _lines(one: Estimate) -> str:
    rows = [
        (line.layer, line.kind, line.what, f"{line.quantity:g}", f"{line.monthly:,.2f}")
        for line in one.over(_SHOWN_ABOVE_DOLLARS)
    ]
    heads = ("layer", "resource", "charge", "quantity", "USD")
    caption = f"Stack {one.stack}: lines above {_SHOWN_ABOVE_DOLLARS:g} US dollars a month"
    body = table(caption, heads, rows, numbers=(3, 4))
    if one.unpriced:
        body += "<p>Not counted, because the table has no price or the size is known elsewhere:</p>"
        body += bullets(one.unpriced)
    return body
