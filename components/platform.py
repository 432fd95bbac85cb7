"""The map of the house: which layers a stack declares, in which order, wired to what."""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_aws as aws

from components.data.records import RecordClass
from components.data.stores import Stores, StoresArgs
from components.events.events import ArchiveBuckets, Events, EventsArgs
from components.exports import PrimaryExports
from components.network.exports import NetworkExports
from components.network.network import Network, NetworkArgs
from components.providers import regional_provider
from components.security.account import AccountDefaults, AccountDefaultsArgs
from components.security.boundaries import Boundaries, BoundariesArgs
from components.security.detection import Detection, DetectionArgs
from components.security.images import Images, ImagesArgs
from components.security.keys import DataClass, Keys, KeysArgs
from components.security.log_bucket import LogBuckets, LogBucketsArgs
from components.security.patching import Patching, PatchingArgs
from components.security.recorder import Config, ConfigArgs
from components.security.roles import HumanRoles, HumanRolesArgs
from components.security.rotation import Rotation, RotationArgs
from components.security.secrets import Secrets, SecretsArgs
from components.security.service_roles import ServiceRoles, ServiceRolesArgs
from components.security.trail import Trail, TrailArgs
from components.settings import Settings


class Platform:
    """One stack of the platform: the primary at full size, or the recovery region."""

    def __init__(self, settings: Settings, primary: PrimaryExports | None) -> None:
        self.settings = settings
        self.primary = primary
        self.here = pulumi.ResourceOptions(provider=regional_provider("regional", settings.region.name, settings))
        # What replication needs on the primary's side is declared by the recovery stack, until it takes over.
        self.primary_side: aws.Provider | None = (
            regional_provider("primary-side", settings.general.primary_region, settings)
            if settings.reaches_primary
            else None
        )
        self.identity()
        self.encryption()
        self.vigilance()
        self.networking()
        self.data()
        self.messaging()
        self.rotating()

    def identity(self) -> None:
        """The permission boundaries, which every role that any layer makes from here on is bound by."""
        self.boundaries = Boundaries("boundaries", BoundariesArgs(self.settings), self.here)
        self.here = pulumi.ResourceOptions(provider=self.here.provider, transformations=[self.boundaries.bind])

    def encryption(self) -> None:
        """The keys and the buckets for logs, which come first since every layer encrypts and logs."""
        self.service_roles = ServiceRoles("service-roles", ServiceRolesArgs(self.settings), self.here)
        self.keys = Keys(
            "keys",
            KeysArgs(
                self.settings,
                autoscaling_role=self.service_roles.autoscaling,
                primary_arns=self.primary.key_arns if self.primary else None,
            ),
            self.here,
        )
        self.log_buckets = LogBuckets(
            "log-buckets", LogBucketsArgs(self.settings, self.keys.arn(DataClass.LOGS)), self.here
        )
        self.secrets = Secrets("secrets", SecretsArgs(self.settings, self.keys.arn(DataClass.SECRETS)), self.here)
        self.roles = HumanRoles("roles", HumanRolesArgs(self.settings, self.keys, self.boundaries), self.here)

    def networking(self) -> None:
        """Everything that carries or stops a packet."""
        self.network = Network(
            "network",
            NetworkArgs(
                self.settings,
                logs_key_arn=self.keys.arn(DataClass.LOGS),
                flow_logs_destination=self.log_buckets.flow_logs_destination,
                flow_logs_bucket_ready=self.log_buckets.logs.ready,
                primary=NetworkExports.of(self.primary.network) if self.primary else None,
                primary_side=self.primary_side,
            ),
            self.here,
        )

    def data(self) -> None:
        """What the platform keeps, and its replication."""
        self.stores = Stores(
            "stores",
            StoresArgs(
                self.settings,
                keys=self.keys,
                log_buckets=self.log_buckets,
                zones=self.network.vpc.zones,
                groups=self.network.groups,
                database_password=self.secrets.database_password,
                primary=self.primary,
                primary_side=self.primary_side,
            ),
            self.here,
        )

    def messaging(self) -> None:
        """Streams and their archive, the bus and its queues, the topics."""
        records = self.stores.records
        self.events = Events(
            "events",
            EventsArgs(
                self.settings,
                keys=self.keys,
                archive=ArchiveBuckets(
                    orders=records.bucket(RecordClass.TRADES).arn,
                    market_data=records.bucket(RecordClass.MARKET_DATA).arn,
                    events=records.bucket(RecordClass.AUDIT).arn,
                ),
                primary_sizes=self.primary.sizes if self.primary else None,
            ),
            self.here,
        )

    def vigilance(self) -> None:
        """Defaults of the account, detection, Config, the trail, patching, and the images that are scanned."""
        settings, logs_key, compute_key = self.settings, self.keys.arn(DataClass.LOGS), self.keys.arn(DataClass.COMPUTE)
        baseline = settings.security.account_baseline
        if baseline:
            self.account = AccountDefaults("account", AccountDefaultsArgs(settings, compute_key), self.here)
            self.detection = Detection("detection", DetectionArgs(settings), self.here)
        self.images = Images(
            "images",
            ImagesArgs(
                settings,
                key_arn=compute_key,
                scanner=[self.detection.scanner] if baseline else [],
                primary_side=self.primary_side,
            ),
            self.here,
        )
        self.config = Config(
            "config", ConfigArgs(settings, self.service_roles.config, logs_key, self.log_buckets), self.here
        )
        self.trail = (
            Trail("trail", TrailArgs(settings, logs_key, self.log_buckets), self.here) if settings.is_primary else None
        )
        self.patching = Patching("patching", PatchingArgs(settings), self.here)

    def rotating(self) -> None:
        """Rotation of the database's credentials, which needs the database."""
        self.rotation = Rotation(
            "rotation",
            RotationArgs(
                self.settings,
                keys=self.keys,
                secret=self.secrets.database,
                database=self.stores.database.identifier,
                rotated=self.secrets.database_rotated,
                ready=[self.stores.database.instance],
            ),
            self.here,
        )

    @property
    def outputs(self) -> dict[str, Any]:
        """What the stack exports: what the recovery region asks of a primary, and whether this stack takes orders."""
        exports = PrimaryExports(
            sizes=self.settings.sizes.model_dump(by_alias=True),
            region=self.settings.region.name,
            key_arns=self.keys.arns,
            network=self.network.exports.output(),
            orders_consistency=self.settings.data.orders_consistency.value,
            table_arns=self.stores.tables.declared_arns,
            records_buckets=self.stores.records.names,
            database_arn=self.stores.database.arn,
            file_system_id=self.stores.files.id,
            backup_vault_name=self.stores.backups.vault.name,
        )
        return {**exports.outputs(), "active": self.settings.is_primary or self.settings.general.active}
