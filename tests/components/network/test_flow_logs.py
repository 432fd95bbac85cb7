"""Flow logs."""

from __future__ import annotations

import json

from blueprint import Blueprint
from tests.components.network.graph import LOG_GROUP, name_of

FLOW_LOG = "aws:ec2/flowLog:FlowLog"


def test_every_vpc_is_logged_to_s3_and_to_cloudwatch(stack: Blueprint):
    for vpc in stack.of_type("aws:ec2/vpc:Vpc"):
        destinations = {
            log.properties["logDestinationType"]
            for log in stack.of_type(FLOW_LOG)
            if name_of(log.properties["vpcId"]) == vpc.name
        }
        assert destinations == {"s3", "cloud-watch-logs"}


def test_admitted_and_refused_flows_are_logged_within_a_minute_with_what_an_auditor_asks(stack: Blueprint):
    for log in stack.of_type(FLOW_LOG):
        assert log.properties["trafficType"] == "ALL"
        assert log.properties["maxAggregationInterval"] == 60
        fields = log.properties["logFormat"].split()
        assert len(set(fields)) == len(fields) >= 10
        for needed in ("srcaddr", "dstaddr", "pkt-srcaddr", "action", "flow-direction", "vpc-id", "reject-reason"):
            assert f"${{{needed}}}" in fields, f"{log.name} does not say {needed}"


def test_both_copies_are_encrypted_under_the_key_for_logs(stack: Blueprint):
    assert name_of(stack.one(LOG_GROUP, "flow-logs").properties["kmsKeyId"]) == "logs"
    bucket = name_of(stack.one(FLOW_LOG, "s3").properties["logDestination"])
    (encryption,) = [
        e
        for e in stack.of_type("aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration")
        if name_of(e.properties["bucket"]) == bucket
    ]
    (rule,) = encryption.properties["rules"]
    assert name_of(rule["applyServerSideEncryptionByDefault"]["kmsMasterKeyId"]) == "logs"


def test_the_writer_is_trusted_to_the_service_of_this_account_and_writes_into_its_log_group_alone(stack: Blueprint):
    role = stack.one("aws:iam/role:Role", "flow-logs").properties
    (trust,) = json.loads(role["assumeRolePolicy"])["Statement"]
    assert trust["Principal"] == {"Service": "vpc-flow-logs.amazonaws.com"}
    assert trust["Condition"]["StringEquals"] == {"aws:SourceAccount": "123456789012"}
    policy = stack.one("aws:iam/rolePolicy:RolePolicy", "flow-logs").properties
    write, find = json.loads(policy["policy"])["Statement"]
    assert all(name_of(resource) == "flow-logs" for resource in write["Resource"])
    assert find["Action"] == "logs:DescribeLogGroups", "only the listing goes beyond the one group"


def test_flows_are_kept_for_at_least_a_year(stack: Blueprint):
    assert stack.one(LOG_GROUP, "flow-logs").properties["retentionInDays"] >= 365
