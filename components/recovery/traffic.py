"""DNS failover of the Trading API's name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.layer import Layer
from components.recovery.routing_controls import RoutingControls, RoutingControlsArgs
from components.recovery.switch_endpoint import SwitchEndpoint
from components.settings import Settings
from recovery.budget import SwitchKind

_HTTPS = 443
# Three failed checks in a row, so that one lost packet does not change the observers' result.
_OBSERVED_THRESHOLD = 3
# RFC 5737, "IPv4 Address Blocks Reserved for Documentation": no client ever connects to these addresses.
SEEN_ADDRESS, UNSEEN_ADDRESS = "192.0.2.1", "192.0.2.2"
_VERDICT_TTL_SECONDS = 10
_CHECKS_NEEDED = 2
# Text of order intake's health in the region that holds the lease (`functions.order_intake.application`).
_ACCEPTING = '"accepting":true'


@dataclass(frozen=True)
class Target:
    """One region's Trading API: `host` is the target of the name, `health_host` and `health_path` are its health
    check."""

    host: pulumi.Input[str]
    health_host: pulumi.Input[str]
    health_path: pulumi.Input[str]


@dataclass(frozen=True)
class TrafficArgs:
    """`endpoint` is the switch's, in the recovery region."""

    settings: Settings
    zone_id: pulumi.Input[str]
    primary: Target
    standby: Target
    endpoint: SwitchEndpoint


class Traffic(Layer):
    """Failover records of one name, all declared by the recovery stack, because the primary must not depend on it.

    The switch decides whether the primary's record is healthy: the lease decides which region accepts orders, and DNS
    follows it. While the switch's endpoint gives no answer, the primary's own health decides. Its record is healthy
    while two of three checks are: not taken over (inverted), primary serves, primary accepts.

    - If the endpoint answers "not taken over", the first two checks are healthy, and so is the record.
    - If the endpoint answers "taken over", the first two are unhealthy, and so is the record.
    - If the endpoint gives no answer, only the first is healthy. The record is healthy if the primary accepts orders.

    An endpoint without an answer therefore leads no client to a region that has lost the lease. The loss of the
    recovery region leads no client away from a primary that accepts. Route 53 takes an endpoint for healthy if more
    than 18 % of the checkers report it so (Route 53 Developer Guide, "How Amazon Route 53 determines whether a health
    check is healthy").

    The records are CNAMEs and not aliases: resolvers cache an alias to API Gateway for 60 s (Route 53 Developer Guide,
    "Choosing between alias and non-alias records"), which the recovery time objective does not allow.

    A takeover changes none of these resources: turning the switch is a data plane call.
    """

    controls: RoutingControls | None
    verdict_name: str
    """Host name whose address shows whether Route 53's health checkers reach the primary."""

    def __init__(self, name: str, args: TrafficArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("recovery:Traffic", name, opts)
        self._args = args
        self._recovery = args.settings.recovery
        self.controls = None
        if self._recovery.traffic_switch is SwitchKind.ROUTING_CONTROL:
            self.controls = RoutingControls("routing-controls", RoutingControlsArgs(args.settings), self.child)
            checks = {
                role: self._check(
                    f"{role}-routing-control", type="RECOVERY_CONTROL", routing_control_arn=self.controls.arns[role]
                ).id
                for role in ("primary", "standby")
            }
        else:
            # The standby's record has no health check: it is the answer whenever the primary's is unhealthy.
            checks = {"primary": self._takeover_check().id, "standby": None}
        domain = self._recovery.trading_api_domain
        for role, target in (("primary", args.primary), ("standby", args.standby)):
            self._record(
                role,
                name=domain,
                type="CNAME",
                ttl=self._recovery.failover_ttl,
                records=[target.host],
                health_check_id=checks[role],
            )
        self.verdict_name = f"primary-seen.{domain}"
        self._publish_primary_health()
        self.register_outputs({"name": domain})

    def _takeover_check(self) -> aws.route53.HealthCheck:
        """Health check of the primary's record, calculated from three others (see the class)."""
        endpoint, primary = self._args.endpoint, self._args.primary
        threshold, interval = self._recovery.health_check_threshold, self._recovery.health_check_interval
        checks = (
            # Healthy unless the endpoint answers 200.
            self._https_check(
                "switch", endpoint.host, endpoint.path, threshold=threshold, interval=interval, inverted=True
            ),
            self._https_check(
                "primary-serves", endpoint.host, endpoint.primary_path, threshold=threshold, interval=interval
            ),
            self._https_check(
                "primary-accepts",
                primary.health_host,
                primary.health_path,
                threshold=threshold,
                interval=interval,
                body_contains=_ACCEPTING,
            ),
        )
        return self._check(
            "primary-record",
            type="CALCULATED",
            child_health_threshold=_CHECKS_NEEDED,
            child_healthchecks=[check.id for check in checks],
        )

    def _publish_primary_health(self) -> None:
        """Publish the health checkers' result as a DNS record, which a region can read while us-east-1 is lost."""
        primary = self._args.primary
        check = self._https_check(
            "primary-api", primary.health_host, primary.health_path, threshold=_OBSERVED_THRESHOLD, interval=10
        )
        for role, address, check_id in (
            ("primary", SEEN_ADDRESS, check.id),
            ("standby", UNSEEN_ADDRESS, None),
        ):
            self._record(
                role,
                prefix="seen-",
                name=self.verdict_name,
                type="A",
                ttl=_VERDICT_TTL_SECONDS,
                records=[address],
                health_check_id=check_id,
            )

    def _https_check(
        self,
        name: str,
        host: pulumi.Input[str],
        path: pulumi.Input[str],
        *,
        threshold: int,
        interval: int,
        inverted: bool = False,
        body_contains: str | None = None,
    ) -> aws.route53.HealthCheck:
        return self._check(
            name,
            type="HTTPS_STR_MATCH" if body_contains else "HTTPS",
            search_string=body_contains,
            fqdn=host,
            port=_HTTPS,
            resource_path=path,
            enable_sni=True,
            request_interval=interval,
            failure_threshold=threshold,
            invert_healthcheck=inverted,
        )

    def _check(self, name: str, **arguments: Any) -> aws.route53.HealthCheck:
        return aws.route53.HealthCheck(
            name, **arguments, tags={"Name": self._args.settings.shared_name(name)}, opts=self.child
        )

    def _record(self, role: str, *, prefix: str = "", **arguments: Any) -> None:
        kind = "PRIMARY" if role == "primary" else "SECONDARY"
        aws.route53.Record(
            f"{prefix}{role}",
            zone_id=self._args.zone_id,
            set_identifier=role,
            failover_routing_policies=[aws.route53.RecordFailoverRoutingPolicyArgs(type=kind)],
            **arguments,
            opts=self.child,
        )
