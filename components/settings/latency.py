"""Settings of the ultra-low latency layer."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field, field_validator

from components.settings.instance_types import INSTANCE_TYPES, InstanceType
from components.settings.section import Section, matching


class Tenancy(StrEnum):
    """On whose hardware engines run."""

    DEFAULT = "default"
    """Shared with others."""
    DEDICATED = "dedicated"
    """Hardware that this account has for itself."""
    HOST = "host"
    """Hosts of one's own, which no placement group takes."""


class Placement(StrEnum):
    """How EC2 places engines to each other."""

    CLUSTER = "cluster"
    SPREAD = "spread"
    PARTITION = "partition"


# AWS Systems Manager API Reference, PutParameter, `Name`: 1,011 characters, 15 levels.
ParameterName = Annotated[
    str,
    matching(
        r"(?=.{1,1011})/?[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+){0,14}",
        "is not a parameter of Systems Manager; write its full name, such as /trading/engine-image, or leave it empty",
        optional=True,
    ),
]


class LatencySettings(Section):
    """The engines: on what, where, and when there are more of them."""

    engine_instance_type: str = Field("c5n.9xlarge", description="Instance type of the trading engines.")
    engine_zone: str = Field(
        "", description="Availability zone of the engines: one of the stack's; empty for the first of them."
    )
    engine_tenancy: Tenancy = Field(
        Tenancy.DEDICATED, description="default for shared hardware, dedicated for hardware of this account alone."
    )
    engine_placement: Placement = Field(
        Placement.CLUSTER, description="Strategy of the engines' placement group: cluster, spread or partition."
    )
    engine_partitions: int = Field(
        2, description="How many partitions there are, with enginePlacement = partition.", ge=1, le=7
    )
    engine_ena_express: bool = Field(
        False,
        description="Whether engines use ENA Express: shorter tails under load, tens of microseconds more when idle.",
    )
    engine_image_parameter: ParameterName = Field(
        "",
        description="Systems Manager parameter that names the engines' image, resolved at each launch; empty for "
        "Amazon Linux 2023 of the instance type's architecture, which runs no engine: the fleet then asks EC2 alone "
        "whether a host is healthy.",
    )
    engine_volume_gib: int = Field(64, description="Size of an engine's encrypted volume, in GiB.", ge=8, le=16384)
    engine_hugepages_percent: int = Field(
        50, description="Share of an engine's memory that is set aside as huge pages, in percent.", ge=0, le=80
    )
    engine_readiness_seconds: int = Field(
        900,
        description="How long a new engine may take to tune itself, restart and prove it, in seconds.",
        ge=300,
        le=7200,
    )
    engine_drain_seconds: int = Field(
        300, description="How long an engine may take to hand its FIX sessions over, in seconds.", ge=30, le=7200
    )
    orders_per_engine: int = Field(
        2000,
        description="Orders per second that one engine should work on; more make the fleet grow.",
        ge=1,
        le=10_000_000,
    )
    volatility_percent: int = Field(
        40,
        description="Realised volatility, annualised, from which the fleet grows ahead of its orders, in percent.",
        ge=1,
        le=1000,
    )
    market_open_lead_minutes: int = Field(
        30, description="How long before the markets open engines are added, in minutes.", ge=0, le=720
    )
    market_close_lag_minutes: int = Field(
        30,
        description="How long after the markets close the fleet may be at its smallest again, in minutes.",
        ge=0,
        le=720,
    )

    @property
    def instance_type(self) -> InstanceType:
        """What is known of the engines' instance type."""
        return INSTANCE_TYPES[self.engine_instance_type]

    @field_validator("engine_instance_type")
    @classmethod
    def _known_type(cls, name: str) -> str:
        if name not in INSTANCE_TYPES:
            fit = ", ".join(known.name for known in INSTANCE_TYPES.values() if known.cluster_placement)
            raise ValueError(
                f"is not a type whose cores and network are known; choose one of {fit}, or add it to "
                "components/settings/instance_types.py from DescribeInstanceTypes"
            )
        return name
