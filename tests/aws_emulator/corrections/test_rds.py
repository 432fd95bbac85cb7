from __future__ import annotations

import re

import pytest

SETTINGS = {"Engine": "postgres", "EngineVersion": "15.4", "DBInstanceClass": "db.r6g.large", "AllocatedStorage": 100}


@pytest.fixture
def source(client, request):
    name = re.sub("[^a-z0-9]+", "-", request.node.name)[:50].strip("-")
    return client("rds").create_db_instance(
        DBInstanceIdentifier=name,
        MasterUsername="orders",
        MasterUserPassword="not-a-secret",
        Tags=[{"Key": "Of", "Value": "source"}],
        EnableCloudwatchLogsExports=["postgresql"],
        BackupRetentionPeriod=35,
        MultiAZ=True,
        EnablePerformanceInsights=True,
        PerformanceInsightsKMSKeyId="arn:aws:kms:us-east-1:1:key/p",
        **SETTINGS,
    )["DBInstance"]


def _instance(client, name, region="us-east-1"):
    return client("rds", region).describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0]


def _replica(client, source, region, **more):
    named = source["DBInstanceArn"] if region != "us-east-1" else source["DBInstanceIdentifier"]
    name = f"r-{source['DBInstanceIdentifier']}"
    client("rds", region).create_db_instance_read_replica(
        DBInstanceIdentifier=name, SourceDBInstanceIdentifier=named, **more
    )
    return _instance(client, name, region)


def test_performance_insights_come_back_as_they_were_given(client, source):
    found = _instance(client, source["DBInstanceIdentifier"])
    assert found["PerformanceInsightsEnabled"] is True
    assert found["PerformanceInsightsKMSKeyId"] == "arn:aws:kms:us-east-1:1:key/p"
    assert found["PerformanceInsightsRetentionPeriod"] == 7, "a week is kept unless more is asked for"


@pytest.mark.parametrize("region", ["us-east-1", "us-west-2"])
def test_a_replica_has_an_identity_of_its_own(client, source, region):
    replica = _replica(client, source, region, Tags=[{"Key": "Of", "Value": "replica"}])
    assert replica["DbiResourceId"] != source["DbiResourceId"]
    assert replica["TagList"] == [{"Key": "Of", "Value": "replica"}]
    assert replica["MultiAZ"] is False
    assert replica["BackupRetentionPeriod"] == 0, "a replica is not backed up unless that is asked for"
    assert replica.get("EnabledCloudwatchLogsExports", []) == []
    assert replica["AvailabilityZone"].startswith(region)
    assert _instance(client, source["DBInstanceIdentifier"])["TagList"] == [{"Key": "Of", "Value": "source"}]


def test_a_replica_names_its_source_by_arn_across_regions_only(client, source):
    there = _replica(client, source, "us-west-2")
    assert there["ReadReplicaSourceDBInstanceIdentifier"] == source["DBInstanceArn"]
    here = _replica(client, source, "us-east-1")
    assert here["ReadReplicaSourceDBInstanceIdentifier"] == source["DBInstanceIdentifier"]


def test_a_replica_in_another_region_can_be_deleted(client, source):
    replica = _replica(client, source, "us-west-2")
    client("rds", "us-west-2").delete_db_instance(
        DBInstanceIdentifier=replica["DBInstanceIdentifier"], SkipFinalSnapshot=True
    )
    assert _instance(client, source["DBInstanceIdentifier"]).get("ReadReplicaDBInstanceIdentifiers", []) == []


def test_a_promoted_replica_stands_alone(client, source):
    replica = _replica(client, source, "us-west-2")
    client("rds", "us-west-2").promote_read_replica(DBInstanceIdentifier=replica["DBInstanceIdentifier"])
    promoted = _instance(client, replica["DBInstanceIdentifier"], "us-west-2")
    assert "ReadReplicaSourceDBInstanceIdentifier" not in promoted
    assert _instance(client, source["DBInstanceIdentifier"]).get("ReadReplicaDBInstanceIdentifiers", []) == []


def test_a_parameter_that_was_set_is_the_users_and_can_be_set_back(client):
    rds = client("rds")
    rds.create_db_parameter_group(DBParameterGroupName="tls", DBParameterGroupFamily="postgres15", Description="d")
    forced = {"ParameterName": "rds.force_ssl", "ParameterValue": "1", "ApplyMethod": "pending-reboot"}
    rds.modify_db_parameter_group(DBParameterGroupName="tls", Parameters=[forced])
    held = rds.describe_db_parameters(DBParameterGroupName="tls")["Parameters"]
    assert held == [{**forced, "Source": "user"}]
    rds.reset_db_parameter_group(DBParameterGroupName="tls", Parameters=[forced])
    assert rds.describe_db_parameters(DBParameterGroupName="tls")["Parameters"] == []


def test_a_replica_is_not_monitored_unless_that_is_asked_for(client, source):
    role = "arn:aws:iam::123456789012:role/monitoring"
    client("rds").modify_db_instance(
        DBInstanceIdentifier=source["DBInstanceIdentifier"],
        MonitoringInterval=1,
        MonitoringRoleArn=role,
        EnableIAMDatabaseAuthentication=True,
        MaxAllocatedStorage=2000,
    )
    replica = _replica(client, source, "us-west-2")
    assert replica.get("MonitoringInterval", 0) == 0
    assert replica["IAMDatabaseAuthenticationEnabled"] is False
