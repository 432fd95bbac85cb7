"""Every setting of address ranges and of addresses has one type, which refuses what no router forwards."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network, summarize_address_range
from typing import Any, get_args, get_origin

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic.alias_generators import to_camel

from components.settings import Settings, SettingsError

BLOCKS = (
    *("0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "192.0.0.0/24", "192.88.99.0/24", "224.0.0.0/4", "240.0.0.0/4"),
    *("224.0.0.0/3", "255.255.255.255/32", "239.1.2.3/32", "127.0.0.53/32", "169.254.169.254/32", "0.0.0.0/32"),
)
HOSTS = ("0.0.0.1", "127.0.0.1", "169.254.169.254", "192.0.0.9", "192.88.99.1", "224.0.0.5", "240.1.1.1")


def _settings_of(kind: type) -> Iterator[tuple[str, bool]]:
    """Keys of the settings of that kind, and whether each is a list."""
    for section in Settings.sections().values():
        for name, field in section.model_fields.items():
            items = get_args(field.annotation) if get_origin(field.annotation) is tuple else ()
            held = [getattr(item, "__origin__", item) for item in (items or (field.annotation,))]
            if kind in held:
                yield to_camel(name), bool(items)


RANGES, ADDRESSES = dict(_settings_of(IPv4Network)), dict(_settings_of(IPv4Address))


def refused(key: str, value: Any) -> str:
    with pytest.raises(SettingsError) as refusal:
        Settings.parse({key: value})
    return next(line for line in refusal.value.problems if line.startswith(f"trading-platform:{key} = "))


def test_the_settings_of_ranges_are_found_by_their_type():
    assert {"clientCidrs", "vpcCidr", "onPremisesCidr", "kubernetesServiceCidr"} <= RANGES.keys()
    assert "customerGatewayIp" in ADDRESSES


@pytest.mark.parametrize("key", RANGES)
@pytest.mark.parametrize("block", BLOCKS)
def test_no_setting_takes_a_range_from_which_no_packet_comes(key: str, block: str):
    line = refused(key, [block] if RANGES[key] else block)
    assert "from which no packet comes through a router; name a range of hosts" in line


@pytest.mark.parametrize("key", ADDRESSES)
@pytest.mark.parametrize("host", HOSTS)
def test_no_setting_takes_an_address_that_no_router_reaches(key: str, host: str):
    assert "is not a routable public unicast address; give" in refused(key, host)


def test_each_bad_range_of_a_list_is_named():
    line = refused("clientCidrs", ["8.8.8.0/24", "127.0.0.0/8"])
    assert line.startswith("trading-platform:clientCidrs = '127.0.0.0/8': lies in 127.0.0.0/8, loopback (RFC 1122)")


@pytest.mark.parametrize(
    "ranges",
    [
        *(["0.0.0.0/0"], ["0.0.0.0/1", "128.0.0.0/1"], ["192.0.0.0/8"], ["8.8.8.8/32"], ["128.0.0.0/2", "1.0.0.0/8"]),
        *(["10.0.0.0/8"], ["100.64.0.0/10"], ["203.0.113.0/24"], ["223.255.255.0/24"], ["169.253.0.0/16"]),
    ],
)
def test_ranges_with_hosts_that_a_packet_may_come_from_are_taken(ranges: list[str]):
    """Also those that hold a reserved block beside others; documentation is judged where a stack is brought up."""
    assert [str(each) for each in Settings.parse({"clientCidrs": ranges}).network.client_cidrs] == ranges


NEVER = [(int(block[0]), int(block[-1])) for block in map(IPv4Network, BLOCKS[:7])]


@settings(max_examples=300, deadline=None, database=None, derandomize=True)
@given(st.integers(0, 2**32 - 1), st.integers(0, 32))
def test_a_range_is_refused_where_all_of_it_is_reserved(address: int, length: int):
    network = IPv4Network((address, length), strict=False)
    first, last = int(network[0]), int(network[-1])
    covered = sum(max(0, min(last, end) - max(first, start) + 1) for start, end in NEVER)
    whole = covered == network.num_addresses
    try:
        Settings.parse({"clientCidrs": [str(network)]})
    except SettingsError:
        assert whole
    else:
        assert not whole


def test_the_parts_of_a_reserved_span_are_refused_each():
    for part in summarize_address_range(IPv4Address("224.0.0.0"), IPv4Address("255.255.255.255")):
        refused("clientCidrs", [str(part)])
