"""X-Ray: sampling rules, groups, encryption and notifications of faults.

Each region has its own rules and groups. Services fetch the rules themselves (X-Ray Developer Guide, "Configure
sampling rules"): API Gateway decides for requests through the Trading API, and Lambda, order intake and the engines
follow its decision in the trace header. Lambda samples invocations without a header by its own rules (AWS Lambda
Developer Guide, "Visualize Lambda function invocations using AWS X-Ray").
"""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.compute.function import Function
from components.edge.api import TradingApi
from components.events.events import Events
from components.latency.metrics import SERVICE as ENGINE
from components.layer import Layer
from components.observability.notices import Notice, notify_operators
from components.observability.sampling import API_STAGE, Sampled, sampling
from components.security.policies import Statement, policy_document
from components.settings import Settings

_FUNCTION = "AWS::Lambda::Function"


@dataclass(frozen=True)
class TracingArgs:
    """`api` and `order_intake` are on the path of orders; `key_arn` is the key of the class LOGS; `events` has the
    operators' topic."""

    settings: Settings
    api: TradingApi
    order_intake: Function
    key_arn: pulumi.Input[str]
    events: Events


class Tracing(Layer):
    """Sampling: orders by the setting, health checks never, other requests rarely."""

    def __init__(self, name: str, args: TracingArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("observability:Tracing", name, opts)
        self._args = args
        for sampled in sampling(args.settings):
            self._rule(sampled)
        faults = self._groups()
        self._notify_of_insights(faults)
        self._admit_topics()
        if args.settings.security.account_baseline:
            # One setting for the account in a region. X-Ray has no API to remove it, so it remains after the stack is
            # destroyed.
            aws.xray.EncryptionConfig("traces", type="KMS", key_id=args.key_arn, opts=self.child)
        self.register_outputs({"faults": faults.arn})

    def _rule(self, sampled: Sampled) -> None:
        aws.xray.SamplingRule(
            sampled.purpose,
            rule_name=self._args.settings.name(sampled.purpose),
            priority=sampled.priority,
            reservoir_size=sampled.per_second,
            fixed_rate=sampled.share,
            service_name=sampled.service,
            service_type=sampled.service_type,
            http_method=sampled.method,
            url_path=sampled.path,
            # Requests come through the custom domain or through API Gateway's own name: match both.
            host="*",
            resource_arn="*",
            version=1,
            opts=self.child,
        )

    def _groups(self) -> aws.xray.Group:
        """Groups of orders, slow orders and faults; returns the last one."""
        args = self._args
        api = _service(pulumi.Output.concat(args.api.api.name, "/", args.api.stage.stage_name), API_STAGE)
        intake = _service(args.order_intake.function.name, _FUNCTION)
        orders = pulumi.Output.concat(api, ' { http.method = "POST" OR http.method = "DELETE" }')
        seconds = args.settings.observability.order_latency_objective / 1000
        self._group("orders", orders)
        self._group("slow", pulumi.Output.concat(orders, " AND ", intake, f" {{ responsetime > {seconds:g} }}"))
        return self._group(
            "faults",
            pulumi.Output.concat(api, f' {{ fault = true }} OR service("{ENGINE}") {{ fault = true }}'),
            insights=True,
        )

    def _group(self, purpose: str, expression: pulumi.Input[str], *, insights: bool = False) -> aws.xray.Group:
        return aws.xray.Group(
            purpose,
            group_name=self._args.settings.name(purpose),
            filter_expression=expression,
            insights_configuration=aws.xray.GroupInsightsConfigurationArgs(
                insights_enabled=insights, notifications_enabled=insights
            ),
            opts=self.child,
        )

    def _notify_of_insights(self, faults: aws.xray.Group) -> None:
        """Notify operators of X-Ray insights, which X-Ray publishes on the default bus (X-Ray Developer Guide, "Using
        X-Ray insights")."""
        notice = Notice(
            "trace-insights",
            "X-Ray detects an unusual number of failed orders",
            {
                "source": ["aws.xray"],
                "detail-type": ["AWS X-Ray Insight Update"],
                "detail": {"GroupName": [faults.group_name]},
            },
        )
        notify_operators(self._args.settings, self._args.events, notice, self.child)

    def _admit_topics(self) -> None:
        """Allow SNS to send segments of traced topics to X-Ray (SNS Developer Guide, "Active tracing")."""
        settings = self._args.settings
        account, region = settings.general.account_id, settings.region.name
        aws.xray.ResourcePolicy(
            "topics",
            policy_name=settings.name("topics"),
            policy_document=policy_document(
                Statement(
                    "TraceTopics",
                    ["xray:GetSamplingRules", "xray:GetSamplingTargets", "xray:PutTraceSegments"],
                    ["*"],
                    principals={"Service": "sns.amazonaws.com"},
                    conditions={
                        "StringEquals": {"aws:SourceAccount": account},
                        "StringLike": {"aws:SourceArn": f"arn:aws:sns:{region}:{account}:{settings.name('*')}"},
                    },
                )
            ),
            opts=self.child,
        )


def _service(name: pulumi.Input[str], kind: str) -> pulumi.Output[str]:
    """Return a trace node in the syntax of filter expressions (X-Ray Developer Guide, "Use filter expressions")."""
    return pulumi.Output.concat('service(id(name: "', name, f'", type: "{kind}"))')
