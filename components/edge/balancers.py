"""Load balancers: one for the HTTP API of the services, one for FIX sessions of the engines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from components.edge.api_balancer import ApiBalancer, ApiBalancerArgs
from components.edge.certificate import Certificate, CertificateArgs
from components.edge.fix_balancer import FixBalancer, FixBalancerArgs
from components.layer import Layer
from components.network.firewall import WebFirewall
from components.network.groups import SecurityGroups
from components.network.vpc import Vpc
from components.security.log_bucket import LogBuckets
from components.settings import Settings


@dataclass(frozen=True)
class BalancersArgs:
    """Subnets, security groups and log buckets of the load balancers."""

    settings: Settings
    vpc: Vpc
    groups: SecurityGroups
    firewall: WebFirewall
    log_buckets: LogBuckets


class Balancers(Layer):
    """Both load balancers and their shared certificate."""

    def __init__(self, name: str, args: BalancersArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("edge:Balancers", name, opts)
        settings, vpc, groups, log_buckets = args.settings, args.vpc, args.groups, args.log_buckets
        compute = settings.compute
        self.certificate = Certificate(
            "balancers",
            CertificateArgs(settings, compute.api_domain, compute.certificate_arn, compute.dns_zone_id or None),
            self.child,
        )
        self.api = ApiBalancer(
            "api-balancer",
            ApiBalancerArgs(
                settings,
                vpc_id=vpc.id,
                subnet_ids=self._api_subnets(settings, vpc),
                group_id=groups.load_balancer.id,
                certificate_arn=self.certificate.arn,
                logs=log_buckets.access_logs,
            ),
            self.child,
        )
        args.firewall.protect("api-balancer", self.api.balancer.arn)
        self.fix = FixBalancer(
            "fix-balancer",
            FixBalancerArgs(
                settings,
                vpc_id=vpc.id,
                subnet_ids=[zone.app.id for zone in vpc.zones],
                group_id=groups.fix_load_balancer.id,
                certificate_arn=self.certificate.arn,
                logs=log_buckets.access_logs,
            ),
            self.child,
        )
        self.register_outputs({"apiDnsName": self.api.balancer.dns_name, "fixDnsName": self.fix.balancer.dns_name})

    @staticmethod
    def _api_subnets(settings: Settings, vpc: Vpc) -> Sequence[pulumi.Input[str]]:
        return [zone.app.id if settings.compute.api_internal else zone.public.id for zone in vpc.zones]
