"""Rules of security groups and network ACLs as sets of addresses, at the edges of what counts as the internet."""

from __future__ import annotations

from typing import Any

import pytest

from policy import tokens as t
from policy.addresses import covers_world
from tests.policy.small import Entry, accused, compared, only_refused, reference, refused, undecided

Json = dict[str, Any]
_ADMIN, _WORLD = "no-world-ingress-to-administration", "world-ingress-authorised"
_GROUP: Entry = (t.SECURITY_GROUP, "g", {})
_OPEN = "the internet may connect to ports 22-22"
# Each holds a 32nd of the addresses, both together a sixteenth.
_HALF, _OTHER_HALF, _OFFICE = "32.0.0.0/5", "40.0.0.0/5", "8.8.8.0/24"
_LIST, _ENTRY = "aws:ec2/managedPrefixList:ManagedPrefixList", "aws:ec2/managedPrefixListEntry:ManagedPrefixListEntry"


def _rule(name: str, cidr: Any, low: Any = 22, high: Any = 22, group: str = "g", **more: Any) -> Entry:
    given = {"ipProtocol": "tcp", "fromPort": low, "toPort": high, "cidrIpv4": cidr, **more}
    properties = {key: value for key, value in given.items() if value is not None}
    return t.INGRESS_RULE, name, {"securityGroupId": reference(t.SECURITY_GROUP, group), **properties}


def _inline(*entries: Json, name: str = "g") -> Entry:
    return t.SECURITY_GROUP, name, {"ingress": list(entries)}


def _entry(*cidrs: str, low: int = 22, high: int = 22, **more: Any) -> Json:
    return {"protocol": "tcp", "fromPort": low, "toPort": high, "cidrBlocks": list(cidrs), **more}


def test_the_halves_are_the_world_together() -> None:
    """What the tests of this file build on."""
    assert not covers_world([_HALF])
    assert not covers_world([_OTHER_HALF])
    assert covers_world([_HALF, _OTHER_HALF])


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        (_rule("a", _HALF), _rule("b", _OTHER_HALF), [("a", _OPEN), ("b", _OPEN)]),
        (_rule("a", _HALF), _rule("b", _OFFICE), []),
        (_rule("a", _HALF), _rule("b", _OTHER_HALF, 23, 23), []),
        (_rule("a", _HALF), _rule("b", _OTHER_HALF, 20, 30), [("a", _OPEN)]),
        (_rule("a", _HALF), _rule("b", _OTHER_HALF, None, None, ipProtocol="-1"), [("a", _OPEN)]),
        (_rule("a", _HALF), _rule("b", _OTHER_HALF, group="h"), []),
        (_rule("a", "10.0.0.0/8"), _rule("b", "0.0.0.0/0"), [("b", _OPEN)]),
        (_rule("a", None, referencedSecurityGroupId="sg-1"), _rule("b", "0.0.0.0/0"), [("b", _OPEN)]),
        (_rule("a", "0.0.0.0/0"), _rule("b", _OFFICE), [("a", _OPEN)]),
        (_rule("a", "0.0.0.0/1"), _rule("b", "128.0.0.0/1"), [("a", _OPEN), ("b", _OPEN)]),
    ],
)
def test_rules_of_a_group_together(first: Entry, second: Entry, said: list[tuple[str, str]]) -> None:
    """Two rules of one group that split the internet; other groups, other ports and private networks take no part."""
    other: Entry = (t.SECURITY_GROUP, "h", {})
    for entries in ((first, second), (second, first)):
        assert sorted(accused(_ADMIN, _GROUP, other, *entries)) == said


