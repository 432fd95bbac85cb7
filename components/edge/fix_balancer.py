"""The network load balancer of FIX sessions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.data.bucket import HardenedBucket
from components.layer import Layer
from components.security.log_bucket import NLB
from components.settings import Settings
from components.settings.compute import FixProtocol

# Seconds. A session belongs to one engine: when an engine leaves, it has a minute to transfer its sessions.
_CHECK_INTERVAL, _CHECK_TIMEOUT, _DRAIN = 10, 5, 60
# Elastic Load Balancing, "Network Load Balancers": the idle timeout of TCP listeners is at most 6000 s; FIX heartbeats
# are 30 s apart.
_IDLE_SECONDS = 350


@dataclass(frozen=True)
class FixBalancerArgs:
    """`certificate_arn` is of an issued certificate, used if the load balancer terminates TLS."""

    settings: Settings
    vpc_id: pulumi.Input[str]
    subnet_ids: Sequence[pulumi.Input[str]]
    group_id: pulumi.Input[str]
    certificate_arn: pulumi.Input[str]
    logs: HardenedBucket


class FixBalancer(Layer):
    """A network load balancer with private addresses in every zone. It preserves client addresses, because the engines
    bind sessions to them."""

    def __init__(self, name: str, args: FixBalancerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("edge:FixBalancer", name, opts)
        self._args = args
        self.balancer = self._balancer()
        self.targets = self._targets()
        self.listener = self._listener()
        self.register_outputs({"arn": self.balancer.arn, "dnsName": self.balancer.dns_name})

    def _balancer(self) -> aws.lb.LoadBalancer:
        args = self._args
        return aws.lb.LoadBalancer(
            "fix",
            name=args.settings.name("fix"),
            load_balancer_type="network",
            internal=True,
            ip_address_type="ipv4",
            subnets=args.subnet_ids,
            security_groups=[args.group_id],
            enable_deletion_protection=True,
            # Engines run in one zone; without cross-zone balancing, addresses in the other zones have no target.
            enable_cross_zone_load_balancing=True,
            dns_record_client_routing_policy="any_availability_zone",
            access_logs=aws.lb.LoadBalancerAccessLogsArgs(enabled=True, bucket=args.logs.policy.bucket, prefix=NLB),
            opts=self.stateful,
        )

    def _targets(self) -> aws.lb.TargetGroup:
        args, settings = self._args, self._args.settings
        return aws.lb.TargetGroup(
            "fix",
            name=settings.name("fix"),
            vpc_id=args.vpc_id,
            target_type="instance",
            # With TLS, the load balancer encrypts again on the way to the engine.
            protocol=settings.compute.fix_protocol.value,
            port=settings.network.fix_port,
            preserve_client_ip="true",
            proxy_protocol_v2=False,
            connection_termination=True,
            deregistration_delay=_DRAIN,
            health_check=aws.lb.TargetGroupHealthCheckArgs(
                enabled=True,
                protocol="TCP",
                port="traffic-port",
                interval=_CHECK_INTERVAL,
                timeout=_CHECK_TIMEOUT,
                healthy_threshold=2,
                unhealthy_threshold=2,
            ),
            opts=self.child,
        )

    def _listener(self) -> aws.lb.Listener:
        args, compute = self._args, self._args.settings.compute
        ends_tls = compute.fix_protocol is FixProtocol.TLS
        return aws.lb.Listener(
            "fix",
            load_balancer_arn=self.balancer.arn,
            protocol=compute.fix_protocol.value,
            port=args.settings.network.fix_port,
            ssl_policy=compute.tls_policy if ends_tls else None,
            certificate_arn=args.certificate_arn if ends_tls else None,
            tcp_idle_timeout_seconds=None if ends_tls else _IDLE_SECONDS,
            default_actions=[
                aws.lb.ListenerDefaultActionArgs(type="forward", target_group_arn=self.targets.arn),
            ],
            opts=self.child,
        )
