"""How a VPC's range is divided."""

from __future__ import annotations

from ipaddress import IPv4Network
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from components.network.addressing import divide, merge_ranges
from components.settings import REGIONS

PRIVATE_BLOCKS = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")


@st.composite
def vpcs(draw: st.DrawFn) -> IPv4Network:
    block = IPv4Network(draw(st.sampled_from(PRIVATE_BLOCKS)))
    size = draw(st.integers(16, 20))
    position = draw(st.integers(0, 2 ** (size - block.prefixlen) - 1))
    first = int(block.network_address) + position * 2 ** (32 - size)
    return IPv4Network((first, size))


zones = st.sampled_from(sorted(REGIONS)).flatmap(
    lambda region: st.permutations(REGIONS[region].zones).map(lambda names: names[:3])
)


@given(vpcs(), zones)
def test_subnets_never_overlap_and_stay_inside_the_vpc(vpc: IPv4Network, zones: list[str]):
    divided = divide(vpc, zones)
    assert [ranges.zone for ranges in divided] == zones, "every zone has its subnets, in the order of the zones"
    every = [subnet for ranges in divided for subnet in ranges.all]
    assert len(every) == 12, "each zone has a public, an app, a data and a transit subnet"
    for one, other in combinations(every, 2):
        assert not one.overlaps(other), f"{one} and {other} overlap"
    assert all(subnet.subnet_of(vpc) for subnet in every), "a subnet lies outside its VPC"


@given(vpcs(), zones)
def test_subnets_are_of_a_size_that_a_vpc_takes_and_room_is_left(vpc: IPv4Network, zones: list[str]):
    every = [subnet for ranges in divide(vpc, zones) for subnet in ranges.all]
    assert all(16 <= subnet.prefixlen <= 28 for subnet in every), "a subnet is /16 to /28"
    assert sum(subnet.num_addresses for subnet in every) <= vpc.num_addresses * 10 // 16, (
        "six of sixteen parts are free"
    )


@given(vpcs(), zones)
def test_a_tier_named_as_a_whole_covers_its_subnets_and_nothing_else(vpc: IPv4Network, zones: list[str]):
    divided = divide(vpc, zones)
    for tier in ("app", "data", "public"):
        subnets = [getattr(ranges, tier) for ranges in divided]
        whole = merge_ranges(subnets)
        assert sum(r.num_addresses for r in whole) == sum(s.num_addresses for s in subnets)
        assert all(any(subnet.subnet_of(part) for part in whole) for subnet in subnets)
