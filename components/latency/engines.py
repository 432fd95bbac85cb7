"""The low-latency layer: the trading engines in one placement group, some fixed and some in a scaling fleet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.latency.fleet import EngineFleet, EngineFleetArgs, fleet_of
from components.latency.host_role import EngineResources, HostRole, HostRoleArgs
from components.latency.launch import Launch
from components.layer import Layer
from components.network.vpc import Zone
from components.security.patching import PATCH_GROUP_TAG, patch_group
from components.settings import Settings
from components.settings.latency import Placement


@dataclass(frozen=True)
class EnginesArgs:
    """`key_arn` is the key of the class COMPUTE, `group_id` the security group of engines, `fix_target_group` the ARN
    of the target group for FIX sessions, `autoscaling_role` the ARN of Auto Scaling's service-linked role."""

    settings: Settings
    key_arn: pulumi.Input[str]
    zones: Sequence[Zone]
    group_id: pulumi.Input[str]
    fix_target_group: pulumi.Input[str]
    autoscaling_role: pulumi.Input[str]
    resources: EngineResources


class Engines(Layer):
    """Engines in one placement group in one zone: a fixed number with reserved capacity inside the group, and a fleet
    that scales with the load.

    A change of the launch template replaces each fixed engine before its successor starts, because the reservation has
    no spare capacity. Deploy such a change while markets are closed. The fleet replaces its hosts one after another.
    """

    reservation: aws.ec2.CapacityReservation | None
    fixed: list[aws.ec2.Instance]

    def __init__(self, name: str, args: EnginesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("latency:Engines", name, opts)
        self._args = args
        settings = args.settings
        self.zone = engine_zone(settings)
        self._subnet = next(zone.app for zone in args.zones if zone.name == self.zone)
        self.subnet_id = self._subnet.id
        self.placement = self._placement()
        self.role = HostRole("host-role", HostRoleArgs(settings, args.resources, fleet_of(settings).group), self.child)
        launch = Launch(settings, args.key_arn, args.group_id, self.role.profile.arn, self.placement.name)
        self.template = launch.template("engine-fixed", self.child, subnet_id=self.subnet_id)
        self.reservation = self._reservation() if settings.sizes.fixed_engines else None
        self.fixed = [self._engine(number) for number in range(1, settings.sizes.fixed_engines + 1)]
        self.fleet = EngineFleet(
            "fleet",
            EngineFleetArgs(settings, launch, self.subnet_id, args.fix_target_group, args.autoscaling_role),
            self.child,
        )
        self.register_outputs({"placementGroup": self.placement.name, "zone": self.zone})

    def _placement(self) -> aws.ec2.PlacementGroup:
        latency = self._args.settings.latency
        strategy = latency.engine_placement
        return aws.ec2.PlacementGroup(
            "engines",
            name=self._args.settings.name("engines"),
            strategy=strategy.value,
            partition_count=latency.engine_partitions if strategy is Placement.PARTITION else None,
            spread_level="rack" if strategy is Placement.SPREAD else None,
            opts=self.child,
        )

    def _reservation(self) -> aws.ec2.CapacityReservation:
        settings, latency = self._args.settings, self._args.settings.latency
        clustered = latency.engine_placement is Placement.CLUSTER
        return aws.ec2.CapacityReservation(
            "engines",
            instance_type=latency.engine_instance_type,
            instance_platform="Linux/UNIX",
            instance_count=settings.sizes.fixed_engines,
            # A reservation takes only a zone's name. If settings have the zone's id, the subnet provides the name.
            availability_zone=self.zone if self.zone in settings.region.zones else self._subnet.availability_zone,
            tenancy=latency.engine_tenancy.value,
            ebs_optimized=True,
            # Only a cluster placement group can hold a reservation; with other strategies the reservation is for the
            # zone.
            placement_group_arn=self.placement.arn if clustered else None,
            # Targeted: only instances that name the reservation use it, so the fleet cannot take the capacity.
            instance_match_criteria="targeted",
            end_date_type="unlimited",
            tags={"Name": settings.name("engines")},
            opts=self.child,
        )

    def _engine(self, number: int) -> aws.ec2.Instance:
        name, settings = f"engine-{number}", self._args.settings
        engine = aws.ec2.Instance(
            name,
            launch_template=aws.ec2.InstanceLaunchTemplateArgs(
                id=self.template.id, version=self.template.latest_version.apply(str)
            ),
            capacity_reservation_specification=self._reserved(),
            # The template tags what it launches. A tag that is missing here would be a difference in every plan.
            tags={"Name": settings.name(name), PATCH_GROUP_TAG: patch_group(settings)},
            opts=pulumi.ResourceOptions(
                parent=self,
                delete_before_replace=True,
                # The launch template sets these values. Some provider versions treat the values that they read back as
                # a change (terraform-provider-aws, issue 39476).
                ignore_changes=["userData"],
            ),
        )
        aws.lb.TargetGroupAttachment(
            name, target_group_arn=self._args.fix_target_group, target_id=engine.id, opts=self.child
        )
        return engine

    def _reserved(self) -> aws.ec2.InstanceCapacityReservationSpecificationArgs | None:
        if self.reservation is None:
            return None
        return aws.ec2.InstanceCapacityReservationSpecificationArgs(
            capacity_reservation_target=aws.ec2.InstanceCapacityReservationSpecificationCapacityReservationTargetArgs(
                capacity_reservation_id=self.reservation.id
            )
        )


def engine_zone(settings: Settings) -> str:
    """The zone in which all engines of the stack run."""
    return settings.latency.engine_zone or settings.network.availability_zones[0]
