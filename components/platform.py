"""The layers of a stack: the order in which they are declared, and how they depend on each other."""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_aws as aws

from components import sandbox
from components.compute.ecs import Services, ServicesArgs
from components.compute.ecs_roles import ServiceResources
from components.compute.functions import Functions, FunctionsArgs
from components.data.records import RecordClass
from components.data.stores import Stores, StoresArgs
from components.data.table_schemas import TableName
from components.delivery.build_network import BuildNetwork
from components.delivery.delivery import Delivery, DeliveryArgs
from components.edge.api import TradingApi, TradingApiArgs
from components.edge.balancers import Balancers, BalancersArgs
from components.events.events import ArchiveBuckets, Events, EventsArgs
from components.exports import PrimaryExports
from components.kubernetes.kubernetes import Kubernetes, KubernetesArgs
from components.kubernetes.monitoring_roles import MonitoringResources
from components.latency.engines import Engines, EnginesArgs
from components.latency.host_role import EngineResources
from components.latency.market_hours import MarketHours, MarketHoursArgs
from components.latency.metrics import NAMESPACE
from components.network.exports import NetworkExports
from components.network.network import Network, NetworkArgs
from components.observability import buckets
from components.observability.monitored_layers import MonitoredLayers
from components.observability.observability import Observability
from components.providers import regional_provider, silent_provider
from components.recovery.recovery import Recovery, RecoveryArgs
from components.security.keys import DataClass
from components.security.mirrored_images import charts_to_mirror, images_to_mirror
from components.security.rotation import Rotation, RotationArgs
from components.security.security import Security
from components.settings import Settings


