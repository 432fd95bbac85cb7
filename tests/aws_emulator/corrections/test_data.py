from __future__ import annotations

import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def table(client, request):
    """A table in us-east-1 with a replica in us-west-2."""
    name = request.node.name
    client("dynamodb").create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )
    client("dynamodb").put_item(TableName=name, Item={"id": {"S": "before"}})
    _replicas(client, name, Create={"RegionName": "us-west-2", "KMSMasterKeyId": "arn:aws:kms:us-west-2:1:key/own"})
    return name


def _replicas(client, name, **update):
    client("dynamodb").update_table(TableName=name, ReplicaUpdates=[update])


def _described(client, name, region="us-east-1"):
    return client("dynamodb", region).describe_table(TableName=name)["Table"]


def test_each_region_of_a_global_table_names_the_others(client, table):
    assert [held["RegionName"] for held in _described(client, table)["Replicas"]] == ["us-west-2"]
    assert [held["RegionName"] for held in _described(client, table, "us-west-2")["Replicas"]] == ["us-east-1"]


def test_a_replica_table_has_the_key_of_its_own_region_and_the_items_that_were_there(client, table):
    there = _described(client, table, "us-west-2")
    assert there["SSEDescription"]["KMSMasterKeyArn"] == "arn:aws:kms:us-west-2:1:key/own"
    assert there["TableArn"].split(":")[3] == "us-west-2"
    assert there["StreamSpecification"]["StreamViewType"] == "NEW_AND_OLD_IMAGES"
    assert client("dynamodb", "us-west-2").get_item(TableName=table, Key={"id": {"S": "before"}})["Item"]


def test_point_in_time_recovery_is_each_replicas_own(client, table):
    specification = {"PointInTimeRecoveryEnabled": True}
    client("dynamodb").update_continuous_backups(TableName=table, PointInTimeRecoverySpecification=specification)

    def status(region):
        answer = client("dynamodb", region).describe_continuous_backups(TableName=table)
        described = answer["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
        return described["PointInTimeRecoveryStatus"]

    assert (status("us-east-1"), status("us-west-2")) == ("ENABLED", "DISABLED")


def test_time_to_live_is_the_same_in_all_replicas(client, table):
    specification = {"Enabled": True, "AttributeName": "exp"}
    client("dynamodb").update_time_to_live(TableName=table, TimeToLiveSpecification=specification)
    there = client("dynamodb", "us-west-2").describe_time_to_live(TableName=table)["TimeToLiveDescription"]
    assert there["AttributeName"] == "exp"


def test_a_deleted_replica_is_gone_and_the_table_stays(client, table):
    _replicas(client, table, Delete={"RegionName": "us-west-2"})
    assert "Replicas" not in _described(client, table)
    with pytest.raises(ClientError, match="not found"):
        _described(client, table, "us-west-2")


def test_a_replica_that_is_there_cannot_be_made_again(client, table):
    with pytest.raises(ClientError, match="exists in us-west-2"):
        _replicas(client, table, Create={"RegionName": "us-west-2"})


def test_a_replica_that_is_not_there_cannot_be_deleted(client, table):
    with pytest.raises(ClientError, match="Replica specified in the Replica Update or Replica Delete action"):
        _replicas(client, table, Delete={"RegionName": "eu-west-1"})


def test_a_strongly_consistent_table_names_its_witness(client, table):
    client("dynamodb").update_table(
        TableName=table,
        GlobalTableWitnessUpdates=[{"Create": {"RegionName": "us-east-2"}}],
        MultiRegionConsistency="STRONG",
    )
    described = _described(client, table, "us-west-2")
    assert described["MultiRegionConsistency"] == "STRONG"
    assert [witness["RegionName"] for witness in described["GlobalTableWitnesses"]] == ["us-east-2"]


def test_the_encryption_key_of_a_table_can_be_changed(client, table):
    key = "arn:aws:kms:us-east-1:123456789012:key/new"
    client("dynamodb").update_table(
        TableName=table, SSESpecification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key}
    )
    assert _described(client, table)["SSEDescription"]["KMSMasterKeyArn"] == key


