"""The trading services on Fargate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.compute.ecs_roles import ServiceReach, ServiceTaskRoles, ServiceTaskRolesArgs
from components.compute.ecs_scaling import Scaled, scale
from components.compute.ecs_task import CONTAINER, container, image_of, scratch_volume
from components.layer import Layer
from components.settings import Settings

# Seconds in which a new task is not judged by the load balancer.
_GRACE_SECONDS = 60
# A deployment starts all new tasks beside the old ones: what serves is never fewer than what was asked for.
_HEALTHY_PERCENT, _MOST_PERCENT = 100, 200


@dataclass(frozen=True)
class ServicesArgs:
    """`target_group` is the ARN of what the load balancer hands requests to, and `listener` what it hears them by;
    `repository` the URL of the platform's own image; `queues` the names of the queues that the services empty;
    `environment` what tasks need to know and is no secret; `log_key_arn` the key of the class LOGS."""

    settings: Settings
    subnet_ids: Sequence[pulumi.Input[str]]
    group_id: pulumi.Input[str]
    target_group: pulumi.Input[str]
    listener: pulumi.Resource
    repository: pulumi.Input[str]
    queues: Sequence[pulumi.Input[str]]
    environment: Mapping[str, pulumi.Input[str]]
    metrics_namespace: str
    reach: ServiceReach
    log_key_arn: pulumi.Input[str]


class Services(Layer):
    """A cluster of Fargate tasks in every zone, which take requests from the load balancer and work from the queues.
    A deployment that does not come up is rolled back by itself. A region that is bootstrapped has no service yet."""

    service: aws.ecs.Service | None
    service_name: pulumi.Output[str]

    def __init__(self, name: str, args: ServicesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("compute:Services", name, opts)
        self._args = args
        settings = args.settings
        self.log_group = aws.cloudwatch.LogGroup(
            "services",
            name=f"/ecs/{settings.name('services')}",
            retention_in_days=settings.compute.service_log_days,
            kms_key_id=args.log_key_arn,
            opts=self.child,
        )
        self.cluster = aws.ecs.Cluster(
            "services",
            name=settings.name("services"),
            settings=[aws.ecs.ClusterSettingArgs(name="containerInsights", value="enhanced")],
            opts=self.child,
        )
        self.roles = ServiceTaskRoles(
            "task-roles",
            ServiceTaskRolesArgs(settings, args.reach, self.log_group.arn, args.metrics_namespace),
            self.child,
        )
        self.task = self._task()
        # A service without an image fails its first deployment (ECS API Reference, DeploymentCircuitBreaker), and one
        # that is made with no tasks stays so: the count belongs to the scaling, which has no task to measure.
        self.service = None if settings.general.bootstrap else self._service()
        self.service_name = self.service.name if self.service else pulumi.Output.from_input(settings.name("services"))
        if self.service:
            scale(settings, Scaled(self.cluster.name, self.service.name, args.queues), self.child)
        self.register_outputs({"clusterName": self.cluster.name, "serviceName": self.service_name})

    def _task(self) -> aws.ecs.TaskDefinition:
        args, settings = self._args, self._args.settings
        image = image_of(settings, args.repository)
        definition = container(settings, image, self.log_group.name, args.reach.secret, args.environment)
        return aws.ecs.TaskDefinition(
            "services",
            family=settings.name("services"),
            requires_compatibilities=["FARGATE"],
            network_mode="awsvpc",
            cpu=str(settings.compute.service_cpu),
            memory=str(settings.compute.service_memory),
            runtime_platform=aws.ecs.TaskDefinitionRuntimePlatformArgs(
                cpu_architecture=settings.compute.service_architecture.value, operating_system_family="LINUX"
            ),
            execution_role_arn=self.roles.execution.arn,
            task_role_arn=self.roles.task.arn,
            volumes=[aws.ecs.TaskDefinitionVolumeArgs(name=scratch_volume())],
            container_definitions=pulumi.Output.json_dumps([definition]),
            # What ran yesterday can be run again: the revision before stays.
            skip_destroy=True,
            opts=self.child,
        )

    def _service(self) -> aws.ecs.Service:
        args, settings = self._args, self._args.settings
        return aws.ecs.Service(
            "services",
            name=settings.name("services"),
            cluster=self.cluster.arn,
            task_definition=self.task.arn,
            launch_type="FARGATE",
            platform_version="LATEST",
            desired_count=settings.sizes.service_tasks_min,
            availability_zone_rebalancing="ENABLED",
            deployment_minimum_healthy_percent=_HEALTHY_PERCENT,
            deployment_maximum_percent=_MOST_PERCENT,
            deployment_circuit_breaker=aws.ecs.ServiceDeploymentCircuitBreakerArgs(enable=True, rollback=True),
            enable_execute_command=False,
            enable_ecs_managed_tags=True,
            propagate_tags="SERVICE",
            health_check_grace_period_seconds=_GRACE_SECONDS,
            network_configuration=aws.ecs.ServiceNetworkConfigurationArgs(
                subnets=args.subnet_ids, security_groups=[args.group_id], assign_public_ip=False
            ),
            load_balancers=[
                aws.ecs.ServiceLoadBalancerArgs(
                    target_group_arn=args.target_group,
                    container_name=CONTAINER,
                    container_port=settings.network.service_port,
                )
            ],
            opts=self._service_options(),
        )

    def _service_options(self) -> pulumi.ResourceOptions:
        """In the primary the count belongs to the scaling alone, or every deployment would set it back. The recovery
        region declares it: its floor rises when it takes over, and scaling does not lift a service from no task to
        its floor before an alarm tells it to (Amazon ECS Developer Guide, "Automatically scale your service")."""
        return pulumi.ResourceOptions(
            parent=self,
            depends_on=[self._args.listener, self.roles.execution_policy, self.roles.task_policy],
            ignore_changes=["desiredCount"] if self._args.settings.is_primary else None,
        )
