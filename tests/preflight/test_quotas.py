"""Quotas are computed from the recorded stack, and compared with what the account has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from moto.servicequotas.resources.default_quotas.vpc import VPC_DEFAULT_QUOTAS

from aws_facts import on_demand
from aws_facts.quotas import QUOTAS
from preflight import instances
from preflight.account import Account
from preflight.checks.limits import Limits
from preflight.checks.quotas import Quotas, judge
from preflight.declared import Declared
from preflight.model import Verdict
from tests.preflight.conftest import asked
from tests.preflight.stubs import Error, stubbed

VPC = {quota["QuotaCode"]: quota for quota in VPC_DEFAULT_QUOTAS}
STANDARD_CODE = on_demand.STANDARD[0]
# AWS raised this default after moto's list was taken (VPC User Guide, "Route tables", quotas).
RAISED = {"L-93826ACB"}


@pytest.mark.parametrize("quota", [q for q in QUOTAS.values() if q.service == "vpc"], ids=lambda quota: quota.code)
def test_codes_and_names_and_defaults_of_vpc_are_those_that_aws_lists(quota: Any) -> None:
    listed = VPC[quota.code]
    assert quota.name == listed["QuotaName"]
    assert quota.code in RAISED or quota.default == listed["Value"]


@pytest.mark.parametrize(
    ("type_", "name"),
    [
        ("c5n.9xlarge", "Standard"),
        ("im4gn.large", "Standard"),
        ("t3.small", "Standard"),
        ("x2idn.16xlarge", "X instances"),
        ("inf2.xlarge", "Inf"),
        ("hpc7a.12xlarge", "HPC"),
        ("trn1.2xlarge", "Trn"),
        ("u-6tb1.56xlarge", "High Memory"),
        ("vt1.3xlarge", "G and VT"),
        ("g5.xlarge", "G and VT"),
        ("p4d.24xlarge", "P instances"),
        ("dl1.24xlarge", "DL"),
    ],
)
def test_each_family_counts_against_its_own_quota(type_: str, name: str) -> None:
    assert name in on_demand.quota_of(type_)[1]


def test_vcpus_are_those_of_reservation_fleet_and_nodes(declared: Declared) -> None:
    (start, most, types) = instances.by_quota(declared, "us-east-1")[on_demand.STANDARD]
    sizes, each = declared.settings.sizes, on_demand.vcpus(declared.settings.latency.engine_instance_type) or 0
    nodes = on_demand.vcpus(sizes.node_instance_type) or 0
    engines = sizes.fixed_engines + max(sizes.elastic_engines_min, 0) + sizes.elastic_engines_warm
    assert start == engines * each + sizes.nodes_min * nodes
    assert most == (sizes.fixed_engines + sizes.elastic_engines_max) * each + sizes.nodes_max * nodes
    assert types


def test_a_quota_below_what_comes_up_stops_and_one_below_the_growth_warns(
    declared: Declared, account: Account, client: Callable[[str, str], Any]
) -> None:
    quotas = client("service-quotas", "us-east-1")
    subject = next(q.subject for q in Quotas().questions(declared) if "Standard" in q.subject)
    verdicts = []
    for value in (299, 300, 2000):
        quotas.request_service_quota_increase(ServiceCode="ec2", QuotaCode=STANDARD_CODE, DesiredValue=value)
        found = asked(Quotas(), declared, Account(client, emulated=True))[f"us-east-1 {subject}"]
        verdicts.append(found.verdict)
        if value < 2000:
            assert "request-service-quota-increase --region us-east-1" in found.way_out
    assert verdicts == [Verdict.STOPS, Verdict.WARNS, Verdict.OK]


def test_addresses_of_others_count_and_the_stacks_own_do_not(
    declared: Declared, client: Callable[[str, str], Any]
) -> None:
    ec2 = client("ec2", "us-east-1")
    tags = [{"Key": key, "Value": value} for key, value in declared.tags.items()]
    made = [ec2.allocate_address(Domain="vpc")["AllocationId"] for _ in range(4)]
    try:
        found = asked(Quotas(), declared, Account(client, emulated=True))["us-east-1 EC2-VPC Elastic IPs"]
        assert (found.verdict, found.found) == (Verdict.STOPS, "quota 5, 4 used by others")
        ec2.create_tags(Resources=made[:2], Tags=tags)
        found = asked(Quotas(), declared, Account(client, emulated=True))["us-east-1 EC2-VPC Elastic IPs"]
        assert (found.verdict, found.found) == (Verdict.OK, "quota 5, 2 used by others")
    finally:
        for allocation in made:
            ec2.release_address(AllocationId=allocation)


def test_a_quota_without_a_value_of_its_own_has_awss_default(declared: Declared) -> None:
    quota = QUOTAS["L-2AEEBF1A"]
    (question,) = [q for q in Quotas().questions(declared) if q.subject == quota.name]
    account = stubbed(
        {
            ("service-quotas", "get_service_quota"): Error("NoSuchResourceException"),
            ("service-quotas", "get_aws_default_service_quota"): {"Quota": {"Value": 5.0}},
        }
    )
    assert question.ask(account).verdict is Verdict.STOPS


def test_both_regions_of_the_recovery_stack_are_asked(declared_dr: Declared) -> None:
    assert {question.region for question in Quotas().questions(declared_dr)} == {"us-west-2", "us-east-1"}


def test_a_quota_is_judged_with_what_others_use() -> None:
    quota = QUOTAS["L-0263D0A3"]
    verdicts = [judge(quota, "us-east-1", 5, used, 2, 3).verdict for used in (2, 3, 4)]
    assert verdicts == [Verdict.OK, Verdict.WARNS, Verdict.STOPS]


@pytest.mark.parametrize(("beyond", "verdict"), [(100, Verdict.OK), (99, Verdict.STOPS), (None, Verdict.STOPS)])
def test_lambda_keeps_a_hundred_for_functions_without_a_reservation(
    declared: Declared, client: Callable[[str, str], Any], beyond: int | None, verdict: Verdict
) -> None:
    """`beyond` is the quota beyond the reservations of all functions; None is a new account's 10."""
    functions = declared.of_type("us-east-1", "aws:lambda/function:Function")
    reserved = sum(int(each.properties.get("reservedConcurrentExecutions") or 0) for each in functions)
    limit = 10 if beyond is None else reserved + beyond
    quotas = client("service-quotas", "us-east-1")
    quotas.request_service_quota_increase(ServiceCode="lambda", QuotaCode="L-B99A9384", DesiredValue=limit)
    try:
        found = asked(Limits(), declared, Account(client, emulated=True))
        assert found["us-east-1 Lambda concurrent executions"].verdict is verdict
    finally:
        quotas.request_service_quota_increase(ServiceCode="lambda", QuotaCode="L-B99A9384", DesiredValue=1000)


