"""Settings of recovery: where traffic is turned, when a loss counts as one, and what is rehearsed on the real thing."""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import parse_qs, urlsplit

from pydantic import AfterValidator, Field

from components.settings.market import Clock, Weekday
from components.settings.names import CertificateArn, HostDomain, StackName
from components.settings.section import Host, Section, matching
from recovery.budget import SILENT_REGION_SECONDS, SwitchKind
from recovery.names import is_bucket

# Route 53 Developer Guide, "Values that you specify when you create or update health checks".
_INTERVALS = (10, 30)
# A backend of the engine in S3. The region is said: a build in another region would not find the bucket.
_URL = re.compile(r"s3://([^/?]*)(?:/[^\s?]*)?\?(?:[^\s]*&)?region=[a-z0-9-]+(?:&[^\s]*)?", re.ASCII)


def _known_interval(seconds: int) -> int:
    if seconds not in _INTERVALS:
        raise ValueError("is not an interval of Route 53; write 10 (fast) or 30")
    return seconds


def _state_elsewhere(url: str) -> str:
    found = _URL.fullmatch(url)
    if url and found is None:
        raise ValueError("is no backend that a build, which has no token, can reach; write s3://bucket?region=...")
    if found and not is_bucket(found[1]):
        raise ValueError(
            "names a bucket that S3 does not take; write 3 to 63 lower-case letters, digits, full stops "
            "and hyphens that begin and end with a letter or digit, such as s3://trading-state?region=us-west-2"
        )
    return url


def _endpoint_of_state(url: str) -> str:
    """The host of another store than S3; a bucket's name is no domain (Go CDK, package s3blob, `endpoint`)."""
    endpoint = parse_qs(urlsplit(url).query).get("endpoint", [""])[0]
    return urlsplit(endpoint if "//" in endpoint else f"//{endpoint}").hostname or ""


def _day_of_the_week(day: str) -> str:
    if day not in Weekday.__members__:
        raise ValueError(f"is not a day of the week; choose one of {', '.join(Weekday)}")
    return day


TradingAccount = Annotated[
    str,
    matching(
        r"[A-Za-z0-9][A-Za-z0-9-]{0,63}",
        "is not a trading account; write 1 to 64 letters, digits and hyphens that begin with a letter or digit",
    ),
]
ArchiveKey = Annotated[
    str,
    matching(
        r"[A-Za-z0-9](?:[A-Za-z0-9._-]|/(?!/|\.{1,2}/)){0,400}\.zip",
        "is not the key of a ZIP archive; write it without a slash at its start, such as source/platform.zip",
    ),
]
ToolsKey = Annotated[
    str,
    matching(
        r"[A-Za-z0-9](?:[A-Za-z0-9._-]|/(?!/|\.{1,2}/)){0,400}\.tar\.gz",
        "is not the key of an archive; write it without a slash at its start, such as source/toolchain.tar.gz",
    ),
]


