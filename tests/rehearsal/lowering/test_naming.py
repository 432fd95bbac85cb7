"""Names of the SDK and of the provider."""

from __future__ import annotations

import pytest

from rehearsal.lowering.naming import camel, plural, property_names, resource_name, snake, terraform_type

KNOWN = {
    "aws_vpc",
    "aws_instance",
    "aws_db_instance",
    "aws_kinesis_stream",
    "aws_config_config_rule",
    "aws_ec2_transit_gateway_vpc_attachment",
    "aws_dx_gateway",
    "aws_s3_bucket_replication_configuration",
    "aws_ec2_host",
    "aws_prometheus_workspace",
    "aws_cloudtrail",
    "aws_vpc_security_group_ingress_rule",
    "aws_route53recoverycontrolconfig_cluster",
    "aws_route53_health_check",
}


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        ("aws:ec2/vpc:Vpc", "aws_vpc"),
        ("aws:ec2/instance:Instance", "aws_instance"),
        ("aws:rds/instance:Instance", "aws_db_instance"),
        ("aws:kinesis/stream:Stream", "aws_kinesis_stream"),
        ("aws:cfg/rule:Rule", "aws_config_config_rule"),
        ("aws:ec2transitgateway/vpcAttachment:VpcAttachment", "aws_ec2_transit_gateway_vpc_attachment"),
        ("aws:directconnect/gateway:Gateway", "aws_dx_gateway"),
        ("aws:s3/bucketReplicationConfig:BucketReplicationConfig", "aws_s3_bucket_replication_configuration"),
        ("aws:ec2/dedicatedHost:DedicatedHost", "aws_ec2_host"),
        ("aws:amp/workspace:Workspace", "aws_prometheus_workspace"),
        ("aws:cloudtrail/trail:Trail", "aws_cloudtrail"),
        ("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "aws_vpc_security_group_ingress_rule"),
        ("aws:route53recoverycontrol/cluster:Cluster", "aws_route53recoverycontrolconfig_cluster"),
        ("aws:route53/healthCheck:HealthCheck", "aws_route53_health_check"),
        ("aws:nowhere/thing:Thing", None),
    ],
)
def test_a_type_is_found_by_rule_or_by_exception(token: str, expected: str | None) -> None:
    assert terraform_type(token, KNOWN) == expected


def test_camel_and_snake_are_inverse_for_the_providers_names() -> None:
    for name in ("vpc_endpoint_id", "ipv6_cidr_block", "kms_key_arn", "name"):
        assert snake(camel(name)) == name


@pytest.mark.parametrize(
    ("one", "many"), [("ingress", "ingresses"), ("policy", "policies"), ("gateway", "gateways"), ("rule", "rules")]
)
def test_lists_have_plural_names(one: str, many: str) -> None:
    assert plural(one) == many


def test_an_exact_name_wins_over_a_plural() -> None:
    names = property_names("aws_x", ["subnet", "subnets"])
    assert names["subnets"] == "subnets"
    assert names["subnet"] == "subnet"


def test_a_resource_name_is_a_terraform_identifier() -> None:
    assert resource_name("nat-us-east-1a") == "nat-us-east-1a"
    assert resource_name("1/2:x") == "_1_2_x"
