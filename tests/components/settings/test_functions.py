"""Settings of the functions and of the API: each refusal names the key, the value and the way out."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from blueprint import record_primary
from components.settings import Settings, SettingsError
from functions.environment import SettingError
from functions.order_intake.lease import LeaseSettings

_KEY = "MCowBQYDK2VwAyEA0AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
PEM = f"-----BEGIN PUBLIC KEY-----\n{_KEY}\n-----END PUBLIC KEY-----\n"


@pytest.mark.parametrize(
    ("given", "key", "way_out"),
    [
        ({"leaseMilliseconds": 4999}, "leaseMilliseconds = 4999", "set at least 5000"),
        ({"writeTimeoutMilliseconds": 700}, "leaseMilliseconds = 5000", "set at least 6600"),
        ({"leaseRecheckMilliseconds": 3001}, "leaseRecheckMilliseconds = 3001", "make it smaller"),
        ({"leaseMilliseconds": 21_000}, "leaseMilliseconds = 21000", "less than or equal to 20000"),
        ({"orderIntakeTimeout": 3}, "orderIntakeTimeout = 3", "set at least 4"),
        ({"orderIntakeTimeout": 29}, "orderIntakeTimeout = 29", "less than or equal to 28"),
        ({"orderIntakeConcurrency": 798}, "orderIntakeConcurrency = 798", "have the quota raised"),
        ({"instrumentClasses": [f"x{n:03}" for n in range(30)]}, "venues", "name fewer venues or classes"),
        ({"functionLogDays": 30}, "functionLogDays = 30", "choose 90, 120"),
        ({"powertoolsLayerVersion": 0}, "powertoolsLayerVersion = 0", "greater than or equal to 1"),
        ({"redriveIntervalMinutes": 0}, "redriveIntervalMinutes = 0", "greater than or equal to 1"),
        ({"apiClientRateLimit": 501}, "apiClientRateLimit = 501", "less than or equal to 500"),
        ({"apiClients": ["Desk One"]}, "apiClients", "rename it"),
        ({"apiClients": ["desk", "desk"]}, "apiClients", "remove one"),
        ({"apiClients": []}, "apiClients", "at least 1 item"),
        ({"tokenKeys": ["ssh-ed25519 AAAA"]}, "tokenKeys", "write it from -----BEGIN PUBLIC KEY-----"),
        ({"tokenKeys": [PEM] * 5}, "tokenKeys", "at most 4 items"),
        ({"tokenIssuer": "http://identity.example"}, "tokenIssuer = 'http://identity.example'", "; write its URL"),
        ({"tokenCacheSeconds": 301}, "tokenCacheSeconds = 301", "less than or equal to 300"),
    ],
)
def test_what_cannot_work_is_refused_with_the_way_out(given: dict[str, Any], key: str, way_out: str):
    with pytest.raises(SettingsError) as refusal:
        Settings.parse(given)
    message = str(refusal.value)
    assert f"trading-platform:{key}" in message, "the message names the key and the value"
    assert way_out in message, "the message names the way out"


def test_a_refused_setting_registers_nothing():
    with pytest.raises(SettingsError, match="leaseMilliseconds = 4000"):
        record_primary({"leaseMilliseconds": 4000})


def test_a_private_key_is_refused_without_repeating_it():
    private = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----"
    with pytest.raises(SettingsError, match="take it out everywhere") as refusal:
        Settings.parse({"tokenKeys": [private]})
    assert "c2VjcmV0" not in str(refusal.value)


def test_public_keys_reach_the_authorizer_and_both_count_while_they_change():
    other = Ed25519PrivateKey.generate().public_key()
    pem = other.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    stack = record_primary({"tokenKeys": [PEM, pem]})
    told = stack.one("aws:lambda/function:Function", "authorizer").properties["environment"]["variables"]
    assert told["TOKEN_KEYS"].count("BEGIN PUBLIC KEY") == 2


@pytest.mark.parametrize("same", [PEM, PEM + "\n", PEM.replace("\n", "\r\n"), f"  {PEM}"])
def test_one_key_is_named_once_however_its_lines_are_broken(same: str):
    with pytest.raises(SettingsError, match="names key 1 again as number 2; remove one"):
        Settings.parse({"tokenKeys": [PEM, same]})


@pytest.mark.parametrize(
    ("lease", "margin", "timeout", "recheck"),
    [
        (6000, 500, 500, 200),
        (5000, 500, 500, 200),
        (4999, 500, 500, 200),
        (6000, 500, 700, 200),
        (6000, 500, 500, 3001),
    ],
)
def test_the_lease_that_settings_accept_is_the_one_that_order_intake_accepts(
    lease: int, margin: int, timeout: int, recheck: int
):
    def accepted(check: Any, refusal: type[Exception]) -> bool:
        try:
            check()
        except refusal:
            return False
        return True

    given = {
        "leaseMilliseconds": lease,
        "leaseMarginMilliseconds": margin,
        "writeTimeoutMilliseconds": timeout,
        "leaseRecheckMilliseconds": recheck,
        # The recovery time has a rule of its own.
        "failoverTtl": 0,
    }
    assert accepted(lambda: Settings.parse(given), SettingsError) == accepted(
        lambda: LeaseSettings(lease, margin, timeout, recheck), SettingError
    )