@pytest.fixture
def bucket(client, request):
    name = request.node.name.replace("_", "-")[:60].strip("-")
    client("s3").create_bucket(Bucket=name)
    versioning = {"Status": "Enabled"}
    client("s3").put_bucket_versioning(Bucket=name, VersioningConfiguration=versioning)
    return name


def test_replication_comes_back_as_it_was_configured(client, bucket):
    rules = [
        {
            "ID": "all",
            "Priority": 1,
            "Status": "Enabled",
            "Filter": {"Prefix": "trades/"},
            "DeleteMarkerReplication": {"Status": "Enabled"},
            "SourceSelectionCriteria": {"SseKmsEncryptedObjects": {"Status": "Enabled"}},
            "Destination": {
                "Bucket": "arn:aws:s3:::there",
                "StorageClass": "STANDARD_IA",
                "EncryptionConfiguration": {"ReplicaKmsKeyID": "arn:aws:kms:us-west-2:1:key/x"},
                "ReplicationTime": {"Status": "Enabled", "Time": {"Minutes": 15}},
                "Metrics": {"Status": "Enabled", "EventThreshold": {"Minutes": 15}},
            },
        }
    ]
    config = {"Role": "arn:aws:iam::123456789012:role/r", "Rules": rules}
    client("s3").put_bucket_replication(Bucket=bucket, ReplicationConfiguration=config)
    assert client("s3").get_bucket_replication(Bucket=bucket)["ReplicationConfiguration"] == config


def test_deleting_a_metrics_configuration_does_not_delete_the_bucket(client, bucket):
    s3 = client("s3")
    wanted = {"Id": "orders", "Filter": {"Prefix": "orders/"}}
    s3.put_bucket_metrics_configuration(Bucket=bucket, Id="orders", MetricsConfiguration=wanted)
    found = s3.get_bucket_metrics_configuration(Bucket=bucket, Id="orders")["MetricsConfiguration"]
    assert found == wanted
    listed = s3.list_bucket_metrics_configurations(Bucket=bucket)["MetricsConfigurationList"]
    assert listed == [wanted]
    s3.delete_bucket_metrics_configuration(Bucket=bucket, Id="orders")
    s3.head_bucket(Bucket=bucket)
    with pytest.raises(ClientError, match="NoSuchConfiguration"):
        s3.get_bucket_metrics_configuration(Bucket=bucket, Id="orders")


def test_deleting_an_intelligent_tiering_configuration_does_not_delete_the_bucket(client, bucket):
    s3 = client("s3")
    wanted = {"Id": "all", "Status": "Enabled", "Tierings": [{"Days": 125, "AccessTier": "ARCHIVE_ACCESS"}]}
    s3.put_bucket_intelligent_tiering_configuration(Bucket=bucket, Id="all", IntelligentTieringConfiguration=wanted)
    found = s3.get_bucket_intelligent_tiering_configuration(Bucket=bucket, Id="all")
    assert found["IntelligentTieringConfiguration"] == wanted
    s3.delete_bucket_intelligent_tiering_configuration(Bucket=bucket, Id="all")
    s3.head_bucket(Bucket=bucket)


def test_deleting_a_part_of_a_bucket_that_is_not_emulated_does_not_delete_the_bucket(client, bucket):
    s3 = client("s3")
    with pytest.raises(ClientError, match="inventory"):
        s3.delete_bucket_inventory_configuration(Bucket=bucket, Id="daily")
    s3.head_bucket(Bucket=bucket)


def test_a_replica_of_a_secret_is_under_the_key_named_for_its_region(client):
    key = "arn:aws:kms:us-west-2:123456789012:key/mrk-1"
    secrets = client("secretsmanager")
    secrets.create_secret(
        Name="replicated", SecretString="s", AddReplicaRegions=[{"Region": "us-west-2", "KmsKeyId": key}]
    )
    assert secrets.describe_secret(SecretId="replicated")["ReplicationStatus"][0]["KmsKeyId"] == key
