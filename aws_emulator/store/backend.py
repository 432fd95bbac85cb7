"""Storage of the records: one moto backend for each service, account and region.

A reset of moto resets every backend, so it also empties the store. Records of regions are as separate as in moto. A
service without regions has one backend for the partition.
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
        """Return the records of one resource type, by identifier."""
        return self.tables.setdefault(name, {})


@cache
def stores(service: str) -> "BackendDict[Store]":
    """Return the stores of a service, by account and then region (or partition, for a service without regions)."""
    return BackendDict(Store, service, use_boto3_regions=False, additional_regions=_regions_and_partitions())


@cache
def _regions_and_partitions() -> list[str]:
    """Return regions and partitions. A session reads the whole model of EC2 for this in a third of a second, so cache
    them."""
    session = Session()
    partitions = session.get_available_partitions()
    regions = (session.get_available_regions("ec2", partition_name=partition) for partition in partitions)
    return [*(region for found in regions for region in found), *partitions]
