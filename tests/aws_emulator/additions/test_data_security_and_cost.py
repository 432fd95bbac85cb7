"""Backup, EFS, ElastiCache, Systems Manager, Config, Security Hub, GuardDuty, budgets, cost and RAM additions."""

import pytest
from botocore.exceptions import ClientError

from tests.aws_emulator.conftest import policy

POLICY = policy("elasticfilesystem:ClientMount")

_DR = "us-west-2"


def _code(call, **arguments):
    with pytest.raises(ClientError) as refused:
        call(**arguments)
    return refused.value.response["Error"]["Code"]


def test_a_replication_creates_a_file_system_in_the_other_region_and_is_listed_in_both(client):
    source = client("efs").create_file_system(CreationToken="t")["FileSystemId"]
    made = client("efs").create_replication_configuration(SourceFileSystemId=source, Destinations=[{"Region": _DR}])
    target = made["Destinations"][0]["FileSystemId"]
    assert client("efs", _DR).describe_file_systems(FileSystemId=target)["FileSystems"][0]["Encrypted"] is True
    seen = client("efs", _DR).describe_replication_configurations(FileSystemId=target)["Replications"]
    assert [item["SourceFileSystemId"] for item in seen] == [source]
    client("efs", _DR).delete_replication_configuration(SourceFileSystemId=source)
    assert _code(client("efs").describe_replication_configurations, FileSystemId=source) == "ReplicationNotFound"


def test_a_file_system_policy_is_deleted(client):
    efs = client("efs")
    identifier = efs.create_file_system(CreationToken="t")["FileSystemId"]
    efs.put_file_system_policy(FileSystemId=identifier, Policy=POLICY)
    assert efs.describe_file_system_policy(FileSystemId=identifier)["Policy"] == POLICY
    efs.delete_file_system_policy(FileSystemId=identifier)
    assert _code(efs.describe_file_system_policy, FileSystemId=identifier) == "PolicyNotFound"


def test_a_backup_selection_needs_an_existing_plan(client):
    backup = client("backup")
    selection = {"SelectionName": "tagged", "IamRoleArn": "arn:aws:iam::123456789012:role/b", "Resources": ["*"]}
    assert (
        _code(backup.create_backup_selection, BackupPlanId="no", BackupSelection=selection)
        == "ResourceNotFoundException"
    )
    backup.create_backup_vault(BackupVaultName="v")
    rule = {"RuleName": "daily", "TargetBackupVaultName": "v"}
    plan = backup.create_backup_plan(BackupPlan={"BackupPlanName": "p", "Rules": [rule]})["BackupPlanId"]
    made = backup.create_backup_selection(BackupPlanId=plan, BackupSelection=selection)["SelectionId"]
    listed = backup.list_backup_selections(BackupPlanId=plan)["BackupSelectionsList"]
    assert [(item["SelectionId"], item["SelectionName"]) for item in listed] == [(made, "tagged")]


def test_a_vault_policy_needs_a_vault(client):
    assert _code(client("backup").put_backup_vault_access_policy, BackupVaultName="none", Policy=POLICY) == (
        "ResourceNotFoundException"
    )


@pytest.fixture
def cache(client):
    ec2 = client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    cache = client("elasticache")
    cache.create_cache_subnet_group(CacheSubnetGroupName="g", CacheSubnetGroupDescription="g", SubnetIds=[subnet])
    return cache


def test_a_replication_group_has_member_clusters_until_its_deletion(cache):
    cache.create_replication_group(
        ReplicationGroupId="book",
        ReplicationGroupDescription="b",
        Engine="redis",
        CacheNodeType="cache.r6g.large",
        NumCacheClusters=2,
        AutomaticFailoverEnabled=True,
        CacheSubnetGroupName="g",
    )
    group = cache.describe_replication_groups(ReplicationGroupId="book")["ReplicationGroups"][0]
    assert group["MemberClusters"] == ["book-001", "book-002"]
    member = cache.describe_cache_clusters(CacheClusterId="book-001", ShowCacheNodeInfo=True)["CacheClusters"][0]
    assert (member["ReplicationGroupId"], member["EngineVersion"]) == ("book", "7.1.0")
    assert _code(cache.delete_cache_subnet_group, CacheSubnetGroupName="g") == "CacheSubnetGroupInUse"
    cache.increase_replica_count(ReplicationGroupId="book", NewReplicaCount=2, ApplyImmediately=True)
    assert len(cache.describe_cache_clusters()["CacheClusters"]) == 3
    cache.delete_replication_group(ReplicationGroupId="book")
    assert cache.describe_cache_clusters()["CacheClusters"] == []
    cache.delete_cache_subnet_group(CacheSubnetGroupName="g")


