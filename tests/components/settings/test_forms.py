"""Every setting has one form: text is ASCII on one line, lists name each item once, and patterns match as a whole."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_origin

import pytest
from pydantic.alias_generators import to_camel

from components.settings import Settings, SettingsError
from components.settings.section import SeveralLines

# Values for settings that are empty by default, so that each text can be spoilt.
FILLED: dict[str, Any] = {
    "restoredAt": "20260102T140000Z",
    "serviceImage": "123456789012.dkr.ecr.us-east-1.amazonaws.com/team/app",
    "dnsZoneId": "Z0123456789ABC",
    "certificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/0a1b",
    "tradingApiCertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/0a1b",
    "connectionArn": "arn:aws:codeconnections:us-east-1:123456789012:connection/00000000-0000-0000-0000-000000000000",
    "connectionRepository": "owner/name",
    "githubRepository": "owner/name",
    "stateKeyArn": "arn:aws:kms:us-west-2:123456789012:key/mrk-1",
    "secretsReplicaKey": "alias/trading-secrets",
    "samlProviderArn": "arn:aws:iam::123456789012:saml-provider/corporate",
    "stateBackendUrl": "s3://trading-state?region=us-west-2",
    "engineZone": "us-east-1a",
    "engineImageParameter": "/trading/engine-image",
    "clusterAdmins": ["arn:aws:iam::123456789012:role/desk"],
    "trustedPrincipals": ["arn:aws:iam::123456789012:role/desk"],
    "approverEmails": ["desk@mycompany.com"],
    "operationsEmails": ["desk@mycompany.com"],
    "operationsEndpoints": ["https://pager.mycompany.com/hook"],
    "orderSharedReaders": ["ledger"],
    "marketDataSharedReaders": ["ledger"],
    "podPorts": [9443],
}


def _fields() -> Iterator[tuple[str, Any, Any]]:
    for section in Settings.sections().values():
        defaults = section.model_construct().model_dump(mode="json", by_alias=True)
        for name, field in section.model_fields.items():
            key = to_camel(name)
            yield key, field, FILLED.get(key, defaults[key])


TEXTS = [key for key, field, value in _fields() if isinstance(value, str) and field.annotation is not bool]
LISTS = [
    key for key, field, _ in _fields() if get_origin(field.annotation) is tuple and SeveralLines() not in field.metadata
]
VALUES = {key: value for key, _, value in _fields()}
TEXT_LISTS = [key for key in LISTS if key != "podPorts"]


def refused(given: dict[str, Any]) -> str:
    with pytest.raises(SettingsError) as refusal:
        Settings.parse(given)
    lines = [line for line in str(refusal.value).splitlines() if f":{next(iter(given))} = " in line]
    assert lines, f"another key is blamed: {refusal.value}"
    assert all("; " in line for line in lines), "the message names no way out"
    return lines[0]


SPOILT = ["{}\n", "\n{}", "{} ", "\t{}", "{}\r", "{}\x00", "{}\u00e9", "{}\uff11", "{}\u0661", "\u200b{}", "{}\u2028"]


@pytest.mark.parametrize("spoilt", SPOILT)
@pytest.mark.parametrize("key", TEXTS)
def test_text_is_ascii_on_one_line(key: str, spoilt: str):
    refused({key: spoilt.format(VALUES[key])})


@pytest.mark.parametrize("spoilt", SPOILT)
@pytest.mark.parametrize("key", TEXT_LISTS)
def test_each_text_of_a_list_is_ascii_on_one_line(key: str, spoilt: str):
    first, *others = VALUES[key]
    refused({key: [spoilt.format(first), *others]})


@pytest.mark.parametrize("key", [key for key in TEXTS if re.search("[0-9]", VALUES[key])])
def test_digits_of_another_script_are_no_digits(key: str):
    refused({key: VALUES[key].translate({ord("0") + n: 0xFF10 + n for n in range(10)})})


@pytest.mark.parametrize("key", LISTS)
def test_a_list_names_each_item_once(key: str):
    first, *others = VALUES[key]
    assert "twice; remove one" in refused({key: [first, *others[:-1], first]})


@pytest.mark.parametrize(
    ("key", "items"),
    [
        ("clientCidrs", ["203.0.113.7/32", "203.0.113.7"]),
        ("approverEmails", ["a@b.example", "A@B.example"]),
        ("podPorts", [9443, "9443"]),
        ("trustedPrincipals", [f"arn:aws:iam::123456789012:role/{name}" for name in ("desk", "Desk")]),
    ],
)
def test_items_are_compared_by_what_they_mean(key: str, items: list[Any]):
    assert "twice; remove one" in refused({key: items})


def test_every_text_is_tried():
    assert {key for key in TEXTS if not VALUES[key]} == set(), "give it a value in FILLED"


@pytest.mark.parametrize("value", ["yes", "on", "1", "True", "", 1, None])
def test_a_boolean_is_true_or_false(value: Any):
    assert "write true or false" in refused({"drillEnabled": value})


@pytest.mark.parametrize("value", ["1_000", "1e3", "12.0", " 12", "\uff11", "", None, True, "0x10", "9" * 5000])
def test_a_number_is_digits(value: Any):
    refused({"dbBackupDays": value})


def test_patterns_of_settings_are_ascii_and_match_as_a_whole():
    """`re.match` and `$` take a line feed at the end, and `\\d` without `re.ASCII` the digits of every script."""
    for file in Path("components/settings").glob("*.py"):
        text = file.read_text(encoding="utf-8")
        assert not re.search(r"\.match\(", text), f"{file} matches without an end; use fullmatch"
        for pattern in re.findall(r"re\.compile\((?:[^()]|\([^()]*\))*\)", text):
            escapes = re.search(r"\\[dws]", pattern, re.IGNORECASE)
            assert not escapes or "re.ASCII" in pattern, f"{file}: {pattern} takes characters of every script"
