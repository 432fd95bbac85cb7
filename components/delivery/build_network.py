"""VPC placement of builds that call the clusters' private APIs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.network.network import Network


@dataclass(frozen=True)
class BuildNetwork:
    """App subnets of a VPC, with the security group of build jobs."""

    vpc_id: pulumi.Input[str]
    subnet_ids: Sequence[pulumi.Input[str]]
    group_id: pulumi.Input[str]

    @classmethod
    def of(cls, network: Network) -> BuildNetwork:
        """Return the placement in that network."""
        return cls(network.vpc.id, network.vpc.app_subnet_ids, network.groups.delivery.id)

    def config(self) -> aws.codebuild.ProjectVpcConfigArgs:
        """Return the placement as an argument of a CodeBuild project."""
        return aws.codebuild.ProjectVpcConfigArgs(
            vpc_id=self.vpc_id, subnets=list(self.subnet_ids), security_group_ids=[self.group_id]
        )