def test_inline_rules_and_rules_apart_are_of_one_group() -> None:
    """The group's own entries and a rule that names it by a reference or by its id."""
    inline = _inline(_entry(_HALF))
    assert sorted(accused(_ADMIN, inline, _rule("a", _OTHER_HALF))) == [("a", _OPEN), ("g", _OPEN)]
    both = [
        (t.INGRESS_RULE, n, {**_rule(n, c)[2], "securityGroupId": "sg-1"})
        for n, c in (("a", _HALF), ("b", _OTHER_HALF))
    ]
    assert accused(_ADMIN, *both) == [("a", _OPEN), ("b", _OPEN)]
    apart = [both[0], (t.INGRESS_RULE, "b", {**both[1][2], "securityGroupId": "sg-2"})]
    assert accused(_ADMIN, *apart) == []
    nowhere = [(type_, name, {k: v for k, v in p.items() if k != "securityGroupId"}) for type_, name, p in both]
    assert accused(_ADMIN, *nowhere) == []
    assert accused(_ADMIN, _inline(_entry(_HALF), _entry(_OTHER_HALF))) == [("g", _OPEN), ("g", _OPEN)]
    assert accused(_ADMIN, _inline(_entry(_HALF)), _inline(_entry(_OTHER_HALF), name="h")) == []


def test_a_rule_that_cannot_be_read_hides_no_other() -> None:
    """The rules of the same group are judged without it, and it is said to be beyond judging."""
    from policy.values import UNKNOWN_TEXT

    unknown = _rule("b", UNKNOWN_TEXT)
    assert undecided(_ADMIN, _GROUP, _rule("a", _OFFICE), unknown) == [("cidrIpv4", "is known only after the update")]
    said = (
        "properties",
        "are not of the form that the rule knows: 'everybody' does not appear to be an IPv4 or IPv6 network",
    )
    assert undecided(_ADMIN, _GROUP, _rule("a", _OFFICE), _rule("b", "everybody")) == [said]


def _with_unreadable(rule: str, *entries: Entry) -> list[tuple[str, str]]:
    """What a rule says of entries among which some cannot be read."""
    from policy import check
    from policy.catalogue import BY_ID
    from tests.policy import documents as d

    report = check.evaluate([d.blueprint(*entries)], rules=[BY_ID[rule]])
    assert report.not_evaluated
    return [(violation.urn.split("::")[-1], violation.message) for violation in report.violations]


@pytest.mark.parametrize("cidr", ["04da6b54-80e4-46f7-96ec-b56ff0331ba9", "everybody"])
def test_rules_after_one_that_cannot_be_read_are_judged(cidr: str) -> None:
    """An unknown range, and a text that is none, leave the others of the group together."""
    halves = (_rule("a", _HALF), _rule("b", _OTHER_HALF))
    found = _with_unreadable(_ADMIN, _GROUP, _rule("x", cidr), *halves)
    assert found == [("a", _OPEN), ("b", _OPEN)]


def test_a_rule_whose_group_is_not_known_is_judged_by_itself() -> None:
    """It may be of any group."""
    unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
    whole = (t.INGRESS_RULE, "a", {**_rule("a", "0.0.0.0/0")[2], "securityGroupId": unknown})
    halves = [
        (t.INGRESS_RULE, n, {**_rule(n, c)[2], "securityGroupId": unknown})
        for n, c in (("b", _HALF), ("c", _OTHER_HALF))
    ]
    assert accused(_ADMIN, whole, *halves) == [("a", _OPEN)]


def test_messages_of_icmp_have_no_ports() -> None:
    """They are no ports that must be authorised."""
    assert refused(_WORLD, _rule("x", "0.0.0.0/0", 8, 0, ipProtocol="icmp")) == []
    assert refused(_WORLD, _rule("x", "0.0.0.0/0", 0, 0, ipProtocol="icmp")) == []


def test_access_lists_after_one_that_cannot_be_read_are_judged() -> None:
    """An entry that is no block, an unknown range, and a text that is none."""
    good: Entry = (t.NETWORK_ACL, "good", {"ingress": [_ingress(100, "allow")]})
    unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
    entries: list[Any] = [
        "x",
        _ingress(1, "allow", cidrBlock=unknown),
        _ingress(1, "allow", cidrBlock="x"),
        _ingress(None, "allow"),
    ]
    for entry in entries:
        bad: Entry = (t.NETWORK_ACL, "bad", {"ingress": [entry]})
        assert _with_unreadable(_ACL, bad, good) == [("good", "lets the internet reach port 22")]


