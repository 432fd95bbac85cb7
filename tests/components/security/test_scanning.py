"""S6: intruders, weaknesses, images and patches."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from blueprint import Blueprint, record_primary
from tests.components.security.graph import own, region_of

DETECTOR = "aws:guardduty/detector:Detector"
FEATURE = "aws:guardduty/detectorFeature:DetectorFeature"
INSPECTOR = "aws:inspector2/enabler:Enabler"
HUB = "aws:securityhub/account:Account"
STANDARD = "aws:securityhub/standardsSubscription:StandardsSubscription"
REPOSITORY = "aws:ecr/repository:Repository"
LIFECYCLE = "aws:ecr/lifecyclePolicy:LifecyclePolicy"
SCANNING = "aws:ecr/registryScanningConfiguration:RegistryScanningConfiguration"
REPLICATION = "aws:ecr/replicationConfiguration:ReplicationConfiguration"
BASELINE = "aws:ssm/patchBaseline:PatchBaseline"
GROUP = "aws:ssm/patchGroup:PatchGroup"
WINDOW = "aws:ssm/maintenanceWindow:MaintenanceWindow"
TARGET = "aws:ssm/maintenanceWindowTarget:MaintenanceWindowTarget"
TASK = "aws:ssm/maintenanceWindowTask:MaintenanceWindowTask"
PASSWORDS = "aws:iam/accountPasswordPolicy:AccountPasswordPolicy"
ACCOUNT_BLOCK = "aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock"
EBS_DEFAULT = "aws:ebs/encryptionByDefault:EncryptionByDefault"
EBS_KEY = "aws:ebs/defaultKmsKey:DefaultKmsKey"
METADATA = "aws:ec2/instanceMetadataDefaults:InstanceMetadataDefaults"
ANALYZER = "aws:accessanalyzer/analyzer:Analyzer"


def test_guardduty_watches_each_region(stack: Blueprint):
    assert stack.one(DETECTOR, "detector").properties["enable"]
    features = {each.properties["name"]: each.properties for each in own(stack, FEATURE)}
    watched = {"S3_DATA_EVENTS", "EKS_AUDIT_LOGS", "RDS_LOGIN_EVENTS", "LAMBDA_NETWORK_LOGS", "RUNTIME_MONITORING"}
    assert watched <= set(features)
    assert all(each["status"] == "ENABLED" for each in features.values())


def test_no_agent_comes_by_itself_onto_the_latency_tiers_hosts(stack: Blueprint):
    agents = stack.one(FEATURE, "runtime-monitoring").properties["additionalConfigurations"]
    assert {agent["name"]: agent["status"] for agent in agents} == {
        "EKS_ADDON_MANAGEMENT": "ENABLED",
        "ECS_FARGATE_AGENT_MANAGEMENT": "ENABLED",
        "EC2_AGENT_MANAGEMENT": "DISABLED",
    }


def test_inspector_scans_hosts_images_and_functions(stack: Blueprint):
    scanned = stack.one(INSPECTOR, "scanner").properties["resourceTypes"]
    assert set(scanned) == {"EC2", "ECR", "LAMBDA", "LAMBDA_CODE"}


def test_security_hub_judges_by_four_standards_of_its_region(stack: Blueprint):
    assert not stack.one(HUB, "hub").properties["enableDefaultStandards"], "the standards are chosen, not inherited"
    arns = [each.properties["standardsArn"] for each in own(stack, STANDARD)]
    assert all(arn.startswith(f"arn:aws:securityhub:{region_of(stack)}::standards/") for arn in arns)
    for standard in ("aws-foundational-security-best-practices", "cis-aws-foundations-benchmark", "pci-dss"):
        assert any(f"/{standard}/" in arn for arn in arns), f"nobody judges by {standard}"


def test_images_are_scanned_immutable_and_encrypted_in_both_regions(stack: Blueprint):
    names = {each.properties["name"] for each in own(stack, REPOSITORY)}
    assert {"trading/trading-engine", "trading/market-data", "trading/order-intake"} <= names
    for repository in own(stack, REPOSITORY):
        assert repository.properties["imageTagMutability"] == "IMMUTABLE", "what was tested is what runs"
        assert repository.properties["imageScanningConfiguration"] == {"scanOnPush": True}
        (encryption,) = repository.properties["encryptionConfigurations"]
        assert encryption["encryptionType"] == "KMS"
        assert "::compute#arn" in encryption["kmsKey"]
        rules = json.loads(stack.one(LIFECYCLE, repository.name).properties["policy"])["rules"]
        assert [rule["rulePriority"] for rule in rules] == [1, 2]


def test_images_are_scanned_again_every_day(stack: Blueprint):
    scanning = stack.one(SCANNING, "images")
    assert scanning.properties["scanType"] == "ENHANCED"
    assert scanning.properties["rules"][0]["scanFrequency"] == "CONTINUOUS_SCAN"
    assert stack.one(INSPECTOR, "scanner").urn in scanning.dependencies, "Inspector does the scanning"


def test_the_recovery_region_has_images_copied_to_it_until_it_takes_over(
    primary: Blueprint, dr: Blueprint, dr_active: Blueprint
):
    assert not primary.of_type(REPLICATION), "the primary never refers to the recovery region"
    replication = dr.one(REPLICATION, "images")
    assert "primary-side" in (replication.provider or ""), "the registry that sends holds the configuration"
    assert replication.options["retainOnDelete"]
    (rule,) = replication.properties["replicationConfiguration"]["rules"]
    assert [each["region"] for each in rule["destinations"]] == ["us-west-2"]
    assert rule["repositoryFilters"] == [{"filter": "trading/", "filterType": "PREFIX_MATCH"}]
    for repository in own(dr, REPOSITORY):
        assert repository.urn in replication.dependencies, "a copy that came first would lack our key"
    assert not dr_active.of_type(REPLICATION), "the lost region is not called"


def test_hosts_get_security_patches_of_the_severity_that_is_set(stack: Blueprint):
    (rule,) = stack.one(BASELINE, "hosts").properties["approvalRules"]
    filters = {each["key"]: each["values"] for each in rule["patchFilters"]}
    assert filters == {"CLASSIFICATION": ["Security"], "SEVERITY": ["Medium", "Important", "Critical"]}
    assert rule["approveAfterDays"] == 7
    group = stack.one(GROUP, "hosts").properties["patchGroup"]
    (target,) = stack.one(TARGET, "hosts").properties["targets"]
    assert target == {"key": "tag:PatchGroup", "values": [group]}


def test_patching_is_over_before_markets_open_in_summer_and_in_winter(stack: Blueprint):
    window = stack.one(WINDOW, "patching").properties
    assert window["scheduleTimezone"] == "America/New_York", "the window moves with the markets' clock"
    assert window["schedule"] == "cron(0 6 ? * SUN *)"
    for sunday in (datetime(2026, 1, 4), datetime(2026, 7, 5)):
        start = sunday.replace(hour=6, tzinfo=ZoneInfo(window["scheduleTimezone"]))
        end = start + timedelta(hours=window["duration"])
        assert end.weekday() == 6, "markets are closed on Sunday"


def test_a_failing_patch_stops_the_rest_and_nothing_outlives_the_window(stack: Blueprint):
    task = stack.one(TASK, "patch-hosts").properties
    assert (task["taskType"], task["taskArn"]) == ("RUN_COMMAND", "AWS-RunPatchBaseline")
    assert task["maxErrors"] == "1"
    assert task["maxConcurrency"] == "10%", "a tier is never down whole"
    assert task["cutoffBehavior"] == "CANCEL_TASK"
    assert stack.one(WINDOW, "patching").properties["cutoff"] >= 1


def test_volumes_are_encrypted_and_metadata_is_guarded_by_default(stack: Blueprint):
    assert stack.one(EBS_DEFAULT, "volumes").properties["enabled"]
    assert "::compute#arn" in stack.one(EBS_KEY, "volumes").properties["keyArn"]
    metadata = stack.one(METADATA, "metadata").properties
    assert (metadata["httpTokens"], metadata["httpPutResponseHopLimit"]) == ("required", 1)
    assert stack.one(ANALYZER, "external-access").properties["type"] == "ACCOUNT"


def test_what_an_account_has_once_is_the_primarys(primary: Blueprint, recovery: Blueprint):
    assert primary.one(PASSWORDS, "passwords").properties["minimumPasswordLength"] >= 14
    block = primary.one(ACCOUNT_BLOCK, "buckets").properties
    assert all(block[flag] for flag in ("blockPublicAcls", "blockPublicPolicy", "restrictPublicBuckets"))
    assert not recovery.of_type(PASSWORDS, ACCOUNT_BLOCK), "two stacks would undo each other's work"


def test_where_a_landing_zone_watches_nothing_is_declared_twice():
    stack = record_primary(overrides={"accountBaseline": False})
    assert not own(stack, DETECTOR, INSPECTOR, HUB, PASSWORDS, ACCOUNT_BLOCK, EBS_DEFAULT, SCANNING)
    assert own(stack, REPOSITORY, WINDOW), "what is the platform's own stays"
