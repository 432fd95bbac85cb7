"""Settings that AWS would refuse, or would take and not do what they say: each refusal names key, value and way out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cfnlint
import pytest

from components.settings import Settings, SettingsError
from components.settings.engine_versions import FIRST_MINOR_OF_POSTGRES, VALKEY_VERSIONS
from components.settings.managed_classes import CACHE_SIZES, DATABASE_SIZES

DATA = Path(cfnlint.__file__).parent / "data/schemas/extensions"


@pytest.mark.parametrize(
    ("given", "way_out"),
    [
        ({"clientCidrs": [f"198.51.100.{n}/32" for n in range(31)]}, "62 rules of a security group with a quota of 60"),
        ({"serviceImage": "123456789012.dkr.ecr.us-east-1.amazonaws.com/team/app:1.0"}, "serviceImageVersion"),
        ({"serviceImage": "team/app@sha256:" + "0" * 64}, "serviceImageVersion"),
        ({"serviceImage": "registry.mycompany.com:99999/app"}, "from 1 to 65535"),
        ({"serviceImage": "team//app"}, "write it like"),
        ({"dbName": "order"}, "reserved word of PostgreSQL"),
        ({"dbName": "template1"}, "choose a name of your own"),
        ({"dbUsername": "user"}, "reserved word of PostgreSQL"),
        ({"namePrefix": "sthree"}, "AWS keeps for itself"),
        ({"namePrefix": "aws"}, "AWS keeps for itself"),
        ({"namePrefix": "sg"}, "AWS keeps for itself"),
        ({"namePrefix": "internal"}, "AWS keeps for itself"),
        *(
            ({key: ["archive"]}, "the reader that each stream has of its own; rename it")
            for key in ("orderConsumers", "orderSharedReaders", "marketDataConsumers", "marketDataSharedReaders")
        ),
        ({"instrumentClasses": ["equity", "equity-dlq"]}, "as names of dead-letter queues do; rename it"),
        ({"customerGatewayIp": "0.0.0.0"}, "routable public unicast"),
        ({"customerGatewayIp": "240.0.0.1"}, "routable public unicast"),
        ({"customerGatewayIp": "224.0.0.5"}, "routable public unicast"),
        ({"onPremisesCidr": "172.20.0.0/16"}, "overlaps kubernetesServiceCidr"),
        ({"onPremisesCidr": "172.16.0.0/12"}, "overlaps kubernetesServiceCidr"),
        ({"onPremisesCidr": "10.100.0.0/16", "kubernetesServiceCidr": "10.100.0.0/16"}, "kubernetesServiceCidr"),
        ({"onPremisesCidr": "172.17.8.0/24"}, "the bridge of Docker"),
        ({"kubernetesServiceCidr": "172.20.0.0/26"}, "from /12 to /24"),
        ({"githubRepository": "owner/name.git"}, "leave that out"),
        ({"githubRepository": "owner/.."}, "write owner/name"),
        ({"githubRepository": "-owner/name"}, "write owner/name"),
        ({"deliveryBranch": "refs/heads/main"}, "write the branch alone"),
        *(({"deliveryBranch": name}, "check-ref-format") for name in ("a..b", "main/", "a//b", "a.lock", "a/.b", "a.")),
        *(
            ({"marketTimeZone": zone}, "canonical name")
            for zone in ("localtime", "Factory", "posixrules", "US/Eastern")
        ),
        (
            {
                "drillTime": "23:45",
                "marketOpen": "00:30",
                "marketClose": "23:00",
                "drillDay": "SUN",
                "drillMinutes": 120,
            },
            "choose another day or time",
        ),
        ({"cacheEngineVersion": "7.1"}, "choose one of 7.2"),
        ({"dbEngineVersion": "17.0"}, "begins at 17.1"),
        ({"dbEngineVersion": "29.1"}, "choose one of 15"),
        ({"dbInstanceClass": "db.t9.huge"}, "has a family that does not exist"),
        ({"dbInstanceClass": "db.r6g.24xlarge"}, "has a size that r6g does not have"),
        ({"cacheNodeType": "cache.r7g.huge"}, "has a size that r7g does not have"),
        ({"restoredAt": "20260231T000000Z"}, "write it like"),
        ({"accountId": "12345"}, "twelve digits in quotes"),
        ({"certificateArn": "arn:aws:acm:us-east-1:1:certificate/x"}, "write arn:aws:acm"),
        (
            {"clusterAdmins": [f"arn:aws:iam::123456789012:{kind}/desk" for kind in ("user", "role")]},
            "access entries have these names",
        ),
    ],
)
def test_it_is_refused_by_its_key_with_the_way_out(given: dict[str, Any], way_out: str):
    with pytest.raises(SettingsError) as refusal:
        Settings.parse(given)
    key = next(iter(given))
    blamed = [line for line in str(refusal.value).splitlines() if line.startswith(f"trading-platform:{key} = ")]
    assert any(way_out in line for line in blamed), str(refusal.value)


@pytest.mark.parametrize(
    "given",
    [
        {"clientCidrs": [f"198.51.100.{n}/32" for n in range(30)]},
        {"serviceImage": "localhost:5000/team/app"},
        {"serviceImage": "registry.mycompany.com:443/team/app__x"},
        {"onPremisesCidr": "10.100.0.0/16"},
        {"onPremisesCidr": "172.20.0.0/16", "kubernetesServiceCidr": "10.100.0.0/16"},
        {"customerGatewayIp": "8.8.8.8"},
        {"deliveryBranch": "release/2.1"},
        {"marketTimeZone": "Etc/UTC"},
        {"marketTimeZone": "Europe/London"},
        {"dbEngineVersion": "17.10"},
        {"cacheEngineVersion": "7.2"},
        {"dbName": "orders"},
    ],
)
def test_its_right_neighbour_is_taken(given: dict[str, Any]):
    assert Settings.parse(given)


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({"drillDay": "SUN", "drillTime": "19:00"}, "drillTime"),
        ({"drillDay": "SUN", "drillTime": "17:50"}, "drillTime"),
        ({"patchDay": "SUN", "patchStart": "16:30"}, "patchStart"),
        ({"dbMaintenanceWindow": "mon:02:00-mon:03:00"}, "dbMaintenanceWindow"),
    ],
)
def test_windows_stay_out_of_a_session_over_midnight(given: dict[str, Any], key: str):
    with pytest.raises(SettingsError, match=f"trading-platform:{key} = "):
        Settings.parse({"marketOpen": "18:00", "marketClose": "17:00", **given})


def test_classes_and_versions_are_those_of_the_services():
    """cfn-lint takes its lists from the services."""
    extensions = DATA / "aws_rds_dbinstance/dbinstanceclass_enum.json"
    classes = {
        name
        for case in json.loads(extensions.read_text())["us-east-1"]["allOf"]
        if case["if"]["properties"].get("Engine", {}).get("const") == "postgres"
        for name in case["then"]["properties"]["DBInstanceClass"]["enum"]
    }
    assert {f"db.{family}.{size}" for family, sizes in DATABASE_SIZES.items() for size in sizes} <= classes
    cache = DATA / "aws_elasticache_cachecluster"
    nodes = set(json.loads((cache / "cachenodetype_enum.json").read_text())["us-east-1"]["enum"])
    assert {f"cache.{family}.{size}" for family, sizes in CACHE_SIZES.items() for size in sizes} <= nodes
    assert tuple(_versions(cache / "engine_version.json", "valkey")) == VALKEY_VERSIONS
    postgres = _versions(DATA / "aws_rds_dbinstance/engine_version.json", "postgres")
    for major, minor in FIRST_MINOR_OF_POSTGRES.items():
        minors = [int(version.split(".")[1]) for version in postgres if version.startswith(f"{major}.")]
        assert min(minors) == minor


def _versions(file: Path, engine: str) -> list[str]:
    (found,) = (
        case["then"]["properties"]["EngineVersion"]["enum"]
        for case in json.loads(file.read_text())["allOf"]
        if case["if"]["properties"].get("Engine", {}).get("const") == engine
    )
    return found
