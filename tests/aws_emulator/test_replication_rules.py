"""What a bucket's replication configuration wants, and when a link is late by it; in this process."""

from __future__ import annotations

from typing import Any

import pytest

from aws_emulator.outage import SERVED, Mode, Outages
from aws_emulator.replication.rules import chosen, rules_of
from aws_emulator.replication.transit import Shipment, Transit

EAST, WEST = "us-east-1", "us-west-2"


def rule(**changes: Any) -> dict[str, Any]:
    return {"Status": "Enabled", "Destination": {"Bucket": "arn:aws:s3:::target"}, **changes}


def test_a_rule_without_a_filter_is_of_the_earlier_version_and_replicates_deletions() -> None:
    (earlier,) = rules_of({"Rule": rule(Prefix="a/")})
    assert (earlier.prefix, earlier.delete_markers) == ("a/", True)
    (latest,) = rules_of({"Rule": rule(Filter=None)})
    assert (latest.prefix, latest.delete_markers) == ("", False)


def test_each_destination_gets_an_object_by_one_rule() -> None:
    other = {"Bucket": "arn:aws:s3:::other"}
    rules = rules_of(
        {
            "Rule": [
                rule(Filter={"Prefix": "a"}, Priority="2", DeleteMarkerReplication={"Status": "Enabled"}),
                rule(Filter={"Prefix": ""}, Priority="1"),
                rule(Filter={"Prefix": ""}, Priority="3", Destination=other),
            ]
        }
    )
    assert [(one.destination, one.delete_markers) for one in chosen(rules, "a", {})] == [
        ("target", True),
        ("other", False),
    ]
    assert [(one.destination, one.delete_markers) for one in chosen(rules, "b", {})] == [
        ("target", False),
        ("other", False),
    ]


def test_a_bucket_without_a_configuration_has_no_rules() -> None:
    assert rules_of(None) == []


@pytest.mark.parametrize(("minutes", "late"), [(15, 0), (1, 1)])
def test_what_waits_longer_than_its_rule_allows_is_late(minutes: int, late: int) -> None:
    timed = {"Status": "Enabled", "Time": {"Minutes": str(minutes)}}
    (found,) = rules_of({"Rule": rule(Destination={"Bucket": "arn:aws:s3:::target", "ReplicationTime": timed})})
    now, arrived = [0.0], list[str]()
    outages = Outages(lambda: now[0])
    transit = Transit(outages, lambda: now[0])
    outages.set(WEST, Mode.DEAD)
    transit.send(Shipment("bucket", "source", EAST, WEST, 0.0, 1.0, lambda: arrived.append("key"), found.within))
    now[0] = 61.0
    assert transit.report()["waiting"] == [
        {"bucket": "source", "source": EAST, "target": WEST, "count": 1, "late": late}
    ]
    outages.set(WEST, SERVED)
    assert transit.report()["waiting"] == []
    assert arrived == ["key"]
