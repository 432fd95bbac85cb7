"""Failed trades go back to where they came from, poison does not, and nothing is lost on the way."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from aws_lambda_powertools import Metrics
from botocore.exceptions import ReadTimeoutError

from functions import metrics
from functions.environment import SettingError
from functions.redrive import handler
from functions.redrive.queues import Route
from tests.functions.aws import ORDERS, REGION, Client, refused
from tests.functions.conftest import LIMIT_ORDER, VARIABLES, Platform

TIMED_OUT = ReadTimeoutError(endpoint_url="https://sqs")


class Redriven:
    """A redrive over three queues, with all the time it wants unless told otherwise."""

    def __init__(self, platform: Platform, suffix: str = "") -> None:
        self.platform = platform
        self.sqs = Client(boto3.client("sqs", region_name=REGION))
        self.suffix = suffix
        attributes = {"FifoQueue": "true"} if suffix else {}
        self.dead, self.source, self.quarantine = (
            self.sqs.create_queue(QueueName=name + suffix, Attributes={"VisibilityTimeout": "0"} | attributes)[
                "QueueUrl"
            ]
            for name in ("dead", "source", "quarantine")
        )
        self.remaining = 60_000
        self.slept = 0.0

    def run(self, **variables: str) -> dict[str, Any]:
        job = self.job(**variables)
        report = handler.run(job, lambda: self.remaining, Metrics(namespace="T", service="t"))
        return {"outbox": report["outbox"], **report["queues"][self.dead]}

    def answer(self, event: dict[str, Any], **variables: str) -> dict[str, Any]:
        """What the function answers to an event."""
        job = self.job(**variables)
        return handler.answer(job, event, lambda: self.remaining, Metrics(namespace="T", service="t"))

    def job(self, **variables: str) -> handler.Work:
        route = {"dead_letters": self.dead, "source": self.source, "quarantine": self.quarantine}
        return handler.build(
            {**VARIABLES, "ROUTES": json.dumps([route]), **variables},
            sqs=self.sqs,
            dynamodb=self.platform.dynamodb,
            bounded_dynamodb=self.platform.dynamodb,
            bounded_kinesis=self.platform.kinesis,
            clock=self.platform.clock,
            sleep=self.sleep,
        )

    def sleep(self, seconds: float) -> None:
        self.slept += seconds
        self.remaining -= round(seconds * 1000)
        self.platform.clock.advance(round(seconds * 1000))

    def fail(self, body: str, attributes: dict[str, Any] | None = None, **extra: Any) -> str:
        sent = self.sqs.send_message(QueueUrl=self.dead, MessageBody=body, MessageAttributes=attributes or {}, **extra)
        return sent["MessageId"]

    def messages(self, queue: str) -> list[dict[str, Any]]:
        """What lies in a queue, whose messages never hide here."""
        found: dict[str, dict[str, Any]] = {}
        for _ in range(20):
            answer = self.sqs.receive_message(
                QueueUrl=queue,
                MaxNumberOfMessages=10,
                MessageAttributeNames=["All"],
                MessageSystemAttributeNames=["All"],
            )
            found |= {message["MessageId"]: message for message in answer.get("Messages", [])}
        return list(found.values())

    def bodies(self, queue: str) -> list[str]:
        return sorted(message["Body"] for message in self.messages(queue))


@pytest.fixture
def redriven(platform: Platform) -> Redriven:
    return Redriven(platform)


def tries(number: str) -> dict[str, Any]:
    return {"redrive_tries": {"DataType": "Number", "StringValue": number}}


def test_failed_messages_go_back_to_their_queue_with_what_they_carried(redriven: Redriven) -> None:
    identity = redriven.fail("trade", {"venue": {"DataType": "String", "StringValue": "XNYS"}})
    report = redriven.run()

    assert report["redriven"] == 1
    assert not redriven.messages(redriven.dead)
    (message,) = redriven.messages(redriven.source)
    attributes = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
    assert attributes == {"venue": "XNYS", "redrive_id": identity, "redrive_tries": "1"}


def test_a_message_keeps_its_id_however_often_it_fails(redriven: Redriven) -> None:
    redriven.fail("trade", tries("1") | {"redrive_id": {"DataType": "String", "StringValue": "the-first-id"}})
    redriven.run()
    (message,) = redriven.messages(redriven.source)
    assert message["MessageAttributes"]["redrive_id"]["StringValue"] == "the-first-id"
    assert message["MessageAttributes"]["redrive_tries"]["StringValue"] == "2"


@pytest.mark.parametrize(
    ("attributes", "reason"),
    [
        (tries("3"), "failed again after 3 tries"),
        ({"redrive_tries": {"DataType": "String", "StringValue": "many"}}, "is no number"),
    ],
)
def test_a_poison_message_goes_to_quarantine_and_says_why(
    redriven: Redriven, attributes: dict[str, Any], reason: str
) -> None:
    redriven.fail("poison", attributes)
    report = redriven.run()

    assert (report["redriven"], report["quarantined"]) == (0, 1)
    (message,) = redriven.messages(redriven.quarantine)
    assert reason in message["MessageAttributes"]["quarantine_reason"]["StringValue"]
    assert not redriven.messages(redriven.dead)
    assert not redriven.messages(redriven.source)


def test_a_message_with_no_attribute_to_spare_is_set_aside_as_it_is(redriven: Redriven) -> None:
    redriven.fail("full", {f"a{n}": {"DataType": "String", "StringValue": "x"} for n in range(10)})
    assert redriven.run()["quarantined"] == 1
    assert len(redriven.messages(redriven.quarantine)[0]["MessageAttributes"]) == 10


def test_a_message_that_is_no_json_is_moved_like_any_other(redriven: Redriven) -> None:
    redriven.fail("{not json \u20ac")
    assert redriven.run()["redriven"] == 1
    assert redriven.bodies(redriven.source) == ["{not json \u20ac"]


@pytest.mark.parametrize(
    "failure", [TIMED_OUT, refused("AWS.SimpleQueueService.NonExistentQueue"), refused("Throttling")]
)
def test_a_message_that_cannot_be_sent_stays_where_it_is(redriven: Redriven, failure: Exception) -> None:
    for body in ("a", "b", "c"):
        redriven.fail(body)
    redriven.sqs.before("send_message", failure)
    report = redriven.run()

    assert (report["redriven"], report["not_moved"]) == (2, 1), "one message that fails does not hold up the others"
    assert report["trouble"]
    assert len(redriven.messages(redriven.dead)) == 1
    assert redriven.run()["redriven"] == 1
    assert redriven.bodies(redriven.source) == ["a", "b", "c"], "nothing is lost and nothing is there twice"


def test_a_send_without_an_answer_leaves_a_copy_with_the_same_id(redriven: Redriven) -> None:
    redriven.fail("trade")
    redriven.sqs.after("send_message", TIMED_OUT)
    redriven.run()
    redriven.run()
    ids = {message["MessageAttributes"]["redrive_id"]["StringValue"] for message in redriven.messages(redriven.source)}
    assert len(ids) == 1, "consumers drop the copy by its redrive_id"
    assert redriven.bodies(redriven.source) == ["trade", "trade"]


def test_a_delete_that_fails_leaves_a_copy_with_the_same_id(redriven: Redriven) -> None:
    redriven.fail("trade")
    redriven.sqs.before("delete_message", refused("Throttling"))
    assert "not deleted" in redriven.run()["trouble"]
    redriven.run()
    ids = {message["MessageAttributes"]["redrive_id"]["StringValue"] for message in redriven.messages(redriven.source)}
    assert len(ids) == 1


def test_a_missing_dead_letter_queue_is_named_and_stops_nothing_else(redriven: Redriven) -> None:
    redriven.sqs.delete_queue(QueueUrl=redriven.dead)
    report = redriven.run()
    assert redriven.dead in report["trouble"]
    assert report["outbox"]["trouble"] is None


def test_messages_move_at_the_set_rate(redriven: Redriven) -> None:
    for number in range(11):
        redriven.fail(str(number))
    redriven.run(RATE_PER_SECOND="5")
    assert redriven.slept == pytest.approx(2.0), "eleven messages at five a second take two seconds"


def test_nothing_is_begun_that_cannot_be_ended_in_time(redriven: Redriven) -> None:
    for number in range(10):
        redriven.fail(str(number))
    redriven.remaining = 10_600
    report = redriven.run(RATE_PER_SECOND="5")

    assert report["redriven"] == 3
    assert len(redriven.messages(redriven.dead)) == 7, "what the time did not suffice for is left for the next run"


def test_fifo_messages_keep_their_group_and_order(platform: Platform) -> None:
    redriven = Redriven(platform, ".fifo")
    for number in range(3):
        redriven.fail(str(number), MessageGroupId="ACC-1", MessageDeduplicationId=str(number))
    redriven.fail("other", MessageGroupId="ACC-2", MessageDeduplicationId="o")
    redriven.sqs.before("send_message", refused("Throttling"))
    report = redriven.run()

    assert report["redriven"] == 1, "what follows a message that stayed behind stays behind too"
    (message,) = redriven.messages(redriven.source)
    assert (message["Body"], message["Attributes"]["MessageGroupId"]) == ("other", "ACC-2")
    assert message["Attributes"]["MessageDeduplicationId"].endswith("-1")


@pytest.mark.parametrize(
    "routes",
    [
        "no json",
        '{"a": 1}',
        '[{"dead_letters": "a", "source": "b"}]',
        '[{"dead_letters": "a", "source": "a", "quarantine": "c"}]',
        '[{"dead_letters": "a.fifo", "source": "b", "quarantine": "c"}]',
    ],
)
def test_routes_that_lead_nowhere_are_refused_by_name(redriven: Redriven, routes: str) -> None:
    with pytest.raises(SettingError, match="ROUTES"):
        redriven.run(ROUTES=routes)
    assert Route("a", "b", "c").source == "b"


def enter_without_stream(platform: Platform, count: int) -> None:
    for number in range(count):
        platform.kinesis.before("put_record", refused("ProvisionedThroughputExceededException"))
        assert platform.enter({**LIMIT_ORDER, "client_order_id": f"O-{number}"})[0] == 202


def test_orders_that_the_stream_did_not_take_are_published_once_settled(redriven: Redriven) -> None:
    platform = redriven.platform
    enter_without_stream(platform, 5)
    assert redriven.run()["outbox"]["published"] == 0, "young orders are left to order intake"

    platform.clock.advance(30_000)
    assert redriven.run()["outbox"]["published"] == 5
    assert len(platform.published()) == 5
    assert not platform.is_unpublished()
    nothing = {"published": 0, "not_published": 0, "held": 0, "oldest": None, "trouble": None}
    assert redriven.run()["outbox"] == nothing


def test_a_cancellation_is_published_after_its_order(redriven: Redriven) -> None:
    platform = redriven.platform
    enter_without_stream(platform, 1)
    platform.kinesis.before("put_record", refused("ProvisionedThroughputExceededException"))
    assert platform.cancel("O-0")[0] == 202

    platform.clock.advance(30_000)
    assert redriven.run()["outbox"]["published"] == 1
    assert [record["kind"] for record in platform.published()] == ["new", "cancel"]


def test_a_region_without_the_lease_publishes_nothing_from_the_outbox(redriven: Redriven) -> None:
    enter_without_stream(redriven.platform, 2)
    redriven.platform.clock.advance(30_000)
    redriven.platform.hold("us-west-2", epoch=2)
    swept = redriven.run()["outbox"]

    assert (swept["published"], swept["trouble"]) == (0, None), "a standby region leaves the outbox to the holder"
    assert swept["not_published"] > 0
    assert swept["oldest"] is not None
    assert not redriven.platform.published()


def test_records_that_the_stream_refuses_stay_in_the_outbox(
    redriven: Redriven, monkeypatch: pytest.MonkeyPatch
) -> None:
    platform = redriven.platform
    enter_without_stream(platform, 3)
    platform.clock.advance(30_000)
    put_records = platform.kinesis._real.put_records
    shown: list[int] = []

    def one_refused(**parameters: Any) -> dict[str, Any]:
        answer = put_records(**parameters)
        if not shown:
            answer["Records"][0] = {"ErrorCode": "ProvisionedThroughputExceededException"}
            shown.append(1)
        return answer

    monkeypatch.setattr(platform.kinesis._real, "put_records", one_refused)
    swept = redriven.run()["outbox"]
    assert (swept["published"], swept["not_published"]) == (2, 1)
    assert redriven.run()["outbox"]["published"] == 1, "the next run publishes what was refused"


def test_a_stream_that_is_gone_and_a_table_that_is_gone_are_named(redriven: Redriven) -> None:
    platform = redriven.platform
    enter_without_stream(platform, 1)
    platform.clock.advance(30_000)
    platform.kinesis.before("put_records", refused("ResourceNotFoundException"))
    assert "stream" in redriven.run()["outbox"]["trouble"]
    platform.dynamodb.delete_table(TableName=ORDERS)
    assert ORDERS in redriven.run()["outbox"]["trouble"]


def test_the_redrive_publishes_its_own_metrics() -> None:
    assert metrics.OUTBOX_OLDEST_AGE.dimensions == {"service": "redrive"}