def test_rules_of_egress_are_read_apart() -> None:
    """What goes out does not make what comes in the world, nor the other way round."""
    out: Entry = (t.EGRESS_RULE, "out", {**_rule("out", _HALF, None, None, ipProtocol="-1")[2]})
    more: Entry = (t.EGRESS_RULE, "more", {**_rule("more", _OTHER_HALF, None, None, ipProtocol="-1")[2]})
    said = "may connect to anywhere on all ports"
    assert accused("egress-limited", _GROUP, out, more) == [("out", said), ("more", said)]
    assert accused("egress-limited", _GROUP, out, _rule("a", _OTHER_HALF, None, None, ipProtocol="-1")) == []
    assert accused(_ADMIN, _GROUP, out, more, _rule("a", _HALF)) == []
    classic: Json = {"type": "egress", "protocol": "-1", "cidrBlocks": ["0.0.0.0/0"], "fromPort": 0, "toPort": 0}
    assert refused("egress-limited", (t.CLASSIC_RULE, "c", classic)) == [said]
    assert refused("egress-limited", (t.CLASSIC_RULE, "c", {**classic, "type": "ingress"})) == []
    six = {**classic, "cidrBlocks": None, "ipv6CidrBlocks": ["::/0"]}
    assert refused("egress-limited", (t.CLASSIC_RULE, "c", six)) == [said]


_PREFIXES = reference(_LIST, "l")


@pytest.mark.parametrize(
    ("cidrs", "count"), [(["0.0.0.0/0"], 1), ([_HALF, _OTHER_HALF], 1), ([_HALF], 0), ([_OFFICE], 0), ([], 0)]
)
def test_prefix_lists_of_the_plan_are_read(cidrs: list[str], count: int) -> None:
    """Entries in the list and apart from it, wherever a rule names the list."""
    inside: Entry = (_LIST, "l", {"entries": [{"cidr": cidr} for cidr in cidrs]})
    apart = [
        (_LIST, "l", {}),
        *((_ENTRY, f"e{i}", {"prefixListId": _PREFIXES, "cidr": c}) for i, c in enumerate(cidrs)),
    ]
    classic: Json = {"type": "ingress", "protocol": "tcp", "fromPort": 22, "toPort": 22, "prefixListIds": [_PREFIXES]}
    rules: list[Entry] = [
        _rule("x", None, prefixListId=_PREFIXES),
        (t.CLASSIC_RULE, "x", classic),
        _inline(_entry(prefixListIds=[_PREFIXES])),
    ]
    for rule in rules:
        assert refused(_ADMIN, inside, rule) == [_OPEN] * count
        assert refused(_ADMIN, *apart, rule) == [_OPEN] * count
        assert refused(_ADMIN, rule) == []
        assert refused(_ADMIN, (_LIST, "other", {"entries": [{"cidr": "0.0.0.0/0"}]}), rule) == []


def test_a_prefix_list_that_is_not_known_is_passed_over() -> None:
    """AWS's own lists hold the addresses of its services."""
    from policy.values import UNKNOWN_TEXT

    inside: Entry = (_LIST, "l", {"entries": [{"cidr": "0.0.0.0/0"}]})
    group = _inline(_entry(prefixListIds=["pl-63a5400a"]), _entry(prefixListIds=[_PREFIXES]))
    assert refused(_ADMIN, inside, group) == [_OPEN]
    rule = _rule("x", None, prefixListId=UNKNOWN_TEXT)
    assert refused(_ADMIN, inside, rule) == []