class RecoverySettings(Section):
    """The same in both stack files: `recovery.budget` adds up what of this stands between a decision and an order."""

    trading_api_domain: HostDomain = Field(
        "orders.trading.example",
        description="Name under which clients reach the Trading API, whichever region serves; the default is of a "
        "domain for documentation (RFC 2606).",
    )
    trading_api_certificate_arn: CertificateArn = Field(
        "",
        description="ARN of a certificate of ACM in this region for tradingApiDomain, instead of one that the stack "
        "asks for.",
    )
    traffic_switch: SwitchKind = Field(
        SwitchKind.HEALTH_CHECK,
        description="healthCheck: the standby answers the primary's health check; routingControl: a cluster of "
        "Application Recovery Controller, at about 2.50 USD an hour.",
    )
    health_check_interval: Annotated[int, AfterValidator(_known_interval)] = Field(
        10, description="Seconds between two health checks: 10 or 30."
    )
    health_check_threshold: int = Field(
        1, description="Health checks in a row with another result that turn traffic.", ge=1, le=10
    )
    failover_ttl: int = Field(
        5, description="How long resolvers may keep which region serves, in seconds.", ge=0, le=300
    )
    dns_propagation_milliseconds: int = Field(
        3000,
        description="How long the status of a health check takes to all name servers, in ms. AWS gives no number: "
        "measure it in a drill on AWS.",
        ge=0,
        le=60_000,
    )
    cold_start_milliseconds: int = Field(
        2000,
        description="What the authorizer and order intake take to start for a first order, one after the other, in ms.",
        ge=0,
        le=20_000,
    )
    decision_milliseconds: int = Field(
        2000,
        description="From the decision to the first step, in ms: a look at what is needed is cut after it.",
        ge=100,
        le=10_000,
    )
    control_call_milliseconds: int = Field(
        250,
        description="The longest that one call of a failover to the region that takes over may take, in ms; it is made "
        "again then.",
        ge=100,
        le=int(SILENT_REGION_SECONDS * 1000),
    )
    automatic_failover: bool = Field(
        False,
        description="Whether the quorum of observers fails over by itself; otherwise it tells people, who do.",
    )
    failover_quorum: int = Field(
        3, description="How many of the four observers must miss the primary; one alone never suffices.", ge=2, le=4
    )
    failover_observations: int = Field(
        2, description="Minutes in a row in which an observer must miss the primary.", ge=1, le=10
    )
    failover_cooldown_minutes: int = Field(
        30, description="The least time between two takeovers, in minutes.", ge=1, le=1440
    )
    engines_at_takeover: int = Field(
        2,
        description="Engines that a takeover starts directly after the first accepted order, before the stack grows; 0 "
        "for none. Engines that stand by are elasticEnginesMin of the recovery stack.",
        ge=0,
        le=500,
    )
    immediate_orders_need_engine: bool = Field(
        False,
        description="Whether the recovery region refuses immediate orders (market, IOC, FOK) after a takeover until an "
        "engine stands there; otherwise they are accepted, and an engine decides what is too old to trade.",
    )
    engine_start_seconds: int = Field(
        300,
        description="What an engine takes from its launch to service, in seconds: part of the time until accepted "
        "orders are traded. AWS gives no number: measure it in a drill on AWS.",
        ge=10,
        le=3600,
    )
    lease_stale_seconds: int = Field(
        150,
        description="Age at which a lease that nobody extends counts as a sign of loss, in seconds.",
        ge=60,
        le=86_400,
    )
    replica_lag_seconds: int = Field(
        600, description="Lag of the database's replica that counts as a sign of loss, in seconds.", ge=60, le=86_400
    )
    replication_lag_milliseconds: int = Field(
        5000, description="What a global table lags at most in good times, in ms.", ge=100, le=60_000
    )
    canary_account: TradingAccount = Field(
        "CANARY",
        description="Trading account of the order by which a failover is proven.",
    )
    state_backend_url: Annotated[str, AfterValidator(_state_elsewhere), Host(_endpoint_of_state)] = Field(
        "",
        description="Where builds find the stacks' state, s3://bucket?region=...: not in the primary's region.",
    )
    recovery_stack: StackName = Field(
        "organization/trading-platform/dr",
        description="The recovery region's stack as organization/project/stack, for that build.",
    )
    scale_out_source: ArchiveKey = Field(
        "source/platform.zip",
        description="Object in the recovery region's bucket of artifacts with this program, for that build.",
    )
    scale_out_toolchain: ToolsKey = Field(
        "source/toolchain.tar.gz",
        description="Object in the same bucket with the engine, its plugins and the Python packages, so that the build "
        "fetches nothing from public sites; a build with GROW_MODE=toolchain makes it.",
    )
    scale_out_timeout_minutes: int = Field(
        60, description="The longest that the build which scales out may take, in minutes.", ge=10, le=480
    )
    drill_enabled: bool = Field(
        False, description="Whether the primary cuts itself off from other regions once a month, on purpose."
    )
    drill_day: Annotated[str, AfterValidator(_day_of_the_week)] = Field(
        "SAT", description="Day of the monthly drills: MON to SUN, the first of the month."
    )
    drill_time: Clock = Field("10:00", description="Start of the drills in the markets' time zone: HH:MM.")
    drill_minutes: int = Field(15, description="How long a drill keeps the regions apart, in minutes.", ge=1, le=120)
