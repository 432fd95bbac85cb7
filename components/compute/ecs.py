"""The trading services on Fargate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.compute.ecs_roles import ServiceResources, ServiceTaskRoles, ServiceTaskRolesArgs
from components.compute.ecs_scaling import Scaled, scale
from components.compute.ecs_task import CONTAINER, container, image_of, scratch_volume
from components.layer import Layer
from components.settings import Settings

# Seconds in which ECS ignores the load balancer's health checks of a new task.
_GRACE_SECONDS = 60
# Percent: a deployment starts all new tasks before it stops old ones, so that capacity never drops below the desired
# count.
_HEALTHY_PERCENT, _MOST_PERCENT = 100, 200


@dataclass(frozen=True)
class ServicesArgs:
    """`target_group` is the ARN of the load balancer's target group and `listener` the listener that forwards to it;
    `repository` is the URL of the platform's own image; `queues` are the names of the queues that the services consume;
    `environment` holds the tasks' variables, without secrets; `log_key_arn` is the key of the class LOGS."""

    settings: Settings
    subnet_ids: Sequence[pulumi.Input[str]]
    group_id: pulumi.Input[str]
    target_group: pulumi.Input[str]
    listener: pulumi.Resource
    repository: pulumi.Input[str]
    queues: Sequence[pulumi.Input[str]]
    environment: Mapping[str, pulumi.Input[str]]
    metrics_namespace: str
    resources: ServiceResources
    log_key_arn: pulumi.Input[str]


class Services(Layer):
    """A cluster of Fargate tasks in every zone, which take requests from the load balancer and messages from the
    queues. ECS rolls a failed deployment back. A stack with `bootstrap` has no service yet."""

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
            ServiceTaskRolesArgs(settings, args.resources, self.log_group.arn, args.metrics_namespace),
            self.child,
        )
        self.task = self._task()
        # Without an image the first deployment of a service fails (ECS API Reference, DeploymentCircuitBreaker). A
        # service that is created without tasks stays at zero: scaling owns the count and has no task to measure.
        self.service = None if settings.general.bootstrap else self._service()
        self.service_name = self.service.name if self.service else pulumi.Output.from_input(settings.name("services"))
        if self.service:
            scale(settings, Scaled(self.cluster.name, self.service.name, args.queues), self.child)
        self.register_outputs({"clusterName": self.cluster.name, "serviceName": self.service_name})

    def _task(self) -> aws.ecs.TaskDefinition:
        args, settings = self._args, self._args.settings
        image = image_of(settings, args.repository)
        definition = container(settings, image, self.log_group.name, args.resources.secret, args.environment)
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
            # The previous revision stays registered, so that a rollback can run it.
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
        """In the primary, only scaling changes the count; otherwise each deployment would reset it. The recovery stack
        declares the count, because its minimum rises at a takeover, and scaling does not raise a service from zero
        tasks to its minimum before an alarm fires (Amazon ECS Developer Guide, "Automatically scale your service")."""
        return pulumi.ResourceOptions(
            parent=self,
            depends_on=[self._args.listener, self.roles.execution_policy, self.roles.task_policy],
            ignore_changes=["desiredCount"] if self._args.settings.is_primary else None,
        )
