"""The trace of a request reaches whoever reads its order from the stream."""

from __future__ import annotations

import json
from decimal import Decimal

import boto3
import pytest
from botocore.exceptions import ReadTimeoutError
from hypothesis import given
from hypothesis import strategies as st

from functions import order_item, order_record, order_trace
from functions.order_intake import handler
from tests.functions.aws import ORDERS, REGION
from tests.functions.conftest import LIMIT_ORDER, MARKET_ORDER, Platform
from tests.functions.test_redrive import Redriven

ROOT, PARENT = "1-67891233-abcdef012345678912345678", "53995c3f42cd8ad8"
HEADER = f"Root={ROOT};Parent={PARENT};Sampled=1"
ANOTHER = "Root=1-67891299-000000000000000000000001;Parent=00000000000000aa;Sampled=1"


@pytest.fixture
def traced(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """As Lambda has it while it invokes a function in a sampled trace."""
    monkeypatch.setenv(order_trace.VARIABLE, HEADER)
    return monkeypatch


def test_a_traced_order_hands_its_trace_on_to_the_stream(platform: Platform, traced: pytest.MonkeyPatch) -> None:
    platform.enter()

    (record,) = platform.published()
    assert record["trace"] == HEADER
    assert record["format"] == 1, "a reader that does not know the field reads what it has always read"


def test_an_order_that_is_not_traced_says_nothing_of_traces(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(order_trace.VARIABLE, raising=False)
    platform.enter()
    monkeypatch.setenv(order_trace.VARIABLE, HEADER.replace("Sampled=1", "Sampled=0"))
    platform.enter(MARKET_ORDER)

    assert all("trace" not in record for record in platform.published())
    assert all("trace" not in item for item in platform.orders())


def test_the_record_differs_by_the_trace_alone(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    item = order_item.entered("ACC-1", LIMIT_ORDER, order_item.Stamp(1, REGION, 1, 2))
    publication = order_record.Publication(REGION, 1, 2)
    without = json.loads(order_record.record(item, order_item.ENTERED, publication).data)
    traced_item = {**item, "trace": HEADER}
    with_trace = json.loads(order_record.record(traced_item, order_item.ENTERED, publication).data)

    assert with_trace == {**without, "trace": HEADER}
    assert item["fingerprint"] == traced_item["fingerprint"], "a repeat in another trace is the same order"


def test_a_cancellation_has_a_trace_of_its_own(platform: Platform, traced: pytest.MonkeyPatch) -> None:
    platform.enter()
    traced.setenv(order_trace.VARIABLE, ANOTHER)
    platform.cancel("A-17")

    assert {record["kind"]: record["trace"] for record in platform.published()} == {"new": HEADER, "cancel": ANOTHER}


def test_a_cancellation_that_is_not_traced_does_not_take_the_orders_trace(
    platform: Platform, traced: pytest.MonkeyPatch
) -> None:
    platform.enter()
    traced.delenv(order_trace.VARIABLE)
    platform.cancel("A-17")

    (cancellation,) = [record for record in platform.published() if record["kind"] == "cancel"]
    assert "trace" not in cancellation


def test_a_deferred_order_keeps_the_trace_of_the_request_that_it_was_accepted_in(
    platform: Platform, traced: pytest.MonkeyPatch
) -> None:
    platform.kinesis.before("put_record", ReadTimeoutError(endpoint_url="https://kinesis"))
    status, _ = platform.enter()
    assert status == 202
    traced.setenv(order_trace.VARIABLE, ANOTHER)
    platform.clock.advance(60_000)
    platform.hold()
    Redriven(platform).run()

    (record,) = platform.published()
    assert record["trace"] == HEADER, "the redrive publishes in the order's trace, not in its own"


def test_an_order_that_was_stored_before_there_were_traces_is_published(platform: Platform) -> None:
    item = order_item.entered("ACC-1", LIMIT_ORDER, order_item.Stamp(platform.clock(), REGION, 1, 2))
    platform.dynamodb.put_item(TableName=ORDERS, Item=order_item.to_attributes(item))
    platform.clock.advance(60_000)
    platform.hold()
    Redriven(platform).run()

    assert [record["order_id"] for record in platform.published()] == ["ACC-1#A-17"]


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Sampled=1",
        f"Root={ROOT};Sampled=1",
        f"Parent={PARENT};Sampled=1",
        f"Root={ROOT};Parent={PARENT}",
        f"Root={ROOT};Parent={PARENT};Sampled=?",
        f"Root=1-6789;Parent={PARENT};Sampled=1",
        f"Root={ROOT};Parent=parent;Sampled=1",
        f"Root={ROOT};Parent={PARENT};Sampled=1;" + "x" * 10_000,
    ],
)
def test_what_is_no_sampled_trace_is_not_handed_on(header: str) -> None:
    assert order_trace.sampled({order_trace.VARIABLE: header}) in (None, HEADER)
    assert len(order_trace.sampled({order_trace.VARIABLE: header}) or "") <= len(HEADER)


def test_what_lambda_adds_to_the_header_stays_behind() -> None:
    assert order_trace.sampled({order_trace.VARIABLE: f"{HEADER};Lineage=2:5e4b2f1c:0"}) == HEADER


@given(st.text(max_size=300))
def test_no_header_breaks_order_intake(header: str) -> None:
    found = order_trace.sampled({order_trace.VARIABLE: header})
    assert found is None or order_trace.sampled({order_trace.VARIABLE: found}) == found


def test_order_intake_writes_the_trace_of_each_invocation(
    platform: Platform, traced: pytest.MonkeyPatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One process answers many requests, each in a trace of its own."""
    monkeypatch.setattr(handler, "application", lambda: platform.application)
    platform.enter()
    traced.setenv(order_trace.VARIABLE, ANOTHER)
    platform.enter(MARKET_ORDER)

    assert {record["client_order_id"]: record["trace"] for record in platform.published()} == {
        "A-17": HEADER,
        "A-18": ANOTHER,
    }


def test_an_engine_that_keeps_to_the_contract_joins_the_trace(platform: Platform, traced: pytest.MonkeyPatch) -> None:
    """Nothing but the record and PutTraceSegments is needed: no daemon and no SDK of X-Ray."""
    platform.enter()
    (record,) = platform.published()
    trace = order_trace.parse(record["trace"])
    assert trace is not None
    arrived = Decimal(record["accepted_at"]) / 1000
    segment = {
        "name": "trading_engine",
        "id": "70de5b6f19ff9a0a",
        "trace_id": trace.root,
        "parent_id": trace.parent,
        "start_time": float(arrived),
        "end_time": float(arrived) + 0.0007,
        "annotations": {"order_id": record["order_id"]},
    }
    xray = boto3.client("xray", region_name=REGION)
    answer = xray.put_trace_segments(TraceSegmentDocuments=[json.dumps(segment)])
    assert not answer["UnprocessedTraceSegments"]

    (found,) = xray.batch_get_traces(TraceIds=[ROOT])["Traces"]
    (document,) = (json.loads(part["Document"]) for part in found["Segments"])
    assert (document["name"], document["parent_id"]) == ("trading_engine", PARENT)
