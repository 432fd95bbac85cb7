"""`python -m blueprint costs primary|dr [--active]`: monthly cost of a stack without traffic, by line."""

from __future__ import annotations

import json as json_
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import pulumi
import typer
from rich.console import Console
from rich.table import Table

from blueprint.costs.estimate import Estimate, estimate
from blueprint.costs.orders import OrderUsage
from blueprint.costs.prices import prices
from blueprint.model import Blueprint, BlueprintError
from blueprint.output_file import write
from blueprint.overrides import overrides_of
from blueprint.program import record, record_dr, record_primary
from command_line import Command
from recovery.redaction import redacted_message

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
_BAD_INPUT = 2


@app.command(cls=Command)
def costs(
    stack: Annotated[str, typer.Argument(help="primary, dr or sandbox")],
    active: Annotated[bool, typer.Option("--active", help="dr only: the stack as after a failover")] = False,
    orders: Annotated[float, typer.Option("--orders", min=0, help="million orders in a month")] = 0.0,
    milliseconds: Annotated[
        float, typer.Option("--order-milliseconds", min=0, help="duration of order intake for one order")
    ] = 20.0,
    over: Annotated[float, typer.Option("--over", min=0, help="show lines above this many US dollars a month")] = 10.0,
    json: Annotated[
        Path | None, typer.Option("--json", help="write the estimate as JSON to this file; - for stdout")
    ] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="override a setting of the stack file, KEY=VALUE")
    ] = None,
) -> None:
    """Estimate the monthly cost of a stack from its recorded graph and a dated price table."""
    try:
        recorded = _recorded(stack, active, overrides_of(set_ or []))
    except (pulumi.RunError, BlueprintError) as error:
        typer.echo(redacted_message(str(error), [stack, *(set_ or [])]), err=True)
        raise typer.Exit(_BAD_INPUT) from error
    usage = OrderUsage(milliseconds)
    found = {name: estimate(blueprint, prices(), usage) for name, blueprint in recorded.items()}
    if json is not None:
        write("--json", json, json_.dumps({name: as_json(one, orders) for name, one in found.items()}, indent=2) + "\n")
        return
    console = Console()
    for name, one in found.items():
        _show(console, name, one, over, orders)
    if len(found) > 1:
        standing, beside = list(found.values())
        console.print(f"The recovery region costs {standing.monthly / beside.monthly:.0%} of the primary.")


def as_json(found: Estimate, orders: float = 0.0) -> dict[str, Any]:
    """Return the estimate in US dollars a month; `orders` are in millions a month."""
    return {
        "price_date": found.date,
        "standing_usd": round(found.monthly, 2),
        "by_layer_usd": {layer: round(usd, 2) for layer, usd in found.by_layer().items()},
        "lines": [{**asdict(line), "monthly": round(line.monthly, 2)} for line in found.lines],
        "without_price": list(found.unpriced),
        "orders_million": orders,
        "orders_usd": round(orders * _million(found), 2),
    }


def _recorded(stack: str, active: bool, overrides: dict[str, str]) -> dict[str, Blueprint]:
    """Record the stack, and for a recovery stack also the primary for comparison."""
    if stack != "dr":
        return {stack: record(stack, overrides={**overrides, **({"active": True} if active else {})})}
    primary = record_primary()
    title = "dr, active" if active else "dr, standby"
    return {title: record_dr(primary, active=active, overrides=overrides), "primary": primary}


def _show(console: Console, name: str, found: Estimate, over: float, orders: float) -> None:
    table = Table(title=f"{name}: US dollars a month without traffic, prices of {found.date}", title_justify="left")
    for column in ("layer", "resource", "charge", "quantity", "USD"):
        table.add_column(column, justify="right" if column in ("quantity", "USD") else "left")
    shown = found.over(over)
    for line in shown:
        table.add_row(line.layer, line.kind, line.what, f"{line.quantity:g}", f"{line.monthly:,.2f}")
    rest = [line for line in found.lines if line not in shown]
    if rest:
        table.add_row("", "", f"{len(rest)} lines of {over:g} or less", "", f"{sum(one.monthly for one in rest):,.2f}")
    table.add_row("total", "", "", "", f"{found.monthly:,.2f}", style="bold")
    console.print(table)
    console.print("by layer: " + ", ".join(f"{layer} {usd:,.0f}" for layer, usd in found.by_layer().items()))
    for missing in found.unpriced:
        console.print(f"no price in the table, not counted: {missing}", style="yellow")
    console.print(f"requests of a million orders: {_million(found):.2f}", highlight=False)
    if orders:
        console.print(f"{orders:g} million orders: {orders * _million(found):,.2f} more a month", highlight=False)
    console.print("Not counted: data transfer, storage that fills up, logs, scans, taxes and discounts.\n", style="dim")


def _million(found: Estimate) -> float:
    return sum(charge.monthly or 0.0 for charge in found.per_million)
