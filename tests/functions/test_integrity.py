"""What differs between the regions is found by key, and what is merely on its way is not."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from threading import Barrier
from typing import Any

import boto3
import pytest
from aws_lambda_powertools import Metrics
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from functions import order_item
from functions.clients import CONNECTIONS
from functions.environment import SettingError
from functions.integrity import handler, mark
from functions.integrity.objects import BucketSide
from functions.integrity.segments import Entry, Segments, differing, segment_of
from tests.functions.aws import CONTROL, ORDERS, POSITIONS, Client, Clock, create_tables, refused

PRIMARY, DR = "us-east-1", "us-west-2"
HOUR = 3_600_000


class Regions:
    """Two regions with a table and a bucket each, which nothing replicates but the test."""

    def __init__(self) -> None:
        self.dynamodb = {region: Client(boto3.client("dynamodb", region_name=region)) for region in (PRIMARY, DR)}
        self.s3 = {region: Client(boto3.client("s3", region_name=region)) for region in (PRIMARY, DR)}
        for client in self.dynamodb.values():
            create_tables(client)
        self.s3[PRIMARY].create_bucket(Bucket="trades")
        west = {"LocationConstraint": DR}
        self.s3[DR].create_bucket(Bucket="trades-dr", CreateBucketConfiguration=west)
        self.s3[PRIMARY].create_bucket(Bucket="reports")
        self.clock = Clock(4_000_000_000_000)
        self.remaining = 900_000
        self.while_waiting: Callable[[], None] = lambda: None
        self.clients_made = 0

    def put(self, account: str, quantity: str, *regions: str) -> None:
        for region in regions or (PRIMARY, DR):
            item = {"account_id": {"S": account}, "instrument": {"S": "X"}, "quantity": {"N": quantity}}
            self.dynamodb[region].put_item(TableName=POSITIONS, Item=item)

    def store(self, key: str, content: bytes, *sides: str) -> None:
        for region in sides or (PRIMARY, DR):
            bucket = "trades" if region == PRIMARY else "trades-dr"
            self.s3[region].put_object(Bucket=bucket, Key=key, Body=content, ChecksumAlgorithm="SHA256")

    def sleep(self, seconds: float) -> None:
        self.clock.advance(round(seconds * 1000))
        self.remaining -= round(seconds * 1000)
        self.while_waiting()

    def client(self, service: str, region: str) -> Any:
        self.clients_made += 1
        return getattr(self, service)[region]

    def run(
        self, *comparisons: dict[str, Any], event: dict[str, Any] | None = None, **variables: str
    ) -> dict[str, Any]:
        named = comparisons or ({"table": POSITIONS, "lag_seconds": 5},)
        settings = {
            "AWS_REGION": PRIMARY,
            "PRIMARY_REGION": PRIMARY,
            "DR_REGION": DR,
            "REPORT_BUCKET": "reports",
            "COMPARISONS": json.dumps(named),
            "CONTROL_TABLE": CONTROL,
            "SEGMENT_DEPTH": "4",
            **variables,
        }
        job = handler.build(settings, self.client, self.clock, self.sleep)
        made = self.clients_made
        answer = handler.run(job, event or {}, lambda: self.remaining, Metrics(namespace="T", service="t"))
        assert self.clients_made == made, "clients are made once in a process, and not for each run"
        body = self.s3[PRIMARY].get_object(Bucket="reports", Key=answer["report"])["Body"].read()
        return json.loads(body)["comparisons"][0]


@pytest.fixture
def regions() -> Iterator[Regions]:
    with mock_aws():
        yield Regions()


def names(found: dict[str, Any]) -> dict[str, str]:
    return {json.loads(key)["account_id"]["S"]: kind for key, kind in found["differences"].items()}


def test_equal_tables_have_no_differences_and_are_read_once(regions: Regions) -> None:
    for number in range(50):
        regions.put(f"A{number}", "1.50")
    found = regions.run()

    assert found["failed"] is None
    assert (found["primary_entries"], found["segments_differing"], found["differences"]) == (50, 0, {})


def test_every_kind_of_difference_is_listed_by_key(regions: Regions) -> None:
    for number in range(50):
        regions.put(f"A{number}", "1")
    regions.put("changed", "1", PRIMARY)
    regions.put("changed", "2", DR)
    regions.put("missing", "1", PRIMARY)
    regions.put("extra", "1", DR)

    assert names(regions.run()) == {"changed": "changed", "missing": "missing", "extra": "extra"}


MARKED = {"table": ORDERS, "lag_seconds": 5, "since_mark": True}


def _orders(regions: Regions, count: int, at: int, *where: str, name: str = "A") -> None:
    """Orders that were written at a moment."""
    for number in range(count):
        stamp = order_item.Stamp(at, PRIMARY, 1, at + 5_500)
        body = {"client_order_id": f"{name}-{number}", "instrument": "XYZ", "side": "BUY", "type": "MARKET"}
        item = order_item.entered("ACC-1", {**body, "quantity": "1", "time_in_force": "IOC"}, stamp)
        for region in where or (PRIMARY, DR):
            regions.dynamodb[region].put_item(TableName=ORDERS, Item=order_item.to_attributes(item))


def test_a_scheduled_comparison_reads_what_was_written_since_the_last_one(regions: Regions) -> None:
    """The cost is that of the writes and not of the table: before, each run read every order that is stored."""
    _orders(regions, 40, regions.clock())
    regions.clock.advance(6 * HOUR)
    first = regions.run(MARKED)
    assert (first["since"], first["primary_entries"], first["differences"]) == (0, 40, {})
    began = regions.clock()
    _orders(regions, 3, began, name="B")
    regions.clock.advance(6 * HOUR)
    second = regions.run(MARKED)
    assert second["since"] == began - 5_000 - mark.OVERLAP_MILLISECONDS
    assert (second["primary_entries"], second["replica_entries"]) == (3, 3)
    assert regions.run(MARKED, event={"whole": True})["primary_entries"] == 43, "by hand it can read the whole table"


def test_a_difference_keeps_the_mark_where_it_is(regions: Regions) -> None:
    """Each later comparison finds the difference again until it is repaired."""
    _orders(regions, 2, regions.clock(), PRIMARY)
    regions.clock.advance(6 * HOUR)
    for _ in range(2):
        found = regions.run(MARKED)
        assert found["since"] == 0
        assert set(found["differences"].values()) == {"missing"}
        regions.clock.advance(6 * HOUR)
    _orders(regions, 2, regions.clock() - 12 * HOUR, DR)
    regions.clock.advance(6 * HOUR)
    assert len(regions.run(MARKED)["differences"]) == 2, "written anew, with another time"


def test_a_comparison_that_is_not_finished_keeps_the_mark(regions: Regions) -> None:
    _orders(regions, 5, regions.clock())
    regions.clock.advance(6 * HOUR)
    regions.remaining = 0
    assert "the time was up" in regions.run(MARKED)["failed"]
    regions.remaining = 900_000
    assert regions.run(MARKED)["since"] == 0


def test_a_mark_that_cannot_be_read_fails_the_comparison_and_is_no_equality(regions: Regions) -> None:
    regions.dynamodb[PRIMARY].before("get_item", refused("InternalServerError", 500))
    assert "the mark of orders cannot be read" in regions.run(MARKED)["failed"]


def test_the_mark_never_moves_back_and_belongs_to_one_table(regions: Regions) -> None:
    """A runbook and the schedule move it, and a restored table is compared from its beginning."""
    client = regions.dynamodb[PRIMARY]
    mark.advance(client, CONTROL, ORDERS, 2_000)
    mark.advance(client, CONTROL, ORDERS, 1_000)
    assert mark.read(client, CONTROL, ORDERS) == 2_000
    assert mark.read(client, CONTROL, "orders-restored") == 0
    mark.advance(client, CONTROL, "orders-restored", 500)
    assert mark.read(client, CONTROL, "orders-restored") == 500


def test_a_number_is_the_same_however_it_is_written(regions: Regions) -> None:
    regions.put("a", "1.0", PRIMARY)
    regions.put("a", "1", DR)
    assert not regions.run()["differences"]


def test_a_change_that_arrives_within_the_lag_is_no_difference(regions: Regions) -> None:
    regions.put("a", "1", PRIMARY)
    regions.while_waiting = lambda: regions.put("a", "1", DR)
    found = regions.run()
    assert (found["differences"], found["in_flight"]) == ({}, 1)


def test_an_item_that_goes_on_changing_is_no_difference(regions: Regions) -> None:
    regions.put("a", "1", PRIMARY)
    regions.while_waiting = lambda: regions.put("a", "2", PRIMARY)
    found = regions.run()
    assert (found["differences"], found["in_flight"]) == ({}, 1)


def test_what_is_kept_in_memory_is_limited_and_the_report_says_so(regions: Regions) -> None:
    for number in range(40):
        regions.put(f"same-{number}", "1")
        regions.put(f"A{number}", "1", PRIMARY)
    found = regions.run(MAX_LISTED="10")
    assert found["listing_complete"] is False
    assert 0 < len(found["differences"]) <= 20
    assert set(names(found).values()) == {"missing"}, "a key that one list had no room for is not called different"


@pytest.mark.parametrize("operation", ["get_item", "describe_table"])
def test_a_region_that_cannot_be_read_fails_the_comparison_by_name(regions: Regions, operation: str) -> None:
    regions.put("a", "1", PRIMARY)
    regions.dynamodb[DR].before(operation, refused("ThrottlingException"))
    regions.dynamodb[PRIMARY].before(operation, refused("ThrottlingException"))
    found = regions.run()
    assert "positions in us-" in found["failed"]
    assert "ThrottlingException" in found["failed"]


def test_a_missing_table_or_bucket_is_never_called_equal(regions: Regions) -> None:
    regions.dynamodb[DR].delete_table(TableName=POSITIONS)
    assert "ResourceNotFoundException" in regions.run()["failed"]
    assert "NoSuchBucket" in regions.run({"bucket": "trades", "replica": "nowhere", "lag_seconds": 1})["failed"]


def test_a_comparison_that_runs_out_of_time_is_reported_as_failed(regions: Regions) -> None:
    regions.put("a", "1", PRIMARY)
    regions.remaining = 16_000
    assert "time was up" in regions.run()["failed"], "the lag does not fit into what is left"
    regions.remaining = 1_000
    assert "time was up" in regions.run()["failed"]


def test_objects_are_compared_by_checksum_and_young_ones_are_left_alone(regions: Regions) -> None:
    bucket = {"bucket": "trades", "replica": "trades-dr", "lag_seconds": 900}
    regions.store("same", b"1")
    regions.store("changed", b"1", PRIMARY)
    regions.store("changed", b"2", DR)
    regions.store("missing", b"1", PRIMARY)
    assert regions.run(bucket)["differences"] == {"changed": "changed", "missing": "missing"}

    # The test's clock is far ahead of the time that the objects carry; now it comes to that time.
    regions.clock.now = round(time.time() * 1000)
    found = regions.run(bucket)
    assert (found["differences"], found["in_flight"]) == ({}, 2), "objects younger than the lag are on their way"


class Bucket:
    """Objects that are told of only when as many are asked for together as a client has connections."""

    def __init__(self, keys: list[str]) -> None:
        self.keys = keys
        self.together = Barrier(CONNECTIONS)

    def get_paginator(self, _operation: str) -> Bucket:
        return self

    def paginate(self, **_: Any) -> Iterator[dict[str, Any]]:
        yield {"Contents": [{"Key": key} for key in self.keys]}

    def head_object(self, **_: Any) -> dict[str, Any]:
        self.together.wait(timeout=60)
        return {"LastModified": datetime.now(UTC), "ContentLength": 1, "ETag": "e", "SSEKMSKeyId": "k"}


def test_objects_are_asked_for_together_and_each_is_told_once_and_in_order() -> None:
    keys = [f"{number:03d}" for number in range(25 * CONNECTIONS)]
    side = BucketSide(Bucket(keys), PRIMARY, "trades")
    assert [entry.key for entry in side.entries()] == keys
    assert side.weak == len(keys), "none has a checksum"


def test_objects_that_cannot_be_read_are_never_called_equal(regions: Regions) -> None:
    regions.store("same", b"1")
    regions.s3[DR].before("head_object", refused("SlowDown"))
    found = regions.run({"bucket": "trades", "replica": "trades-dr", "lag_seconds": 900})
    assert found["failed"].startswith("bucket trades-dr in us-west-2: SlowDown")


def test_a_report_that_cannot_be_written_fails_the_run(regions: Regions) -> None:
    regions.s3[PRIMARY].before("put_object", refused("AccessDenied", 403))
    with pytest.raises(handler.ReportNotWrittenError, match="s3://reports/integrity/"):
        regions.run()


def test_one_comparison_can_be_asked_for_by_name(regions: Regions) -> None:
    with pytest.raises(SettingError, match="choose from positions"):
        regions.run(event={"only": "nothing"})
    assert regions.run(event={"only": "positions"})["target"] == "positions"


@pytest.mark.parametrize(
    "entry",
    [
        {},
        {"table": "a"},
        {"table": "a", "lag_seconds": "5"},
        {"bucket": "a", "lag_seconds": 1},
        {"table": 1, "lag_seconds": 1},
    ],
)
def test_a_comparison_of_nothing_is_refused_by_name(regions: Regions, entry: dict[str, Any]) -> None:
    with pytest.raises(SettingError, match="COMPARISONS"):
        regions.run(entry)


ENTRIES = st.dictionaries(st.text(max_size=8), st.binary(max_size=4), max_size=40)


@given(ENTRIES, ENTRIES, st.integers(1, 8))
def test_differing_segments_are_exactly_those_that_hold_a_difference(
    one: dict[str, bytes], other: dict[str, bytes], depth: int
) -> None:
    ours, theirs = Segments(depth), Segments(depth)
    for key, value in one.items():
        ours.add(Entry(key, value))
    for key, value in reversed(other.items()):
        theirs.add(Entry(key, value))
    wanted = {segment_of(key, depth) for key in one.keys() | other.keys() if one.get(key) != other.get(key)}
    assert differing(ours.tree(), theirs.tree()) == wanted
