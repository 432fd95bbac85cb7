"""All checks, in the order in which their findings are shown."""

from __future__ import annotations

from preflight.checks.dns import Dns
from preflight.checks.images import Images
from preflight.checks.lasting import Lasting
from preflight.checks.limits import Limits
from preflight.checks.names import Names
from preflight.checks.placeholders import Placeholders
from preflight.checks.quotas import Quotas
from preflight.checks.service_roles import ServiceRoles
from preflight.checks.singletons import Singletons
from preflight.checks.state import State
from preflight.checks.versions import Versions
from preflight.checks.zones import Zones
from preflight.model import Check

CHECKS: tuple[Check, ...] = (
    Placeholders(),
    Quotas(),
    Limits(),
    Zones(),
    Versions(),
    Images(),
    ServiceRoles(),
    Singletons(),
    Names(),
    Dns(),
    State(),
    Lasting(),
)