def test_a_failover_makes_the_replica_the_primary(cache):
    cache.create_replication_group(
        ReplicationGroupId="book",
        ReplicationGroupDescription="b",
        NumCacheClusters=2,
        AutomaticFailoverEnabled=True,
    )
    cache.test_failover(ReplicationGroupId="book", NodeGroupId="0001")
    group = cache.describe_replication_groups()["ReplicationGroups"][0]
    roles = {node["CacheClusterId"]: node["CurrentRole"] for node in group["NodeGroups"][0]["NodeGroupMembers"]}
    assert roles == {"book-001": "replica", "book-002": "primary"}


def test_only_the_number_of_passwords_of_cache_users_is_stored(cache):
    made = cache.create_user(
        UserId="u", UserName="default", Engine="redis", AccessString="on ~* +@all", Passwords=["Sup3rSecretPassw0rd"]
    )
    assert made["Authentication"] == {"Type": "password", "PasswordCount": 1}
    cache.create_user_group(UserGroupId="g", Engine="redis", UserIds=["u"])
    assert cache.describe_users(UserId="u")["Users"][0]["UserGroupIds"] == ["g"]


def test_a_patch_group_uses_the_default_baseline_of_its_operating_system(client):
    ssm = client("ssm")
    own = ssm.create_patch_baseline(Name="al2", OperatingSystem="AMAZON_LINUX_2")["BaselineId"]
    before = ssm.get_default_patch_baseline(OperatingSystem="AMAZON_LINUX_2")["BaselineId"]
    ssm.register_patch_baseline_for_patch_group(BaselineId=own, PatchGroup="engine")
    asked = {"PatchGroup": "engine", "OperatingSystem": "AMAZON_LINUX_2"}
    assert ssm.get_patch_baseline_for_patch_group(**asked)["BaselineId"] == own
    assert _code(ssm.delete_patch_baseline, BaselineId=own) == "ResourceInUseException"
    ssm.deregister_patch_baseline_for_patch_group(BaselineId=own, PatchGroup="engine")
    assert ssm.get_patch_baseline_for_patch_group(**asked)["BaselineId"] == before


def test_a_maintenance_window_target_is_found_by_its_identifier(client):
    ssm = client("ssm")
    window = ssm.create_maintenance_window(
        Name="weekend", Schedule="rate(1 day)", Duration=2, Cutoff=1, AllowUnassociatedTargets=False
    )["WindowId"]
    made = [
        ssm.register_target_with_maintenance_window(
            WindowId=window, ResourceType="INSTANCE", Targets=[{"Key": "tag:A", "Values": [value]}]
        )["WindowTargetId"]
        for value in ("1", "2")
    ]
    found = ssm.describe_maintenance_window_targets(
        WindowId=window, Filters=[{"Key": "WindowTargetId", "Values": [made[1]]}]
    )["Targets"]
    assert [item["WindowTargetId"] for item in found] == [made[1]]


def test_a_conformance_pack_needs_a_recorder(client):
    code = _code(client("config").put_conformance_pack, ConformancePackName="p", TemplateBody="Resources: {}")
    assert code == "InsufficientPermissionsException"


def test_disabling_security_hub_deletes_its_standards(client):
    hub = client("securityhub")
    assert _code(hub.describe_hub) == "InvalidAccessException"
    hub.enable_security_hub(EnableDefaultStandards=False)
    hub.update_security_hub_configuration(AutoEnableControls=False)
    assert hub.describe_hub()["AutoEnableControls"] is False
    arn = "arn:aws:securityhub:::ruleset/cis-aws-foundations-benchmark/v/1.2.0"
    hub.batch_enable_standards(StandardsSubscriptionRequests=[{"StandardsArn": arn}])
    assert [item["StandardsArn"] for item in hub.get_enabled_standards()["StandardsSubscriptions"]] == [arn]
    hub.disable_security_hub()
    hub.enable_security_hub(EnableDefaultStandards=False)
    assert hub.get_enabled_standards()["StandardsSubscriptions"] == []