@pytest.mark.parametrize(
    ("protocol", "low", "high", "said"),
    [
        ("tcp", 22, 22, _OPEN),
        (6.0, 22, 22, _OPEN),
        (17.0, 22, 22, _OPEN),
        ("TCP", 22, 22, _OPEN),
        ("ICMP", 22, 22, None),
        (58.0, 22, 22, None),
        ("ALL", 22, 22, "the internet may connect to all ports"),
        (-1.0, 22, 22, "the internet may connect to all ports"),
        ("tcp", 0, 65535, "the internet may connect to all ports"),
        ("tcp", 1, 65535, "the internet may connect to ports 1-65535"),
        ("tcp", 0, 65534, "the internet may connect to ports 0-65534"),
        ("tcp", 0, 21, None),
        ("tcp", 23, 24, None),
        ("tcp", None, None, "the internet may connect to all ports"),
        ("tcp", 22, None, _OPEN),
        ("tcp", 21, None, None),
    ],
)
def test_ports_of_a_protocol(protocol: Any, low: Any, high: Any, said: str | None) -> None:
    """Names and numbers of protocols in any case; without an upper port the lower one alone."""
    rule = _rule("x", "0.0.0.0/0", low, high, ipProtocol=protocol)
    assert refused(_ADMIN, rule) == ([said] if said else [])


def test_each_opening_of_a_group_is_judged() -> None:
    """An entry that another rule judges, or that is not the world, does not end the judgement."""
    bad = "the internet may connect to ports 8443-8443, of which only [80, 443] are authorised"
    entries = (_entry(_OFFICE), _entry("0.0.0.0/0"), _entry("0.0.0.0/0", low=0, high=65535))
    for entry in entries:
        assert refused(_WORLD, _inline(entry, _entry("0.0.0.0/0", low=8443, high=8443))) == [bad]
        assert refused(_WORLD, _inline(_entry("0.0.0.0/0", low=8443, high=8443), entry)) == [bad]
    assert refused(_WORLD, _inline(_entry("0.0.0.0/0", low=443, high=443)), ports=[443]) == []
    said = "the internet may connect to ports 80-80, of which only [443] are authorised"
    assert refused(_WORLD, _inline(_entry("0.0.0.0/0", low=80, high=80)), ports=[443]) == [said]


# Network ACLs

_ACL = "acl-no-world-administration"


def _acl(*entries: Json, type_: str = t.NETWORK_ACL) -> Entry:
    return type_, "acl", {"ingress": list(entries)}


def _ingress(number: Any, action: str, *, low: Any = 22, high: Any = 22, **more: Any) -> Json:
    given = {"ruleNo": number, "action": action, "protocol": "tcp", "fromPort": low, "toPort": high, **more}
    return {"cidrBlock": "0.0.0.0/0", **given} if "cidrBlock" not in more and "ipv6CidrBlock" not in more else given


