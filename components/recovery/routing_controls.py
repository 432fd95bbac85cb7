"""Traffic switch by routing controls of Application Recovery Controller (ARC)."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.layer import Layer
from components.settings import Settings

# Milliseconds that ARC waits after a change before it accepts another, against flapping.
_SETTLES_MILLISECONDS = 5000


@dataclass(frozen=True)
class RoutingControlsArgs:
    """`settings` provide names."""

    settings: Settings


class RoutingControls(Layer):
    """A cluster with endpoints in five regions, one control for each serving region, and the safety rule that one of
    them is on.

    Configuration changes go through us-west-2 only; control changes go through any of the endpoints.
    """

    arns: dict[str, pulumi.Output[str]]
    """ARN of the control of the role `primary` or `standby`."""
    endpoints: pulumi.Output[dict[str, str]]
    """Cluster endpoint by region."""

    def __init__(self, name: str, args: RoutingControlsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("recovery:RoutingControls", name, opts)
        settings = args.settings
        cluster = aws.route53recoverycontrol.Cluster("traffic", name=settings.shared_name("traffic"), opts=self.child)
        panel = aws.route53recoverycontrol.ControlPanel(
            "traffic", name=settings.shared_name("traffic"), cluster_arn=cluster.arn, opts=self.child
        )
        controls = {
            role: aws.route53recoverycontrol.RoutingControl(
                role,
                name=settings.shared_name(role),
                cluster_arn=cluster.arn,
                control_panel_arn=panel.arn,
                opts=self.child,
            )
            for role in ("primary", "standby")
        }
        self.arns = {role: control.arn for role, control in controls.items()}
        aws.route53recoverycontrol.SafetyRule(
            "one-region-serves",
            name=settings.shared_name("one-region-serves"),
            control_panel_arn=panel.arn,
            asserted_controls=list(self.arns.values()),
            wait_period_ms=_SETTLES_MILLISECONDS,
            rule_config=aws.route53recoverycontrol.SafetyRuleRuleConfigArgs(
                type="ATLEAST", threshold=1, inverted=False
            ),
            opts=self.child,
        )
        self.panel_arn = panel.arn
        self.endpoints = pulumi.Output.from_input(cluster.cluster_endpoints).apply(
            lambda found: {str(entry["region"]): str(entry["endpoint"]) for entry in found}
        )
        self.register_outputs({"panel": panel.arn})