def test_changing_one_feature_of_a_detector_keeps_the_others(client):
    guardduty = client("guardduty")
    detector = guardduty.create_detector(Enable=True)["DetectorId"]
    for name in ("S3_DATA_EVENTS", "EKS_AUDIT_LOGS"):
        guardduty.update_detector(DetectorId=detector, Features=[{"Name": name, "Status": "ENABLED"}])
    guardduty.update_detector(DetectorId=detector, Features=[{"Name": "S3_DATA_EVENTS", "Status": "DISABLED"}])
    features = {item["Name"]: item["Status"] for item in guardduty.get_detector(DetectorId=detector)["Features"]}
    assert features == {"S3_DATA_EVENTS": "DISABLED", "EKS_AUDIT_LOGS": "ENABLED"}


def test_updating_a_budget_keeps_its_notifications(client):
    budgets = client("budgets")
    account = "123456789012"
    budget = {
        "BudgetName": "b",
        "BudgetType": "COST",
        "TimeUnit": "MONTHLY",
        "BudgetLimit": {"Amount": "100", "Unit": "USD"},
    }
    notification = {"NotificationType": "ACTUAL", "ComparisonOperator": "GREATER_THAN", "Threshold": 80.0}
    subscriber = {"SubscriptionType": "EMAIL", "Address": "ops@trading.test"}
    budgets.create_budget(
        AccountId=account,
        Budget=budget,
        NotificationsWithSubscribers=[{"Notification": notification, "Subscribers": [subscriber]}],
    )
    budgets.update_budget(AccountId=account, NewBudget={**budget, "BudgetLimit": {"Amount": "200", "Unit": "USD"}})
    seen = budgets.describe_budget(AccountId=account, BudgetName="b")["Budget"]
    assert seen["BudgetLimit"]["Amount"] == "200"
    found = budgets.describe_subscribers_for_notification(AccountId=account, BudgetName="b", Notification=notification)
    assert found["Subscribers"] == [subscriber]


def test_an_anomaly_subscription_needs_an_existing_monitor(client):
    subscription = {
        "MonitorArnList": ["arn:aws:ce::123456789012:anomalymonitor/none"],
        "Subscribers": [{"Type": "EMAIL", "Address": "ops@trading.test"}],
        "Frequency": "DAILY",
        "SubscriptionName": "s",
        "Threshold": 100.0,
    }
    code = _code(client("ce").create_anomaly_subscription, AnomalySubscription=subscription)
    assert code == "UnknownMonitorException"


def test_a_deleted_share_stays_listed_without_associations(client):
    ram = client("ram")
    share = ram.create_resource_share(name="hub", principals=["111122223333"])["resourceShare"]["resourceShareArn"]
    wanted = {"associationType": "PRINCIPAL", "resourceShareArns": [share]}
    before = ram.get_resource_share_associations(**wanted)["resourceShareAssociations"]
    assert [item["status"] for item in before] == ["ASSOCIATED"]
    ram.delete_resource_share(resourceShareArn=share)
    assert ram.get_resource_shares(resourceOwner="SELF")["resourceShares"][0]["status"] == "DELETED"
    after = ram.get_resource_share_associations(**wanted)["resourceShareAssociations"]
    assert [item["status"] for item in after] == ["DISASSOCIATED"]


def test_a_snapshot_policy_keeps_its_settings_and_tags(client):
    dlm = client("dlm")
    details = {"ResourceTypes": ["VOLUME"], "TargetTags": [{"Key": "Snapshot", "Value": "true"}]}
    made = dlm.create_lifecycle_policy(
        ExecutionRoleArn="arn:aws:iam::123456789012:role/d",
        Description="volumes",
        State="ENABLED",
        PolicyDetails=details,
        Tags={"a": "b"},
    )["PolicyId"]
    policy = dlm.get_lifecycle_policy(PolicyId=made)["Policy"]
    assert details.items() <= policy["PolicyDetails"].items()
    dlm.tag_resource(ResourceArn=policy["PolicyArn"], Tags={"c": "d"})
    assert dlm.get_lifecycle_policies()["Policies"][0]["Tags"] == {"a": "b", "c": "d"}
    assert _code(dlm.get_lifecycle_policies, PolicyIds=["policy-00000000000000000"]) == "ResourceNotFoundException"
