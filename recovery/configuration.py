"""Where everything is: a run's view of the platform, read from the recovery stack's exports.

The exports are a JSON object; what a run needs is its member `recovery` (or the object itself, where it has no such
member). Every name is physical: nothing is looked up in the region that may be gone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recovery.errors import ConfigurationError

MEMBER = "recovery"
_ACCOUNT = re.compile(r"\d{12}")
_WAY_OUT = "bring the recovery stack up with this version of the program, or correct the file"


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
    try:
        outputs = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read ({error.strerror}); name a file of exports") from error
    except ValueError as error:
        raise ConfigurationError(f"{path}: is no JSON ({error}); write it with pulumi stack output --json") from error
    return from_outputs(outputs)


def from_outputs(outputs: Any) -> Configuration:
    """From the recovery stack's exports; raises ConfigurationError that names the first bad key."""
    if isinstance(outputs, Mapping) and MEMBER in outputs:
        outputs = outputs[MEMBER]
    found = _Reader(outputs, MEMBER)
    account = found.text("accountId")
    if not _ACCOUNT.fullmatch(account):
        raise ConfigurationError(f"{MEMBER}.accountId = {account!r}: is not the 12 digits of an account; {_WAY_OUT}")
    primary, standby = _site(found.part("primary"), "primary"), _site(found.part("standby"), "standby")
    if primary.region == standby.region:
        raise ConfigurationError(
            f"{MEMBER}.standby.region = {standby.region!r}: is the primary's region too; {_WAY_OUT}"
        )
    return Configuration(
        account_id=account,
        primary=primary,
        standby=standby,
        tables=_tables(found.part("tables")),
        timing=_timing(found.part("timing")),
        database_secret=found.text("databaseSecret"),
        rotation_days=found.whole("rotationDays"),
        account_claim=found.text("accountClaim"),
        canary_account=found.text("canaryAccount"),
        switch=found.part("switch").values,
        scale_out=found.part("scaleOut").values,
    )


def _site(found: _Reader, role: str) -> Site:
    return Site(
        role=role,
        region=found.text("region"),
        order_intake=found.text("orderIntake"),
        redrive=found.text("redrive"),
        integrity=found.text("integrity"),
        rotation=found.text("rotation"),
        database=found.text("database"),
        file_system=found.text("fileSystem"),
        order_stream=found.text("orderStream"),
        bus=found.text("bus"),
        archive=found.text("archive"),
    )


def _tables(found: _Reader) -> Tables:
    return Tables(
        control=found.text("control"),
        orders=found.text("orders"),
        positions=found.text("positions"),
        order_book=found.text("order-book"),
        market_data=found.text("market-data"),
    )


def _timing(found: _Reader) -> Timing:
    return Timing(
        lease=found.whole("leaseMilliseconds"),
        margin=found.whole("marginMilliseconds"),
        recheck=found.whole("recheckMilliseconds"),
        cooldown=found.whole("cooldownMilliseconds"),
        replication_lag=found.whole("replicationLagMilliseconds"),
        decision=found.whole("decisionMilliseconds"),
        call=found.whole("callMilliseconds"),
        order=found.whole("orderMilliseconds"),
    )


class _Reader:
    """Typed access to a JSON object, which knows its own name."""

    def __init__(self, values: Any, name: str) -> None:
        if not isinstance(values, Mapping):
            raise ConfigurationError(f"{name} = {_shown(values)}: is no JSON object; {_WAY_OUT}")
        self.values: Mapping[str, Any] = values
        self._name = name

    def part(self, key: str) -> _Reader:
        return _Reader(self._value(key), f"{self._name}.{key}")

    def text(self, key: str) -> str:
        value = self._value(key)
        if not isinstance(value, str) or not value:
            raise ConfigurationError(f"{self._name}.{key} = {_shown(value)}: is no text; {_WAY_OUT}")
        return value

    def whole(self, key: str) -> int:
        value = self._value(key)
        # Exports pass through JSON writers that know only floating-point numbers.
        whole = isinstance(value, int | float) and not isinstance(value, bool) and value == int(value)
        if not whole or value < 0:
            raise ConfigurationError(f"{self._name}.{key} = {_shown(value)}: is no whole number from 0; {_WAY_OUT}")
        return int(value)

    def _value(self, key: str) -> Any:
        if key not in self.values:
            raise ConfigurationError(f"{self._name}.{key}: is missing among the exports; {_WAY_OUT}")
        return self.values[key]


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
