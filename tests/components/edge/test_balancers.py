"""The load balancers."""

from __future__ import annotations

from typing import Any

import pytest

from blueprint import Blueprint, record_dr, record_primary
from blueprint.references import references_in

BALANCER = "aws:lb/loadBalancer:LoadBalancer"
LISTENER = "aws:lb/listener:Listener"
TARGETS = "aws:lb/targetGroup:TargetGroup"
CERTIFICATE = "aws:acm/certificate:Certificate"
VALIDATION = "aws:acm/certificateValidation:CertificateValidation"
RECORD = "aws:route53/record:Record"
TLS = "ELBSecurityPolicy-TLS13-1-2-2021-06"


def names(value: Any) -> list[str]:
    """Names of what a property refers to."""
    return [reference.name for reference in references_in(value)]


@pytest.mark.parametrize("name", ["api", "fix"])
def test_a_load_balancer_stands_in_every_zone_and_cannot_be_deleted_by_a_slip(name: str, stack: Blueprint):
    balancer = stack.one(BALANCER, name)
    assert len(set(names(balancer.properties["subnets"]))) == 3
    assert balancer.properties["enableDeletionProtection"] is True
    assert balancer.options.get("protect")


@pytest.mark.parametrize(("name", "prefix"), [("api", "alb"), ("fix", "nlb")])
def test_a_load_balancer_logs_into_a_bucket_that_it_may_write_to(name: str, prefix: str, stack: Blueprint):
    balancer = stack.one(BALANCER, name)
    logs = balancer.properties["accessLogs"]
    assert logs["enabled"] is True
    assert logs["prefix"] == prefix
    assert names(logs["bucket"]) == ["access-logs"]
    policy = stack.one("aws:s3/bucketPolicy:BucketPolicy", "access-logs").urn
    assert policy in balancer.dependencies, "a load balancer tries to write as soon as it is told to"
    encryption = stack.one(
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration", "access-logs"
    )
    assert "aws:kms" not in str(encryption.properties), "load balancers cannot write under a customer key"


def test_the_api_is_public_and_its_malformed_requests_are_dropped(stack: Blueprint):
    api = stack.one(BALANCER, "api").properties
    assert api["internal"] is False
    assert all(name.startswith("public-") for name in names(api["subnets"]))
    assert names(api["securityGroups"]) == ["load-balancer"]
    assert api["dropInvalidHeaderFields"] is True
    assert api["desyncMitigationMode"] == "defensive"


def test_requests_pass_the_firewall_or_not_at_all(stack: Blueprint):
    association = stack.one("aws:wafv2/webAclAssociation:WebAclAssociation", "api-balancer").properties
    assert names(association["resourceArn"]) == ["api"]
    assert stack.one(BALANCER, "api").properties["enableWafFailOpen"] is False


def test_clients_speak_tls_and_are_sent_to_it(stack: Blueprint):
    https, http = (stack.one(LISTENER, name).properties for name in ("api-https", "api-http"))
    assert (https["protocol"], https["port"], https["sslPolicy"]) == ("HTTPS", 443, TLS)
    assert names(https["certificateArn"]) == ["balancers"]
    (action,) = http["defaultActions"]
    assert action["type"] == "redirect"
    assert action["redirect"] == {"protocol": "HTTPS", "port": "443", "statusCode": "HTTP_301"}


def test_what_is_handed_to_the_services_is_encrypted_again(stack: Blueprint):
    services = stack.one(TARGETS, "services").properties
    assert (services["protocol"], services["port"], services["targetType"]) == ("HTTPS", 8443, "ip")
    assert services["healthCheck"]["protocol"] == "HTTPS"
    assert services["healthCheck"]["path"] == "/healthz"


def test_fix_sessions_come_over_private_addresses_and_find_the_engines_of_one_zone_from_all(stack: Blueprint):
    fix = stack.one(BALANCER, "fix").properties
    assert fix["internal"] is True
    assert all(name.startswith("app-") for name in names(fix["subnets"]))
    assert names(fix["securityGroups"]) == ["fix-load-balancer"]
    assert fix["enableCrossZoneLoadBalancing"] is True


def test_fix_sessions_are_in_tls_all_the_way(stack: Blueprint):
    listener, targets = stack.one(LISTENER, "fix").properties, stack.one(TARGETS, "fix").properties
    assert (listener["protocol"], listener["port"], listener["sslPolicy"]) == ("TLS", 9878, TLS)
    assert targets["protocol"] == "TLS"
    assert targets["preserveClientIp"] == "true", "engines know members by their addresses"


def test_engines_can_hold_the_tls_session_themselves():
    stack = record_primary({"fixProtocol": "TCP"})
    listener = stack.one(LISTENER, "fix").properties
    assert listener["protocol"] == stack.one(TARGETS, "fix").properties["protocol"] == "TCP"
    assert not {"sslPolicy", "certificateArn"} & set(listener)


def test_the_api_can_be_kept_inside():
    api = record_primary({"apiInternal": True}).one(BALANCER, "api").properties
    assert api["internal"] is True
    assert all(name.startswith("app-") for name in names(api["subnets"]))


def test_listeners_wait_for_a_certificate_that_is_issued(stack: Blueprint):
    assert stack.one(CERTIFICATE, "balancers").properties["validationMethod"] == "DNS"
    for listener in ("api-https", "fix"):
        assert stack.one(VALIDATION, "balancers").urn in stack.one(LISTENER, listener).dependencies


def test_the_records_that_prove_the_domain_are_told_to_whoever_must_make_them(stack: Blueprint):
    (record,) = stack.outputs["certificateRecords"]
    assert set(record) == {"name", "type", "value"}
    assert stack.of_type(RECORD) == [] or "balancers-certificate" not in {r.name for r in stack.of_type(RECORD)}


def test_both_regions_prove_the_domain_by_the_same_record_when_there_is_a_zone():
    zone = {"dnsZoneId": "Z0123456789ABCDEFGHIJ"}
    primary = record_primary(zone)
    for stack in (primary, record_dr(primary, overrides=zone), record_dr(primary, active=True, overrides=zone)):
        record = stack.one(RECORD, "balancers-certificate")
        assert record.properties["allowOverwrite"] is True, "the other region wrote the same record"
        (proof,) = references_in(stack.one(VALIDATION, "balancers").properties["validationRecordFqdns"])
        assert proof.name == record.name


def test_a_certificate_can_be_brought_along():
    arn = "arn:aws:acm:us-east-1:123456789012:certificate/0a1b2c3d"
    stack = record_primary({"certificateArn": arn, "tradingApiCertificateArn": arn})
    assert stack.of_type(CERTIFICATE, VALIDATION) == []
    assert stack.one(LISTENER, "api-https").properties["certificateArn"] == arn
