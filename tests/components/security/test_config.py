"""S4: AWS Config records everything and checks what the policy pack checks."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import moto.config
import pytest

from blueprint import Blueprint, record_primary
from components.security.config_rules import RECOVERY_PACK, RULES
from tests.components.security.graph import own

RECORDER = "aws:cfg/recorder:Recorder"
CHANNEL = "aws:cfg/deliveryChannel:DeliveryChannel"
STATUS = "aws:cfg/recorderStatus:RecorderStatus"
RULE = "aws:cfg/rule:Rule"
PACK = "aws:cfg/conformancePack:ConformancePack"


@pytest.fixture(scope="module")
def managed() -> dict:
    """AWS's managed rules by identifier, as the in-memory AWS knows them."""
    file = Path(moto.config.__path__[0]) / "resources" / "aws_managed_rules.json.gz"
    return json.loads(gzip.decompress(file.read_bytes()))["ManagedRules"]


def test_each_region_records_all_resources_and_the_primary_the_global_ones_too(stack: Blueprint):
    """A configuration item of IAM is paid for by each recorder that takes it (AWS Config, pricing)."""
    group = stack.one(RECORDER, "recorder").properties["recordingGroup"]
    assert group == {"allSupported": True, "includeGlobalResourceTypes": stack.stack == "primary"}
    status = stack.one(STATUS, "recorder")
    assert status.properties["isEnabled"], "a recorder that is not started records nothing"
    assert stack.one(CHANNEL, "recorder").urn in status.dependencies, "Config starts only what it can deliver"


def test_it_records_by_configs_own_role(primary: Blueprint, recovery: Blueprint):
    role = primary.one(RECORDER, "recorder").properties["roleArn"]
    assert "serviceLinkedRole:ServiceLinkedRole::config" in role
    role = recovery.one(RECORDER, "recorder").properties["roleArn"]
    assert role.endswith("/config.amazonaws.com/AWSServiceRoleForConfig")


def test_its_history_is_delivered_encrypted_into_the_bucket_for_logs(stack: Blueprint):
    channel = stack.one(CHANNEL, "recorder").properties
    assert channel["s3BucketName"].endswith("::logs#id}")
    assert channel["s3KeyPrefix"] == "config"
    assert "::logs#arn" in channel["s3KmsKeyArn"]


def test_forty_rules_check_what_runs(stack: Blueprint):
    rules = own(stack, RULE)
    assert len(rules) == len(RULES) >= 40
    recorder = stack.one(STATUS, "recorder").urn
    for rule in rules:
        assert recorder in rule.dependencies, "Config refuses a rule before it records"
        assert rule.properties["source"]["owner"] == "AWS"


def test_no_rule_stands_twice():
    identifiers = [rule.identifier for rule in (*RULES, *RECOVERY_PACK)]
    assert len(set(identifiers)) == len(identifiers), "an evaluation is paid for once"


@pytest.mark.parametrize("rule", [*RULES, *RECOVERY_PACK], ids=lambda rule: rule.name)
def test_each_rule_is_one_of_awss_with_the_parameters_that_it_needs(rule, managed):
    known = {each["Name"]: each for each in managed[rule.identifier].get("Parameters", [])}
    needed = {name for name, each in known.items() if not each.get("Optional") and not each.get("Default")}
    assert needed <= set(rule.parameters) <= set(known), f"{rule.identifier} takes {sorted(known)}, needs {needed}"


def test_what_recovery_stands_on_is_one_pack(stack: Blueprint):
    resources = json.loads(stack.one(PACK, "recovery").properties["templateBody"])["Resources"]
    checked = {each["Properties"]["Source"]["SourceIdentifier"] for each in resources.values()}
    assert checked == {rule.identifier for rule in RECOVERY_PACK}
    assert all(each["Type"] == "AWS::Config::ConfigRule" for each in resources.values())
    assert resources["DbInstanceBackupEnabled"]["Properties"]["InputParameters"] == {"backupRetentionMinimum": "30"}


def test_where_a_landing_zone_records_only_the_rules_are_declared():
    stack = record_primary(overrides={"accountBaseline": False})
    assert not own(stack, RECORDER, CHANNEL, STATUS), "an account has one recorder in a region"
    assert len(own(stack, RULE)) == len(RULES)
