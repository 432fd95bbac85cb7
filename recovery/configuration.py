"""Where everything is: a run's view of the platform, read from the recovery stack's exports.

The exports are a JSON object; what a run needs is its member `recovery` (or the object itself, where it has no such
member). Every name is physical: nothing is looked up in the region that may be gone. The keys are spelled here alone:
`from_outputs` reads them, `to_outputs` writes them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from functions.trading_account import is_account
from recovery import exports, names
from recovery.budget import SwitchKind
from recovery.errors import ConfigurationError
from recovery.exports import Reader, Whole

MEMBER = "recovery"
_ACCOUNT = re.compile(r"[0-9]{12}")

SITE_KEYS: Mapping[str, str] = {
    "order_intake": "orderIntake",
    "redrive": "redrive",
    "integrity": "integrity",
    "rotation": "rotation",
    "database": "database",
    "file_system": "fileSystem",
    "order_stream": "orderStream",
    "bus": "bus",
    "archive": "archive",
}
"""Keys of a site by field, beside `region`."""
SITE_FORMS: Mapping[str, names.Form] = {
    "order_intake": names.FUNCTION,
    "redrive": names.FUNCTION,
    "integrity": names.FUNCTION,
    "rotation": names.either(names.FUNCTION, names.arn("lambda")),
    "database": names.DATABASE,
    "file_system": names.FILE_SYSTEM,
    "order_stream": names.STREAM,
    "bus": names.BUS,
    "archive": names.arn("events"),
}
"""Forms of the values of a site by field."""
TABLE_KEYS: Mapping[str, str] = {
    "control": "control",
    "orders": "orders",
    "positions": "positions",
    "order_book": "order-book",
    "market_data": "market-data",
}
"""Keys of the tables by field."""
_MS = "milliseconds"
# Upper bounds: at least what the setting of that name allows (components/settings). A drill on a busy machine gives
# longer times to the look before the first step, to one call, and to one order.
TIMING: Mapping[str, Whole] = {
    "lease": Whole("leaseMilliseconds", _MS, 1, 20_000),
    "margin": Whole("marginMilliseconds", _MS, 0, 5_000),
    "recheck": Whole("recheckMilliseconds", _MS, 1, 5_000),
    "cooldown": Whole("cooldownMilliseconds", _MS, 0, 86_400_000),
    "replication_lag": Whole("replicationLagMilliseconds", _MS, 0, 60_000),
    "decision": Whole("decisionMilliseconds", _MS, 1, 60_000),
    "call": Whole("callMilliseconds", _MS, 1, 10_000),
    "order": Whole("orderMilliseconds", _MS, 1, 60_000),
}
"""Times by field."""
# AWS Secrets Manager API Reference, RotationRulesType: AutomaticallyAfterDays is 1 to 1000.
ROTATION = Whole("rotationDays", "days", 1, 1000)
ENGINES = Whole("engines", "engines", 0, 500)
"""How many engines a takeover starts at once (components/settings: enginesAtTakeover)."""


@dataclass(frozen=True)
class Site:
    """One region's share: physical names. `database` and `file_system` are identifiers; `order_intake`, `redrive` and
    `integrity` are functions as `name:alias`, `rotation` is the ARN of one; `bus` and `archive` are the name of an
    event bus and the ARN of its archive."""

    role: str
    region: str
    order_intake: str
    redrive: str
    integrity: str
    rotation: str
    database: str
    file_system: str
    order_stream: str
    bus: str
    archive: str


@dataclass(frozen=True)
class Tables:
    """Names of the tables, the same in both regions."""

    control: str
    orders: str
    positions: str
    order_book: str
    market_data: str

    @property
    def restorable(self) -> tuple[str, ...]:
        """What `restore` brings back to a point in time: the state of the engines."""
        return (self.orders, self.positions, self.order_book)


@dataclass(frozen=True)
class Timing:
    """All in milliseconds. `cooldown` is the least time between two takeovers (anti-flap), `recheck` how often order
    intake looks for a lease that it does not have, `replication_lag` what a global table lags at most in good times.
    `decision`, `call` and `order` are what the budget counts for the look before the first step, for one call to a data
    plane, and for one order (`recovery.budget`)."""

    lease: int
    margin: int
    recheck: int
    cooldown: int
    replication_lag: int
    decision: int
    call: int
    order: int


@dataclass(frozen=True)
class Configuration:
    """All that a run must know. `switch` and `scale_out` are the settings of those parts, as exported.

    `account_claim` is the claim by which order intake knows an account; `canary_account` is a trading account without
    permission to trade, whose orders the engines drop.
    """

    account_id: str
    primary: Site
    standby: Site
    tables: Tables
    timing: Timing
    database_secret: str
    rotation_days: int
    account_claim: str
    canary_account: str
    switch: Mapping[str, Any]
    scale_out: Mapping[str, Any]

    def site(self, region: str) -> Site:
        """The site in a region; raises ConfigurationError for a third one."""
        for site in (self.primary, self.standby):
            if site.region == region:
                return site
        raise ConfigurationError(
            f"region {region!r} is neither {self.primary.region} (primary) nor {self.standby.region} (recovery region)"
        )

    def other(self, site: Site) -> Site:
        return self.standby if site == self.primary else self.primary


def from_file(path: Path) -> Configuration:
    """From a JSON file of the recovery stack's exports; raises ConfigurationError."""
    return from_outputs(exports.of_file(path))


