from __future__ import annotations

import io
import zipfile

import pytest
from botocore.exceptions import ClientError

from tests.aws_emulator.conftest import TRUST


def test_a_detached_replica_is_an_independent_secret(client):
    here, there = client("secretsmanager"), client("secretsmanager", "us-west-2")
    here.create_secret(Name="detached", SecretString="one", AddReplicaRegions=[{"Region": "us-west-2"}])
    assert there.describe_secret(SecretId="detached")["PrimaryRegion"] == "us-east-1"
    with pytest.raises(ClientError, match="not a replica"):
        here.stop_replication_to_replica(SecretId="detached")
    arn = there.stop_replication_to_replica(SecretId="detached")["ARN"]
    assert ":us-west-2:" in arn
    assert "PrimaryRegion" not in there.describe_secret(SecretId="detached")
    there.put_secret_value(SecretId="detached", SecretString="two")
    assert here.get_secret_value(SecretId="detached")["SecretString"] == "one", "the source is left as it is"
    assert there.get_secret_value(SecretId="detached")["SecretString"] == "two"
    assert "ReplicationStatus" not in here.describe_secret(SecretId="detached")
    with pytest.raises(ClientError, match="not a replica"):
        there.stop_replication_to_replica(SecretId="detached")


def test_a_rotation_moves_only_the_version_labels_of_aws(client):
    secrets = client("secretsmanager")
    secrets.create_secret(Name="rotated")
    declared = secrets.put_secret_value(
        SecretId="rotated", SecretString="one", VersionStages=["AWSCURRENT", "declared"]
    )
    function = _function(client)
    secrets.rotate_secret(SecretId="rotated", RotationLambdaARN=function, RotationRules={"AutomaticallyAfterDays": 30})
    stages = secrets.describe_secret(SecretId="rotated")["VersionIdsToStages"]
    assert set(stages[declared["VersionId"]]) == {"declared", "AWSPREVIOUS"}
    assert [labels for version, labels in stages.items() if version != declared["VersionId"]] == [["AWSCURRENT"]]


def _function(client):
    client("iam").create_role(RoleName="rotation", AssumeRolePolicyDocument=TRUST)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("rotation.py", "handle = print")
    made = client("lambda").create_function(
        FunctionName="rotation",
        Runtime="python3.13",
        Role="arn:aws:iam::123456789012:role/rotation",
        Handler="rotation.handle",
        Code={"ZipFile": packed.getvalue()},
    )
    return made["FunctionArn"]
