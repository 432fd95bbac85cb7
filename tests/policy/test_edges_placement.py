"""Hosts of the latency tier at the edges of what their rules allow: groups, zones, tenancy and capacity."""

from __future__ import annotations

from typing import Any

import pytest

from policy import tokens as t
from tests.policy.small import accused, only_refused, reference, refused, undecided

Json = dict[str, Any]
Entry = tuple[str, str, Json]

_HOSTS = {"hosts": ["engine*"]}
_GROUP: Entry = (t.PLACEMENT_GROUP, "close", {"strategy": "cluster"})
_IN_GROUP = reference(t.PLACEMENT_GROUP, "close")
_OF_TEMPLATE = {"launchTemplate": {"id": reference(t.LAUNCH_TEMPLATE, "engine")}}
_SPOT_REQUEST = "aws:ec2/spotInstanceRequest:SpotInstanceRequest"


def _group(strategy: str, **properties: Any) -> Entry:
    return t.PLACEMENT_GROUP, "close", {"strategy": strategy, **properties}


def _template(name: str = "engine", /, **properties: Any) -> Entry:
    return t.LAUNCH_TEMPLATE, name, properties


def _placed(name: str = "engine", /, **properties: Any) -> Entry:
    return _template(name, **{**properties, "placement": {"groupName": _IN_GROUP, **properties.get("placement", {})}})


def _instance(name: str = "engine", /, **properties: Any) -> Entry:
    return t.INSTANCE, name, properties


def _fleet(name: str = "fleet", /, **properties: Any) -> Entry:
    return t.AUTOSCALING_GROUP, name, properties


# The group


_NO_GROUP = "its hosts are in no placement group"


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ([_template()], [_NO_GROUP]),
        ([_template("other")], []),
        ([_template("other", name="engine-1")], [_NO_GROUP]),
        ([_template("engine", name="other")], []),
        ([_placed(), _GROUP], []),
        ([_placed(), _group("spread")], ["its hosts are in a group with strategy 'spread'"]),
        ([_placed(), _group("partition")], ["its hosts are in a group with strategy 'partition'"]),
        ([_template(), _GROUP, _fleet(**_OF_TEMPLATE, placementGroup=_IN_GROUP)], []),
        ([_template(), _GROUP, _fleet(**_OF_TEMPLATE)], [_NO_GROUP]),
        (
            [_template(), _GROUP, _fleet("a", **_OF_TEMPLATE), _fleet("b", **_OF_TEMPLATE, placementGroup=_IN_GROUP)],
            [],
        ),
        (
            [
                _template(),
                _GROUP,
                _fleet(
                    mixedInstancesPolicy={
                        "launchTemplate": {
                            "launchTemplateSpecification": {"launchTemplateId": reference(t.LAUNCH_TEMPLATE, "engine")}
                        }
                    },
                    placementGroup=_IN_GROUP,
                ),
            ],
            [],
        ),
        ([_template(), _GROUP, _fleet(launchTemplate={"id": "lt-1"}, placementGroup=_IN_GROUP)], [_NO_GROUP]),
        ([_instance()], [_NO_GROUP]),
        ([_instance("x", tags={"Name": "engine-1"})], [_NO_GROUP]),
        ([_instance("x", tags={"Name": "other"})], []),
        ([_instance(placementGroup=_IN_GROUP), _GROUP], []),
        (
            [_instance(placementGroup=_IN_GROUP), _group("spread")],
            ["its hosts are in a group with strategy 'spread'"],
        ),
        # An instance that follows a template is judged by the template.
        ([_instance(**_OF_TEMPLATE), _placed(), _GROUP], []),
        ([_instance(**_OF_TEMPLATE), _template("engine", name="other")], []),
    ],
)
def test_hosts_stand_in_a_cluster_group(entries: list[Entry], said: list[str]) -> None:
    """By the template, by the instance, or by the fleet of either kind."""
    assert refused("latency-tier-cluster-placed", *entries, **_HOSTS) == said


