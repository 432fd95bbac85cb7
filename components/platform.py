"""The map of the house: which layers a stack declares, in which order, wired to what."""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_aws as aws

from components.compute.ecs import Services, ServicesArgs
from components.compute.ecs_roles import ServiceReach
from components.compute.functions import Functions, FunctionsArgs
from components.data.records import RecordClass
from components.data.stores import Stores, StoresArgs
from components.data.table_schemas import TableName
from components.delivery.delivery import Delivery, DeliveryArgs
from components.delivery.place import Place
from components.edge.api import TradingApi, TradingApiArgs
from components.edge.balancers import Balancers, BalancersArgs
from components.events.events import ArchiveBuckets, Events, EventsArgs
from components.exports import PrimaryExports
from components.kubernetes.kubernetes import Kubernetes, KubernetesArgs
from components.kubernetes.monitoring_roles import MonitoringReach
from components.latency.engines import Engines, EnginesArgs
from components.latency.host_role import Reach
from components.latency.market_hours import MarketHours, MarketHoursArgs
from components.latency.metrics import NAMESPACE
from components.network.exports import NetworkExports
from components.network.network import Network, NetworkArgs
from components.observability import buckets
from components.observability.costs import Costs, CostsArgs
from components.observability.findings import Findings, FindingsArgs
from components.observability.in_cluster import InCluster, InClusterArgs
from components.observability.tracing import Tracing, TracingArgs
from components.observability.watch import Watch, WatchArgs
from components.observability.watched import Watched
from components.providers import regional_provider, silent_provider
from components.recovery.recovery import Recovery, RecoveryArgs
from components.security.account import AccountDefaults, AccountDefaultsArgs
from components.security.boundaries import Boundaries, BoundariesArgs
from components.security.detection import Detection, DetectionArgs
from components.security.images import Images, ImagesArgs
from components.security.keys import DataClass, Keys, KeysArgs
from components.security.log_bucket import LogBuckets, LogBucketsArgs
from components.security.mirrored import copies
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
        self.provider = regional_provider("regional", settings.region.name, settings)
        self.here = pulumi.ResourceOptions(provider=self.provider)
        self.primary_side = self._primary_side()
        self.identity()
        self.encryption()
        self.vigilance()
        self.networking()
        self.data()
        self.messaging()
        self.balancing()
        self.engines()
        self.containers()
        self.rotating()
        self.serving()
        self.recovering()
        self.clustering()
        self.delivering()
        self.observing()

    def _primary_side(self) -> aws.Provider | None:
        """What replication needs on the primary's side is declared by the recovery stack, until it takes over.

        The engine configures the provider of whatever leaves the state, even of what it retains. If it were declared
        no longer, that would be as it was left: by asking the lost region for the account.
        """
        name, region = "primary-side", self.settings.general.primary_region
        if self.settings.reaches_primary:
            return regional_provider(name, region, self.settings)
        if not self.settings.is_primary:
            silent_provider(name, region)
        return None

    def identity(self) -> None:
        """The permission boundaries, which every role that any layer makes from here on is bound by."""
        self.boundaries = Boundaries("boundaries", BoundariesArgs(self.settings), self.here)
        self.here = pulumi.ResourceOptions(provider=self.provider, transformations=[self.boundaries.bind])

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

    def balancing(self) -> None:
        """The load balancers, before what they hand requests and sessions to."""
        self.balancers = Balancers(
            "balancers",
            BalancersArgs(
                self.settings,
                vpc=self.network.vpc,
                groups=self.network.groups,
                firewall=self.network.firewall,
                log_buckets=self.log_buckets,
            ),
            self.here,
        )

    def engines(self) -> None:
        """The engines, next to each other in one zone."""
        tables, events = self.stores.tables, self.events
        self.latency = Engines(
            "engines",
            EnginesArgs(
                self.settings,
                key_arn=self.keys.arn(DataClass.COMPUTE),
                zones=self.network.vpc.zones,
                group_id=self.network.groups.trading_engines.id,
                fix_target_group=self.balancers.fix.targets.arn,
                autoscaling_role=self.service_roles.autoscaling,
                reach=Reach(
                    streams=[events.streams.orders.arn, events.streams.market_data.arn],
                    tables=[tables.arn(table) for table in (TableName.ORDERS, TableName.ORDER_BOOK)],
                    bus=events.routing.bus.arn,
                    images=[self.images.arns["trading-engine"]],
                    streams_key=self.keys.arn(DataClass.STREAMS),
                    tables_key=self.keys.arn(DataClass.TABLES),
                ),
            ),
            self.here,
        )

    def containers(self) -> None:
        """The trading services, which take requests from the load balancer and executions from the queues."""
        tables, events, keys = self.stores.tables, self.events, self.keys
        queues = [queue.queue for queue in events.queues.execution.values()]
        self.services = Services(
            "services",
            ServicesArgs(
                self.settings,
                subnet_ids=[zone.app.id for zone in self.network.vpc.zones],
                group_id=self.network.groups.services.id,
                target_group=self.balancers.api.targets.arn,
                listener=self.balancers.api.listener,
                repository=self.images.urls["trading-engine"],
                queues=[queue.name for queue in queues],
                environment={
                    **buckets.environment(),
                    "DATABASE_ADDRESS": self.stores.database.address,
                    "DATABASE_NAME": self.settings.data.db_name,
                    "EVENT_BUS": events.routing.bus.name,
                    "EXECUTION_QUEUES": pulumi.Output.all(*(queue.url for queue in queues)).apply(",".join),
                    "ORDERS_TABLE": tables.name(TableName.ORDERS),
                    "POSITIONS_TABLE": tables.name(TableName.POSITIONS),
                },
                metrics_namespace=NAMESPACE,
                reach=ServiceReach(
                    queues=[queue.arn for queue in queues],
                    tables=[tables.arn(table) for table in (TableName.ORDERS, TableName.POSITIONS)],
                    bus=events.routing.bus.arn,
                    image=self.images.arns["trading-engine"],
                    secret=self.secrets.database,
                    streams_key=keys.arn(DataClass.STREAMS),
                    tables_key=keys.arn(DataClass.TABLES),
                    secrets_key=keys.arn(DataClass.SECRETS),
                ),
                log_key_arn=keys.arn(DataClass.LOGS),
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

    def serving(self) -> None:
        """Order intake behind the Trading API, and the functions beside it: the way of an order, in either region."""
        self.functions = Functions(
            "functions",
            FunctionsArgs(
                self.settings,
                keys=self.keys,
                tables=self.stores.tables,
                events=self.events,
                subnet_ids=self.network.vpc.app_subnet_ids,
                security_group_id=self.network.groups.functions.id,
            ),
            self.here,
        )
        self.market_hours = MarketHours(
            "market-hours", MarketHoursArgs(self.settings, self.keys, self.functions.failed), self.here
        )
        self.api = TradingApi(
            "api",
            TradingApiArgs(
                self.settings,
                keys=self.keys,
                order_intake=self.functions.order_intake,
                authorizer=self.functions.authorizer,
                firewall=self.network.firewall,
                primary_client_keys=self.primary.api_keys if self.primary else None,
            ),
            self.here,
        )

    def recovering(self) -> None:
        """How traffic, and the right to take orders, gets from one region to the other."""
        self.recovery = Recovery(
            "recovery",
            RecoveryArgs(
                self.settings,
                keys=self.keys,
                secrets=self.secrets,
                network=self.network,
                stores=self.stores,
                events=self.events,
                api=self.api,
                primary=self.primary,
            ),
            self.here,
        )

    def clustering(self) -> None:
        """The Kubernetes cluster and what runs in it."""
        standby = self.recovery.standby
        self.kubernetes = Kubernetes(
            "kubernetes",
            KubernetesArgs(
                self.settings,
                provider=self.provider,
                keys=self.keys,
                groups=self.network.groups,
                roles=self.roles,
                files=self.stores.files,
                vpc_id=self.network.vpc.id,
                subnet_ids=self.network.vpc.app_subnet_ids,
                builds={"scale-out": standby.scale_out.role.arn} if standby else {},
                monitoring=MonitoringReach(
                    topic=self.events.topics.operations.arn,
                    topic_key=self.keys.arn(DataClass.STREAMS),
                    services=self.services.cluster.arn,
                ),
            ),
            self.here,
        )

    def delivering(self) -> None:
        """How a change of the program reaches both stacks. The primary has it; the recovery region has a copy of what
        was delivered, in its bucket of artifacts."""
        self.delivery = (
            Delivery(
                "delivery",
                DeliveryArgs(
                    self.settings,
                    keys=self.keys,
                    log_buckets=self.log_buckets,
                    place=Place.of(self.network),
                    artifacts=self.stores.records.bucket(RecordClass.ARTIFACTS).bucket.bucket,
                ),
                self.here,
            )
            if self.settings.is_primary
            else None
        )

    def observing(self) -> None:
        """What is measured, watched and drawn of all that stands, and who is told."""
        self.watch = Watch(
            "watch",
            WatchArgs(
                Watched(
                    settings=self.settings,
                    network=self.network,
                    stores=self.stores,
                    events=self.events,
                    balancers=self.balancers,
                    engines=self.latency,
                    market_hours=self.market_hours,
                    services=self.services,
                    functions=self.functions,
                    api=self.api,
                    rotation=self.rotation,
                    recovery=self.recovery,
                    trail=self.trail,
                    primary_file_system=self.primary.file_system_id if self.primary else None,
                ),
                self.primary_side,
            ),
            self.here,
        )
        monitoring, provider = self.kubernetes.monitoring, self.kubernetes.provider
        if monitoring and provider:
            args = InClusterArgs(self.settings, monitoring.namespace, monitoring.release)
            self.in_cluster = InCluster("in-cluster", args, pulumi.ResourceOptions(provider=provider))
        self.tracing = Tracing(
            "tracing",
            TracingArgs(
                self.settings,
                api=self.api,
                order_intake=self.functions.order_intake,
                key_arn=self.keys.arn(DataClass.LOGS),
                events=self.events,
            ),
            self.here,
        )
        vault = self.stores.backups.vault.arn
        self.findings = Findings("findings", FindingsArgs(self.settings, self.events, vault), self.here)
        self.costs = Costs("costs", CostsArgs(self.settings, self.events.topics.operations.arn), self.here)

    @property
    def outputs(self) -> dict[str, Any]:
        """What the stack exports: what the recovery region asks of a primary, and whether this stack takes orders."""
        exports = PrimaryExports(
            sizes=self.settings.sizes.model_dump(by_alias=True),
            region=self.settings.region.name,
            key_arns=self.keys.arns,
            network=self.network.exports.output(),
            kubernetes_version=self.settings.kubernetes.kubernetes_version,
            orders_consistency=self.settings.data.orders_consistency.value,
            restored_at=self.settings.data.restored_at,
            table_arns=self.stores.tables.declared_arns,
            records_buckets=self.stores.records.names,
            database_arn=self.stores.database.arn,
            file_system_id=self.stores.files.id,
            backup_vault_name=self.stores.backups.vault.name,
            api_keys=self.api.clients.keys,
            api_host=self.recovery.name.target,
            api_health_host=self.recovery.health_host,
            dns_zone_id=self.recovery.zone.id,
        )
        return {
            **exports.outputs(),
            "active": self.settings.is_primary or self.settings.general.active,
            # For people, where no zone is named in which the stack could prove its domain by itself.
            "certificateRecords": self.balancers.certificate.records,
            # For whoever fills the registry of this region before workloads come up: `python -m delivery mirror`.
            "imagesToMirror": copies(self.settings),
            **self.recovery.outputs,
            **({"delivery": self.delivery.outputs} if self.delivery else {}),
        }