class Platform:
    """One stack of the platform: the primary at full size, or the recovery region."""

    def __init__(self, settings: Settings, primary: PrimaryExports | None) -> None:
        self.settings = settings
        self.primary = primary
        if settings.general.sandbox:
            sandbox.relax()
        self.provider = regional_provider("regional", settings.region.name, settings)
        self.primary_side = self._primary_side()
        self.security = Security(settings, self.provider, primary, self.primary_side)
        self.keys, self.options = self.security.keys, self.security.options
        self._network()
        self._stores()
        self._events()
        self._load_balancers()
        self._engines()
        self._services()
        self._secret_rotation()
        self._order_intake()
        self._recovery()
        self._kubernetes()
        self._delivery()
        self._observability()

    def _primary_side(self) -> aws.Provider | None:
        """Provider for resources that the recovery stack declares in the primary's region until it takes over.

        After a takeover it is replaced by a silent one. The engine configures the provider of each resource that leaves
        the state, including retained ones. Without a declaration it would use the provider's last configuration, which
        looks the account up in the lost region.
        """
        name, region = "primary-side", self.settings.general.primary_region
        if self.settings.reaches_primary:
            return regional_provider(name, region, self.settings)
        if not self.settings.is_primary:
            silent_provider(name, region)
        return None

    def _network(self) -> None:
        """VPC, security groups, endpoints, hybrid links and firewall."""
        self.network = Network(
            "network",
            NetworkArgs(
                self.settings,
                logs_key_arn=self.keys.arn(DataClass.LOGS),
                flow_logs_destination=self.security.log_buckets.flow_logs_destination,
                flow_logs_bucket_ready=self.security.log_buckets.logs.ready,
                primary=NetworkExports.of(self.primary.network) if self.primary else None,
                primary_side=self.primary_side,
            ),
            self.options,
        )

    def _stores(self) -> None:
        """Database, tables, records, files, cache and backups, with their replication."""
        self.stores = Stores(
            "stores",
            StoresArgs(
                self.settings,
                keys=self.keys,
                log_buckets=self.security.log_buckets,
                zones=self.network.vpc.zones,
                groups=self.network.groups,
                database_password=self.security.secrets.database_password,
                primary=self.primary,
                primary_side=self.primary_side,
            ),
            self.options,
        )

    def _events(self) -> None:
        """Streams with their archive, the event bus, queues and topics."""
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
            self.options,
        )

    def _load_balancers(self) -> None:
        """The load balancers, declared before their targets."""
        self.balancers = Balancers(
            "balancers",
            BalancersArgs(
                self.settings,
                vpc=self.network.vpc,
                groups=self.network.groups,
                firewall=self.network.firewall,
                log_buckets=self.security.log_buckets,
            ),
            self.options,
        )

    def _engines(self) -> None:
        """The trading engines, in one placement group in one zone."""
        tables, events = self.stores.tables, self.events
        self.latency = Engines(
            "engines",
            EnginesArgs(
                self.settings,
                key_arn=self.keys.arn(DataClass.COMPUTE),
                zones=self.network.vpc.zones,
                group_id=self.network.groups.trading_engines.id,
                fix_target_group=self.balancers.fix.targets.arn,
                autoscaling_role=self.security.service_roles.autoscaling,
                resources=EngineResources(
                    streams=[events.streams.orders.arn, events.streams.market_data.arn],
                    tables=[tables.arn(table) for table in (TableName.ORDERS, TableName.ORDER_BOOK)],
                    bus=events.routing.bus.arn,
                    images=[self.security.images.arns["trading-engine"]],
                    streams_key=self.keys.arn(DataClass.STREAMS),
                    tables_key=self.keys.arn(DataClass.TABLES),
                ),
            ),
            self.options,
        )

    def _services(self) -> None:
        """The trading services, which serve the load balancer and consume the execution queues."""
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
                repository=self.security.images.urls["trading-engine"],
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
                resources=ServiceResources(
                    queues=[queue.arn for queue in queues],
                    tables=[tables.arn(table) for table in (TableName.ORDERS, TableName.POSITIONS)],
                    bus=events.routing.bus.arn,
                    image=self.security.images.arns["trading-engine"],
                    secret=self.security.secrets.database,
                    streams_key=keys.arn(DataClass.STREAMS),
                    tables_key=keys.arn(DataClass.TABLES),
                    secrets_key=keys.arn(DataClass.SECRETS),
                ),
                log_key_arn=keys.arn(DataClass.LOGS),
            ),
            self.options,
        )

    def _secret_rotation(self) -> None:
        """Rotation of the database's credentials, declared after the database."""
        self.rotation = Rotation(
            "rotation",
            RotationArgs(
                self.settings,
                keys=self.keys,
                secret=self.security.secrets.database,
                database=self.stores.database.identifier,
                rotated=self.security.secrets.database_rotated,
                ready=[self.stores.database.instance],
            ),
            self.options,
        )

    def _order_intake(self) -> None:
        """The Trading API, order intake and the other functions."""
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
            self.options,
        )
        self.market_hours = MarketHours(
            "market-hours", MarketHoursArgs(self.settings, self.keys, self.functions.failed), self.options
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
            self.options,
        )

    def _recovery(self) -> None:
        """DNS failover, observers, automatic failover and drills."""
        self.recovery = Recovery(
            "recovery",
            RecoveryArgs(
                self.settings,
                keys=self.keys,
                secrets=self.security.secrets,
                network=self.network,
                stores=self.stores,
                events=self.events,
                api=self.api,
                primary=self.primary,
            ),
            self.options,
        )

    def _kubernetes(self) -> None:
        """The Kubernetes cluster and its workloads."""
        standby = self.recovery.standby
        self.kubernetes = Kubernetes(
            "kubernetes",
            KubernetesArgs(
                self.settings,
                provider=self.provider,
                keys=self.keys,
                groups=self.network.groups,
                roles=self.security.roles,
                files=self.stores.files,
                vpc_id=self.network.vpc.id,
                subnet_ids=self.network.vpc.app_subnet_ids,
                builds={"scale-out": standby.scale_out.role.arn} if standby else {},
                monitoring=MonitoringResources(
                    topic=self.events.topics.operations.arn,
                    topic_key=self.keys.arn(DataClass.STREAMS),
                    services=self.services.cluster.arn,
                ),
            ),
            self.options,
        )

    def _delivery(self) -> None:
        """The pipeline, in the primary only. S3 replicates the deployed program to the recovery region's artifacts
        bucket."""
        self.delivery = (
            Delivery(
                "delivery",
                DeliveryArgs(
                    self.settings,
                    keys=self.keys,
                    log_buckets=self.security.log_buckets,
                    place=BuildNetwork.of(self.network),
                    artifacts=self.stores.records.bucket(RecordClass.ARTIFACTS).bucket.bucket,
                ),
                self.options,
            )
            if self.settings.is_primary
            else None
        )

    def _observability(self) -> None:
        """Alarms, dashboards, traces, findings and budgets, declared after all monitored layers."""
        layers = MonitoredLayers(
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
            trail=self.security.trail,
            primary_file_system=self.primary.file_system_id if self.primary else None,
        )
        logs_key = self.keys.arn(DataClass.LOGS)
        self.observability = Observability(layers, self.kubernetes, logs_key, self.primary_side, self.options)

    @property
    def outputs(self) -> dict[str, Any]:
        """Stack outputs: those that the recovery stack reads, and whether this stack accepts orders."""
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
            # For operators: DNS validation records, if the settings name no zone.
            "certificateRecords": self.balancers.certificate.records,
            # For `python -m delivery mirror`, which fills this region's registry before workloads start.
            "imagesToMirror": images_to_mirror(self.settings),
            "chartsToMirror": charts_to_mirror(self.settings),
            **self.recovery.outputs,
            **({"delivery": self.delivery.outputs} if self.delivery else {}),
        }
