"""The other switch: routing controls of Application Recovery Controller."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.layer import Layer
from components.settings import Settings

# A panel that is switched again within this time is one that flaps.
_SETTLES_MILLISECONDS = 5000


@dataclass(frozen=True)
class RoutingControlsArgs:
    """`settings` for names."""

    settings: Settings


class RoutingControls(Layer):
    """A cluster with endpoints in five regions, a control for each region that serves, and the rule that one is on.

    Its configuration is changed through us-west-2 alone, its controls through any of the endpoints.
    """

    arns: dict[str, pulumi.Output[str]]
    """ARN of the control of the role `primary` or `standby`."""
    endpoints: pulumi.Output[dict[str, str]]
    """Endpoint by region."""

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