@pytest.mark.parametrize(
    ("entries", "ports"),
    [
        ([_ingress(100, "allow")], [22]),
        ([_ingress(100, "ALLOW")], [22]),
        ([_ingress(100, "deny")], []),
        ([_ingress(100, "allow", low=0, high=65535)], [22, 3389]),
        ([_ingress(100, "allow", low=23, high=3388)], []),
        ([_ingress(100, "allow", protocol="icmp")], []),
        ([_ingress(100, "allow", protocol=-1.0)], [22, 3389]),
        ([_ingress(90, "deny"), _ingress(100, "allow")], []),
        ([_ingress(100, "allow"), _ingress(90, "deny")], []),
        ([_ingress(110, "deny"), _ingress(100, "allow")], [22]),
        ([_ingress(100, "deny", cidrBlock=_HALF), _ingress(110, "allow", cidrBlock=_HALF)], []),
        ([_ingress(100, "deny", cidrBlock=_HALF), _ingress(110, "allow")], [22]),
        ([_ingress(100, "deny"), _ingress(110, "allow", cidrBlock=_HALF)], []),
        ([_ingress(100, "allow", cidrBlock=_HALF), _ingress(110, "allow", cidrBlock=_OTHER_HALF)], [22]),
        ([_ingress(100, "allow", cidrBlock=_HALF), _ingress(110, "allow", cidrBlock=_HALF)], []),
        ([_ingress(100, "allow", cidrBlock=_HALF)], []),
        ([_ingress(100, "allow", ipv6CidrBlock="::/0")], [22]),
        ([_ingress(90, "deny"), _ingress(100, "allow", ipv6CidrBlock="::/0")], [22]),
        ([_ingress(90, "deny", ipv6CidrBlock="::/0"), _ingress(100, "allow", ipv6CidrBlock="::/0")], []),
        ([_ingress(90, "deny", ipv6CidrBlock="2000::/3"), _ingress(100, "allow", ipv6CidrBlock="::/0")], []),
        ([_ingress(90, "deny", ipv6CidrBlock="::/0"), _ingress(100, "allow", ipv6CidrBlock="2000::/3")], []),
        ([_ingress(90, "deny", ipv6CidrBlock="2000::/4"), _ingress(100, "allow", ipv6CidrBlock="2000::/3")], [22]),
        ([_ingress(100, "allow", low=20, high=21), _ingress(110, "allow", low=22, high=22)], [22]),
        ([_ingress(100, "allow", low=3389, high=3389)], [3389]),
        ([_ingress(90, "deny", low=3389, high=3389), _ingress(100, "allow", low=0, high=65535)], [22]),
    ],
)
def test_what_an_access_list_admits(entries: list[Json], ports: list[int]) -> None:
    """The lowest number decides, by address and by port."""
    said = [f"lets the internet reach {', '.join(f'port {port}' for port in ports)}"] if ports else []
    for type_ in (t.NETWORK_ACL, t.DEFAULT_NETWORK_ACL):
        assert refused(_ACL, _acl(*entries, type_=type_)) == said
    rules: list[Entry] = []
    for index, entry in enumerate(entries):
        given = {"ruleNumber": entry["ruleNo"], "ruleAction": entry["action"], "networkAclId": "acl-1"}
        kept = {key: value for key, value in entry.items() if key not in ("ruleNo", "action")}
        rules.append((t.NETWORK_ACL_RULE, f"r{index}", {**given, **kept}))
    found = accused(_ACL, *rules)
    assert {message for _, message in found} == set(said)


def test_the_rule_that_admits_is_accused() -> None:
    """Not the one that denies, nor one for a private network."""
    base = {"networkAclId": "acl-1", "protocol": "tcp", "fromPort": 22, "toPort": 22}
    private = (
        t.NETWORK_ACL_RULE,
        "private",
        {**base, "ruleNumber": 90, "ruleAction": "allow", "cidrBlock": "10.0.0.0/8"},
    )
    first = (t.NETWORK_ACL_RULE, "first", {**base, "ruleNumber": 100, "ruleAction": "allow", "cidrBlock": "0.0.0.0/0"})
    again = (t.NETWORK_ACL_RULE, "again", {**base, "ruleNumber": 110, "ruleAction": "allow", "cidrBlock": "0.0.0.0/0"})
    said = "lets the internet reach port 22"
    assert accused(_ACL, private, again, first) == [("first", said)]
    elsewhere = (t.NETWORK_ACL_RULE, "first", {**first[2], "networkAclId": "acl-2"})
    assert accused(_ACL, elsewhere, again) == [("first", said), ("again", said)]
    nowhere = (t.NETWORK_ACL_RULE, "first", {k: v for k, v in first[2].items() if k != "networkAclId"})
    assert accused(_ACL, nowhere, again) == [("first", said), ("again", said)]
    outgoing = (t.NETWORK_ACL_RULE, "first", {**first[2], "egress": True})
    assert accused(_ACL, outgoing) == []
    declared: Entry = (t.NETWORK_ACL, "acl", {"ingress": [_ingress(90, "deny")]})
    inside = (t.NETWORK_ACL_RULE, "first", {**first[2], "networkAclId": reference(t.NETWORK_ACL, "acl")})
    assert accused(_ACL, declared, inside) == []
    assert accused(_ACL, declared, first) == [("first", said)]


