"""IAM permissions of each function: one statement for each call of its code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from components.compute.function import use_key
from components.data.records import RecordClass
from components.data.table_schemas import TableName
from components.data.tables import Tables
from components.events.events import Events
from components.security.keys import KEY_USE, DataClass, Keys
from components.security.policies import Statement
from components.settings import Settings
from functions import order_item
from functions.integrity import mark


@dataclass(frozen=True)
class Access:
    """Statements by function. Every function also gets those for the queue of failed invocations and its key."""

    settings: Settings
    keys: Keys
    tables: Tables
    events: Events

    def order_intake(self) -> list[Statement]:
        """Permissions to read and extend the lease, write orders, put them to the stream, and read positions."""
        return [
            *self._lease(),
            Statement(
                "TakeOrders",
                ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"],
                [self.tables.arn(TableName.ORDERS)],
            ),
            Statement("ListOrders", ["dynamodb:Query"], [f"{self.tables.arn(TableName.ORDERS)}/index/by_account"]),
            Statement("ReadPositions", ["dynamodb:Query"], [self.tables.arn(TableName.POSITIONS)]),
            Statement("PutOrders", ["kinesis:PutRecord"], [self.events.streams.orders.arn]),
            *self._encrypted_stores(),
        ]

    def redrive(self) -> list[Statement]:
        """Permissions to publish the outbox under the lease, and to move failed messages back or into quarantine."""
        queues = self.events.queues
        return [
            *self._lease(),
            Statement(
                "ReadOutboxAndChanges",
                ["dynamodb:Query"],
                [f"{self.tables.arn(TableName.ORDERS)}/index/{index}" for index in ("outbox", "by_change")],
            ),
            Statement(
                "MarkOrders",
                ["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:UpdateItem"],
                [self.tables.arn(TableName.ORDERS)],
            ),
            Statement("PutOrders", ["kinesis:PutRecords"], [self.events.streams.orders.arn]),
            Statement(
                "TakeFailedMessages",
                ["sqs:DeleteMessage", "sqs:ReceiveMessage"],
                [queue.dlq.arn for queue in queues.redrivable if queue.dlq],
            ),
            Statement(
                "MoveMessages",
                ["sqs:SendMessage"],
                [
                    *(queue.queue.arn for queue in queues.redrivable),
                    queues.quarantine.queue.arn,
                    queues.ordered_quarantine.queue.arn,
                ],
            ),
            *self._encrypted_stores(),
        ]

    def integrity(
        self, tables: list[TableName], compared: Mapping[RecordClass, tuple[str, str]], report_bucket: str
    ) -> list[Statement]:
        """Permissions to read both regions' tables and records and to write the report. `compared` has both bucket
        names."""
        general = self.settings.general
        regions = (general.primary_region, general.dr_region)
        buckets = [f"arn:aws:s3:::{name}" for both in compared.values() for name in both]
        return [
            Statement(
                "ReadTables",
                ["dynamodb:DescribeTable", "dynamodb:GetItem", "dynamodb:Scan"],
                [
                    f"arn:aws:dynamodb:{region}:{general.account_id}:table/{self.tables.name(table)}"
                    for region in regions
                    for table in tables
                ],
            ),
            Statement(
                "ReadWhatChanged",
                ["dynamodb:Query"],
                [
                    f"arn:aws:dynamodb:{region}:{general.account_id}:table/{self.tables.name(TableName.ORDERS)}"
                    f"/index/{order_item.BY_CHANGE_INDEX}"
                    for region in regions
                ],
            ),
            Statement(
                "MoveTheMark",
                ["dynamodb:GetItem", "dynamodb:PutItem"],
                [self.tables.arn(TableName.CONTROL)],
                # The lease and the journal are in the same table.
                conditions={"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": [mark.ITEM]}},
            ),
            Statement("ListRecords", ["s3:ListBucket"], buckets),
            Statement("ReadRecords", ["s3:GetObject"], [f"{bucket}/*" for bucket in buckets]),
            Statement("WriteReport", ["s3:PutObject"], [f"arn:aws:s3:::{report_bucket}/integrity/*"]),
            use_key(self.settings, self.keys, "MoveTheMarkEncrypted", DataClass.TABLES, "dynamodb", KEY_USE),
            self._read_in_both_regions("ReadTablesEncrypted", DataClass.TABLES, "dynamodb"),
            self._read_in_both_regions("ReadRecordsEncrypted", DataClass.RECORDS, "s3"),
            use_key(self.settings, self.keys, "WriteReportEncrypted", DataClass.RECORDS, "s3", ["kms:GenerateDataKey"]),
        ]

    def _lease(self) -> list[Statement]:
        control = self.tables.arn(TableName.CONTROL)
        return [Statement("HoldTheLease", ["dynamodb:GetItem", "dynamodb:UpdateItem"], [control])]

    def _encrypted_stores(self) -> list[Statement]:
        return [
            Statement(
                "UseTablesEncrypted",
                KEY_USE,
                [self.keys.arn(DataClass.TABLES)],
                conditions=_via("dynamodb", self.settings.region.name),
            ),
            use_key(
                self.settings, self.keys, "PutOrdersEncrypted", DataClass.STREAMS, "kinesis", ["kms:GenerateDataKey"]
            ),
        ]

    def _read_in_both_regions(self, sid: str, data_class: DataClass, service: str) -> Statement:
        """A statement for a multi-Region key: the key and its replica share their id."""
        general = self.settings.general
        regions = (general.primary_region, general.dr_region)
        return Statement(
            sid,
            ["kms:Decrypt"],
            [
                pulumi.Output.concat(f"arn:aws:kms:{region}:{general.account_id}:key/", self.keys.key_id(data_class))
                for region in regions
            ],
            conditions=_via(service, *regions),
        )


def _via(service: str, *regions: str) -> dict[str, dict[str, str | list[str]]]:
    services = [f"{service}.{region}.amazonaws.com" for region in regions]
    return {"StringEquals": {"kms:ViaService": services[0] if len(services) == 1 else services}}
