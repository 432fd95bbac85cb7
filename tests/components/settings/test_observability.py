"""Settings of observability, and whom it tells: each refusal names the key, the value and the way out."""

from __future__ import annotations

from typing import Any

import pytest
from typer.testing import CliRunner

from blueprint import record_primary
from blueprint.__main__ import app
from components.settings import Settings, SettingsError
from components.settings.observability import ObservabilitySettings

REFUSED: list[tuple[str, str, str]] = [
    ("engineLatencyObjective", "40", "below the metric's resolution of 50 us; no alarm could tell, write 50 or more"),
    ("engineLatencyObjective", "950", "choose one of 50, 100, 200"),
    ("engineLatencyObjective", "1ms", "valid integer"),
    ("orderLatencyObjective", "0", "greater than or equal to 1"),
    ("orderLatencyObjective", "28001", "less than or equal to 28000"),
    ("orderLatencyObjective", "10000", "is not below orderIntakeTimeout = 10 s"),
    ("latencyAlarmPeriod", "5", "write 10, 30, or a multiple of 60"),
    ("latencyAlarmPeriod", "20", "write 10, 30, or a multiple of 60"),
    ("latencyAlarmPeriod", "90", "write 10, 30, or a multiple of 60"),
    ("latencyAlarmPeriod", "0", "greater than or equal to 1"),
    ("latencyAlarmPeriod", "7200", "less than or equal to 3600"),
    ("latencyAlarmPeriods", "0", "greater than or equal to 1"),
    ("latencyAlarmPeriods", "25", "less than or equal to 24"),
    ("latencyAlarmBreaching", "0", "greater than or equal to 1"),
    ("latencyAlarmBreaching", "4", "the alarm would never be raised, make it smaller"),
    ("tracedOrdersPerSecond", "-1", "greater than or equal to 0"),
    ("tracedOrdersPerSecond", "1001", "less than or equal to 1000"),
    ("tracedOrdersPercent", "-1", "greater than or equal to 0"),
    ("tracedOrdersPercent", "101", "less than or equal to 100"),
    ("tracedOrdersPercent", "2.5", "valid integer"),
    ("monthlyBudget", "0", "greater than or equal to 1"),
    ("monthlyBudget", "80k", "valid integer"),
    ("costAnomaly", "0", "greater than or equal to 1"),
    ("costAnomalyMonitor", "yes", "write create, none"),
    ("operationsEmails", '["nobody"]', "write it as name@domain"),
    ("pipelineSource", "svn", "write codecommit for a repository of the platform's own, or connection"),
]


@pytest.mark.parametrize(("key", "value", "way_out"), REFUSED)
def test_a_bad_value_ends_the_command_with_one_message_and_nothing_declared(key: str, value: str, way_out: str):
    told = CliRunner().invoke(app, ["primary", "--set", f"{key}={value}"])
    assert told.exit_code == 2
    assert told.stdout == "", "nothing is declared"
    (message,) = told.stderr.strip().splitlines()
    assert message.startswith(f"trading-platform:{key} = "), "the message names the key"
    assert value.strip('[]"') in message, "the message names the value"
    assert way_out in message, "the message names the way out"


def test_every_key_is_tried():
    keys = {field.alias for field in ObservabilitySettings.model_fields.values()}
    assert keys <= {key for key, _, _ in REFUSED}


@pytest.mark.parametrize("bad", [{"latencyAlarmPeriod": 20}, {"operationsEmails": ["nobody"]}])
def test_a_refused_setting_registers_nothing(bad: dict[str, Any]):
    (key,) = bad
    with pytest.raises(SettingsError, match=key):
        record_primary(bad)


def test_the_longest_alarm_looks_back_a_day():
    """CloudWatch API Reference, PutMetricAlarm, `EvaluationPeriods`: 86,400 s at most."""
    longest = Settings.parse({"latencyAlarmPeriod": 3600, "latencyAlarmPeriods": 24}).observability
    assert longest.latency_alarm_period * longest.latency_alarm_periods <= 86_400
