"""The data layer as a whole, with the replication of the recovery region."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from components.data.backups import Backups, BackupsArgs
from components.data.cache import Cache, CacheArgs
from components.data.database import Database, DatabaseArgs
from components.data.files import SharedFiles, SharedFilesArgs
from components.data.records import RecordsBuckets, RecordsBucketsArgs
from components.data.records_replication import RecordsReplication, RecordsReplicationArgs
from components.data.snapshots import Snapshots, SnapshotsArgs
from components.data.tables import Tables, TablesArgs
from components.exports import PrimaryExports
from components.layer import Layer
from components.network.groups import SecurityGroups
from components.network.vpc import Zone
from components.security.keys import DataClass, Keys
from components.security.log_bucket import LogBuckets
from components.settings import Settings


@dataclass(frozen=True)
class StoresArgs:
    """`database_password` is for the primary, which creates the database. `primary` and `primary_side` are the
    primary's exports and provider, for the recovery region; the provider is None once it is active."""

    settings: Settings
    keys: Keys
    log_buckets: LogBuckets
    zones: Sequence[Zone]
    groups: SecurityGroups
    database_password: pulumi.Input[str] | None = None
    primary: PrimaryExports | None = None
    primary_side: pulumi.ProviderResource | None = None


class Stores(Layer):
    """Database, tables, records, files, cache, snapshots and backups of one region."""

    database: Database
    tables: Tables
    records: RecordsBuckets
    files: SharedFiles
    snapshots: Snapshots
    backups: Backups
    cache: Cache | None
    replication: RecordsReplication | None

    def __init__(self, name: str, args: StoresArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("data:Stores", name, opts)
        self._args = args
        self._settings = args.settings
        self.tables = self._tables()
        self.records = RecordsBuckets(
            "records",
            RecordsBucketsArgs(args.settings, args.keys.arn(DataClass.RECORDS), args.log_buckets.access_log_of),
            self.child,
        )
        self.replication = self._replication(args.primary) if args.primary else None
        self.database = self._database()
        self.files = self._files()
        self.cache = self._cache() if args.settings.sizes.cache_enabled else None
        self.snapshots = self._snapshots()
        self.backups = Backups(
            "backups",
            BackupsArgs(args.settings, args.keys.arn(DataClass.BACKUP)),
            self.child,
        )
        self.register_outputs({"databaseAddress": self.database.address, "fileSystemId": self.files.id})

    def _tables(self) -> Tables:
        args = self._args
        return Tables(
            "tables",
            TablesArgs(
                args.settings,
                args.keys.arn(DataClass.TABLES),
                primary_key_arn=_primary_key(args.primary, DataClass.TABLES) if args.primary else None,
                primary_table_arns=args.primary.table_arns if args.primary else None,
            ),
            self.child,
        )

    def _replication(self, primary: PrimaryExports) -> RecordsReplication:
        return RecordsReplication(
            "records-replication",
            RecordsReplicationArgs(
                self._settings,
                here=self.records,
                key_arn=self._args.keys.arn(DataClass.RECORDS),
                primary_names=primary.records_buckets,
                primary_key_arn=_primary_key(primary, DataClass.RECORDS),
                primary_side=self._args.primary_side,
            ),
            self.child,
        )

    def _database(self) -> Database:
        args = self._args
        return Database(
            "database",
            DatabaseArgs(
                args.settings,
                zones=args.zones,
                security_group_id=args.groups.database.id,
                key_arn=args.keys.arn(DataClass.DATABASE),
                logs_key_arn=args.keys.arn(DataClass.LOGS),
                password=args.database_password,
                source_arn=args.primary.database_arn if args.primary else None,
            ),
            self.child,
        )

    def _files(self) -> SharedFiles:
        args = self._args
        return SharedFiles(
            "files",
            SharedFilesArgs(
                args.settings,
                zones=args.zones,
                security_group_id=args.groups.file_system.id,
                key_arn=args.keys.arn(DataClass.DATABASE),
                source_file_system_id=args.primary.file_system_id if args.primary else None,
                primary_side=args.primary_side,
            ),
            self.child,
        )

    def _cache(self) -> Cache:
        args = self._args
        return Cache(
            "cache",
            CacheArgs(
                args.settings,
                zones=args.zones,
                security_group_id=args.groups.cache.id,
                key_arn=args.keys.arn(DataClass.DATABASE),
                logs_key_arn=args.keys.arn(DataClass.LOGS),
            ),
            self.child,
        )

    def _snapshots(self) -> Snapshots:
        args = self._args
        here = args.keys.arn(DataClass.COMPUTE)
        return Snapshots(
            "snapshots",
            SnapshotsArgs(
                args.settings,
                volume_key_arns=[here, *([_primary_key(args.primary, DataClass.COMPUTE)] if args.primary else [])],
                copy_key_arn=args.keys.arn(DataClass.DATABASE),
                primary_side=args.primary_side,
            ),
            self.child,
        )


def _primary_key(primary: PrimaryExports, data_class: DataClass) -> pulumi.Output[str]:
    """ARN of the primary's key of a data class."""
    return pulumi.Output.from_input(primary.key_arns).apply(lambda by_class: by_class[data_class.value])
