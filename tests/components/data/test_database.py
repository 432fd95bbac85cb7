"""D1: the trade history database and its replica."""

from __future__ import annotations

from blueprint import Blueprint
from blueprint.model import Resource
from blueprint.secrets import Secret

INSTANCE = "aws:rds/instance:Instance"
GROUP = "aws:rds/parameterGroup:ParameterGroup"


def database(stack: Blueprint) -> Resource:
    return stack.one(INSTANCE, "trade-history")


def parameters(stack: Blueprint) -> dict[str, str]:
    return {p["name"]: p["value"] for p in stack.one(GROUP, "database").properties["parameters"]}


def test_every_instance_is_private_encrypted_and_protected(stack: Blueprint) -> None:
    for instance in stack.of_type(INSTANCE):
        properties = instance.properties
        assert properties["storageEncrypted"] is True
        assert "::database#arn" in properties["kmsKeyId"]
        assert properties["publiclyAccessible"] is False
        assert properties["deletionProtection"] is (instance.name != "trade-history-reader"), (
            "a reader must be able to go"
        )
        assert properties["iamDatabaseAuthenticationEnabled"] is True
        assert properties["copyTagsToSnapshot"] is True
        assert properties["autoMinorVersionUpgrade"] is False, "versions change in both regions, when both are made to"


def test_every_instance_is_watched(stack: Blueprint) -> None:
    for instance in stack.of_type(INSTANCE):
        properties = instance.properties
        assert properties["performanceInsightsEnabled"] is True
        assert "::database#arn" in properties["performanceInsightsKmsKeyId"]
        assert properties["monitoringInterval"] == 15
        assert "database-monitoring" in properties["monitoringRoleArn"]
        assert properties["enabledCloudwatchLogsExports"] == ["postgresql", "upgrade"]


def test_logs_are_kept_under_a_key_before_rds_makes_them_without(stack: Blueprint) -> None:
    groups = {g.properties["name"]: g for g in stack.of_type("aws:cloudwatch/logGroup:LogGroup")}
    for instance in stack.of_type(INSTANCE):
        for log in instance.properties["enabledCloudwatchLogsExports"]:
            group = groups[f"/aws/rds/instance/{instance.properties['identifier']}/{log}"]
            assert group.properties["retentionInDays"] >= 365
            assert "::logs#arn" in group.properties["kmsKeyId"]
            assert group.urn in instance.dependencies


def test_the_database_takes_no_connection_without_tls(stack: Blueprint) -> None:
    assert parameters(stack)["rds.force_ssl"] == "1"
    assert parameters(stack)["ssl_min_protocol_version"] == "TLSv1.2"


def test_both_regions_run_with_the_same_parameters(primary: Blueprint, dr: Blueprint) -> None:
    assert parameters(primary) == parameters(dr)
    assert "{" not in parameters(dr)["max_connections"], "a formula gives the smaller class fewer connections"


def test_static_parameters_wait_for_a_start(primary: Blueprint) -> None:
    methods = {p["name"]: p["applyMethod"] for p in primary.one(GROUP, "database").properties["parameters"]}
    static = {name for name, method in methods.items() if method == "pending-reboot"}
    assert static == {"max_connections", "pgaudit.role", "shared_preload_libraries"}


def test_the_primary_survives_its_zone_and_35_days_of_mistakes(primary: Blueprint) -> None:
    properties = database(primary).properties
    assert properties["multiAz"] is True
    assert properties["backupRetentionPeriod"] == 35
    assert properties["instanceClass"] == "db.r6g.2xlarge"
    assert (properties["skipFinalSnapshot"], properties["finalSnapshotIdentifier"]) == (
        False,
        "trading-primary-trade-history-final",
    )
    assert database(primary).options["protect"] is True


def test_the_primary_has_a_reader_beside_it(primary: Blueprint, dr: Blueprint) -> None:
    reader = primary.one(INSTANCE, "trade-history-reader").properties
    assert reader["replicateSourceDb"] == "trading-primary-trade-history"
    assert (INSTANCE, "trade-history-reader") not in dr.by_reference, "the pilot light reads from its replica"


def test_the_password_is_secret_and_never_kept_by_the_database_resource(primary: Blueprint) -> None:
    properties = database(primary).properties
    assert isinstance(properties["passwordWo"], Secret)
    assert "password" not in properties
    assert properties["passwordWoVersion"] == 1


def test_the_recovery_region_replicates_the_primarys_database(dr: Blueprint) -> None:
    replica = database(dr)
    assert "outputs.databaseArn" in replica.properties["replicateSourceDb"]
    assert "replicaKey:ReplicaKey::database" in replica.properties["kmsKeyId"]
    assert replica.properties["multiAz"] is False
    assert replica.properties["backupRetentionPeriod"] == 0
    assert replica.properties["skipFinalSnapshot"] is True, "RDS takes no snapshot of a replica that goes"
    assert not {"username", "passwordWo", "dbName"} & set(replica.properties), "a replica has its source's"


def test_a_promoted_database_is_not_made_a_replica_again(dr: Blueprint, dr_active: Blueprint) -> None:
    for stack in (dr, dr_active):
        assert "replicateSourceDb" in database(stack).options["ignoreChanges"]
        assert database(stack).options["protect"] is True


def test_a_region_that_took_over_is_as_large_and_as_safe_as_the_primary(
    primary: Blueprint, dr_active: Blueprint
) -> None:
    same = ("instanceClass", "multiAz", "backupRetentionPeriod", "skipFinalSnapshot", "storageType", "iops")
    ours, theirs = database(dr_active).properties, database(primary).properties
    assert {name: ours[name] for name in same} == {name: theirs[name] for name in same}
    assert ours["applyImmediately"] is True, "it is needed now, not in the next maintenance window"
    assert (INSTANCE, "trade-history-reader") in dr_active.by_reference


def test_the_database_stands_in_the_data_tier_of_every_zone(stack: Blueprint) -> None:
    subnets = stack.one("aws:rds/subnetGroup:SubnetGroup", "database").properties["subnetIds"]
    assert len(subnets) == 3
    assert all("::data-" in subnet for subnet in subnets)


def test_insights_are_kept_as_long_as_their_mode_asks(primary: Blueprint, with_options: Blueprint) -> None:
    kept = {
        properties["databaseInsightsMode"]: properties["performanceInsightsRetentionPeriod"]
        for properties in (database(primary).properties, database(with_options).properties)
    }
    assert kept == {"standard": 7, "advanced": 465}


def test_throughput_is_set_of_gp3_storage_alone(primary: Blueprint, with_options: Blueprint) -> None:
    assert database(primary).properties["storageThroughput"] == 500
    assert database(with_options).properties["storageType"] == "io2"
    assert "storageThroughput" not in database(with_options).properties, "io2 has none to set"
