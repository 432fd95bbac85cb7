"""The map of the house: which layers a stack declares, in which order, wired to what."""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_aws as aws

from components.exports import PrimaryExports
from components.network.vpc import Vpc, VpcArgs
from components.providers import regional_provider
from components.security.keys import DataClass, Keys, KeysArgs
from components.security.log_bucket import LogBuckets, LogBucketsArgs
from components.security.service_roles import ServiceRoles, ServiceRolesArgs
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
        self.encryption()
        self.network()

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

    def network(self) -> None:
        """VPC and everything that carries or stops a packet."""
        self.vpc = Vpc(
            "network",
            VpcArgs(
                name=self.settings.name("vpc"),
                cidr=self.settings.network.vpc_cidr,
                zones=self.settings.network.availability_zones,
                nat_gateways=self.settings.sizes.nat_gateways,
            ),
            self.here,
        )

    @property
    def outputs(self) -> dict[str, Any]:
        """What the stack exports."""
        return PrimaryExports(
            sizes=self.settings.sizes.model_dump(by_alias=True),
            region=self.settings.region.name,
            key_arns=self.keys.arns,
            vpc_id=self.vpc.vpc.id,
            vpc_cidr=str(self.settings.network.vpc_cidr),
        ).outputs()
