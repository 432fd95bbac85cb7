"""S2: the database's credentials, kept, replicated and rotated."""

from __future__ import annotations

from blueprint import Blueprint, record_primary
from blueprint.secrets import Secret
from tests.components.security.graph import ROLE_POLICY, listed, own, statements

SECRET = "aws:secretsmanager/secret:Secret"
VERSION = "aws:secretsmanager/secretVersion:SecretVersion"
ROTATION = "aws:secretsmanager/secretRotation:SecretRotation"
FUNCTION = "aws:lambda/function:Function"
PERMISSION = "aws:lambda/permission:Permission"
DATABASE = "aws:rds/instance:Instance"
LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"


def test_the_primary_keeps_the_secret_under_the_key_for_secrets_with_a_replica(primary: Blueprint):
    secret = primary.one(SECRET, "database")
    assert secret.properties["name"] == "trading-database"
    assert "::secrets#arn" in secret.properties["kmsKeyId"]
    assert [replica["region"] for replica in secret.properties["replicas"]] == ["us-west-2"]
    assert secret.properties["recoveryWindowInDays"] == 30, "a deleted secret can be brought back"
    assert secret.options["protect"]


def test_the_replicas_key_is_the_one_that_is_set():
    stack = record_primary(overrides={"secretsReplicaKey": "alias/trading-secrets"})
    (replica,) = stack.one(SECRET, "database").properties["replicas"]
    assert replica["kmsKeyId"] == "alias/trading-secrets"


def test_the_recovery_region_declares_no_secret_of_its_own(recovery: Blueprint):
    assert not own(recovery, SECRET, VERSION, ROTATION), "two owners of one secret undo each other's work"


def test_the_password_is_written_and_never_read_back(primary: Blueprint):
    version = primary.one(VERSION, "database").properties
    assert isinstance(version["secretStringWo"], Secret), "the text is a secret wherever it is shown"
    assert "secretString" not in version, "the state would keep what it can read"


def test_a_version_that_rotation_left_behind_is_not_declared_anew(primary: Blueprint):
    version = primary.one(VERSION, "database")
    assert "declared" in version.properties["versionStages"], "a version without a label may vanish"
    assert version.options["ignoreChanges"] == ["versionStages"], "the label AWSCURRENT is rotation's to move"


def test_the_first_password_dies_as_soon_as_there_is_a_database(primary: Blueprint):
    rotation = primary.one(ROTATION, "database")
    assert rotation.properties["rotateImmediately"]
    assert rotation.properties["rotationRules"] == {"automaticallyAfterDays": 30}
    assert primary.one(DATABASE, "trade-history").urn in rotation.dependencies, "there must be one to rotate"
    assert primary.one(VERSION, "database").urn in rotation.dependencies, "there must be a password to replace"
    assert primary.one(PERMISSION, "rotation").urn in rotation.dependencies, "Secrets Manager must be let in"


def test_the_function_that_rotates_stands_in_both_regions_for_the_instance_there(stack: Blueprint):
    side = "primary" if stack.stack == "primary" else "dr"
    function = stack.one(FUNCTION, "rotation").properties
    assert function["environment"]["variables"] == {"DATABASE_INSTANCE": f"trading-{side}-trade-history"}
    assert stack.one(DATABASE, "trade-history").properties["identifier"] == f"trading-{side}-trade-history"
    assert function["reservedConcurrentExecutions"] == 1, "two rotations at one time would set two passwords"
    assert function["tracingConfig"] == {"mode": "Active"}
    assert function["architectures"] == ["arm64"]
    assert "::logs#arn" in stack.one(LOG_GROUP, "rotation").properties["kmsKeyId"]


def test_only_secrets_manager_calls_it_and_only_for_this_secret(stack: Blueprint):
    permission = stack.one(PERMISSION, "rotation").properties
    assert permission["principal"] == "secretsmanager.amazonaws.com"
    assert permission["sourceAccount"] == "123456789012"
    assert permission["sourceArn"].endswith(":secret:trading-database-??????")


def test_it_may_touch_one_secret_and_one_database(stack: Blueprint):
    for each in statements(stack.one(ROLE_POLICY, "rotation")):
        for action in listed(each["Action"]):
            if action.startswith(("rds:", "secretsmanager:")) and action != "secretsmanager:GetRandomPassword":
                assert each["Resource"].endswith(("-trade-history", "trading-database-??????")), f"{action} is too wide"
