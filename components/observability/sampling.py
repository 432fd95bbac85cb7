"""X-Ray sampling rules as data; the first rule that matches a request applies."""

from __future__ import annotations

from dataclasses import dataclass

from components.edge.api import STAGE
from components.latency.metrics import SERVICE as ENGINE
from components.settings import Settings

# Service name of the engines in traces.
API_STAGE = "AWS::ApiGateway::Stage"
_ANY = "*"


@dataclass(frozen=True)
class Sampled:
    """Sampling of one kind of requests: `per_second` of them are always traced, and the `share` (0 to 1) of the others.

    `service`, `service_type`, `method` and `path` can contain wildcards. API Gateway's service name is `<api>/<stage>`.
    Its paths begin with the stage unless they come through a custom domain.
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
    """The rules of one region, by priority. Names have at most 32 characters, so a purpose is one short word."""
    observability = settings.observability
    api = f"{settings.name('api')}/{STAGE}"
    share = observability.traced_orders_percent / 100
    switch = Sampled("switch", 110, 0, 0.0, f"{settings.name('switch')}/{STAGE}", API_STAGE)
    return (
        # Health checkers from all over the world call every 10 s, and their traces are useless. They are the only
        # callers of the switch.
        Sampled("health", 100, 0, 0.0, api, API_STAGE, "GET", "*/health"),
        *(() if settings.is_primary else (switch,)),
        Sampled("orders", 200, observability.traced_orders_per_second, share, api, API_STAGE, "POST", "*/orders"),
        Sampled("cancels", 210, observability.traced_orders_per_second, share, api, API_STAGE, "DELETE", "*/orders/*"),
        # An order over FIX starts its trace in the engine, without an HTTP request to match.
        Sampled("engines", 220, observability.traced_orders_per_second, share, ENGINE),
        # Reads, and other services that use sampling rules. X-Ray's default rule would trace 1 a second and 5 %.
        Sampled("others", 900, 1, 0.01, settings.name(_ANY)),
    )