@pytest.mark.parametrize(
    ("kind", "supported"),
    [
        ("c7gn.metal", True),
        ("c6in.32xlarge", True),
        ("a1.metal", True),
        ("m4.large", True),
        ("r3.large", True),
        ("i2.xlarge", True),
        ("t3.large", False),
        ("t4g.micro", False),
        ("mac2.metal", False),
        ("mac2-m2pro.metal", False),
        ("c7i-flex.large", False),
        ("m8i-flex.large", False),
        ("m3.large", False),
        ("c1.medium", False),
        ("cc2.8xlarge", False),
        ("g2.2xlarge", False),
        ("hs1.8xlarge", False),
        ("cr1.8xlarge", False),
    ],
)
def test_types_that_a_cluster_group_takes(kind: str, supported: bool) -> None:
    """Burstable, Mac, flex and most previous types are refused, in a cluster group alone."""
    said = [] if supported else [f"{kind} cannot be launched into a cluster placement group"]
    assert refused("placement-supports-type", _placed(instanceType=kind), _GROUP) == said
    assert refused("placement-supports-type", _instance(instanceType=kind, placementGroup=_IN_GROUP), _GROUP) == said
    assert refused("placement-supports-type", _placed(instanceType=kind), _group("spread")) == []
    assert refused("placement-supports-type", _template(instanceType=kind), _GROUP) == []


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ([], []),
        ([_placed("a", instanceType="c7gn.metal"), _placed("b", instanceType="c7gn.metal")], []),
        ([_placed("a", instanceType="c7gn.metal"), _placed("b")], []),
        ([_placed("a", instanceType="c7gn.metal"), _template("b", instanceType="m7i.metal")], []),
        (
            [_placed("a", instanceType="c7gn.metal"), _placed("b", instanceType="c6in.metal")],
            ["holds c6in.metal, c7gn.metal"],
        ),
        (
            [
                _placed("a", instanceType="c7gn.metal"),
                _instance("b", instanceType="m7i.metal", placementGroup=_IN_GROUP),
            ],
            ["holds c7gn.metal, m7i.metal"],
        ),
    ],
)
def test_a_cluster_group_holds_one_type(entries: list[Entry], said: list[str]) -> None:
    """Members without a type of their own say nothing; other strategies are not judged."""
    assert only_refused("placement-one-type", "close", _GROUP, *entries) == said
    assert refused("placement-one-type", _group("spread"), *entries) == []


# Zones


def _subnet(name: str, **properties: Any) -> Entry:
    return t.SUBNET, name, properties


_A, _B = (_subnet(name, availabilityZone=f"us-east-1{name}") for name in "ab")
_IN_A, _IN_B = (reference(t.SUBNET, name) for name in "ab")
_BY_ID = _subnet("c", availabilityZoneId="use1-az4")
_IN_C = reference(t.SUBNET, "c")
_SPREAD = ["its members are in 2 zones: us-east-1a, us-east-1b"]
_HERE = _instance("here", placementGroup=_IN_GROUP, subnetId=_IN_A)


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ([], []),
        ([_instance("x", placementGroup=_IN_GROUP, subnetId=_IN_A)], []),
        ([_instance("x", placementGroup=_IN_GROUP, subnetId=_IN_B)], _SPREAD),
        ([_instance("x", placementGroup=_IN_GROUP, availabilityZone="us-east-1b")], _SPREAD),
        ([_instance("x", placementGroup=_IN_GROUP)], []),
        ([_instance("x", subnetId=_IN_B)], []),
        ([_fleet(placementGroup=_IN_GROUP, availabilityZones=["us-east-1a"])], []),
        ([_fleet(placementGroup=_IN_GROUP, availabilityZones=["us-east-1a", "us-east-1b"])], _SPREAD),
        ([_fleet(placementGroup=_IN_GROUP, vpcZoneIdentifiers=[_IN_A])], []),
        ([_fleet(placementGroup=_IN_GROUP, vpcZoneIdentifiers=[_IN_A, _IN_B])], _SPREAD),
        (
            [_fleet(placementGroup=_IN_GROUP, vpcZoneIdentifiers=[_IN_C])],
            ["its members are in 2 zones: us-east-1a, use1-az4"],
        ),
        ([_placed(placement={"availabilityZone": "us-east-1a"})], []),
        ([_placed(placement={"availabilityZone": "us-east-1b"})], _SPREAD),
        ([_placed(), _fleet(**_OF_TEMPLATE, vpcZoneIdentifiers=[_IN_B])], _SPREAD),
        ([_placed(), _instance("x", **_OF_TEMPLATE, subnetId=_IN_B)], _SPREAD),
        ([_placed(), _instance("x", **_OF_TEMPLATE, availabilityZone="us-east-1b")], _SPREAD),
        ([_placed(networkInterfaces=[{"subnetId": _IN_A}])], []),
        ([_placed(networkInterfaces=[{"deviceIndex": 0}, {"subnetId": _IN_B}])], _SPREAD),
        (
            [
                (
                    t.CAPACITY_RESERVATION,
                    "r",
                    {
                        "placementGroupArn": reference(t.PLACEMENT_GROUP, "close", "arn"),
                        "availabilityZone": "us-east-1b",
                    },
                )
            ],
            _SPREAD,
        ),
        (
            [
                (
                    t.CAPACITY_RESERVATION,
                    "r",
                    {
                        "placementGroupArn": reference(t.PLACEMENT_GROUP, "close", "arn"),
                        "availabilityZone": reference(t.SUBNET, "b", "availabilityZone"),
                    },
                )
            ],
            _SPREAD,
        ),
        ([(t.CAPACITY_RESERVATION, "r", {"availabilityZone": "us-east-1b"})], []),
    ],
)
def test_members_of_a_cluster_group_are_in_one_zone(entries: list[Entry], said: list[str]) -> None:
    """Whatever says the zone: the member, its subnets, its fleet, its template, or a reservation."""
    assert only_refused("placement-one-zone", "close", _GROUP, _HERE, _A, _B, _BY_ID, *entries) == said
    assert refused("placement-one-zone", _group("spread"), _HERE, _A, _B, _BY_ID, *entries) == []