def test_other_ports_of_administration_are_configured() -> None:
    """The parameter names them."""
    entry = _acl(_ingress(100, "allow", low=5900, high=5900))
    assert refused(_ACL, entry) == []
    assert refused(_ACL, entry, ports=[5900]) == ["lets the internet reach port 5900"]
    assert refused(_ADMIN, _rule("x", "0.0.0.0/0", 5900, 5900)) == []
    assert refused(_ADMIN, _rule("x", "0.0.0.0/0", 5900, 5900), ports=[5900]) == [
        "the internet may connect to ports 5900-5900"
    ]


# Networks of stacks


@pytest.mark.parametrize(
    ("ours", "route", "said"),
    [
        ("10.20.0.5/16", {"destinationCidrBlock": "10.20.4.0/24"}, ["10.20.0.0/16 overlaps 10.20.4.0/24"]),
        ("10.20.0.0/16", {"destinationCidrBlock": "0.0.0.0/1"}, ["10.20.0.0/16 overlaps 0.0.0.0/1"]),
        ("10.20.0.0/16", {"destinationCidrBlock": "0.0.0.0/0"}, []),
        ("10.20.0.0/16", {"destinationCidrBlock": "10.20.4.0/24", "at": "us-west-2"}, []),
    ],
)
def test_a_vpc_and_what_it_routes_to(ours: str, route: Json, said: list[str]) -> None:
    """Routes of the VPC's own region; a half of the internet is a network like any other."""
    vpc: Entry = (t.VPC, "v", {"cidrBlock": ours})
    found = refused("vpc-clear-of-routes", vpc, (t.ROUTE, "r", {"transitGatewayId": "tgw-1", **route}))
    assert found == [f"{line}, to which a route leads away" for line in said]


@pytest.mark.parametrize(
    ("ours", "theirs", "said"),
    [
        ("10.20.0.0/16", "10.21.0.0/16", None),
        ("10.20.0.0/16", "10.20.0.0/24", "10.20.0.0/16 overlaps 10.20.0.0/24"),
        ("10.20.0.9/16", "10.20.0.9/24", "10.20.0.0/16 overlaps 10.20.0.0/24"),
    ],
)
def test_networks_of_both_regions_do_not_overlap(ours: str, theirs: str, said: str | None) -> None:
    """Addresses within a network mean the network, as EC2 reads them (EC2 API, CreateVpc)."""
    vpc: Entry = (t.VPC, "v", {"cidrBlock": ours})
    found = compared("region-cidrs-disjoint", [vpc], [(t.VPC, "v", {"cidrBlock": theirs})])
    urn = f"urn:pulumi:dr::shop::{t.VPC}::v"
    assert found == ([("v", f"{said} of {urn}")] if said else [])


def test_a_missing_endpoint_is_said_of_the_first_vpc() -> None:
    """Services may have a dot in their name."""
    vpcs: list[Entry] = [(t.VPC, name, {}) for name in ("first", "second")]
    repository: Entry = (t.ECR_REPOSITORY, "r", {})
    endpoint: Entry = (t.VPC_ENDPOINT, "e", {"serviceName": "com.amazonaws.us-east-1.ecr.api"})
    services = {"ecr.api": [t.ECR_REPOSITORY]}
    said = [("first", "the stack uses ecr.api, and no endpoint leads there")]
    assert accused("private-endpoints", *vpcs, repository, services=services) == said
    assert only_refused("private-endpoints", "first", *vpcs, repository, endpoint, services=services) == []
    other: Entry = (t.VPC_ENDPOINT, "e", {"serviceName": "com.amazonaws.us-east-1.ecr.dkr"})
    assert accused("private-endpoints", *vpcs, repository, other, services=services) == said
