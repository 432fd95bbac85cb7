"""D2: the global tables."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest

from blueprint import Blueprint, record_dr, record_primary
from components.data.table_schemas import CONTROL, ORDERS, POSITIONS, SCHEMAS, TableName
from components.exports import require_agreement
from components.security.keys import KEY_USE
from components.settings import Settings, SettingsError
from functions import control_item, order_item
from tests.components.security.graph import ROLE_POLICY, statements
from tests.components.settings.test_network import DR

TABLE = "aws:dynamodb/table:Table"
REPLICA = "aws:dynamodb/tableReplica:TableReplica"


def names(stack: Blueprint, type_: str) -> set[str]:
    return {resource.name for resource in stack.of_type(type_)}


def test_the_primary_declares_every_table_but_the_control_table(primary: Blueprint) -> None:
    assert names(primary, TABLE) == {"orders", "positions", "order-book", "market-data"}
    assert not primary.of_type(REPLICA), "the primary never refers to the recovery region"


def test_a_standing_by_recovery_region_joins_every_table_of_the_primary(primary: Blueprint, dr: Blueprint) -> None:
    assert names(dr, REPLICA) == names(primary, TABLE)
    for replica in dr.of_type(REPLICA):
        properties = replica.properties
        assert f"outputs.tableArns.{replica.name}" in properties["globalTableArn"]
        assert "replicaKey:ReplicaKey::tables" in properties["kmsKeyArn"], "a replica is under its own region's key"
        assert properties["pointInTimeRecovery"] is True
        assert properties["deletionProtectionEnabled"] is True


def test_a_recovery_region_can_let_go_of_its_replicas_without_a_call(dr: Blueprint, dr_active: Blueprint) -> None:
    for replica in dr.of_type(REPLICA):
        assert replica.options["retainOnDelete"] is True
        assert "protect" not in replica.options, "the engine refuses to drop what is protected"
    assert not dr_active.of_type(REPLICA), "a replica is managed through the primary's region, which may be gone"


def test_the_primary_leaves_its_tables_replicas_to_the_recovery_region(primary: Blueprint) -> None:
    for table in primary.of_type(TABLE):
        assert table.options["ignoreChanges"] == ["replicas"]


def test_every_table_is_recoverable_encrypted_and_protected(stack: Blueprint) -> None:
    assert stack.of_type(TABLE)
    for table in stack.of_type(TABLE):
        properties = table.properties
        assert properties["billingMode"] == "PAY_PER_REQUEST"
        assert properties["pointInTimeRecovery"] == {"enabled": True}
        assert properties["serverSideEncryption"]["enabled"] is True
        assert "::tables#arn" in properties["serverSideEncryption"]["kmsKeyArn"]
        assert properties["deletionProtectionEnabled"] is True
        assert table.options["protect"] is True
        assert (properties["streamEnabled"], properties["streamViewType"]) == (True, "NEW_AND_OLD_IMAGES")


def test_both_regions_call_a_table_by_one_name(primary: Blueprint, dr: Blueprint) -> None:
    shared = {table.properties["name"] for stack in (primary, dr) for table in stack.of_type(TABLE)}
    assert shared == {f"trading-{name}" for name in TableName}


def test_tables_of_the_order_path_are_warm_before_the_market_opens(primary: Blueprint) -> None:
    for table in primary.of_type(TABLE):
        warm = table.properties["warmThroughput"]
        assert warm["writeUnitsPerSecond"] >= 10_000, "10,000 orders a second come at once when the market opens"
        for index in table.properties.get("globalSecondaryIndexes", []):
            assert index["warmThroughput"] == warm, "a cold index throttles its table"


def test_the_control_table_is_strongly_consistent_over_three_regions(dr: Blueprint) -> None:
    control = dr.one(TABLE, "control").properties
    (replica,) = control["replicas"]
    assert (replica["regionName"], replica["consistencyMode"]) == ("us-east-1", "STRONG")
    assert "outputs.keyArns.tables" in replica["kmsKeyArn"], "the replica is under the key of its own region"
    assert replica["pointInTimeRecovery"] is True
    assert replica["deletionProtectionEnabled"] is True
    assert control["globalTableWitness"] == {"regionName": "us-east-2"}
    assert "ttl" not in control
    assert "localSecondaryIndexes" not in control


def test_taking_over_changes_nothing_of_the_control_table(dr: Blueprint, dr_active: Blueprint) -> None:
    before, after = (stack.one(TABLE, "control") for stack in (dr, dr_active))
    assert before.properties == after.properties, "to change it would call the region that is gone"
    assert before.options == after.options


def test_the_tables_have_the_keys_that_the_functions_use() -> None:
    assert ORDERS.partition_key == order_item.KEY_ATTRIBUTE
    assert ORDERS.sort_key is None
    indexes = {index.name: (index.partition_key, index.sort_key) for index in ORDERS.indexes}
    assert indexes == {
        order_item.BY_ACCOUNT_INDEX: ("account_id", "accepted_at"),
        order_item.OUTBOX_INDEX: ("outbox", "accepted_at"),
        order_item.BY_CHANGE_INDEX: ("change_shard", "changed_at"),
    }
    assert (POSITIONS.partition_key, POSITIONS.sort_key) == ("account_id", "instrument")
    typed = {name: next(iter(value)) for name, value in control_item.key().items()}
    assert typed == dict(CONTROL.attributes)


@pytest.mark.parametrize("table", TableName)
def test_every_attribute_of_a_table_is_part_of_a_key(table: TableName) -> None:
    schema = SCHEMAS[table]
    keys = {schema.partition_key, schema.sort_key} | {
        key for index in schema.indexes for key in (index.partition_key, index.sort_key)
    }
    assert keys - {None} == set(schema.attributes), "DynamoDB refuses attributes that no key uses"


def test_only_market_data_expires(primary: Blueprint) -> None:
    expiring = {table.name for table in primary.of_type(TABLE) if "ttl" in table.properties}
    assert expiring == {"market-data"}


def test_backups_are_kept_of_what_a_regulator_asks_for(primary: Blueprint, dr: Blueprint) -> None:
    declared = [*primary.of_type(TABLE), *dr.of_type(TABLE)]
    kept = {table.name for table in declared if table.properties["tags"].get("Backup") == "compliance"}
    assert kept == {"orders", "positions", "control"}


class TestStrongOrders:
    """With `ordersConsistency: strong` the recovery stack declares orders and positions as it does control."""

    @pytest.fixture(scope="class")
    def stacks(self) -> tuple[Blueprint, Blueprint]:
        strong = {"ordersConsistency": "strong"}
        primary = record_primary(strong)
        return primary, record_dr(primary, overrides=strong)

    def test_the_recovery_region_declares_orders_and_positions(self, stacks: tuple[Blueprint, Blueprint]) -> None:
        primary, dr = stacks
        assert names(primary, TABLE) == {"order-book", "market-data"}
        assert names(dr, TABLE) == {"control", "orders", "positions"}
        assert names(dr, REPLICA) == {"order-book", "market-data"}

    def test_they_are_strongly_consistent_with_a_witness(self, stacks: tuple[Blueprint, Blueprint]) -> None:
        for name in ("orders", "positions"):
            table = stacks[1].one(TABLE, name).properties
            assert [replica["consistencyMode"] for replica in table["replicas"]] == ["STRONG"]
            assert table["globalTableWitness"] == {"regionName": "us-east-2"}
            assert "ttl" not in table


def test_busy_keys_of_every_table_are_reported_where_asked_for(
    primary: Blueprint, with_options: Blueprint, active_with_options: Blueprint
) -> None:
    reports = "aws:dynamodb/contributorInsights:ContributorInsights"
    assert not primary.of_type(reports)
    assert {report.properties["tableName"] for report in active_with_options.of_type(reports)} == {
        f"trading-{name}" for name in TableName
    }
    assert {report.properties["tableName"] for report in with_options.of_type(reports)} == {
        table.properties["name"] for table in with_options.of_type(TABLE)
    }, "the control table is the recovery stack's to declare"


@pytest.mark.parametrize("exported", ["strong", None])
def test_stacks_that_disagree_on_the_consistency_of_orders_are_refused(exported: str | None) -> None:
    class Primary:
        async def get_output_details(self, name: str) -> SimpleNamespace:
            return SimpleNamespace(value=exports[name])

    settings = Settings.parse({})
    exports = {
        "ordersConsistency": exported,
        "kubernetesVersion": settings.kubernetes.kubernetes_version,
        "restoredAt": "",
    }
    with pytest.raises(SettingsError, match=r"ordersConsistency = 'eventual': .*set the same in both stack files"):
        asyncio.run(require_agreement(settings, Primary()))  # type: ignore[arg-type]


RESTORED = {"restoredAt": "20260102T140000Z"}


@pytest.fixture(scope="module")
def swapped() -> tuple[Blueprint, Blueprint]:
    """Both stacks with the tables of a restore in the place of the live ones."""
    primary = record_primary(RESTORED)
    return primary, record_dr(primary, overrides=RESTORED)


def test_restored_tables_serve_by_setting_and_the_live_ones_stay(
    primary: Blueprint, swapped: tuple[Blueprint, Blueprint]
) -> None:
    primary_swapped, dr_swapped = swapped
    assert [t.properties["name"] for t in primary_swapped.of_type(TABLE)] == [
        t.properties["name"] for t in primary.of_type(TABLE)
    ], "nothing that holds data is renamed or dropped"
    for stack in swapped:
        intake = next(
            one
            for one in stack.of_type("aws:lambda/function:Function")
            if str(one.properties["name"]).endswith("order-intake")
        )
        variables = intake.properties["environment"]["variables"]
        assert variables["ORDERS_TABLE"] == "trading-orders-20260102T140000Z"
        assert variables["POSITIONS_TABLE"] == "trading-positions-20260102T140000Z"
        assert variables["CONTROL_TABLE"] == "trading-control", "who may accept orders is not a matter of restoring"
        policies = str([one.properties.get("policy") for one in stack.of_type("aws:iam/rolePolicy:RolePolicy")])
        assert "table/trading-orders-20260102T140000Z" in policies, "roles follow the names"
        assert "table/trading-orders" not in policies.replace("table/trading-orders-2026", "")
    tables = dr_swapped.outputs["recovery"]["tables"]
    assert (tables["orders"], tables["control"]) == ("trading-orders-20260102T140000Z", "trading-control")


def test_the_recovery_region_joins_the_restored_tables(swapped: tuple[Blueprint, Blueprint]) -> None:
    joined = {one.name: one for one in swapped[1].of_type(REPLICA)}
    assert set(joined) >= {"orders-restored", "positions-restored", "order-book-restored", "orders"}
    arn = joined["orders-restored"].properties["globalTableArn"]
    assert arn.startswith("arn:aws:dynamodb:us-east-1:")
    assert arn.endswith(":table/trading-orders-20260102T140000Z")
    assert joined["orders-restored"].options["retainOnDelete"] is True


def test_stacks_that_disagree_on_the_tables_that_serve_are_refused_while_the_primary_does() -> None:
    class Primary:
        async def get_output_details(self, name: str) -> SimpleNamespace:
            return SimpleNamespace(value=exports[name])

    exports = {"ordersConsistency": "eventual", "restoredAt": ""}
    for active in (False, True):
        settings = Settings.parse({**RESTORED, **DR, "active": active})
        exports["kubernetesVersion"] = settings.kubernetes.kubernetes_version
        check = require_agreement(settings, Primary())  # type: ignore[arg-type]
        if active:
            asyncio.run(check)
            continue
        with pytest.raises(SettingsError, match="restoredAt = '20260102T140000Z': the primary runs with ''"):
            asyncio.run(check)


def test_a_table_whose_items_expire_cannot_be_strong() -> None:
    assert not SCHEMAS[TableName.MARKET_DATA].can_be_strong
    assert all(SCHEMAS[table].can_be_strong for table in (TableName.CONTROL, TableName.ORDERS, TableName.POSITIONS))


def test_whoever_writes_items_may_use_the_key_as_dynamodb_does_for_them(stack: Blueprint) -> None:
    writers = [policy for policy in stack.of_type(ROLE_POLICY) if "dynamodb:UpdateItem" in policy.properties["policy"]]
    assert {"order-intake", "redrive", "engine", "services-task"} <= {policy.name for policy in writers}
    for policy in writers:
        uses = [
            set(each["Action"])
            for each in statements(policy)
            if "dynamodb." in str(each.get("Condition", {}).get("StringEquals", {}).get("kms:ViaService"))
        ]
        assert any(set(KEY_USE) <= use for use in uses), f"{policy.name} cannot use the key of the tables"
