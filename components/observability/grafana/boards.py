"""All dashboards of a stack as the JSON that Grafana loads."""

from __future__ import annotations

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard, Panel

from components.observability.grafana.order_latency import order_latency
from components.observability.grafana.readiness import readiness
from components.observability.grafana.trading import trading
from components.settings import Settings


def boards(settings: Settings) -> dict[str, str]:
    """Return the dashboards' JSON by identifier. Equal settings give equal bytes."""
    built = [_numbered(make(settings).build()) for make in (order_latency, trading, readiness)]
    return {str(board.uid): JSONEncoder(sort_keys=True, indent=1).encode(board) for board in built}


def _numbered(board: Dashboard) -> Dashboard:
    """Number the panels. Links and open browser pages refer to a panel by its number."""
    for number, panel in enumerate(board.panels or [], start=1):
        if not isinstance(panel, Panel):
            raise TypeError(f"{board.uid} has a row; number the panels in it too")
        panel.id_val = number
    return board
