"""R2: DNS failover of the Trading API, and a takeover without us-east-1."""

from __future__ import annotations

import json
from typing import Any

import pytest

from blueprint import Blueprint, record_dr, record_primary
from blueprint.references import references_in
from functions.order_intake.answers import Answer
from recovery.switch import ITEM
from tests.components.security.graph import statement

RECORD = "aws:route53/record:Record"
HEALTH_CHECK = "aws:route53/healthCheck:HealthCheck"
DOMAIN = "aws:apigateway/domainName:DomainName"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
NAME = "orders.trading.example"


@pytest.fixture(params=["dr", "dr_active"])
def recovery_stack(request: pytest.FixtureRequest) -> Blueprint:
    """The recovery stack, standing by and after it has taken over."""
    return request.getfixturevalue(request.param)


def test_both_regions_have_the_same_domain_name_with_tls(stack: Blueprint):
    domain = stack.one(DOMAIN, "trading-api").properties
    assert domain["domainName"] == NAME, "clients keep one name"
    assert domain["securityPolicy"] == "TLS_1_2"
    assert domain["endpointConfiguration"] == {"types": "REGIONAL"}, "an edge endpoint would not be of this region"
    validation = stack.one("aws:acm/certificateValidation:CertificateValidation", "trading-api")
    assert validation.urn in stack.one(DOMAIN, "trading-api").dependencies, "it waits for a certificate that is issued"


def test_the_primary_declares_no_record_of_the_name(primary: Blueprint):
    assert NAME not in {record.properties["name"] for record in primary.of_type(RECORD)}


def test_failover_records_of_the_name(recovery_stack: Blueprint):
    first, second = (recovery_stack.one(RECORD, role).properties for role in ("primary", "standby"))
    assert first["name"] == second["name"] == NAME
    assert [p["type"] for p in (first["failoverRoutingPolicies"][0], second["failoverRoutingPolicies"][0])] == [
        "PRIMARY",
        "SECONDARY",
    ]
    assert first["records"] != second["records"], "the two lead to different regions"
    assert first["ttl"] == second["ttl"] == 5, "resolvers forget in time"
    assert "healthCheckId" not in second, "the standby's record answers whenever the primary's does not"


def _record_check(stack: Blueprint) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """The check of the primary's record, and the checks that it is calculated from, by name."""
    (check,) = references_in(stack.one(RECORD, "primary").properties["healthCheckId"])
    found = stack.one(check.type, check.name).properties
    children = [next(iter(references_in(child))) for child in found["childHealthchecks"]]
    return found, {child.name: stack.one(child.type, child.name).properties for child in children}


def _healthy(check: dict[str, Any], answers: bool) -> bool:
    """Status of a check whose endpoint answers as wanted, or not: no answer counts as not wanted."""
    return answers != check.get("invertHealthcheck", False)


@pytest.mark.parametrize(
    ("endpoint", "primary_accepts", "leads_to_primary"),
    [
        ("not taken over", True, True),
        ("not taken over", False, True),
        ("taken over", True, False),
        ("taken over", False, False),
        ("silent", True, True),
        ("silent", False, False),
    ],
)
def test_an_endpoint_that_does_not_answer_leads_nobody_to_a_region_without_the_lease(
    recovery_stack: Blueprint, endpoint: str, primary_accepts: bool, leads_to_primary: bool
):
    """Each case of `Traffic`: too few checkers that reach the endpoint are the same as silence."""
    record, children = _record_check(recovery_stack)
    assert record["type"] == "CALCULATED"
    healthy = [
        _healthy(children["switch"], endpoint == "taken over"),
        _healthy(children["primary-serves"], endpoint == "not taken over"),
        _healthy(children["primary-accepts"], primary_accepts),
    ]
    assert len(healthy) == len(children)
    assert (sum(healthy) >= record["childHealthThreshold"]) == leads_to_primary


def test_the_checks_of_the_primarys_record_ask_the_switch_and_whether_the_primary_accepts(recovery_stack: Blueprint):
    _, children = _record_check(recovery_stack)
    switch, serves, accepts = (children[name] for name in ("switch", "primary-serves", "primary-accepts"))
    assert switch["invertHealthcheck"] is True, "a recovery region that is gone leaves traffic where it is"
    assert (switch["type"], serves["type"], accepts["type"]) == ("HTTPS", "HTTPS", "HTTPS_STR_MATCH")
    assert all((child["requestInterval"], child["failureThreshold"]) == (10, 1) for child in children.values())
    assert (switch["resourcePath"], serves["resourcePath"]) == ("/v1/switch", "/v1/switch/primary")
    for check in (switch, serves):
        assert ".execute-api.us-west-2.amazonaws.com" in check["fqdn"], "the standby answers from its own region"
    assert accepts["resourcePath"] == "/v1/health"


def test_the_health_of_the_holder_has_the_text_that_the_check_searches(dr: Blueprint):
    """Route 53 searches the first 5,120 bytes of the body; a standby's body has the opposite text."""
    _, children = _record_check(dr)
    searched = children["primary-accepts"]["searchString"]
    for accepting in (True, False):
        body = Answer(200, {"status": "ok", "region": "us-east-1", "accepting": accepting, "epoch": 1}).proxy()["body"]
        assert (searched in body) == accepting


