"""Where the store keeps its records: one moto backend for each service, account and region.

Moto resets every backend that it knows of, so a moto reset also empties the store, and regions are as far apart as
moto keeps them. A service without regions has one backend for the partition.
"""

from functools import cache
from typing import Any

from boto3 import Session
from moto.core.base_backend import BackendDict, BaseBackend

Record = dict[str, Any]


class Store(BaseBackend):
    """Records of one service in one account and region: tables by resource type, tags by ARN."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.tables: dict[str, dict[tuple[str, ...], Record]] = {}
        self.tags: dict[str, dict[str, str]] = {}
        self.settings: dict[str, Any] = {}

    def table(self, name: str) -> dict[tuple[str, ...], Record]:
        """The records of one resource type, by identifier."""
        return self.tables.setdefault(name, {})


@cache
def stores(service: str) -> "BackendDict[Store]":
    """The stores of a service, by account and then region (or partition, for a service without regions)."""
    return BackendDict(Store, service, use_boto3_regions=False, additional_regions=_regions_and_partitions())


@cache
def _regions_and_partitions() -> list[str]:
    """A session reads the whole model of EC2 for this, a third of a second: once for all services."""
    session = Session()
    partitions = session.get_available_partitions()
    regions = (session.get_available_regions("ec2", partition_name=partition) for partition in partitions)
    return [*(region for found in regions for region in found), *partitions]
