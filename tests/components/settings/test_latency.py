"""Settings of the engines: each refusal names the key, the value and the way out."""

from __future__ import annotations

from typing import Any

import pytest

from blueprint import record_primary
from components.settings import Settings, SettingsError


@pytest.mark.parametrize(
    ("given", "key", "way_out"),
    [
        ({"engineInstanceType": "c5n.huge"}, "engineInstanceType = 'c5n.huge'", "choose one of c5n.xlarge"),
        ({"engineInstanceType": "t3.small"}, "engineInstanceType = 't3.small'", "choose a type such as c5n.9xlarge"),
        (
            {"engineInstanceType": "c7i-flex.8xlarge"},
            "engineInstanceType = 'c7i-flex.8xlarge'",
            "cannot be placed in a cluster; choose a type such as c5n.9xlarge, or enginePlacement = partition",
        ),
        ({"engineEnaExpress": True}, "engineEnaExpress = True", "choose a type such as c6in.8xlarge"),
        ({"engineZone": "us-east-1f"}, "engineZone = 'us-east-1f'", "choose from us-east-1a, us-east-1b, us-east-1c"),
        ({"engineTenancy": "host"}, "engineTenancy = 'host'", "write dedicated"),
        ({"engineTenancy": "mine"}, "engineTenancy = 'mine'", "'default', 'dedicated' or 'host'"),
        ({"enginePlacement": "spread"}, "enginePlacement = 'spread'", "takes no Dedicated Instances; write cluster"),
        ({"enginePlacement": "partition", "enginePartitions": 3}, "enginePartitions = 3", "has 2 partitions at most"),
        (
            {"enginePlacement": "spread", "engineTenancy": "default"},
            "enginePlacement = 'spread'",
            "fixedEngines with elasticEnginesMax are 24; lower these",
        ),
        ({"engineImageParameter": "ami-0123 456"}, "engineImageParameter", "; write "),
        ({"engineHugepagesPercent": 95}, "engineHugepagesPercent = 95", "less than or equal to 80"),
        ({"engineReadinessSeconds": 10}, "engineReadinessSeconds = 10", "greater than or equal to 300"),
        ({"elasticEnginesMin": 21}, "elasticEnginesMin = 21", "lower it or raise the other"),
        ({"elasticEnginesOpen": 1}, "elasticEnginesOpen = 1", "choose one that is"),
        (
            {
                "marketOpenLeadMinutes": 90,
                "marketCloseLagMinutes": 90,
                "marketDays": ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"],
                "marketOpen": "18:00",
                "marketClose": "15:00",
                "drillTime": "15:30",
                "patchStart": "15:30",
                "patchHours": 2,
                "dbMaintenanceWindow": "sun:20:30-sun:21:30",
            },
            "marketOpenLeadMinutes = 90",
            "choose less",
        ),
    ],
)
def test_what_cannot_work_is_refused_with_the_way_out(given: dict[str, Any], key: str, way_out: str):
    with pytest.raises(SettingsError) as refusal:
        Settings.parse(given)
    message = str(refusal.value)
    assert f"trading-platform:{key}" in message, "the message names the key and the value"
    assert way_out in message, "the message names the way out"


def test_a_refused_setting_registers_nothing():
    with pytest.raises(SettingsError, match="engineZone = 'us-east-1f'"):
        record_primary({"engineZone": "us-east-1f"})


@pytest.mark.parametrize(
    "given",
    [
        {"enginePlacement": "partition"},
        {"enginePlacement": "partition", "engineTenancy": "default", "enginePartitions": 7},
        {"enginePlacement": "spread", "engineTenancy": "default", "fixedEngines": 2, "elasticEnginesMax": 5},
        {"engineInstanceType": "c6in.8xlarge", "engineEnaExpress": True},
        {"engineInstanceType": "c7i-flex.8xlarge", "enginePlacement": "partition", "engineTenancy": "default"},
    ],
)
def test_what_goes_together_is_taken(given: dict[str, Any]):
    assert Settings.parse(given).latency
