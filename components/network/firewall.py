"""The web application firewall in front of the trading API and the public load balancer."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.layer import Layer
from components.network.firewall_rules import Limits, rules
from components.security.policies import Statement, policy_document

# Headers with a caller's credentials are redacted in the logs.
_REDACTED_HEADERS = ("authorization", "cookie", "x-api-key")


# AWS WAF Developer Guide, "AWS WAF metrics and dimensions": the value of the dimension Rule that covers all rules.
ALL_RULES = "ALL"


@dataclass(frozen=True)
class WebFirewallArgs:
    """`key_arn` is the key of the class LOGS."""

    name: str
    account_id: str
    region: str
    limits: Limits
    key_arn: pulumi.Input[str]
    retention_days: int


class WebFirewall(Layer):
    """One web ACL for the region. Later layers associate their load balancers and API stages with it by `protect`."""

    acl: aws.wafv2.WebAcl
    metric_name: str
    """Name of its metrics: the value of the dimension WebACL."""

    def __init__(self, name: str, args: WebFirewallArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("network:WebFirewall", name, opts)
        self._args = args
        self.metric_name = args.name
        self.acl = aws.wafv2.WebAcl(
            "firewall",
            name=args.name,
            description="Rate limits and request checks of the trading API",
            scope="REGIONAL",
            default_action=aws.wafv2.WebAclDefaultActionArgs(allow=aws.wafv2.WebAclDefaultActionAllowArgs()),
            rules=rules(args.limits),
            visibility_config=aws.wafv2.WebAclVisibilityConfigArgs(
                cloudwatch_metrics_enabled=True, metric_name=self.metric_name, sampled_requests_enabled=True
            ),
            tags={"Name": args.name},
            opts=self.child,
        )
        self._declare_logging()
        self.register_outputs({"aclArn": self.acl.arn})

    def protect(self, name: str, resource_arn: pulumi.Input[str]) -> aws.wafv2.WebAclAssociation:
        """Associate a load balancer or an API stage with the web ACL; `name` is unique among the associations."""
        return aws.wafv2.WebAclAssociation(name, resource_arn=resource_arn, web_acl_arn=self.acl.arn, opts=self.child)

    def _declare_logging(self) -> None:
        args = self._args
        log_group = aws.cloudwatch.LogGroup(
            "firewall",
            # WAF delivers only to log groups with this prefix.
            name=f"aws-waf-logs-{args.name}",
            retention_in_days=args.retention_days,
            kms_key_id=args.key_arn,
            opts=self.child,
        )
        delivery = aws.cloudwatch.LogResourcePolicy(
            "firewall",
            policy_name=f"{args.name}-delivery",
            policy_document=policy_document(
                Statement(
                    "DeliverFirewallLogs",
                    ["logs:CreateLogStream", "logs:PutLogEvents"],
                    [pulumi.Output.concat(log_group.arn, ":*")],
                    principals={"Service": "delivery.logs.amazonaws.com"},
                    conditions={
                        "StringEquals": {"aws:SourceAccount": args.account_id},
                        "ArnLike": {"aws:SourceArn": f"arn:aws:logs:{args.region}:{args.account_id}:*"},
                    },
                )
            ),
            opts=self.child,
        )
        aws.wafv2.WebAclLoggingConfiguration(
            "firewall",
            resource_arn=self.acl.arn,
            log_destination_configs=[log_group.arn],
            redacted_fields=[
                aws.wafv2.WebAclLoggingConfigurationRedactedFieldArgs(
                    single_header=aws.wafv2.WebAclLoggingConfigurationRedactedFieldSingleHeaderArgs(name=header)
                )
                for header in _REDACTED_HEADERS
            ],
            opts=self.after(delivery),
        )
