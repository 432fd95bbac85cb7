"""The streams of orders and market data."""

from __future__ import annotations

from blueprint import Blueprint, record_dr, record_primary

STREAM = "aws:kinesis/stream:Stream"
CONSUMER = "aws:kinesis/streamConsumer:StreamConsumer"


def test_the_streams_are_encrypted_with_the_key_of_their_class(stack: Blueprint):
    for stream in stack.of_type(STREAM):
        assert stream.properties["encryptionType"] == "KMS", f"{stream.name} is encrypted with a customer key"
        assert "::streams#arn" in stream.properties["kmsKeyId"], f"{stream.name} uses the key of the class STREAMS"


def test_a_record_stays_for_a_week_at_least(stack: Blueprint):
    for stream in stack.of_type(STREAM):
        assert stream.properties["retentionPeriod"] >= 168, f"{stream.name} outlasts a lost weekend"


def test_capacity_is_provisioned_and_every_shard_is_watched(stack: Blueprint):
    for stream in stack.of_type(STREAM):
        assert stream.properties["streamModeDetails"] == {"streamMode": "PROVISIONED"}
        assert {
            "IncomingBytes",
            "IncomingRecords",
            "IteratorAgeMilliseconds",
            "ReadProvisionedThroughputExceeded",
            "WriteProvisionedThroughputExceeded",
        } <= set(stream.properties["shardLevelMetrics"]), f"a hot shard of {stream.name} shows"


def test_the_primary_takes_ten_thousand_orders_a_second_with_headroom(primary: Blueprint):
    assert primary.one(STREAM, "orders").properties["shardCount"] >= 13


def test_recovery_takes_the_whole_order_rate_while_it_stands_by(primary: Blueprint, dr: Blueprint):
    shards = primary.one(STREAM, "orders").properties["shardCount"]
    assert dr.one(STREAM, "orders").properties["shardCount"] == shards, (
        "resharding takes minutes, and orders come in the second after a failover"
    )


def test_market_data_runs_at_half_its_width_until_recovery_takes_over(
    primary: Blueprint, dr: Blueprint, dr_active: Blueprint
):
    full = primary.one(STREAM, "market-data").properties["shardCount"]
    standing_by = dr.one(STREAM, "market-data").properties["shardCount"]
    assert standing_by < full, "a pilot light costs less than the primary"
    assert 2 * standing_by >= full, "Kinesis doubles a stream at most in one step, and a takeover has one"
    assert dr_active.one(STREAM, "market-data").properties["shardCount"] == full


def test_a_primary_that_was_widened_widens_the_streams_of_recovery():
    widened = record_primary({"orderStreamShards": 40, "marketDataStreamShards": 61})
    for active, market_data in ((False, 31), (True, 61)):
        recovery = record_dr(widened, active=active)
        shards = recovery.one(STREAM, "orders").properties["shardCount"]
        assert shards == 40, "recovery never takes fewer orders than the primary does"
        assert recovery.one(STREAM, "market-data").properties["shardCount"] == market_data


def test_each_consumer_reads_by_a_fan_out_of_its_own(stack: Blueprint):
    consumers = {consumer.name: consumer.properties["streamArn"] for consumer in stack.of_type(CONSUMER)}
    assert set(consumers) == {
        "orders-matching-engine",
        "orders-risk",
        "orders-surveillance",
        "market-data-pricing",
        "market-data-risk",
    }
    for name, stream_arn in consumers.items():
        assert f"::{name.rsplit('-', 1)[0].removesuffix('-matching')}#arn" in stream_arn, f"{name} reads its stream"


def test_streams_are_protected_since_they_hold_orders(stack: Blueprint):
    assert all(stream.options.get("protect") for stream in stack.of_type(STREAM))
