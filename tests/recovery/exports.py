"""A run's exports for tests: built as a configuration, written by the one place that spells their keys."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from components.settings.functions import FunctionSettings
from recovery.configuration import MEMBER, Configuration, Site, Tables, Timing, to_outputs
from tests.functions.aws import CONTROL, ORDERS, POSITIONS

EAST, WEST = "us-east-1", "us-west-2"
SECRET = "trading-database"
ACCOUNT = "123456789012"
LEASE_MILLISECONDS = FunctionSettings().lease_milliseconds


def run_configuration(**changes: Any) -> Configuration:
    """The configuration of a run of the platform, with the fields that a test changes."""
    return replace(_PLATFORM, **changes)


def run_exports(**changes: Any) -> dict[str, Any]:
    """The member `recovery` of the exports of such a run. A JSON writer has made the lease a floating-point number."""
    found = to_outputs(run_configuration(**changes))
    found["timing"]["leaseMilliseconds"] = float(found["timing"]["leaseMilliseconds"])
    return found


def outputs(**changes: Any) -> dict[str, Any]:
    """What the recovery stack exports, as far as a run needs it."""
    return {MEMBER: run_exports(**changes)}


def site(role: str, region: str) -> Site:
    """One region's physical names."""
    return Site(
        role=role,
        region=region,
        order_intake=f"{role}-order-intake:live",
        redrive=f"{role}-redrive:live",
        integrity=f"{role}-integrity:live",
        rotation=f"arn:aws:lambda:{region}:{ACCOUNT}:function:{role}-rotation",
        database=f"{role}-trade-history",
        file_system=f"fs-{role}",
        order_stream=f"{role}-orders",
        bus=f"{role}-bus",
        archive=f"arn:aws:events:{region}:{ACCOUNT}:archive/{role}-bus",
    )


_PLATFORM = Configuration(
    account_id=ACCOUNT,
    primary=site("primary", EAST),
    standby=site("standby", WEST),
    tables=Tables(CONTROL, ORDERS, POSITIONS, "order-book", "market-data"),
    timing=Timing(
        lease=LEASE_MILLISECONDS,
        margin=500,
        recheck=200,
        cooldown=600_000,
        replication_lag=2000,
        decision=2000,
        call=250,
        order=2000,
    ),
    database_secret=SECRET,
    rotation_days=30,
    account_claim="account_id",
    canary_account="CANARY",
    switch={"kind": "healthCheck"},
    scale_out={"project": "standby-scale-out", "engineGroup": "standby-engines", "engines": 2},
)