def from_outputs(outputs: Any) -> Configuration:
    """From the recovery stack's exports; raises ConfigurationError that names the first bad key."""
    if isinstance(outputs, Mapping) and MEMBER in outputs:
        outputs = outputs[MEMBER]
    found = Reader(outputs, MEMBER)
    account = found.text("accountId")
    if not _ACCOUNT.fullmatch(account):
        raise found.wrong("accountId", "is not the 12 digits of an account")
    primary, standby = _site(found.part("primary"), "primary"), _site(found.part("standby"), "standby")
    if primary.region == standby.region:
        raise found.part("standby").wrong("region", "is the primary's region too")
    return Configuration(
        account_id=account,
        primary=primary,
        standby=standby,
        tables=_tables(found.part("tables")),
        timing=_timing(found.part("timing")),
        database_secret=found.name("databaseSecret", names.either(names.SECRET, names.arn("secretsmanager"))),
        rotation_days=found.whole(ROTATION),
        account_claim=_claim(found),
        canary_account=_account(found),
        switch=_switch(found.part("switch")),
        scale_out=_scale_out(found),
    )


def to_outputs(found: Configuration) -> dict[str, Any]:
    """The member `recovery` of the exports that `from_outputs` reads as this configuration."""
    return {
        "accountId": found.account_id,
        "primary": _site_outputs(found.primary),
        "standby": _site_outputs(found.standby),
        "tables": {key: getattr(found.tables, name) for name, key in TABLE_KEYS.items()},
        "timing": {number.key: getattr(found.timing, name) for name, number in TIMING.items()},
        "databaseSecret": found.database_secret,
        ROTATION.key: found.rotation_days,
        "accountClaim": found.account_claim,
        "canaryAccount": found.canary_account,
        "switch": dict(found.switch),
        "scaleOut": dict(found.scale_out),
    }


def _site(found: Reader, role: str) -> Site:
    region = found.region("region")
    return Site(
        role=role, region=region, **{name: found.name(key, SITE_FORMS[name]) for name, key in SITE_KEYS.items()}
    )


def _site_outputs(site: Site) -> dict[str, Any]:
    return {"region": site.region, **{key: getattr(site, name) for name, key in SITE_KEYS.items()}}


def _tables(found: Reader) -> Tables:
    return Tables(**{name: found.name(key, names.TABLE) for name, key in TABLE_KEYS.items()})


def _timing(found: Reader) -> Timing:
    return Timing(**{name: found.whole(number) for name, number in TIMING.items()})


def _switch(found: Reader) -> Mapping[str, Any]:
    kind = found.text("kind")
    if kind not in list(SwitchKind):
        raise found.wrong("kind", f"is none of {', '.join(SwitchKind)}")
    if kind == SwitchKind.HEALTH_CHECK:
        if found.has("url"):
            found.endpoint("url")
        return found.values
    endpoints = found.part("endpoints")
    if not endpoints.values:
        raise found.wrong("endpoints", "names no endpoint of the cluster")
    for region in endpoints.values:
        if not exports.is_region(region):
            raise found.wrong("endpoints", f"has a key {exports.shown(region)} that is not the name of a region")
        endpoints.endpoint(region)
    for key in ("primaryControlArn", "standbyControlArn"):
        found.name(key, names.arn("route53-recovery-control"))
    return found.values


def _claim(found: Reader) -> str:
    claim = found.text("accountClaim")
    if not names.is_claim(claim):
        raise found.wrong("accountClaim", "is not the name of a claim")
    return claim


def _account(found: Reader) -> str:
    account = found.text("canaryAccount")
    if not is_account(account):
        raise found.wrong("canaryAccount", "is not a trading account of letters, digits and hyphens")
    return account


def _scale_out(run: Reader) -> Mapping[str, Any]:
    found = run.part("scaleOut")
    if found.has("project"):
        found.name("project", names.PROJECT)
    elif found.has("command"):
        found.texts("command")
    else:
        raise run.wrong("scaleOut", "names neither a CodeBuild project nor a command")
    if found.has("engineGroup"):
        found.name("engineGroup", names.GROUP)
        found.whole(ENGINES)
    return found.values
