"""Where builds stand that call the clusters' private APIs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.network.network import Network


@dataclass(frozen=True)
class Place:
    """The app tier of a VPC, with the security group of build jobs."""

    vpc_id: pulumi.Input[str]
    subnet_ids: Sequence[pulumi.Input[str]]
    group_id: pulumi.Input[str]

    @classmethod
    def of(cls, network: Network) -> Place:
        """In that network."""
        return cls(network.vpc.id, network.vpc.app_subnet_ids, network.groups.delivery.id)

    def config(self) -> aws.codebuild.ProjectVpcConfigArgs:
        """The same as an argument of a project."""
        return aws.codebuild.ProjectVpcConfigArgs(
            vpc_id=self.vpc_id, subnets=list(self.subnet_ids), security_group_ids=[self.group_id]
        )
