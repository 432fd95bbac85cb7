"""Settings of recovery: each refusal names the key, the value and the way out."""

from __future__ import annotations

from typing import Any

import pytest

from blueprint import record_primary
from components.settings import Settings, SettingsError
from components.settings.consistency.recovery import recovery_budget
from policy.catalogue import BY_ID
from recovery.budget import RTO_SECONDS

STATE = "s3://trading-state?region=us-west-2"


@pytest.mark.parametrize(
    ("given", "key", "way_out"),
    [
        ({"healthCheckThreshold": 3}, "healthCheckThreshold = 3", "lower healthCheckInterval"),
        ({"failoverTtl": 60}, "failoverTtl = 60", "answers that resolvers keep 60 s"),
        ({"healthCheckInterval": 30}, "healthCheckInterval = 30", "health checks 30 s"),
        ({"leaseMilliseconds": 20_000}, "leaseMilliseconds = 20000", "leaseMilliseconds"),
        ({"dnsPropagationMilliseconds": 7000}, "dnsPropagationMilliseconds = 7000", "propagation to name servers 7 s"),
        ({"coldStartMilliseconds": 6000}, "coldStartMilliseconds = 6000", "cold start 6 s"),
        ({"healthCheckInterval": 20}, "healthCheckInterval = 20", "write 10 (fast) or 30"),
        ({"healthCheckThreshold": 0}, "healthCheckThreshold = 0", "greater than or equal to 1"),
        ({"controlCallMilliseconds": 2001}, "controlCallMilliseconds = 2001", "less than or equal to 2000"),
        ({"trafficSwitch": "dns"}, "trafficSwitch = 'dns'", "'healthCheck' or 'routingControl'"),
        ({"failoverQuorum": 1}, "failoverQuorum = 1", "greater than or equal to 2"),
        ({"failoverQuorum": 5}, "failoverQuorum = 5", "less than or equal to 4"),
        ({"leaseStaleSeconds": 60}, "leaseStaleSeconds = 60", "set more than 65"),
        ({"automaticFailover": True}, "automaticFailover = True", "name the backend"),
        ({"stateBackendUrl": "s3://state?region=us-east-1"}, "stateBackendUrl", "move the state to us-west-2"),
        ({"stateBackendUrl": "s3://state?region=eu-west-1"}, "stateBackendUrl", "that no role of the platform may use"),
        ({"stateBackendUrl": "file:///tmp"}, "stateBackendUrl = 'file:///tmp'", "write s3://bucket"),
        ({"stateBackendUrl": "https://api.pulumi.com"}, "stateBackendUrl = 'https://api", "which has no token"),
        ({"stateBackendUrl": "s3://state"}, "stateBackendUrl = 's3://state'", "write s3://bucket?region="),
        ({"tradingApiDomain": "api.trading.example"}, "tradingApiDomain", "choose another name"),
        ({"tradingApiDomain": "trading"}, "tradingApiDomain = 'trading'", "; write "),
        (
            {"tradingApiCertificateArn": "arn:aws:acm:us-west-2:123456789012:certificate/0a1b"},
            "tradingApiCertificateArn",
            "import the certificate here",
        ),
        ({"drillDay": "MON"}, "drillTime = '10:00'", "choose another day or time"),
        ({"drillDay": "Saturday"}, "drillDay = 'Saturday'", "choose one of MON"),
        ({"drillDay": "FRI", "drillTime": "09:20"}, "drillTime = '09:20'", "09:30 to 16:00"),
        ({"drillTime": "25:00"}, "drillTime = '25:00'", "HH:MM"),
        ({"scaleOutSource": "platform.tar"}, "scaleOutSource = 'platform.tar'", "; write "),
        ({"recoveryStack": "dr"}, "recoveryStack = 'dr'", "; write "),
    ],
)
def test_what_cannot_work_is_refused_with_the_way_out(given: dict[str, Any], key: str, way_out: str):
    with pytest.raises(SettingsError) as refusal:
        Settings.parse(given)
    message = str(refusal.value)
    assert f"trading-platform:{key}" in message, "the message names the key and the value"
    assert way_out in message, "the message names the way out"


def test_a_recovery_that_takes_too_long_registers_nothing_and_names_every_term():
    with pytest.raises(SettingsError) as refusal:
        record_primary({"healthCheckThreshold": 3, "failoverTtl": 60})
    budget = recovery_budget(Settings.parse({}))
    for term in budget.terms:
        assert term.name in str(refusal.value), f"the refusal leaves out what {term.name!r} takes"


@pytest.mark.parametrize("switch", ["healthCheck", "routingControl"])
def test_recovery_keeps_its_objective_with_either_switch(switch: str):
    assert recovery_budget(Settings.parse({"trafficSwitch": switch})).seconds <= RTO_SECONDS


@pytest.mark.parametrize(
    "given",
    [
        {"automaticFailover": True, "stateBackendUrl": STATE},
        {"stateBackendUrl": "s3://trading-state/platform?awssdk=v2&region=us-west-2"},
        {"stateBackendUrl": "s3://trading-state?region=us-east-2"},
        {"drillDay": "MON", "drillTime": "16:00"},
        {"failoverTtl": 6, "controlCallMilliseconds": 200},
    ],
)
def test_what_works_is_accepted(given: dict[str, Any]):
    assert Settings.parse(given)


@pytest.mark.parametrize("switch", ["healthCheck", "routingControl"])
def test_the_policy_counts_no_less_than_the_budget_beside_dns(switch: str):
    """The pack judges what a plan says about DNS, and takes the rest from its parameter."""
    found = recovery_budget(Settings.parse({"trafficSwitch": switch}))
    dns = {"health checks", "answers that resolvers keep"}
    counted = BY_ID["rto-budget"].parameters["measuredSwitchSeconds"].default
    assert sum(term.seconds for term in found.terms if term.name not in dns) <= counted
    assert counted < RTO_SECONDS


def test_detection_is_told_beside_the_budget():
    quick, slow = (recovery_budget(Settings.parse({"failoverObservations": count})) for count in (1, 5))
    assert slow.detection.seconds == 5 * quick.detection.seconds == 300, "minutes in a row"
    assert slow.seconds == quick.seconds, "the objective begins with the decision"
