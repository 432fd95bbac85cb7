"""The bus of the in-memory AWS delivers to topics and to Firehose, and shows each rule the whole event."""

from __future__ import annotations

import json
from typing import Any


def _queue(client: Any, name: str) -> tuple[str, str]:
    sqs = client("sqs")
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    return url, sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def _received(client: Any, url: str) -> list[dict[str, Any]]:
    messages = client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    return [json.loads(message["Body"]) for message in messages]


def _rule(client: Any, bus: str, name: str, *arns: str) -> None:
    events = client("events")
    events.put_rule(Name=name, EventBusName=bus, EventPattern=json.dumps({"source": ["desk"]}))
    targets = [{"Id": str(index), "Arn": arn} for index, arn in enumerate(arns)]
    events.put_targets(Rule=name, EventBusName=bus, Targets=targets)


def _put(client: Any, bus: str) -> str:
    entry = {"EventBusName": bus, "Source": "desk", "DetailType": "Execution", "Detail": json.dumps({"venue": "XNYS"})}
    return client("events").put_events(Entries=[entry])["Entries"][0]["EventId"]


def test_a_rule_delivers_to_a_topic_and_through_it_to_a_queue(client):
    client("events").create_event_bus(Name="to-topic")
    topic = client("sns").create_topic(Name="executions-of-the-bus")["TopicArn"]
    url, arn = _queue(client, "reports-of-the-bus")
    client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    _rule(client, "to-topic", "tell", topic)
    event_id = _put(client, "to-topic")
    (event,) = _received(client, url)
    assert (event["id"], event["detail"]) == (event_id, {"venue": "XNYS"})
    assert event["time"].endswith("Z"), "the time is in ISO 8601, as EventBridge writes it"


def test_a_rule_delivers_to_firehose_and_so_into_a_bucket(client):
    client("events").create_event_bus(Name="to-bucket")
    client("s3").create_bucket(Bucket="events-of-the-bus")
    stream = client("firehose").create_delivery_stream(
        DeliveryStreamName="events-of-the-bus",
        ExtendedS3DestinationConfiguration={
            "RoleARN": "arn:aws:iam::123456789012:role/firehose",
            "BucketARN": "arn:aws:s3:::events-of-the-bus",
        },
    )["DeliveryStreamARN"]
    _rule(client, "to-bucket", "keep", stream)
    event_id = _put(client, "to-bucket")
    (listed,) = client("s3").list_objects_v2(Bucket="events-of-the-bus")["Contents"]
    kept = client("s3").get_object(Bucket="events-of-the-bus", Key=listed["Key"])["Body"].read()
    assert json.loads(kept)["id"] == event_id


def test_each_rule_that_matches_sees_the_event_as_it_was_put(client):
    client("events").create_event_bus(Name="two-rules")
    first, second = _queue(client, "first-rule"), _queue(client, "second-rule")
    _rule(client, "two-rules", "first", first[1])
    _rule(client, "two-rules", "second", second[1])
    _put(client, "two-rules")
    (seen_first,), (seen_second,) = _received(client, first[0]), _received(client, second[0])
    # When the emulated queue took the event differs by microseconds.
    assert {**seen_first, "ingestion-time": None} == {**seen_second, "ingestion-time": None}
    assert seen_first["account"], "an event that no target transforms arrives whole"


def test_a_consumer_that_is_registered_has_an_arn_that_ends_with_its_time_and_can_be_found_by_it(client: Any) -> None:
    """Kinesis refuses an ARN of a consumer without the time of its creation."""
    kinesis = client("kinesis")
    kinesis.create_stream(StreamName="orders", ShardCount=1)
    stream = kinesis.describe_stream_summary(StreamName="orders")["StreamDescriptionSummary"]["StreamARN"]
    consumer = kinesis.register_stream_consumer(StreamARN=stream, ConsumerName="risk")["Consumer"]
    seconds = int(consumer["ConsumerCreationTimestamp"].timestamp())
    assert consumer["ConsumerARN"] == f"{stream}/consumer/risk:{seconds}"
    found = kinesis.describe_stream_consumer(ConsumerARN=consumer["ConsumerARN"])["ConsumerDescription"]
    assert found["ConsumerName"] == "risk"
    kinesis.deregister_stream_consumer(ConsumerARN=consumer["ConsumerARN"])
    assert kinesis.list_stream_consumers(StreamARN=stream)["Consumers"] == []
