"""The application load balancer of the trading services."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.data.bucket import HardenedBucket
from components.layer import Layer
from components.network.flows import HTTP, HTTPS
from components.security.log_bucket import ALB
from components.settings import Settings

# Seconds. A task is unhealthy after two failures ten seconds apart, and has thirty seconds to answer open requests.
_CHECK_INTERVAL, _CHECK_TIMEOUT, _DRAIN = 10, 5, 30
# Elastic Load Balancing, "Application Load Balancers": the default idle timeout. Requests are short, so a longer one
# would only hold connections open.
_IDLE_SECONDS = 60


@dataclass(frozen=True)
class ApiBalancerArgs:
    """`certificate_arn` is of an issued certificate; `logs` is a bucket to which load balancers can write."""

    settings: Settings
    vpc_id: pulumi.Input[str]
    subnet_ids: Sequence[pulumi.Input[str]]
    group_id: pulumi.Input[str]
    certificate_arn: pulumi.Input[str]
    logs: HardenedBucket


class ApiBalancer(Layer):
    """An application load balancer for TLS only: it redirects HTTP to HTTPS and encrypts again to its targets."""

    def __init__(self, name: str, args: ApiBalancerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("edge:ApiBalancer", name, opts)
        self._args = args
        self.balancer = self._balancer()
        self.targets = self._targets()
        self.listener = self._https()
        self._redirect()
        self.register_outputs({"arn": self.balancer.arn, "dnsName": self.balancer.dns_name})

    def _balancer(self) -> aws.lb.LoadBalancer:
        args, settings = self._args, self._args.settings
        # The bucket's name comes from its policy, because a load balancer tests write access when it is created.
        bucket = args.logs.policy.bucket
        return aws.lb.LoadBalancer(
            "api",
            name=settings.name("api"),
            load_balancer_type="application",
            internal=settings.compute.api_internal,
            ip_address_type="ipv4",
            subnets=args.subnet_ids,
            security_groups=[args.group_id],
            enable_deletion_protection=True,
            drop_invalid_header_fields=True,
            desync_mitigation_mode="defensive",
            enable_http2=True,
            # No request passes while the firewall is unavailable.
            enable_waf_fail_open=False,
            enable_zonal_shift=True,
            idle_timeout=_IDLE_SECONDS,
            access_logs=aws.lb.LoadBalancerAccessLogsArgs(enabled=True, bucket=bucket, prefix=ALB),
            connection_logs=aws.lb.LoadBalancerConnectionLogsArgs(enabled=True, bucket=bucket, prefix=ALB),
            opts=self.stateful,
        )

    def _targets(self) -> aws.lb.TargetGroup:
        args, settings = self._args, self._args.settings
        return aws.lb.TargetGroup(
            "services",
            name=settings.name("services"),
            vpc_id=args.vpc_id,
            target_type="ip",
            protocol="HTTPS",
            port=settings.network.service_port,
            load_balancing_algorithm_type="least_outstanding_requests",
            deregistration_delay=_DRAIN,
            health_check=aws.lb.TargetGroupHealthCheckArgs(
                enabled=True,
                protocol="HTTPS",
                port="traffic-port",
                path=settings.compute.service_health_path,
                matcher="200",
                interval=_CHECK_INTERVAL,
                timeout=_CHECK_TIMEOUT,
                healthy_threshold=2,
                unhealthy_threshold=2,
            ),
            opts=self.child,
        )

    def _https(self) -> aws.lb.Listener:
        return aws.lb.Listener(
            "api-https",
            load_balancer_arn=self.balancer.arn,
            protocol="HTTPS",
            port=HTTPS,
            ssl_policy=self._args.settings.compute.tls_policy,
            certificate_arn=self._args.certificate_arn,
            default_actions=[
                aws.lb.ListenerDefaultActionArgs(type="forward", target_group_arn=self.targets.arn),
            ],
            opts=self.child,
        )

    def _redirect(self) -> None:
        aws.lb.Listener(
            "api-http",
            load_balancer_arn=self.balancer.arn,
            protocol="HTTP",
            port=HTTP,
            default_actions=[
                aws.lb.ListenerDefaultActionArgs(
                    type="redirect",
                    redirect=aws.lb.ListenerDefaultActionRedirectArgs(
                        protocol="HTTPS", port=str(HTTPS), status_code="HTTP_301"
                    ),
                )
            ],
            opts=self.child,
        )
