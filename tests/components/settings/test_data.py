"""Settings of the data layer: what is refused, and what the message says."""

from __future__ import annotations

from typing import Any

import pytest

from components.settings import Settings, SettingsError
from components.settings.windows import daily, overlap, touch, weekly

BAD: list[tuple[dict[str, Any], str, str]] = [
    ({"tradesRetentionYears": 5}, "tradesRetentionYears = 5", "at least 6 years"),
    ({"auditRetentionYears": 5}, "auditRetentionYears = 5", "at least 6 years"),
    ({"communicationsRetentionYears": 2}, "communicationsRetentionYears = 2", "at least 3 years"),
    ({"backupRetentionYears": 5}, "backupRetentionYears = 5", "at least 6 years"),
    ({"tradesRetentionYears": 7}, "backupRetentionYears = 6", "keep them as long as the records"),
    ({"dbBackupDays": 7}, "dbBackupDays = 7", "greater than or equal to 30"),
    ({"dbMonitoringSeconds": 20}, "dbMonitoringSeconds = 20", "choose one of 1, 5, 10, 15, 30, 60"),
    ({"dbLogDays": 366}, "dbLogDays = 366", "choose one of 365, 400"),
    ({"dbUsername": "postgres"}, "dbUsername = 'postgres'", "choose a name of your own"),
    ({"dbUsername": "rdsadmin"}, "dbUsername = 'rdsadmin'", "choose a name of your own"),
    ({"dbEngineVersion": "17.x"}, "dbEngineVersion = '17.x'", "; write "),
    ({"dbMaintenanceWindow": "sun:02:30-sun:03:30"}, "dbBackupWindow = '05:00-06:00'", "move one of them"),
    ({"dbStorageGib": 200}, "dbStorageGib = 200", "make it that large, or choose io2"),
    ({"dbIops": 6000}, "dbIops = 6000", "choose within, or io2"),
    ({"dbThroughput": 4000}, "dbThroughput = 4000", "raise them, or lower this"),
    ({"dbStorageType": "io2", "dbStorageGib": 100, "dbIops": 200000}, "dbIops = 200000", "lower it"),
    ({"dbStorageType": "gp2"}, "dbStorageType = 'gp2'", "gp3"),
    ({"dbMaxStorageGib": 520}, "dbMaxStorageGib = 520", "must be 550 or more"),
    ({"dbBackupWindow": "5-6"}, "dbBackupWindow = '5-6'", "write it as hh:mm-hh:mm"),
    ({"dbBackupWindow": "05:00-05:20"}, "dbBackupWindow = '05:00-05:20'", "30 or more"),
    ({"dbMaintenanceWindow": "sunday"}, "dbMaintenanceWindow = 'sunday'", "write it as ddd:hh:mm-ddd:hh:mm"),
    ({"dbMaintenanceWindow": "sun:05:30-sun:06:30"}, "dbMaintenanceWindow", "move one of them"),
    ({"dbMaintenanceWindow": "tue:15:00-tue:16:00"}, "dbMaintenanceWindow", "choose another time"),
    ({"dbMaintenanceWindow": "tue:13:00-tue:13:40"}, "dbMaintenanceWindow", "choose another time"),
    ({"restoredAt": "2026-01-02"}, "restoredAt = '2026-01-02'", "; write "),
    (
        {"restoredAt": "20260102T140000Z", "ordersConsistency": "strong"},
        "restoredAt = '20260102T140000Z'",
        "leave this empty",
    ),
    ({"ordersConsistency": "linear"}, "ordersConsistency = 'linear'", "strong"),
    ({"snapshotHours": 5}, "snapshotHours = 5", "choose one of 1, 2, 3, 4, 6, 8, 12, 24"),
    ({"vaultLockGraceDays": 2}, "vaultLockGraceDays = 2", "greater than or equal to 3"),
    ({"tableWarmWrites": 1000}, "tableWarmWrites = 1000", "greater than or equal to 4000"),
    ({"cacheReplicas": 0}, "cacheReplicas = 0", "greater than or equal to 1"),
]


@pytest.mark.parametrize(("values", "named", "way_out"), BAD, ids=[str(values) for values, _, _ in BAD])
def test_a_bad_setting_is_named_with_its_value_and_the_way_out(
    values: dict[str, Any], named: str, way_out: str
) -> None:
    with pytest.raises(SettingsError) as refused:
        Settings.parse(values)
    message = str(refused.value)
    assert f"trading-platform:{named}" in message
    assert way_out in message
    assert len(refused.value.problems) == 1, "one mistake is told once"


@pytest.mark.parametrize(
    "values",
    [
        {"tradesRetentionYears": 7, "backupRetentionYears": 7},
        {"dbStorageType": "io2", "dbStorageGib": 100, "dbMaxStorageGib": 200, "dbIops": 100000},
        {"dbMaintenanceWindow": "tue:04:00-tue:04:30"},
        {"dbBackupWindow": "23:45-00:45"},
        {"dbEngineVersion": "17"},
        {"dbEngineVersion": "17.9"},
        {"dbMaintenanceWindow": "sun:03:00-sun:04:00"},
        {"ordersConsistency": "strong"},
    ],
)
def test_a_good_setting_is_taken(values: dict[str, Any]) -> None:
    assert Settings.parse(values)


def test_maintenance_waits_for_the_close_in_winter_and_in_summer_time() -> None:
    """New York opens at 14:30 UTC in winter and at 13:30 in summer, and closes at 21:00 and 20:00."""
    for inside in ("mon:13:35-mon:14:05", "mon:20:15-mon:20:45"):
        with pytest.raises(SettingsError, match="while the markets trade"):
            Settings.parse({"dbMaintenanceWindow": inside})
    for outside in ("mon:12:30-mon:13:30", "mon:21:00-mon:21:30"):
        Settings.parse({"dbMaintenanceWindow": outside})


def test_windows_may_run_past_midnight_and_past_sunday() -> None:
    assert daily("23:45-00:45") == (23 * 60 + 45, 60)
    assert weekly("sun:23:30-mon:00:30") == (6 * 1440 + 23 * 60 + 30, 60)
    assert overlap("00:15-00:45", "sun:23:30-mon:00:30")
    assert overlap("23:45-00:45", "mon:00:30-mon:01:30")
    assert not overlap("00:45-01:15", "sun:23:30-mon:00:30")
    assert not touch((0, 60), (60, 60)), "spans that only meet have no minute in common"
