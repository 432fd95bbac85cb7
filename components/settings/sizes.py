"""How large this stack stands. A recovery region that takes over takes the primary's sizes over whole."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field, field_validator

from components.settings.managed_classes import DbInstanceClass
from components.settings.node_types import node_type
from components.settings.section import Section

# Kinesis API Reference, UpdateShardCount: a stream has 10,000 shards at most.
MOST_SHARDS = 10_000
# A limit of ours: more instances of one group need placement groups and capacity that are agreed upon with AWS.
MOST_ENGINES = 500
# Amazon ECS Developer Guide, "Amazon ECS service quotas": tasks per service.
MOST_TASKS = 5_000


class PrivateServices(StrEnum):
    """Which AWS services have interface endpoints: `components.network.endpoints` says what each tier calls."""

    ALL = "all"
    STANDING = "standing"


class Sizes(Section):
    """The sizes that differ between the primary and the pilot light, exported by the primary as `sizes`."""

    nat_gateways: int = Field(
        2, description="NAT gateways, each in a zone of its own; zones without one share.", ge=1, le=3
    )
    private_services: PrivateServices = Field(
        PrivateServices.ALL,
        description="AWS services reached by interface endpoints: all, or those that a standing recovery region calls.",
    )
    db_instance_class: DbInstanceClass = Field(
        "db.r6g.2xlarge", description="Instance class of the trade history database."
    )
    db_multi_az: bool = Field(True, description="Whether the trade history database has a standby in another zone.")
    db_reader: bool = Field(True, description="Whether the trade history database has a reader beside it.")
    cache_enabled: bool = Field(False, description="Whether there is a cache for market data.")
    order_stream_shards: int = Field(
        13,
        description="Shards of the order stream, the same in both regions: recovery takes the whole rate at once.",
        ge=1,
        le=MOST_SHARDS,
    )
    market_data_stream_shards: int = Field(
        25,
        description="Shards of the market-data stream; a pilot light has half the primary's at least.",
        ge=1,
        le=MOST_SHARDS,
    )
    fixed_engines: int = Field(
        4, description="Trading engines that always stand, each in reserved capacity.", ge=0, le=100
    )
    elastic_engines_min: int = Field(
        2, description="Fewest engines of the fleet that follows the market.", ge=0, le=MOST_ENGINES
    )
    elastic_engines_max: int = Field(
        20, description="Most engines of the fleet that follows the market.", ge=0, le=MOST_ENGINES
    )
    elastic_engines_open: int = Field(
        4,
        description="Fewest engines of that fleet from before the markets open until after they close.",
        ge=0,
        le=MOST_ENGINES,
    )
    elastic_engines_warm: int = Field(
        2,
        description="Engines of the fleet kept tuned and stopped, ready to start; 0 for none.",
        ge=0,
        le=MOST_ENGINES,
    )
    service_tasks_min: int = Field(
        4,
        description="Fewest tasks of the trading services: what runs at all times, 0 for none.",
        ge=0,
        le=MOST_TASKS,
    )
    service_tasks_max: int = Field(40, description="Most tasks of the trading services.", ge=1, le=MOST_TASKS)
    node_instance_type: str = Field("m6i.xlarge", description="Instance type of the Kubernetes nodes.")
    nodes_min: int = Field(3, description="Kubernetes nodes that always stand.", ge=1, le=450)
    nodes_max: int = Field(12, description="The most Kubernetes nodes that the autoscaler may add up to.", ge=1, le=450)

    @field_validator("node_instance_type")
    @classmethod
    def _known_node_type(cls, name: str) -> str:
        return node_type(name).name
