"""R2: DNS failover of the Trading API, and a takeover without us-east-1."""

from __future__ import annotations

import json

import pytest

from blueprint import Blueprint, record_dr, record_primary
from blueprint.references import references_in
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


def test_traffic_leaves_the_primary_only_after_a_takeover(recovery_stack: Blueprint):
    (check,) = references_in(recovery_stack.one(RECORD, "primary").properties["healthCheckId"])
    switch = recovery_stack.one(check.type, check.name).properties
    assert check.name == "switch", "checks of the primary itself turn nothing"
    assert switch["invertHealthcheck"] is True, "a recovery region that is gone leaves traffic where it is"
    assert (switch["type"], switch["requestInterval"], switch["failureThreshold"]) == ("HTTPS", 10, 1)
    assert switch["resourcePath"] == "/v1/switch"
    assert ".execute-api.us-west-2.amazonaws.com" in switch["fqdn"], "the standby answers from its own region"


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
    assert list(document["paths"]) == ["/switch"], "it has no other path"
    assert list(document["paths"]["/switch"]) == ["get"], "nobody turns the switch from outside"
    integration = document["paths"]["/switch"]["get"]["x-amazon-apigateway-integration"]
    request = json.loads(integration["requestTemplates"]["application/json"])
    assert request["TableName"] == "trading-control"
    assert request["Key"] == {"item": {"S": ITEM}, "sequence": {"N": "0"}}
    assert integration["uri"].endswith("us-west-2:dynamodb:action/GetItem")
    assert set(integration["responses"]) == {"200", "default"}
    assert integration["responses"]["default"] == {"statusCode": "502"}, "trouble is never taken for a takeover"
    assert integration["timeoutInMillis"] < 2000, "health checkers wait two seconds"
    reads = statement(recovery_stack.one(ROLE_POLICY, "switch"), "ReadTheSwitch")
    assert reads["Action"] == "dynamodb:GetItem"
    assert reads["Condition"]["ForAllValues:StringEquals"]["dynamodb:LeadingKeys"] == [ITEM], (
        "neither lease nor journal"
    )


def test_the_switch_is_traced_logged_limited_and_behind_the_firewall(recovery_stack: Blueprint):
    stage = recovery_stack.one("aws:apigateway/stage:Stage", "switch").properties
    assert stage["xrayTracingEnabled"] is True
    assert "accessLogSettings" in stage
    limits = recovery_stack.one("aws:apigateway/methodSettings:MethodSettings", "switch").properties["settings"]
    assert limits["throttlingRateLimit"] == 50
    assert recovery_stack.one("aws:wafv2/webAclAssociation:WebAclAssociation", "switch")


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
    assert "switch" not in {check.name for check in stack.of_type(HEALTH_CHECK)}, "there is one switch"
    turns = statement(stack.one(ROLE_POLICY, "failover"), "TurnTraffic")
    assert "*" not in turns["Resource"], "it turns these two controls"
