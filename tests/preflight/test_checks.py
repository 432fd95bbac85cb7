"""Each check judges what the account has: the good case and each case that stops an update."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from preflight.account import Account
from preflight.checks.dns import Dns
from preflight.checks.images import Images
from preflight.checks.lasting import Lasting
from preflight.checks.names import Names
from preflight.checks.service_roles import ServiceRoles
from preflight.checks.singletons import Singletons
from preflight.checks.state import State
from preflight.checks.versions import Versions
from preflight.checks.zones import Zones
from preflight.declared import Declared
from preflight.dns_lookup import LookupFailedError
from preflight.model import Question, Verdict
from tests.preflight.conftest import asked
from tests.preflight.stubs import Answers, Error, stubbed

Client = Callable[[str, str], Any]
KEY = "arn:aws:kms:us-west-2:123456789012:key/mrk-0123"


def one(questions: Any, subject: str) -> Question:
    """The only question about a subject."""
    (found,) = [question for question in questions if question.subject == subject]
    return found


def with_setting(declared: Declared, section: str, **values: Any) -> Declared:
    """The same recorded stack under other settings, for checks that read settings."""
    changed = getattr(declared.settings, section).model_copy(update=values)
    return replace(declared, settings=declared.settings.model_copy(update={section: changed}))


# Zones


@pytest.mark.parametrize(("zones", "verdict"), [("ab", Verdict.STOPS), ("abc", Verdict.OK)])
def test_each_zone_must_offer_the_instance_types(declared: Declared, zones: str, verdict: Verdict) -> None:
    offers = [{"Location": f"us-east-1{zone}"} for zone in zones]
    account = stubbed({("ec2", "describe_instance_type_offerings"): {"InstanceTypeOfferings": offers}})
    assert one(Zones().questions(declared), "m6i.xlarge").ask(account).verdict is verdict


def test_a_zone_without_eks_stops_and_another_is_named(declared: Declared) -> None:
    zones = [{"ZoneName": f"us-east-1{z}", "ZoneId": f"use1-az{n}"} for z, n in zip("abcd", (6, 3, 2, 1), strict=True)]
    account = stubbed({("ec2", "describe_availability_zones"): {"AvailabilityZones": zones}})
    found = one(Zones().questions(declared), "EKS control plane").ask(account)
    assert found.verdict is Verdict.STOPS
    assert "us-east-1b; name us-east-1d" in found.way_out


@pytest.mark.parametrize(("zones", "verdict"), [("a", Verdict.STOPS), ("ab", Verdict.OK)])
def test_the_database_class_must_be_offered_in_two_zones(declared: Declared, zones: str, verdict: Verdict) -> None:
    option = {"StorageType": "gp3", "AvailabilityZones": [{"Name": f"us-east-1{zone}"} for zone in zones]}
    account = stubbed({("rds", "describe_orderable_db_instance_options"): {"OrderableDBInstanceOptions": [option]}})
    question = next(q for q in Zones().questions(declared) if q.subject.startswith("db."))
    assert question.ask(account).verdict is verdict


# Versions

OFFERED: Answers = {
    ("rds", "describe_db_engine_versions"): {
        "DBEngineVersions": [{"EngineVersion": "17.9", "Status": "available"}, {"EngineVersion": "16.4"}]
    },
    ("eks", "describe_cluster_versions"): {
        "clusterVersions": [{"clusterVersion": "1.36", "versionStatus": "STANDARD_SUPPORT"}]
    },
    ("eks", "describe_addon_versions"): {"addons": [{"addonVersions": [{"addonVersion": "v1.9.9-eksbuild.1"}]}]},
}


@pytest.mark.parametrize(
    ("subject", "method"),
    [
        ("RDS postgres", "describe_db_engine_versions"),
        ("EKS Kubernetes", "describe_cluster_versions"),
        ("EKS add-on vpc-cni", "describe_addon_versions"),
    ],
)
def test_a_version_that_is_no_longer_offered_stops_and_the_newest_are_named(
    declared: Declared, subject: str, method: str
) -> None:
    questions = Versions().questions(with_setting(declared, "data", db_engine_version="17.1"))
    account = stubbed({key: answer for key, answer in OFFERED.items() if key[1] == method})
    found = one(questions, subject).ask(account)
    assert found.verdict is Verdict.STOPS
    assert "not offered; the newest are" in found.found


def test_offered_versions_pass_and_extended_support_warns(declared: Declared) -> None:
    kubernetes = declared.settings.kubernetes.kubernetes_version
    questions = list(Versions().questions(with_setting(declared, "data", db_engine_version="17.9")))
    assert one(questions, "RDS postgres").ask(stubbed(OFFERED)).verdict is Verdict.OK
    for status, verdict in (("STANDARD_SUPPORT", Verdict.OK), ("EXTENDED_SUPPORT", Verdict.WARNS)):
        listed = {"clusterVersions": [{"clusterVersion": kubernetes, "versionStatus": status}]}
        account = stubbed({("eks", "describe_cluster_versions"): listed})
        assert one(questions, "EKS Kubernetes").ask(account).verdict is verdict


# Images


def with_tasks(declared: Declared, tasks: int | None) -> Declared:
    """The same recorded stack with a service of so many tasks; None for no service."""
    service = "aws:ecs/service:Service"
    kept = (r for r in declared.blueprint.resources if tasks is not None or r.type != service)
    resources = tuple(
        replace(r, properties={**r.properties, "desiredCount": tasks}) if r.type == service else r for r in kept
    )
    return replace(declared, blueprint=replace(declared.blueprint, resources=resources))


@pytest.mark.parametrize(
    ("tasks", "bootstrap", "said"),
    [(4, False, "build and push trading/"), (0, False, ""), (None, True, "before you remove bootstrap")],
)
def test_an_image_is_something_to_do_where_tasks_start_from_it(
    declared: Declared, tasks: int | None, bootstrap: bool, said: str
) -> None:
    """A service without tasks needs none, and bootstrap needs it for the update after that."""
    changed = with_setting(with_tasks(declared, tasks), "general", bootstrap=bootstrap)
    (question,) = [q for q in Images().questions(changed) if q.subject.startswith("trading/")]
    assert said in question.request
    assert bool(said) == bool(question.request)


def test_a_missing_parameter_stops(declared: Declared) -> None:
    question = next(q for q in Images().questions(declared) if q.subject.startswith("AMI"))
    assert question.ask(stubbed({("ssm", "get_parameters"): {"Parameters": []}})).verdict is Verdict.STOPS
    there = {"Parameters": [{"Name": "x", "Value": "ami-1"}]}
    assert question.ask(stubbed({("ssm", "get_parameters"): there})).verdict is Verdict.OK


@pytest.mark.parametrize("code", ["RepositoryNotFoundException", "ImageNotFoundException"])
@pytest.mark.parametrize("tasks", [0, 4])
def test_tasks_without_an_image_stop_and_a_service_without_tasks_warns(
    declared: Declared, code: str, tasks: int
) -> None:
    from preflight.checks.images import _pushed

    found = _pushed("us-east-1", "trading/trading-engine", "1.0.0", tasks).ask(
        stubbed({("ecr", "describe_images"): Error(code)})
    )
    assert found.verdict is (Verdict.STOPS if tasks else Verdict.WARNS)


def test_a_pushed_image_passes() -> None:
    from preflight.checks.images import _pushed

    account = stubbed({("ecr", "describe_images"): {"imageDetails": [{"imageDigest": "sha256:0"}]}})
    assert _pushed("us-east-1", "trading/trading-engine", "1.0.0", 4).ask(account).verdict is Verdict.OK


# Service-linked roles


def test_a_role_that_exists_stops_a_stack_that_makes_it(declared: Declared, client: Client) -> None:
    client("iam", "us-east-1").create_service_linked_role(AWSServiceName="autoscaling.amazonaws.com")
    found = asked(ServiceRoles(), declared, Account(client, emulated=True))
    assert found["global autoscaling.amazonaws.com"].verdict is Verdict.STOPS
    assert found["global config.amazonaws.com"].verdict is Verdict.OK


def test_a_role_that_is_only_named_must_exist(declared_dr: Declared) -> None:
    role = {
        "Path": "/",
        "RoleName": "AWSServiceRoleForAutoScaling",
        "RoleId": "A" * 16,
        "Arn": "arn:aws:iam::123456789012:role/x",
        "CreateDate": datetime.now(UTC),
    }
    questions = list(ServiceRoles().questions(declared_dr))
    assert questions, "the recovery stack names the roles that the primary makes"
    for roles, verdict in (([], Verdict.STOPS), ([role], Verdict.OK)):
        assert questions[0].ask(stubbed({("iam", "list_roles"): {"Roles": roles}})).verdict is verdict


# What there is one of


def test_what_the_account_has_already_stops_the_stack_that_makes_it(declared: Declared, client: Client) -> None:
    guard, hub, config = (client(name, "us-east-1") for name in ("guardduty", "securityhub", "config"))
    costs = client("ce", "us-east-1")
    subjects = ("us-east-1 GuardDuty detector", "us-east-1 Security Hub", "us-east-1 Config recorder")
    before = asked(Singletons(), declared, Account(client, emulated=True))
    assert {before[subject].verdict for subject in (*subjects, "global cost anomaly monitor")} == {Verdict.OK}

    detector = guard.create_detector(Enable=True)["DetectorId"]
    hub.enable_security_hub(EnableDefaultStandards=False)
    role = "arn:aws:iam::123456789012:role/config"
    config.put_configuration_recorder(ConfigurationRecorder={"name": "default", "roleARN": role})
    costs.create_anomaly_monitor(
        AnomalyMonitor={"MonitorName": "Default", "MonitorType": "DIMENSIONAL", "MonitorDimension": "SERVICE"}
    )
    after = asked(Singletons(), declared, Account(client, emulated=True))
    assert {after[subject].verdict for subject in (*subjects, "global cost anomaly monitor")} == {Verdict.STOPS}

    guard.tag_resource(ResourceArn=f"arn:aws:guardduty:us-east-1:123456789012:detector/{detector}", Tags=declared.tags)
    own = asked(Singletons(), declared, Account(client, emulated=True))
    assert {own[subject].found for subject in subjects[:2]} == {"the stack's own"}


# Names


def test_a_bucket_of_somebody_else_stops_and_one_of_the_stack_does_not(declared: Declared, client: Client) -> None:
    bucket = next(q for q in Names().questions(declared) if q.subject.startswith("bucket"))
    name = bucket.subject.partition(" ")[2]
    assert bucket.ask(Account(client, emulated=True)).verdict is Verdict.OK
    for code, status in (("403", 403), ("301", 301)):
        account = stubbed({("s3", "head_bucket"): Error(code, status)})
        assert bucket.ask(account).verdict is Verdict.STOPS
    s3 = client("s3", "us-east-1")
    s3.create_bucket(Bucket=name)
    assert bucket.ask(Account(client, emulated=True)).verdict is Verdict.STOPS
    tags = [{"Key": key, "Value": value} for key, value in declared.tags.items()]
    s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": tags})
    assert bucket.ask(Account(client, emulated=True)).verdict is Verdict.OK
    s3.delete_bucket(Bucket=name)


def test_a_secret_that_waits_for_its_deletion_stops(declared: Declared, client: Client) -> None:
    secrets = client("secretsmanager", "us-west-2")
    found = asked(Names(), declared, Account(client, emulated=True))
    assert found["us-west-2 secret trading-database"].verdict is Verdict.OK
    secrets.create_secret(Name="trading-database", SecretString="x")
    secrets.delete_secret(SecretId="trading-database", RecoveryWindowInDays=7)
    found = asked(Names(), declared, Account(client, emulated=True))
    assert found["us-west-2 secret trading-database"].verdict is Verdict.STOPS
    assert "scheduled for deletion" in found["us-west-2 secret trading-database"].found


# DNS

ZONE: Answers = {
    ("route53", "get_hosted_zone"): {
        "HostedZone": {"Id": "Z1", "Name": "desk.test.", "CallerReference": "x"},
        "DelegationSet": {"NameServers": ["ns-1.awsdns-00.com", "ns-2.awsdns-00.net"]},
    }
}


@pytest.mark.parametrize(
    ("public", "verdict"),
    [
        ({"ns-1.awsdns-00.com"}, Verdict.OK),
        ({"ns1.registrar.test"}, Verdict.STOPS),
        (set(), Verdict.STOPS),
        (None, Verdict.WARNS),
    ],
)
def test_a_zone_must_be_delegated_to_its_name_servers(
    declared: Declared, public: set[str] | None, verdict: Verdict
) -> None:
    def lookup(_domain: str) -> frozenset[str]:
        if public is None:
            raise LookupFailedError("timed out")
        return frozenset(public)

    question = Dns(lookup)._given(declared, "Z1", ["orders.desk.test"])
    assert question.ask(stubbed(ZONE)).verdict is verdict


def test_names_outside_the_zone_and_a_zone_that_is_not_there_stop(declared: Declared) -> None:
    dns = Dns(lambda _domain: frozenset())
    assert dns._given(declared, "Z1", ["orders.other.test"]).ask(stubbed(ZONE)).verdict is Verdict.STOPS
    missing = stubbed({("route53", "get_hosted_zone"): Error("NoSuchHostedZone", 404)})
    assert dns._given(declared, "Z1", ["orders.desk.test"]).ask(missing).verdict is Verdict.STOPS


def test_a_zone_that_the_update_makes_and_a_certificate_without_one_warn(declared: Declared) -> None:
    found = [question.ask(stubbed({})) for question in Dns().questions(declared)]
    assert [answer.verdict for answer in found] == [Verdict.WARNS, Verdict.WARNS]
    assert all("75 minutes" in answer.way_out for answer in found)


# State


@pytest.mark.parametrize(
    ("url", "answers", "verdict"),
    [
        ("", {}, Verdict.WARNS),
        ("s3://state?region=us-west-2", {("s3", "get_bucket_location"): Error("NoSuchBucket", 404)}, Verdict.STOPS),
        ("s3://state?region=us-west-2",
         {("s3", "get_bucket_location"): {"LocationConstraint": "eu-west-1"}}, Verdict.STOPS),
        ("s3://state?region=us-east-1", {("s3", "get_bucket_location"): {}}, Verdict.WARNS),
        (
            "s3://state?region=us-west-2",
            {("s3", "get_bucket_location"): {"LocationConstraint": "us-west-2"}, ("s3", "get_bucket_versioning"): {}},
            Verdict.WARNS,
        ),
        (
            "s3://state?region=us-west-2",
            {
                ("s3", "get_bucket_location"): {"LocationConstraint": "us-west-2"},
                ("s3", "get_bucket_versioning"): {"Status": "Enabled"},
            },
            Verdict.OK,
        ),
    ],
)  # fmt: skip
def test_the_state_must_outlive_the_primary(
    declared: Declared, monkeypatch: pytest.MonkeyPatch, url: str, answers: Answers, verdict: Verdict
) -> None:
    monkeypatch.delenv("PULUMI_BACKEND_URL", raising=False)
    changed = with_setting(declared, "recovery", state_backend_url=url)
    assert one(State().questions(changed), "state backend").ask(stubbed(answers)).verdict is verdict


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (Error("NotFoundException"), Verdict.STOPS),
        ({"KeyMetadata": {"KeyId": "mrk-0123", "KeyState": "PendingDeletion"}}, Verdict.STOPS),
        ({"KeyMetadata": {"KeyId": "mrk-0123", "KeyState": "Enabled"}}, Verdict.OK),
    ],
)
def test_the_key_of_the_state_must_be_enabled(declared: Declared, answer: Any, verdict: Verdict) -> None:
    changed = with_setting(declared, "delivery", state_key_arn=KEY)
    question = one(State().questions(changed), "key of the state's secrets")
    assert question.ask(stubbed({("kms", "describe_key"): answer})).verdict is verdict


# What cannot be undone


def test_locks_in_compliance_mode_are_named_before_the_first_update(declared: Declared, account: Account) -> None:
    found = asked(Lasting(), declared, account)
    assert len(found) == 5
    assert {finding.verdict for finding in found.values()} == {Verdict.WARNS}
    assert all("docs/teardown.md" in finding.way_out for finding in found.values())
