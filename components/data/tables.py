"""DynamoDB global tables; which stack declares a table depends on its consistency."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.data.table_schemas import RESTORABLE, SCHEMAS, Index, TableName, TableSchema, serving_name
from components.data.tags import BACKED_UP
from components.layer import Layer
from components.settings import Settings
from components.settings.data import Consistency

CONSISTENCY = {Consistency.EVENTUAL: "EVENTUAL", Consistency.STRONG: "STRONG"}


@dataclass(frozen=True)
class TablesArgs:
    """`key_arn` is this region's key of the class TABLES. The recovery region also needs the primary's key of that
    class, and the ARNs of the tables that the primary declares, by name; both are None in the primary."""

    settings: Settings
    key_arn: pulumi.Input[str]
    primary_key_arn: pulumi.Input[str] | None = None
    primary_table_arns: pulumi.Input[Mapping[str, Any]] | None = None


class Tables(Layer):
    """Tables with the same names in both regions, under each region's own key.

    An eventually consistent table is declared by the primary, and the recovery stack adds its replica while it is in
    standby. It adds the replica through the primary's region, and therefore stops declaring it at a takeover; the
    replica is retained, protected from deletion, and serves.

    A strongly consistent table needs all its regions when it is created, and the primary must not name the recovery
    region. So the recovery stack declares it, with a replica in the primary's region and a witness in a third. The
    control table is always strongly consistent; orders and positions are by setting. The primary can serve once the
    recovery stack exists. If `restoredAt` is set, the restored tables replace the live ones under every name that this
    class returns. The runbook creates them, and the recovery stack adds their replicas like the others.

    Strong consistency costs latency: a write is acknowledged when the nearer of the other regions has it too, about 12
    ms from us-east-1 (to us-east-2) and 50 ms from us-west-2; an asynchronously replicated write takes single
    milliseconds. In return, the loss of a region loses no acknowledged write.
    """

    declared: dict[TableName, aws.dynamodb.Table]
    replicas: dict[TableName, aws.dynamodb.TableReplica]
    restored_replicas: dict[TableName, aws.dynamodb.TableReplica]

    def __init__(self, name: str, args: TablesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("data:Tables", name, opts)
        self._args = args
        self._settings = args.settings
        strong = strong_tables(args.settings)
        if args.settings.is_primary:
            self.declared = {table: self._eventual(table) for table in TableName if table not in strong}
            self.replicas = {}
        else:
            self.declared = {table: self._strong(table) for table in strong}
            self.replicas = (
                {table: self._replica(table) for table in TableName if table not in strong}
                if args.settings.reaches_primary
                else {}
            )
        self.restored_replicas = (
            {table: self._restored_replica(table) for table in RESTORABLE}
            if self.replicas and args.settings.data.restored_at
            else {}
        )
        if args.settings.data.table_contributor_insights:
            for table in TableName if not args.settings.is_primary else self.declared:
                self._contributor_insights(table)
        self.register_outputs({"names": self.names, "arns": self.arns})

    def name(self, table: TableName) -> str:
        """Name of the serving table, the same in both regions."""
        return serving_name(self._settings, table)

    def _live_name(self, table: TableName) -> str:
        return self._settings.shared_name(table)

    def arn(self, table: TableName) -> str:
        """ARN of a table in this region. It is computed and not read, so that it is the same in both stacks, before and
        after a takeover."""
        return self._arn_in(self._settings.general.region, table)

    def _arn_in(self, region: str, table: TableName) -> str:
        return f"arn:aws:dynamodb:{region}:{self._settings.general.account_id}:table/{self.name(table)}"

    @property
    def names(self) -> dict[str, str]:
        """Names of all tables."""
        return {table.value: self.name(table) for table in TableName}

    @property
    def arns(self) -> dict[str, str]:
        """ARNs of all tables in this region."""
        return {table.value: self.arn(table) for table in TableName}

    @property
    def declared_arns(self) -> dict[str, pulumi.Output[str]]:
        """ARNs of the tables that this stack declares and to which the other stack can add a replica."""
        return {table.value: declared.arn for table, declared in self.declared.items()}

    def _eventual(self, table: TableName) -> aws.dynamodb.Table:
        # The recovery stack adds and removes the replicas; this stack ignores them.
        joined_by_others = pulumi.ResourceOptions(ignore_changes=["replicas"])
        return aws.dynamodb.Table(
            table,
            **self._properties(table),
            opts=pulumi.ResourceOptions.merge(self.stateful, joined_by_others),
        )

    def _replica(self, table: TableName) -> aws.dynamodb.TableReplica:
        arns = pulumi.Output.from_input(self._args.primary_table_arns)
        return self._replica_of(table, table, arns.apply(lambda by_name: (by_name or {})[table.value]))

    def _restored_replica(self, table: TableName) -> aws.dynamodb.TableReplica:
        return self._replica_of(f"{table}-restored", table, self._arn_in(self._settings.general.primary_region, table))

    def _replica_of(self, name: str, table: TableName, arn: pulumi.Input[str]) -> aws.dynamodb.TableReplica:
        return aws.dynamodb.TableReplica(
            name,
            global_table_arn=arn,
            kms_key_arn=self._args.key_arn,
            point_in_time_recovery=True,
            deletion_protection_enabled=True,
            tags=self._tags(table),
            # Not protected: a takeover removes the replica from this stack's state, which protection would prevent.
            opts=pulumi.ResourceOptions(parent=self, retain_on_delete=True),
        )

    def _strong(self, table: TableName) -> aws.dynamodb.Table:
        if not SCHEMAS[table].can_be_strong:
            raise ValueError(f"table {table}: a table with TTL cannot be strongly consistent across regions")
        general = self._settings.general
        return aws.dynamodb.Table(
            table,
            **self._properties(table),
            replicas=[
                {
                    "region_name": general.primary_region,
                    "consistency_mode": CONSISTENCY[Consistency.STRONG],
                    "kms_key_arn": self._args.primary_key_arn,
                    "point_in_time_recovery": True,
                    "deletion_protection_enabled": True,
                    # A replica has tags of its own, and the backup plan of the primary's region selects by tag.
                    "propagate_tags": True,
                }
            ],
            global_table_witness={"region_name": general.witness_region},
            opts=self.stateful,
        )

    def _properties(self, table: TableName) -> dict[str, Any]:
        schema = SCHEMAS[table]
        warm = None if table is TableName.CONTROL else self._warm_throughput()
        return {
            "name": self._live_name(table),
            "billing_mode": "PAY_PER_REQUEST",
            "hash_key": schema.partition_key,
            "range_key": schema.sort_key,
            "attributes": [{"name": name, "type": kind} for name, kind in schema.attributes.items()],
            "global_secondary_indexes": [_index(index, warm) for index in schema.indexes] or None,
            "ttl": {"attribute_name": schema.expires_by, "enabled": True} if schema.expires_by else None,
            "warm_throughput": warm,
            "stream_enabled": True,
            "stream_view_type": "NEW_AND_OLD_IMAGES",
            "point_in_time_recovery": {"enabled": True},
            "server_side_encryption": {"enabled": True, "kms_key_arn": self._args.key_arn},
            "deletion_protection_enabled": True,
            "tags": self._tags(table),
        }

    def _tags(self, table: TableName) -> dict[str, str]:
        return {"Name": self._live_name(table), **(BACKED_UP if SCHEMAS[table].backed_up else {})}

    def _warm_throughput(self) -> dict[str, int]:
        data = self._settings.data
        return {"read_units_per_second": data.table_warm_reads, "write_units_per_second": data.table_warm_writes}

    def _contributor_insights(self, table: TableName) -> None:
        """Enable Contributor Insights by table name, so that a region that has taken over still reports on its retained
        replicas."""
        made = self.declared.get(table) or self.replicas.get(table)
        aws.dynamodb.ContributorInsights(
            table, table_name=self._live_name(table), opts=self.after(made) if made else self.child
        )


def strong_tables(settings: Settings) -> tuple[TableName, ...]:
    """Tables with strong consistency across regions, which the recovery stack declares."""
    if settings.data.orders_consistency is Consistency.STRONG:
        return (TableName.CONTROL, TableName.ORDERS, TableName.POSITIONS)
    return (TableName.CONTROL,)


def _index(index: Index, warm: dict[str, int] | None) -> dict[str, Any]:
    return {
        "name": index.name,
        "hash_key": index.partition_key,
        "range_key": index.sort_key,
        "projection_type": "ALL",
        "warm_throughput": warm,
    }


__all__ = ["TableName", "TableSchema", "Tables", "TablesArgs", "strong_tables"]