def test_a_group_whose_zones_are_not_told_is_not_accused() -> None:
    """Without members, and with members that name no zone."""
    assert refused("placement-one-zone", _GROUP) == []
    assert refused("placement-one-zone", _GROUP, _instance("x", placementGroup=_IN_GROUP)) == []


def test_a_subnet_outside_the_plan_leaves_the_zone_open() -> None:
    """The finding names the property that leads out of the plan."""
    fleet = _fleet(placementGroup=_IN_GROUP, vpcZoneIdentifiers=["subnet-0a"])
    said = [("vpcZoneIdentifiers", "names a subnet that is not in the plan: subnet-0a")]
    assert undecided("placement-one-zone", _GROUP, fleet) == said
    instance = _instance("x", placementGroup=_IN_GROUP, subnetId="subnet-0a")
    assert undecided("placement-one-zone", _GROUP, instance) == [("subnetId", said[0][1])]
    template = _placed(networkInterfaces=[{"subnetId": "subnet-0a"}])
    assert undecided("placement-one-zone", _GROUP, template) == [("networkInterfaces", said[0][1])]


# Tenancy

_DEDICATED_HOST = ["dedicated hosts cannot be in a placement group"]


@pytest.mark.parametrize(
    ("host", "group", "said"),
    [
        ({}, _GROUP, []),
        ({"tenancy": "default"}, _group("spread"), []),
        ({"tenancy": "dedicated"}, _GROUP, []),
        ({"tenancy": "dedicated"}, _group("spread"), ["a spread group takes no dedicated instances"]),
        ({"tenancy": "dedicated"}, _group("partition"), []),
        ({"tenancy": "dedicated"}, _group("partition", partitionCount=1), []),
        ({"tenancy": "dedicated"}, _group("partition", partitionCount=2), []),
        (
            {"tenancy": "dedicated"},
            _group("partition", partitionCount=3),
            ["with dedicated instances a partition group has at most two partitions, not 3"],
        ),
        ({"tenancy": "default"}, _group("partition", partitionCount=7), []),
        ({"tenancy": "host"}, _GROUP, _DEDICATED_HOST),
        ({"tenancy": "host"}, _group("spread"), _DEDICATED_HOST),
        ({"hostId": "h-1"}, _GROUP, _DEDICATED_HOST),
        ({"hostResourceGroupArn": "arn:aws:resource-groups:us-east-1:123456789012:group/g"}, _GROUP, _DEDICATED_HOST),
    ],
)
def test_the_tenancy_fits_the_strategy(host: Json, group: Entry, said: list[str]) -> None:
    """Of a template, of an instance, and of an instance that follows the template."""
    assert only_refused("tenancy-fits-strategy", "engine", _placed(placement=host), group) == said
    assert refused("tenancy-fits-strategy", _instance(**host, placementGroup=_IN_GROUP), group) == said
    assert refused("tenancy-fits-strategy", _instance(**host), group) == []
    assert refused("tenancy-fits-strategy", _template(placement=host), group) == []
    follower = _instance("follower", **_OF_TEMPLATE)
    assert accused("tenancy-fits-strategy", follower, _placed(placement=host), group) == [
        (name, message) for name in ("engine", "follower") for message in said
    ]