def test_shards_databases_and_roles_are_compared_with_the_services_own_limits(declared: Declared) -> None:
    limits = {
        ("kinesis", "describe_limits"): {
            "ShardLimit": 40,
            "OpenShardCount": 3,
            "OnDemandStreamCount": 0,
            "OnDemandStreamCountLimit": 50,
        },
        ("kinesis", "list_streams"): {"StreamNames": [], "HasMoreStreams": False},
        ("rds", "describe_account_attributes"): {
            "AccountQuotas": [{"AccountQuotaName": "DBInstances", "Used": 39, "Max": 40}]
        },
        ("rds", "describe_db_instances"): {"DBInstances": []},
        ("lambda", "get_account_settings"): {
            "AccountLimit": {"ConcurrentExecutions": 1000, "UnreservedConcurrentExecutions": 1000}
        },
        ("lambda", "list_functions"): {"Functions": []},
    }
    questions = {question.subject: question for question in Limits().questions(declared)}
    assert questions["Kinesis shards"].ask(stubbed(limits)).verdict is Verdict.STOPS
    assert questions["RDS instances"].ask(stubbed(limits)).verdict is Verdict.STOPS
    iam = {
        ("iam", "get_account_summary"): {"SummaryMap": {"Roles": 960, "RolesQuota": 1000}},
        ("iam", "list_roles"): {"Roles": []},
    }
    assert questions["IAM roles"].ask(stubbed(iam)).verdict is Verdict.STOPS