def test_the_health_checkers_result_is_a_dns_record(recovery_stack: Blueprint):
    seen, unseen = (recovery_stack.one(RECORD, f"seen-{role}").properties for role in ("primary", "standby"))
    assert (seen["records"], unseen["records"]) == (["192.0.2.1"], ["192.0.2.2"]), "addresses that lead nowhere"
    (check,) = references_in(seen["healthCheckId"])
    observed = recovery_stack.one(check.type, check.name).properties
    assert observed["resourcePath"] == "/v1/health"
    assert not observed["invertHealthcheck"]
    assert observed["failureThreshold"] == 3, "one lost packet is no verdict"


def test_the_endpoint_reads_only_the_switch_item(recovery_stack: Blueprint):
    document = json.loads(recovery_stack.one("aws:apigateway/restApi:RestApi", "switch").properties["body"])
    assert list(document["paths"]) == ["/switch", "/switch/primary"], "it has no other path"
    assert all(list(path) == ["get"] for path in document["paths"].values()), "nobody turns the switch from outside"
    for path in document["paths"].values():
        _reads_only_the_switch_item(path["get"]["x-amazon-apigateway-integration"])
    reads = statement(recovery_stack.one(ROLE_POLICY, "switch"), "ReadTheSwitch")
    assert reads["Action"] == "dynamodb:GetItem"
    assert reads["Condition"]["ForAllValues:StringEquals"]["dynamodb:LeadingKeys"] == [ITEM], (
        "neither lease nor journal"
    )


def _reads_only_the_switch_item(integration: dict[str, Any]) -> None:
    request = json.loads(integration["requestTemplates"]["application/json"])
    assert request["TableName"] == "trading-control"
    assert request["Key"] == {"item": {"S": ITEM}, "sequence": {"N": "0"}}
    assert integration["uri"].endswith("us-west-2:dynamodb:action/GetItem")
    assert set(integration["responses"]) == {"200", "default"}
    assert integration["responses"]["default"] == {"statusCode": "502"}, "trouble is never taken for a takeover"
    assert integration["timeoutInMillis"] < 2000, "health checkers wait two seconds"


def test_the_switch_is_traced_logged_limited_and_behind_the_firewall(recovery_stack: Blueprint):
    stage = recovery_stack.one("aws:apigateway/stage:Stage", "switch").properties
    assert stage["xrayTracingEnabled"] is True
    assert "accessLogSettings" in stage
    limits = recovery_stack.one("aws:apigateway/methodSettings:MethodSettings", "switch").properties["settings"]
    assert limits["throttlingRateLimit"] == 500
    assert recovery_stack.one("aws:wafv2/webAclAssociation:WebAclAssociation", "switch")


def test_three_hosts_do_not_keep_the_health_checkers_out(recovery_stack: Blueprint):
    """One address gets 2 requests a second at most, once the firewall has counted it; the endpoint takes 500."""
    (acl,) = recovery_stack.of_type("aws:wafv2/webAcl:WebAcl")
    (rule,) = [rule for rule in acl.properties["rules"] if rule["name"] == "switch-rate-per-address"]
    rate = rule["statement"]["rateBasedStatement"]
    scope = rate["scopeDownStatement"]["byteMatchStatement"]
    _, children = _record_check(recovery_stack)
    for name in ("switch", "primary-serves"):
        assert scope["positionalConstraint"] == "STARTS_WITH"
        assert children[name]["resourcePath"].startswith(scope["searchString"])
    assert "block" in rule["action"]
    assert rate["aggregateKeyType"] == "IP"
    a_checker = 2 * 60 / 10
    assert rate["limit"] >= 4 * a_checker, "checkers that share an address are let through"
    limits = recovery_stack.one("aws:apigateway/methodSettings:MethodSettings", "switch").properties["settings"]
    all_checkers = 2 * 70 / 60
    assert 3 * rate["limit"] / 60 + all_checkers < limits["throttlingRateLimit"] / 10


def test_the_zone_is_the_primarys_unless_the_settings_name_one(primary: Blueprint, dr: Blueprint):
    zone = "aws:route53/zone:Zone"
    (made,) = primary.of_type(zone)
    assert made.properties["name"] == "trading.example"
    assert made.options["protect"], "all names would go with it"
    assert primary.outputs["dnsNameServers"], "a person learns what to delegate to"
    assert not dr.of_type(zone), "one zone for both"
    named = record_primary({"dnsZoneId": "Z123"})
    assert not named.of_type(zone)
    assert named.outputs["dnsZoneId"] == "Z123"


def test_routing_controls_are_an_alternative_switch(primary: Blueprint):
    settings = {"trafficSwitch": "routingControl"}
    stack = record_dr(primary, overrides=settings)
    for role in ("primary", "standby"):
        (check,) = references_in(stack.one(RECORD, role).properties["healthCheckId"])
        assert stack.one(check.type, check.name).properties["type"] == "RECOVERY_CONTROL"
    rule = stack.one("aws:route53recoverycontrol/safetyRule:SafetyRule", "one-region-serves").properties
    assert rule["ruleConfig"] == {"type": "ATLEAST", "threshold": 1, "inverted": False}, "one region is always served"
    assert stack.outputs["recovery"]["switch"]["kind"] == "routingControl"
    assert {"endpoints", "primaryControlArn", "standbyControlArn"} < set(stack.outputs["recovery"]["switch"])
    names = {check.name for check in stack.of_type(HEALTH_CHECK)}
    assert not names & {"switch", "primary-serves", "primary-record"}, "there is one switch"
    turns = statement(stack.one(ROLE_POLICY, "failover"), "TurnTraffic")
    assert "*" not in turns["Resource"], "it turns these two controls"
