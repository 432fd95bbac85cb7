"""Settings of the functions: the lease that order intake lives by, their sizes, and how often they run."""

from __future__ import annotations

from pydantic import Field

from components.settings.section import LogDays, Section

# AWS Lambda Developer Guide, "Lambda quotas": memory in MB; what has one whole processor, and what has the most.
_ONE_PROCESSOR_MB, _MOST_MEMORY_MB = 1769, 10_240

# A limit of ours: AWS raises the quota of 1,000 to tens of thousands (same page), and names no end.
_MOST_CONCURRENCY = 1_000_000


class FunctionSettings(Section):
    """Functions are as large in either region: what stands by takes orders at the full rate in the next second."""

    lease_milliseconds: int = Field(
        5000,
        description="How long the right to accept orders lasts unless it is extended, in ms: a takeover from a region "
        "that does not answer waits that long.",
        ge=1000,
        le=20_000,
    )
    lease_margin_milliseconds: int = Field(
        500, description="The most by which clocks of any two machines may differ, in ms.", ge=50, le=5000
    )
    lease_recheck_milliseconds: int = Field(
        200, description="How often order intake looks for the lease while it has none, in ms.", ge=50, le=5000
    )
    write_timeout_milliseconds: int = Field(
        500,
        description="The longest that one call of order intake to a table or stream may take, in ms.",
        ge=50,
        le=5000,
    )
    order_intake_memory: int = Field(
        _ONE_PROCESSOR_MB,
        description="Memory of order intake, in MB; the processor grows with it, and 1,769 MB are one whole.",
        ge=512,
        le=_MOST_MEMORY_MB,
    )
    order_intake_timeout: int = Field(
        10, description="The longest that order intake may work on a request, in seconds.", ge=3, le=28
    )
    order_intake_concurrency: int = Field(
        400,
        description="Requests that order intake may work on at a time, reserved for it in each region.",
        ge=10,
        le=_MOST_CONCURRENCY,
    )
    authorizer_concurrency: int = Field(
        100,
        description="Tokens that the authorizer may verify at a time, reserved for it in each region.",
        ge=10,
        le=_MOST_CONCURRENCY,
    )
    lambda_concurrency_quota: int = Field(
        1000,
        description="The account's quota of concurrent executions in each region; a new account has far fewer until it "
        "asks for them (aws service-quotas get-service-quota --service-code lambda --quota-code L-B99A9384).",
        ge=10,
        le=_MOST_CONCURRENCY,
    )
    powertools_layer_version: int = Field(
        27,
        description="Version of the layer AWSLambdaPowertoolsPythonV3, from the release notes of Powertools.",
        ge=1,
        le=10_000,
    )
    function_log_days: LogDays = Field(365, description="How long logs of functions stay, in days.")
    redrive_interval_minutes: int = Field(
        1, description="How often failed trades and the outbox are looked at, in minutes.", ge=1, le=60
    )
    redrive_rate: int = Field(20, description="Messages per second that the redrive moves.", ge=1, le=300)
    redrive_max_tries: int = Field(
        3, description="How often a message goes back before it is set aside as poison.", ge=1, le=10
    )
    redrive_settle_seconds: int = Field(
        30,
        description="Age at which an order in the outbox is no longer left to order intake, in seconds.",
        ge=10,
        le=3600,
    )
    redrive_hold_minutes: int = Field(
        15,
        description="Age from which an unpublished order of an older epoch waits for the trading desk, in minutes: it "
        "arrived late in the region that took over, and the market has moved.",
        ge=1,
        le=1440,
    )
    integrity_interval_hours: int = Field(
        6, description="How often the regions are compared by checksum, in hours.", ge=1, le=24
    )