def test_an_instance_overrides_the_tenancy_of_its_template() -> None:
    """The instance's own word stands before its template's."""
    follower = _instance("follower", **_OF_TEMPLATE, tenancy="default")
    template = _placed(placement={"tenancy": "dedicated"})
    said = [("engine", "a spread group takes no dedicated instances")]
    assert accused("tenancy-fits-strategy", follower, template, _group("spread")) == said


_RESERVATION = t.CAPACITY_RESERVATION


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ([_template(placement={"tenancy": "dedicated"})], []),
        ([_template()], [("engine", "has tenancy 'default', not 'dedicated'")]),
        ([_template(placement={"tenancy": "host"})], [("engine", "has tenancy 'host', not 'dedicated'")]),
        ([_template("other")], []),
        ([_instance(tenancy="dedicated")], []),
        ([_instance()], [("engine", "has tenancy 'default', not 'dedicated'")]),
        ([_instance("other")], []),
        (
            [_template(placement={"tenancy": "dedicated"}), _instance("x", **_OF_TEMPLATE)],
            [],
        ),
        (
            [_template(placement={"tenancy": "dedicated"}), _instance("x", **_OF_TEMPLATE, tenancy="default")],
            [("x", "has tenancy 'default', not 'dedicated'")],
        ),
        ([_template("engine", name="other"), _instance("engine-2", **_OF_TEMPLATE, tenancy="default")], []),
    ],
)
def test_hosts_of_the_tier_have_the_declared_tenancy(entries: list[Entry], said: list[tuple[str, str]]) -> None:
    """An instance that follows a template belongs to the tier if the template does."""
    assert accused("tenancy-as-declared", *entries, **_HOSTS) == said


@pytest.mark.parametrize("wanted", ["default", "dedicated", "host"])
@pytest.mark.parametrize("given", ["default", "dedicated", "host"])
def test_another_tenancy_can_be_declared(wanted: str, given: str) -> None:
    """Only the declared tenancy is right."""
    found = refused("tenancy-as-declared", _template(placement={"tenancy": given}), tenancy=wanted, **_HOSTS)
    assert found == ([] if given == wanted else [f"has tenancy {given!r}, not {wanted!r}"])


@pytest.mark.parametrize(
    ("reservation", "said"),
    [
        ({"instanceType": "c7gn.metal", "tenancy": "dedicated"}, []),
        ({"instanceType": "c7gn.metal"}, ["has tenancy 'default', not 'dedicated'"]),
        ({"instanceType": "c7gn.metal", "tenancy": "default"}, ["has tenancy 'default', not 'dedicated'"]),
        ({"instanceType": "a1.metal", "tenancy": "default"}, []),
        ({"instanceType": "z1d.metal", "tenancy": "default"}, []),
        (
            {"instanceType": "z1d.metal", "placementGroupArn": reference(t.PLACEMENT_GROUP, "close", "arn")},
            ["has tenancy 'default', not 'dedicated'"],
        ),
        ({"instanceType": "z1d.metal", "placementGroupArn": reference(t.PLACEMENT_GROUP, "far", "arn")}, []),
    ],
)
def test_reservations_of_the_tier_have_the_declared_tenancy(reservation: Json, said: list[str]) -> None:
    """A reservation that a host of the tier may use, by its type or by its group."""
    other = _template("batch", instanceType="a1.metal", placement={"tenancy": "default"})
    engine = _placed(instanceType="c7gn.metal", placement={"tenancy": "dedicated"})
    far: Entry = (t.PLACEMENT_GROUP, "far", {"strategy": "cluster"})
    for entries in ((other, engine), (engine, other)):
        found = only_refused(
            "tenancy-as-declared", "r", *entries, _GROUP, far, (_RESERVATION, "r", reservation), **_HOSTS
        )
        assert found == said
    without = (other, _GROUP, far, (_RESERVATION, "r", reservation))
    assert refused("tenancy-as-declared", *without, **_HOSTS) == []


