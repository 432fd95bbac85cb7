from __future__ import annotations

import pytest
from botocore.exceptions import ClientError


def test_a_replica_that_is_detached_lives_by_itself(client):
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
