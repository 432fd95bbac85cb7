"""Settings of security and of the markets: each refusal names the key, the value and the way out."""

from __future__ import annotations

from typing import Any

import pytest

from components.settings import Settings, SettingsError

ROLE = "arn:aws:iam::123456789012:role/desk"
PROVIDER = "arn:aws:iam::123456789012:saml-provider/corporate"
ELSEWHERE = "arn:aws:kms:eu-west-1:123456789012:key/mrk-1"


@pytest.mark.parametrize(
    ("given", "key", "way_out"),
    [
        ({"marketTimeZone": "New York"}, "marketTimeZone = 'New York'", "write one such as America/New_York"),
        ({"marketOpen": "9:30"}, "marketOpen = '9:30'", "write it as HH:MM"),
        ({"marketClose": "24:00"}, "marketClose = '24:00'", "write it as HH:MM"),
        (
            {
                "marketOpen": "00:00",
                "marketClose": "23:59",
                "marketDays": ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"],
                "marketCalendars": ["24/7"],
            },
            "marketClose = '23:59'",
            "does not run markets that trade around the clock; leave a day out",
        ),
        ({"marketOpen": "00:00", "marketClose": "00:00"}, "marketClose = '00:00'", "trade around the clock; write"),
        ({"marketClose": "09:30"}, "marketClose = '09:30'", "is also marketOpen"),
        ({"marketDays": ["MON", "MON"]}, "marketDays", "once each"),
        ({"marketDays": ["monday"]}, "marketDays", "choose from MON, TUE"),
        ({"marketDays": []}, "marketDays", "at least 1 item"),
        ({"patchDay": "WED", "patchStart": "14:00"}, "patchStart = '14:00'", "overlaps the trading hours of WED"),
        ({"patchDay": "MON", "patchStart": "07:00"}, "patchStart = '07:00'", "shorten patchHours"),
        ({"patchStart": "23:00", "patchHours": 11}, "patchStart = '23:00'", "overlaps the trading hours of MON"),
        ({"marketDays": ["SUN"], "patchStart": "15:00"}, "patchStart = '15:00'", "move patchDay"),
        ({"patchDay": "SUNDAY"}, "patchDay = 'SUNDAY'", "'SUN'"),
        ({"patchHours": 1}, "patchHours = 1", "greater than or equal to 2"),
        ({"patchApprovalDays": 31}, "patchApprovalDays = 31", "less than or equal to 30"),
        ({"patchSeverity": "High"}, "patchSeverity = 'High'", "'Important'"),
        ({"trailRetentionDays": 90}, "trailRetentionDays = 90", "greater than or equal to 365"),
        ({"trailLogDays": 366}, "trailLogDays = 366", "choose one of 365, 400"),
        ({"logRetentionDays": 30}, "logRetentionDays = 30", "greater than or equal to 365"),
        ({"accessLogRetentionDays": 30}, "accessLogRetentionDays = 30", "greater than or equal to 365"),
        ({"secretRotationDays": 180}, "secretRotationDays = 180", "less than or equal to 90"),
        ({"secretsReplicaKey": "my-key"}, "secretsReplicaKey = 'my-key'", "alias/"),
        ({"secretsReplicaKey": ELSEWHERE}, f"secretsReplicaKey = '{ELSEWHERE}'", "is not in drRegion = 'us-west-2'"),
        ({"trustedPrincipals": ["desk"]}, "trustedPrincipals", "write arn:aws:iam::ACCOUNT:role/NAME"),
        ({"trustedPrincipals": ["*"]}, "trustedPrincipals", "names no user, role or account"),
        ({"samlProviderArn": "corporate"}, "samlProviderArn = 'corporate'", "saml-provider/"),
        ({"samlProviderArn": PROVIDER, "trustedPrincipals": [ROLE]}, "trustedPrincipals", "remove the other"),
        ({"humanSessionHours": 13}, "humanSessionHours = 13", "less than or equal to 12"),
    ],
)
def test_what_cannot_work_is_refused_with_the_way_out(given: dict[str, Any], key: str, way_out: str):
    with pytest.raises(SettingsError) as refusal:
        Settings.parse(given)
    message = str(refusal.value)
    assert f"trading-platform:{key}" in message, "the message names the key and the value"
    assert way_out in message, "the message names the way out"


@pytest.mark.parametrize(
    "given",
    [
        {"patchDay": "MON", "patchStart": "06:30"},
        {"patchDay": "FRI", "patchStart": "16:00"},
        {"patchStart": "23:00", "patchHours": 10},
        {"marketTimeZone": "Asia/Tokyo", "marketOpen": "09:00", "marketClose": "15:30"},
        {"trustedPrincipals": [ROLE]},
        {"samlProviderArn": PROVIDER},
        {"secretsReplicaKey": "alias/trading-secrets"},
    ],
)
def test_what_works_is_taken(given: dict[str, Any]):
    assert Settings.parse(given)