# Capacity


def _reserved(count: Any, kind: str = "c7gn.metal", name: str = "r") -> Entry:
    return _RESERVATION, name, {"instanceType": kind, "instanceCount": count}


_RUNS_TWO = _fleet(**_OF_TEMPLATE, minSize=2)


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ([], []),
        ([_fleet(**_OF_TEMPLATE)], []),
        ([_fleet(**_OF_TEMPLATE, minSize=0)], []),
        ([_RUNS_TWO], ["capacity is reserved for 0 of 2 hosts of type c7gn.metal"]),
        ([_RUNS_TWO, _reserved(1)], ["capacity is reserved for 1 of 2 hosts of type c7gn.metal"]),
        ([_RUNS_TWO, _reserved(2)], []),
        ([_RUNS_TWO, _reserved(3)], []),
        ([_RUNS_TWO, _reserved(1), _reserved(1, name="s")], []),
        ([_RUNS_TWO, _reserved(None)], ["capacity is reserved for 0 of 2 hosts of type c7gn.metal"]),
        ([_RUNS_TWO, _reserved(2, "c6in.metal")], ["capacity is reserved for 0 of 2 hosts of type c7gn.metal"]),
        ([_RUNS_TWO, _reserved(2, "z1d.metal")], ["capacity is reserved for 0 of 2 hosts of type c7gn.metal"]),
        ([_instance("x", **_OF_TEMPLATE)], ["capacity is reserved for 0 of 1 hosts of type c7gn.metal"]),
        (
            [_RUNS_TWO, _instance("x", **_OF_TEMPLATE), _reserved(2)],
            ["capacity is reserved for 2 of 3 hosts of type c7gn.metal"],
        ),
        ([_RUNS_TWO, _instance("x", **_OF_TEMPLATE), _reserved(3)], []),
    ],
)
def test_running_hosts_have_reserved_capacity(entries: list[Entry], said: list[str]) -> None:
    """Hosts of fleets and single ones, against all reservations of their type."""
    template = _template(instanceType="c7gn.metal")
    assert only_refused("capacity-reserved", "engine", template, *entries, **_HOSTS) == said
    assert refused("capacity-reserved", template, *entries, hosts=["other*"]) == []


@pytest.mark.parametrize(
    ("properties", "said"),
    [
        ({"instanceMatchCriteria": "targeted"}, []),
        ({"instanceMatchCriteria": "targeted", "endDateType": "unlimited"}, []),
        ({"instanceMatchCriteria": "targeted", "endDateType": "limited"}, ["ends at a date"]),
        ({"instanceMatchCriteria": "targeted", "endDate": "2027-01-01T00:00:00Z"}, ["ends at a date"]),
        ({"instanceMatchCriteria": "open"}, ["is open to any instance of its type"]),
        ({}, ["is open to any instance of its type"]),
        ({"endDateType": "limited"}, ["ends at a date", "is open to any instance of its type"]),
    ],
)
def test_a_reservation_lasts_and_is_targeted(properties: Json, said: list[str]) -> None:
    """Both are said of one that lacks both."""
    assert refused("reservation-stands", (_RESERVATION, "r", properties)) == said


# On-demand instances

_SPOT = {"instanceMarketOptions": {"marketType": "spot"}}


