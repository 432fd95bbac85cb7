"""Settings of the events layer: each refusal names the key, the value and the way out."""

from __future__ import annotations

from typing import Any

import pytest

from blueprint import record_primary
from blueprint.program import stack_config
from components.settings import PROJECT, Settings, SettingsError


@pytest.mark.parametrize(
    ("given", "key", "way_out"),
    [
        ({"orderStreamShards": 12}, "orderStreamShards = 12", "the smallest count that fits is 13"),
        ({"orderPeakRate": 20_000}, "orderStreamShards = 13", "the smallest count that fits is 25"),
        ({"orderRecordBytes": 4_000}, "orderStreamShards = 13", "the smallest count that fits is 50"),
        ({"streamTargetUtilisation": 50}, "orderStreamShards = 13", "the smallest count that fits is 20"),
        ({"marketDataStreamShards": 24}, "marketDataStreamShards = 24", "the smallest count that fits is 25"),
        ({"streamRetentionHours": 24}, "streamRetentionHours = 24", "greater than or equal to 168"),
        ({"orderSharedReaders": ["ledger", "audit"]}, "orderSharedReaders", "name the others as consumers instead"),
        ({"orderSharedReaders": ["risk"]}, "orderSharedReaders = 'risk'", "remove it here"),
        ({"orderConsumers": ["risk", "risk"]}, "orderConsumers", "names 'risk' twice; remove one"),
        ({"orderConsumers": ["Risk Desk"]}, "orderConsumers", "'Risk Desk' is not a name"),
        ({"orderConsumers": [f"consumer-{n}" for n in range(21)]}, "orderConsumers", "a stream takes 20"),
        ({"venues": ["NYSE!"]}, "venues", "ISO 10383"),
        ({"venues": []}, "venues", "at least 1 item"),
        ({"instrumentClasses": ["Equity"]}, "instrumentClasses", "rename it"),
        ({"fifoHighThroughput": False}, "fifoPeakRate = 10000", "set fifoHighThroughput"),
        ({"fifoAccountPeakRate": 3_001}, "fifoAccountPeakRate = 3001", "batch more"),
        ({"fifoPeakRate": 700_001}, "fifoPeakRate = 700001", "split the queue"),
        ({"queueVisibilityTimeout": 179}, "queueVisibilityTimeout = 179", "set at least 180"),
        ({"queueConsumerTimeout": 60}, "queueVisibilityTimeout = 180", "set at least 360"),
        ({"queueMaxReceives": 1}, "queueMaxReceives = 1", "greater than or equal to 5"),
        ({"orderEventMaxAge": 30}, "orderEventMaxAge = 30", "greater than or equal to 60"),
        ({"eventLogRetentionDays": 366}, "eventLogRetentionDays = 366", "choose 90, 120"),
        ({"archiveBufferMegabytes": 5}, "archiveBufferMegabytes = 5", "greater than or equal to 64"),
        ({"operationsEmails": ["nobody"]}, "operationsEmails", "write it as name@domain"),
        ({"operationsEndpoints": ["http://pager.example"]}, "operationsEndpoints", "is not an address by HTTPS"),
    ],
)
def test_what_cannot_work_is_refused_with_the_way_out(given: dict[str, Any], key: str, way_out: str):
    with pytest.raises(SettingsError) as refusal:
        Settings.parse(given)
    message = str(refusal.value)
    assert f"trading-platform:{key}" in message, "the message names the key and the value"
    assert way_out in message, "the message names the way out"


def test_a_refused_setting_registers_nothing():
    with pytest.raises(SettingsError, match="orderStreamShards = 12"):
        record_primary({"orderStreamShards": 12})


def recovery_settings(**overrides: Any) -> Settings:
    """The settings of the recovery stack file, with some in the place of its own."""
    configured = stack_config("dr", overrides)
    return Settings.parse({key.removeprefix(f"{PROJECT}:"): configured[key] for key in configured if PROJECT in key})


def test_a_pilot_light_may_be_small_for_market_data_but_takes_orders_at_the_full_rate():
    assert recovery_settings(marketDataStreamShards=1).sizes.market_data_stream_shards == 1
    with pytest.raises(SettingsError, match="orderStreamShards = 1: is too few"):
        recovery_settings(orderStreamShards=1)


def test_the_archive_is_one_of_the_readers_that_share_a_shard():
    assert Settings.parse({"orderSharedReaders": ["ledger"]}).streams.order_shared_readers == ("ledger",)
