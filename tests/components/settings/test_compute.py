"""Settings of services and load balancers: each refusal names the key, the value and the way out."""

from __future__ import annotations

from typing import Any

import pytest

from blueprint import record_primary
from components.settings import Settings, SettingsError


@pytest.mark.parametrize(
    ("given", "key", "way_out"),
    [
        ({"serviceCpu": 3000}, "serviceCpu = 3000", "choose one of 256, 512, 1024, 2048"),
        ({"serviceMemory": 3000}, "serviceMemory = 3000", "choose one of 4096, 5120"),
        ({"serviceCpu": 8192, "serviceMemory": 18432}, "serviceMemory = 18432", "choose one of 16384, 20480"),
        ({"serviceImageVersion": "latest"}, "serviceImageVersion = 'latest'", "write the tag of a release"),
        ({"serviceImageVersion": "sha256:abc"}, "serviceImageVersion = 'sha256:abc'", "64 hex digits"),
        ({"serviceArchitecture": "sparc"}, "serviceArchitecture = 'sparc'", "'ARM64' or 'X86_64'"),
        ({"serviceTasksMin": 41}, "serviceTasksMin = 41", "lower it or raise the other"),
        ({"serviceLogDays": 30}, "serviceLogDays = 30", "choose one of 365"),
        ({"serviceHealthPath": "healthz"}, "serviceHealthPath = 'healthz'", "; write "),
        ({"tlsPolicy": "ELBSecurityPolicy-2016-08"}, "tlsPolicy", "; write "),
        ({"tlsPolicy": "ELBSecurityPolicy-TLS13-1-1-2021-06"}, "tlsPolicy", "; write "),
        ({"fixProtocol": "UDP"}, "fixProtocol = 'UDP'", "'TLS' or 'TCP'"),
        ({"dnsZoneId": "example.com"}, "dnsZoneId = 'example.com'", "; write "),
        (
            {"certificateArn": "arn:aws:acm:us-west-2:123456789012:certificate/0a1b"},
            "certificateArn",
            "import the certificate here",
        ),
        ({"venues": [f"XN{n:02}" for n in range(9)]}, "venues", "at most 8 items"),
    ],
)
def test_what_cannot_work_is_refused_with_the_way_out(given: dict[str, Any], key: str, way_out: str):
    with pytest.raises(SettingsError) as refusal:
        Settings.parse(given)
    message = str(refusal.value)
    assert f"trading-platform:{key}" in message, "the message names the key and the value"
    assert way_out in message, "the message names the way out"


def test_a_refused_setting_registers_nothing():
    with pytest.raises(SettingsError, match="serviceMemory = 3000"):
        record_primary({"serviceMemory": 3000})


@pytest.mark.parametrize("policy", ["ELBSecurityPolicy-TLS13-1-3-2021-06", "ELBSecurityPolicy-TLS13-1-2-Res-2021-06"])
def test_stricter_tls_can_be_asked_for(policy: str):
    assert Settings.parse({"tlsPolicy": policy}).compute.tls_policy == policy