@pytest.mark.parametrize(
    ("entries", "count"),
    [
        ([_template(**_SPOT)], 1),
        ([_template()], 0),
        ([_template(instanceMarketOptions={"marketType": "capacity-block"})], 0),
        ([_template("other", **_SPOT)], 0),
        ([_placed("other", **_SPOT), _GROUP], 1),
        ([_template("other", **_SPOT, placementGroup="close")], 0),
        ([_instance(**_SPOT)], 1),
        ([_instance("other", **_SPOT)], 0),
        ([_instance("other", **_SPOT, placementGroup=_IN_GROUP), _GROUP], 1),
        ([_instance("other", placementGroup=_IN_GROUP), _GROUP], 0),
        ([(_SPOT_REQUEST, "engine", {})], 1),
        ([(_SPOT_REQUEST, "other", {})], 0),
        ([(_SPOT_REQUEST, "other", {"placementGroup": _IN_GROUP}), _GROUP], 1),
    ],
)
def test_hosts_of_the_tier_are_no_spot_instances(entries: list[Entry], count: int) -> None:
    """Hosts by name, and hosts in a placement group whatever their name."""
    assert refused("latency-tier-on-demand", *entries, **_HOSTS) == ["is a spot instance"] * count


def _mixed(share: Any = None, *overrides: Any, template: str = "engine", **properties: Any) -> Entry:
    policy: Json = {
        "launchTemplate": {
            "launchTemplateSpecification": {"launchTemplateId": reference(t.LAUNCH_TEMPLATE, template)},
            "overrides": [{"instanceType": kind} for kind in overrides],
        }
    }
    if share is not None:
        policy["instancesDistribution"] = {"onDemandPercentageAboveBaseCapacity": share}
    return _fleet(mixedInstancesPolicy=policy, **properties)


_OTHER = _template("other")


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ([_template(), _fleet()], []),
        ([_template(), _mixed()], []),
        ([_template(), _mixed(100)], []),
        ([_template(), _mixed(99)], ["launches 1 % of its hosts as spot instances"]),
        ([_template(), _mixed(0)], ["launches 100 % of its hosts as spot instances"]),
        ([_OTHER, _mixed(0, template="other")], []),
        ([_placed("other"), _GROUP, _mixed(0, template="other")], ["launches 100 % of its hosts as spot instances"]),
        (
            [_OTHER, _GROUP, _mixed(0, template="other", placementGroup=_IN_GROUP)],
            ["launches 100 % of its hosts as spot instances"],
        ),
        ([_OTHER, _mixed(50, template="other", name="engines")], ["launches 50 % of its hosts as spot instances"]),
        ([_template(), _mixed(None, "c7gn.metal")], []),
        (
            [_template(), _mixed(None, "c7gn.metal", None, "t3.large", "c7i-flex.large")],
            [
                "may launch t3.large, which no cluster placement group takes",
                "may launch c7i-flex.large, which no cluster placement group takes",
            ],
        ),
        ([_OTHER, _mixed(None, "t3.large", template="other")], []),
    ],
)
def test_fleets_of_the_tier_launch_on_demand_instances(entries: list[Entry], said: list[str]) -> None:
    """A fleet is of the tier by its template, by its group, or by its own name."""
    assert only_refused("latency-tier-on-demand", "fleet", *entries, **_HOSTS) == said


def test_a_fleet_without_overrides_is_judged() -> None:
    """The block of the template may be missing."""
    fleet = _fleet(
        "engines", mixedInstancesPolicy={"instancesDistribution": {"onDemandPercentageAboveBaseCapacity": 0}}
    )
    said = ["launches 100 % of its hosts as spot instances"]
    assert refused("latency-tier-on-demand", fleet, **_HOSTS) == said
    assert refused("latency-tier-on-demand", fleet, hosts=["other*"]) == []


@pytest.mark.parametrize(
    ("interfaces", "count"),
    [
        (None, 1),
        ([], 1),
        ([{}], 1),
        ([{"enaSrdSpecification": {}}], 1),
        ([{"enaSrdSpecification": {"enaSrdEnabled": True}}], 0),
        ([{"enaSrdSpecification": {"enaSrdEnabled": False}}], 0),
        ([{"enaSrdSpecification": {"enaSrdEnabled": False}}, {}], 1),
        ([{"enaSrdSpecification": "yes"}], 1),
    ],
)
def test_ena_express_is_set(interfaces: Any, count: int) -> None:
    """On each interface, to true or to false."""
    template = _template(networkInterfaces=interfaces)
    assert refused("ena-express-explicit", template, **_HOSTS) == ["leaves ENA Express to the instance type"] * count
    assert refused("ena-express-explicit", template, hosts=["other*"]) == []
