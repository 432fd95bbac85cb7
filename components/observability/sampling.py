"""Which requests X-Ray traces, as data: the first rule that fits a request decides."""

from __future__ import annotations

from dataclasses import dataclass

from components.edge.api import STAGE
from components.latency.metrics import SERVICE as ENGINE
from components.recovery.switch_document import PATH as SWITCH_PATH
from components.settings import Settings

# As the service calls itself in traces.
API_STAGE = "AWS::ApiGateway::Stage"
_ANY = "*"


@dataclass(frozen=True)
class Sampled:
    """Requests of one kind: `per_second` of them are traced in any case, and the `share` (0 to 1) of the others.

    `service`, `service_type`, `method` and `path` may hold wildcards. API Gateway calls itself `<api>/<stage>`, and its
    paths begin with the stage where no domain of the platform's own leads to it.
    """

    purpose: str
    priority: int
    per_second: int
    share: float
    service: str
    service_type: str = _ANY
    method: str = _ANY
    path: str = _ANY


def sampling(settings: Settings) -> tuple[Sampled, ...]:
    """The rules of one region, by priority. Names have 32 characters at most, so that purposes are one short word."""
    observability = settings.observability
    api = f"{settings.name('api')}/{STAGE}"
    share = observability.traced_orders_percent / 100
    switch = Sampled("switch", 110, 0, 0.0, f"{settings.name('switch')}/{STAGE}", API_STAGE, "GET", f"*{SWITCH_PATH}")
    return (
        # Health checkers ask from all over the world every 10 s, and nobody looks for what they did.
        Sampled("health", 100, 0, 0.0, api, API_STAGE, "GET", "*/health"),
        *(() if settings.is_primary else (switch,)),
        Sampled("orders", 200, observability.traced_orders_per_second, share, api, API_STAGE, "POST", "*/orders"),
        Sampled("cancels", 210, observability.traced_orders_per_second, share, api, API_STAGE, "DELETE", "*/orders/*"),
        # An order that comes by FIX begins its trace in the engine, which has no request to match.
        Sampled("engines", 220, observability.traced_orders_per_second, share, ENGINE),
        # Reads, and what else of the platform asks for rules. X-Ray's own default would trace 1 a second and 5 %.
        Sampled("others", 900, 1, 0.01, settings.name(_ANY)),
    )
