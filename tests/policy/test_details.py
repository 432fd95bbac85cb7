"""What else breaks a rule than its case, and what satisfies it in another way: on the made-up platform."""

from __future__ import annotations

from typing import Any

import pytest

from policy import tokens as t
from policy.check import evaluate
from tests.policy.changes import Change, changed, gone, new, set_
from tests.policy.made_up import ref

Json = dict[str, Any]
_TEMPLATE = (t.LAUNCH_TEMPLATE, "made-engine")
_FOLLOWS = {"launchTemplate": {"id": ref(t.LAUNCH_TEMPLATE, "engine", "id")}}
_GROUP = ref(t.PLACEMENT_GROUP, "engines", "name")


def _instance(**properties: Any) -> Change:
    return new(t.INSTANCE, "made-host", **properties)


HARD = {
    "instanceType": "c6in.8xlarge",
    "metadataOptions": {"httpTokens": "required", "httpPutResponseHopLimit": 1.0},
    "rootBlockDevice": {"encrypted": True, "kmsKeyId": ref(t.KEY, "key")},
    "monitoring": True,
    "subnetId": ref(t.SUBNET, "app-a", "id"),
}

BREAKS: list[tuple[str, tuple[Change, ...]]] = [
    ("imds-v2", (_instance(**_FOLLOWS, metadataOptions={"httpTokens": "optional"}),)),
    ("imds-hop-limit", (_instance(**_FOLLOWS, metadataOptions={"httpPutResponseHopLimit": 3.0}),)),
    ("ebs-optimised", (_instance(**_FOLLOWS, ebsOptimized=False),)),
    ("detailed-monitoring", (_instance(**_FOLLOWS, monitoring=False),)),
    ("ebs-customer-key", (_instance(**_FOLLOWS, ebsBlockDevices=[{"deviceName": "/dev/xvdb"}]),)),
    ("ebs-customer-key", (_instance(**_FOLLOWS, rootBlockDevice={"encrypted": False}),)),
    ("ebs-customer-key", (_instance(**{**HARD, "rootBlockDevice": None}),)),
    ("no-public-address", (new(t.ELASTIC_IP, "made-address", instance=ref(t.INSTANCE, "host", "id")),)),
    (
        "no-public-address",
        (new(t.ELASTIC_IP_ASSOCIATION, "made-address", instanceId="i-1", allocationId="eipalloc-1"),),
    ),
    ("latency-tier-cluster-placed", (_instance(**HARD, tags={"Name": "made-engine-3"}, tenancy="dedicated"),)),
    ("tenancy-as-declared", (_instance(**HARD, tags={"Name": "made-engine-3"}, placementGroup=_GROUP),)),
    ("tenancy-fits-strategy", (_instance(**HARD, placementGroup=_GROUP, hostId="h-1"),)),
    (
        "placement-supports-type",
        (
            _instance(**{**HARD, "instanceType": "t3.large"}, placementGroup=_GROUP),
            set_(*_TEMPLATE, "instanceType", "t3.large"),
            set_(t.CAPACITY_RESERVATION, "made-engines", "instanceType", "t3.large"),
        ),
    ),
    ("placement-one-zone", (_instance(**{**HARD, "subnetId": ref(t.SUBNET, "app-b", "id")}, placementGroup=_GROUP),)),
    ("placement-one-zone", (_instance(**_FOLLOWS, subnetId=ref(t.SUBNET, "app-b", "id")),)),
    (
        "placement-one-zone",
        (
            new(
                t.AUTOSCALING_GROUP,
                "made-spread",
                placementGroup=_GROUP,
                vpcZoneIdentifiers=[ref(t.SUBNET, "app-b", "id")],
            ),
        ),
    ),
    ("capacity-reserved", (set_(t.CAPACITY_RESERVATION, "made-engines", "instanceCount", 1.0),)),
]

ALLOWED: list[tuple[str, tuple[Change, ...]]] = [
    ("an instance as its template says", (_instance(**_FOLLOWS),)),
    ("an instance with volumes of its own", (_instance(**HARD),)),
    (
        "hosts placed by their fleet",
        (set_(*_TEMPLATE, "placement.groupName"), set_(t.AUTOSCALING_GROUP, "made-engines", "placementGroup", _GROUP)),
    ),
    ("an address of a NAT gateway", (new(t.ELASTIC_IP, "made-address", domain="vpc"),)),
]

UNDECIDED: list[tuple[str, str, tuple[Change, ...]]] = [
    (
        "placement-one-zone",
        "vpcZoneIdentifiers",
        (set_(t.AUTOSCALING_GROUP, "made-engines", "vpcZoneIdentifiers", ["subnet-0123"]),),
    ),
    ("latency-tier-cluster-placed", "placement.groupName", (gone(t.PLACEMENT_GROUP, "made-engines"),)),
    ("rds-tls-forced", "parameterGroupName", (gone(t.RDS_PARAMETERS, "made-database"),)),
]


@pytest.mark.parametrize(("rule", "changes"), BREAKS, ids=lambda value: value if isinstance(value, str) else "")
def test_a_rule_speaks_of_each_thing_that_it_asks(rule: str, changes: tuple[Change, ...], made: list[Json]) -> None:
    report = evaluate(changed(made, changes))
    said = [f"{v.rule.id} {v.urn.split('::')[-1]}: {v.message}" for v in report.violations]
    assert {v.rule.id for v in report.violations} == {rule}, f"{[*map(str, changes)]} break {rule} alone: {said}"


@pytest.mark.parametrize("changes", [pytest.param(changes, id=what) for what, changes in ALLOWED])
def test_what_is_as_good_in_another_way_is_no_violation(changes: tuple[Change, ...], made: list[Json]) -> None:
    report = evaluate(changed(made, changes))
    said = [f"{v.rule.id} {v.urn.split('::')[-1]}: {v.message}" for v in report.violations]
    said += [f"{n.rule.id} {n.urn.split('::')[-1]}: {n.property} {n.reason}" for n in report.not_evaluated]
    assert not said


@pytest.mark.parametrize(
    ("rule", "path", "changes"), UNDECIDED, ids=lambda value: value if isinstance(value, str) else ""
)
def test_what_leads_out_of_the_plan_is_said_to_be_beyond_judging(
    rule: str, path: str, changes: tuple[Change, ...], made: list[Json]
) -> None:
    report = evaluate(changed(made, changes))
    assert (rule, path) in {(entry.rule.id, entry.property) for entry in report.not_evaluated}
