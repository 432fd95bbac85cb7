"""Other forms of the faults: the same mistake, declared in another way, is refused as well."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from blueprint import Blueprint
from preflight.account import Account
from preflight.checks.lasting import Lasting
from preflight.checks.placeholders import Placeholders
from tests.permissions.documents import documents, listed
from tests.permissions.trusted import trust_faults
from tests.reachability.deviations import deviations
from tests.reachability.origins import foreign_origins
from tests.reachability.test_reachability import unauthorized, unreachable, unrouted_in
from tests.reachability.test_selectors import idle
from tests.regressions.faults import LOG_POLICY, RELEASE, ROLE, ROLE_POLICY, By, Fault
from tests.regressions.world import World, changed, found_by, replaced, statements, without

ENDPOINT, KEY = "aws:ec2/vpcEndpoint:VpcEndpoint", "aws:kms/key:Key"
BUCKET_POLICY, PLAN = "aws:s3/bucketPolicy:BucketPolicy", "aws:backup/plan:Plan"
RULE, RECORDER = "aws:cloudwatch/eventRule:EventRule", "aws:cfg/recorder:Recorder"
TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
OWN = {"AWS": "arn:aws:iam::123456789012:root"}
Refusal = Callable[[World], Iterable[str]]


def _more(key: str, **statement: Any) -> Callable[[dict[str, Any]], Mapping[str, Any]]:
    """A change that adds a statement to a policy."""

    def edit(was: dict[str, Any]) -> dict[str, Any]:
        document = json.loads(was[key])
        added = {"Effect": "Deny", "Principal": "*", "Resource": "*", **statement}
        return {key: json.dumps({**document, "Statement": [*document["Statement"], added]})}

    return edit


def _reached(check: Callable[[Blueprint], Iterable[str]], *edit: Any) -> Refusal:
    return lambda world: check(changed(world.primary, *edit))


def _deviates(*edit: Any) -> Refusal:
    return lambda world: deviations(changed(world.primary, *edit), world.dr)


def _record_globals(**group: Any) -> Refusal:
    def reintroduced(world: World) -> Iterable[str]:
        return deviations(world.primary, changed(world.dr, RECORDER, "recorder", lambda _: {"recordingGroup": group}))

    return reintroduced


def _daily(schedule: str) -> Refusal:
    def edit(was: dict[str, Any]) -> dict[str, Any]:
        daily, *others = was["rules"]
        return {"rules": [{**daily, "schedule": schedule}, *others]}

    return _deviates(PLAN, "backups", edit)


def _listed_sender(statement: dict[str, Any]) -> None:
    """The principal is a list of one service, which is the same service."""
    statement["Principal"] = {"Service": listed(statement["Principal"]["Service"])}
    statement["Condition"] = {"StringEquals": {"aws:SourceAccount": "123456789012"}}


def _allowed_only_from_ec2(statement: dict[str, Any]) -> None:
    if statement["Sid"].startswith("FlowLogs"):
        statement["Condition"]["ArnLike"] = {"aws:SourceArn": "arn:aws:ec2:us-east-1:123456789012:vpc-flow-log/*"}


def _trusted_by_list(world: World) -> Iterable[str]:
    def edit(statement: dict[str, Any]) -> None:
        statement["Principal"] = {"Service": ["cloudtrail.amazonaws.com"]}
        statement["Condition"] = {"ArnLikeIfExists": {"AWS:SourceArn": "arn:aws:cloudtrail:*"}}

    stack = changed(world.primary, ROLE, "trail", statements("assumeRolePolicy", edit))
    return [fault for document in documents(stack) for fault in trust_faults(document)]


def _without_data_channel(was: dict[str, Any]) -> Mapping[str, Any]:
    return replaced("policy", ', "ssmmessages:OpenDataChannel"', "")(was)


def _locked(world: World) -> Iterable[str]:
    """A declaration: a vault's lock that becomes final, and a bucket's in compliance mode."""
    lock = "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration"
    name = next(iter(world.primary.of_type(lock))).name
    rule = {"defaultRetention": {"mode": "COMPLIANCE", "years": 99}}
    return found_by(Lasting(), changed(world.primary, lock, name, lambda _: {"rule": rule}), Account())


def _customer(world: World) -> Iterable[str]:
    """A declaration: a customer gateway with an address of documentation."""
    gateway = "aws:ec2/customerGateway:CustomerGateway"
    stack = changed(world.primary, gateway, "customer", lambda _: {"ipAddress": "198.51.100.7"})
    return found_by(Placeholders(), stack, Account())


def _renamed_window(world: World) -> Iterable[str]:
    target = "aws:ssm/maintenanceWindowTarget:MaintenanceWindowTarget"
    name = next(iter(world.primary.of_type(target))).name
    return idle(
        changed(world.primary, target, name, lambda _: {"targets": [{"key": "tag:PatchGroup", "values": ["nobody"]}]})
    )


def _route_gone(world: World) -> Iterable[str]:
    return unrouted_in(without(world.primary, "aws:ec2/route:Route", "app-us-east-1a-on-premises"), world.dr)


def _user_data(command: str) -> Refusal:
    def reintroduced(world: World) -> Iterable[str]:
        return foreign_origins(changed(world.primary, TEMPLATE, "engine-fleet", lambda _: {"userData": command}))

    return reintroduced


def _with_a_session_document(world: World) -> Iterable[str]:
    return deviations(
        changed(world.primary, ROLE_POLICY, "operator", replaced("policy", "SSM-SessionManagerRunShell", "SSM-Nope")),
        world.dr,
    )


def _delivered_status_denied(was: dict[str, Any]) -> Mapping[str, Any]:
    document = json.loads(was["policy"])
    denial = {"Effect": "Deny", "Action": "logs:CreateLog*", "Resource": "*"}
    return {"policy": json.dumps({**document, "Statement": [*document["Statement"], denial]})}


def _duplicated(world: World) -> Iterable[str]:
    """A second plan, beside the first, for the same resources."""
    plan = world.primary.one(PLAN, "backups")
    second = dataclasses.replace(plan, name="again")
    stack = Blueprint(world.primary.stack, (*world.primary.resources, second), world.primary.outputs)
    return deviations(stack, world.dr)


FORMS: tuple[Fault, ...] = (
    Fault(
        "The endpoint of Auto Scaling denies the own account",
        By.REACHABILITY,
        "autoscaling: the endpoint's policy denies it",
        _reached(
            unreachable,
            ENDPOINT,
            "autoscaling",
            _more("policy", Action="*", Condition={"StringEquals": {"aws:PrincipalAccount": "123456789012"}}),
        ),
    ),
    Fault(
        "The endpoint of Systems Manager denies everything",
        By.REACHABILITY,
        "ssm: the endpoint's policy denies it",
        _reached(unreachable, ENDPOINT, "ssm", _more("policy", Action="*")),
    ),
    Fault(
        "The endpoint of S3 admits another account alone",
        By.REACHABILITY,
        "s3: the endpoint's policy does not allow it",
        _reached(unreachable, ENDPOINT, "s3", replaced("policy", "123456789012", "999999999999")),
    ),
    Fault(
        "A bucket's policy denies encrypted requests",
        By.REACHABILITY,
        "the policy of arn:aws:s3:::trading-primary-artifacts-123456789012",
        _reached(
            unauthorized,
            BUCKET_POLICY,
            "artifacts",
            _more("policy", Action="s3:*", Condition={"Bool": {"aws:SecureTransport": "true"}}),
        ),
    ),
    Fault(
        "A key's policy denies decryption to the own account",
        By.REACHABILITY,
        "the policy of arn:aws:kms:us-east-1:123456789012:key/streams: denies it",
        _reached(unreachable, KEY, "streams", _more("policy", Action="kms:Decrypt", Principal=OWN)),
    ),
    Fault(
        "A subnet has no route to the premises",
        By.REACHABILITY,
        "app-us-east-1a sends 192.168.0.0/16 to nat-us-east-1a, which does not lead there",
        _route_gone,
    ),
    Fault(
        "A chart comes from a server of the internet",
        By.REACHABILITY,
        "kubernetes.github.io is not a permitted origin",
        _reached(
            lambda stack: set(foreign_origins(stack)),
            RELEASE,
            "cluster-autoscaler",
            lambda _: {"repositoryOpts": {"repo": "https://kubernetes.github.io/autoscaler"}},
        ),
    ),
    Fault(
        "A chart's value names an image under another key",
        By.REACHABILITY,
        "602401143452.dkr.ecr.us-west-2.amazonaws.com is not a permitted origin",
        _reached(
            lambda stack: set(foreign_origins(stack)),
            RELEASE,
            "cluster-autoscaler",
            lambda was: {"values": {**was["values"], "imageURI": "602401143452.dkr.ecr.us-west-2.amazonaws.com/x:1"}},
        ),
    ),
    Fault(
        "A host runs a script of the internet",
        By.REACHABILITY,
        "get.example.org is not a permitted origin",
        _user_data("#!/bin/bash\ncurl -fsSL https://get.example.org | bash\n"),
    ),
    Fault(
        "CloudTrail's role tests a source by another operator",
        By.PERMISSIONS,
        "cloudtrail.amazonaws.com sends no AWS:SourceArn",
        _trusted_by_list,
    ),
    Fault(
        "Flow logs are admitted from EC2 and not from the log delivery",
        By.DEVIATIONS,
        "delivery.logs.amazonaws.com s3:PutObject: the policy of",
        _deviates(BUCKET_POLICY, "logs", statements("policy", _allowed_only_from_ec2)),
    ),
    Fault(
        "A maintenance window selects a tag's value that no host has",
        By.REACHABILITY,
        "MaintenanceWindowTarget",
        _renamed_window,
    ),
    Fault(
        "Operators may not open the data channel of a session",
        By.DEVIATIONS,
        "sessions of operator: ssmmessages:OpenDataChannel",
        _deviates(ROLE_POLICY, "operator", _without_data_channel),
    ),
    Fault(
        "Operators start sessions with a document that does not exist",
        By.DEVIATIONS,
        "the document SSM-Nope is neither declared nor AWS's own",
        _with_a_session_document,
    ),
    Fault(
        "Daily backups are due on the first of the month, too",
        By.DEVIATIONS,
        "is due on the same days as backups daily, first on 2027-01-01",
        _daily("cron(0 1 ? * * *)"),
    ),
    Fault(
        "A second plan backs the same resources up", By.DEVIATIONS, "again daily: is due on the same days", _duplicated
    ),
    Fault(
        "A schedule of backups starts nothing",
        By.DEVIATIONS,
        "its schedule cron(0 1 31 2 ? *) starts nothing",
        _daily("cron(0 1 31 2 ? *)"),
    ),
    Fault(
        "The rule for backups that never start is disabled",
        By.DEVIATIONS,
        "backup-not-made: is disabled",
        _deviates(RULE, "backup-not-made", lambda _: {"state": "DISABLED"}),
    ),
    Fault(
        "The rule for backups that never start listens to a source that nobody has",
        By.DEVIATIONS,
        "no known service sends events as aws.backups",
        _deviates(RULE, "backup-not-made", replaced("eventPattern", "aws.backup", "aws.backups")),
    ),
    Fault(
        "EventBridge's principal stands in a list, under a source account",
        By.DEVIATIONS,
        "events.amazonaws.com logs:CreateLogStream: the policy of",
        _deviates(LOG_POLICY, "events", statements("policyDocument", _listed_sender)),
    ),
    Fault(
        "SNS is denied the log groups that it is allowed to make",
        By.DEVIATIONS,
        "lacks logs:CreateLogGroup",
        _deviates(ROLE_POLICY, "sns-delivery-status", _delivered_status_denied),
    ),
    Fault(
        "Config in the recovery region names IAM's types",
        By.DEVIATIONS,
        "global resource types are recorded in primary and dr",
        _record_globals(allSupported=False, resourceTypes=["AWS::IAM::Role", "AWS::EC2::Instance"]),
    ),
    Fault(
        "Config in the recovery region excludes other types than IAM's",
        By.DEVIATIONS,
        "global resource types are recorded in primary and dr",
        _record_globals(
            allSupported=False,
            recordingStrategies=[{"useOnly": "EXCLUSION_BY_RESOURCE_TYPES"}],
            exclusionByResourceTypes=[{"resourceTypes": ["AWS::EC2::Instance"]}],
        ),
    ),
    Fault(
        "An alarm watches a metric that the service does not publish",
        By.DEVIATIONS,
        "nobody publishes AWS/SQS ApproximateAgeOfOldestMessages",
        _deviates(
            "aws:cloudwatch/metricAlarm:MetricAlarm",
            "replays-waiting",
            lambda _: {"metricName": "ApproximateAgeOfOldestMessages"},
        ),
    ),
    Fault("A bucket's lock of 99 years cannot be undone", By.PREFLIGHT, "AWS lets no one delete it before", _locked),
    Fault(
        "The VPN's far end has another address of documentation",
        By.PREFLIGHT,
        "customerGatewayIp",
        _customer,
    ),
)
