"""Launch template of an engine's host."""

from __future__ import annotations

import base64
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.data.tags import SNAPSHOTTED
from components.latency.host_tuning import Fleet, Ports, plan_host, user_data
from components.providers import default_tags
from components.security.patching import PATCH_GROUP_TAG, patch_group
from components.settings import Settings
from components.settings.instance_types import Architecture, InstanceType

# AWS's public parameters; Amazon Linux 2023 User Guide, "Launching AL2023 using the SSM parameter".
_AMAZON_LINUX = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default"
_PUBLIC_NAME = {Architecture.X86_64: "x86_64", Architecture.ARM64: "arm64"}
_ROOT_DEVICE = "/dev/xvda"
# EBS User Guide, "General Purpose SSD volumes": the gp3 baseline, included in the price.
_IOPS, _MEGABYTES_PER_SECOND = 3000, 125


@dataclass(frozen=True)
class Launch:
    """Launch properties that all engine hosts share. `key_arn` is the key of the class COMPUTE, `group_id` the security
    group of engines, `profile_arn` their instance profile, `placement_group` the name of their placement group."""

    settings: Settings
    key_arn: pulumi.Input[str]
    group_id: pulumi.Input[str]
    profile_arn: pulumi.Input[str]
    placement_group: pulumi.Input[str]

    def template(
        self,
        name: str,
        opts: pulumi.ResourceOptions,
        *,
        fleet: Fleet | None = None,
        subnet_id: pulumi.Input[str] | None = None,
    ) -> aws.ec2.LaunchTemplate:
        """Create a launch template: for a fleet, which chooses the subnet itself, or for hosts in one subnet."""
        settings, latency = self.settings, self.settings.latency
        return aws.ec2.LaunchTemplate(
            name,
            name=settings.name(name),
            description="Hosts of the trading engines",
            update_default_version=True,
            image_id=image_reference(settings),
            instance_type=latency.engine_instance_type,
            ebs_optimized="true",
            cpu_options=_cpu_options(latency.instance_type),
            iam_instance_profile=aws.ec2.LaunchTemplateIamInstanceProfileArgs(arn=self.profile_arn),
            placement=aws.ec2.LaunchTemplatePlacementArgs(
                group_name=self.placement_group, tenancy=latency.engine_tenancy.value
            ),
            metadata_options=aws.ec2.LaunchTemplateMetadataOptionsArgs(
                http_endpoint="enabled",
                http_tokens="required",
                http_put_response_hop_limit=1,
                http_protocol_ipv6="disabled",
                instance_metadata_tags="disabled",
            ),
            monitoring=aws.ec2.LaunchTemplateMonitoringArgs(enabled=True),
            maintenance_options=aws.ec2.LaunchTemplateMaintenanceOptionsArgs(auto_recovery="default"),
            block_device_mappings=[self._volume()],
            network_interfaces=[self._interface(subnet_id)],
            tag_specifications=[
                aws.ec2.LaunchTemplateTagSpecificationArgs(
                    # The provider's default tags do not apply to resources that a launch creates.
                    resource_type=kind,
                    tags={**default_tags(settings), "Name": settings.name("engine"), **tags},
                )
                for kind, tags in (
                    ("instance", {PATCH_GROUP_TAG: patch_group(settings)}),
                    ("volume", SNAPSHOTTED),
                    ("network-interface", {}),
                )
            ],
            user_data=base64.b64encode(host_user_data(settings, fleet).encode()).decode(),
            opts=opts,
        )

    def _volume(self) -> aws.ec2.LaunchTemplateBlockDeviceMappingArgs:
        return aws.ec2.LaunchTemplateBlockDeviceMappingArgs(
            device_name=_ROOT_DEVICE,
            ebs=aws.ec2.LaunchTemplateBlockDeviceMappingEbsArgs(
                volume_type="gp3",
                volume_size=self.settings.latency.engine_volume_gib,
                iops=_IOPS,
                throughput=_MEGABYTES_PER_SECOND,
                encrypted="true",
                kms_key_id=self.key_arn,
                delete_on_termination="true",
            ),
        )

    def _interface(self, subnet_id: pulumi.Input[str] | None) -> aws.ec2.LaunchTemplateNetworkInterfaceArgs:
        express = self.settings.latency.engine_ena_express
        return aws.ec2.LaunchTemplateNetworkInterfaceArgs(
            device_index=0,
            associate_public_ip_address="false",
            delete_on_termination="true",
            security_groups=[self.group_id],
            subnet_id=subnet_id,
            # Set in both cases: off is also a choice, because ENA Express adds latency on an idle path.
            ena_srd_specification=aws.ec2.LaunchTemplateNetworkInterfaceEnaSrdSpecificationArgs(
                ena_srd_enabled=express,
                ena_srd_udp_specification=(
                    aws.ec2.LaunchTemplateNetworkInterfaceEnaSrdSpecificationEnaSrdUdpSpecificationArgs(
                        ena_srd_udp_enabled=express
                    )
                ),
            ),
        )


def image_reference(settings: Settings) -> str:
    """`resolve:ssm:...`: EC2 resolves the image at each launch, so that the program needs no lookup."""
    latency = settings.latency
    own = f"{_AMAZON_LINUX}-{_PUBLIC_NAME[latency.instance_type.architecture]}"
    return f"resolve:ssm:{latency.engine_image_parameter or own}"


def host_user_data(settings: Settings, fleet: Fleet | None) -> str:
    """User data of this stack's hosts."""
    network, latency = settings.network, settings.latency
    ports = Ports(
        fix=network.fix_port,
        service=network.service_port,
        metrics=network.metrics_port,
        feed=network.market_data_port,
    )
    plan = plan_host(
        latency.instance_type, ports, latency.engine_hugepages_percent, ena_express=latency.engine_ena_express
    )
    return user_data(plan, fleet)


def _cpu_options(instance_type: InstanceType) -> aws.ec2.LaunchTemplateCpuOptionsArgs | None:
    """Turn multithreading off. EC2 accepts the option only for types with more than one thread for each core."""
    if instance_type.threads_per_core == 1:
        return None
    return aws.ec2.LaunchTemplateCpuOptionsArgs(core_count=instance_type.cores, threads_per_core=1)
