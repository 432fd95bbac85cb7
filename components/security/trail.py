"""CloudTrail: the audit trail of the account, in every region."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.layer import Layer
from components.security.boundaries import platform_regions
from components.security.key_policies import trail_name
from components.security.log_bucket import LogBuckets
from components.security.policies import Statement, policy_document, trust_of_service
from components.settings import Settings

_Selector = aws.cloudtrail.TrailAdvancedEventSelectorArgs
_Field = aws.cloudtrail.TrailAdvancedEventSelectorFieldSelectorArgs


@dataclass(frozen=True)
class TrailArgs:
    """`key_arn` is the key of the class LOGS; `buckets` include the locked one for the trail."""

    settings: Settings
    key_arn: pulumi.Input[str]
    buckets: LogBuckets


class Trail(Layer):
    """One trail for all regions, declared by the primary. Its files are validated and locked, and its events are in
    CloudWatch Logs for search and alarms. It also records the recovery region. While the primary region is lost, use
    CloudTrail's event history in the recovery region (90 days of management events)."""

    log_group: aws.cloudwatch.LogGroup

    def __init__(self, name: str, args: TrailArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("security:Trail", name, opts)
        if args.buckets.trail is None:
            raise ValueError("the trail needs its locked bucket; declare it in the primary")
        settings = args.settings
        self.log_group = aws.cloudwatch.LogGroup(
            "trail",
            name=f"/aws/cloudtrail/{trail_name(settings)}",
            retention_in_days=settings.security.trail_log_days,
            kms_key_id=args.key_arn,
            opts=self.stateful,
        )
        role, permissions = self._role(settings)
        self.trail = aws.cloudtrail.Trail(
            "trail",
            name=trail_name(settings),
            s3_bucket_name=args.buckets.trail.bucket.id,
            kms_key_id=args.key_arn,
            is_multi_region_trail=True,
            include_global_service_events=True,
            enable_log_file_validation=True,
            cloud_watch_logs_group_arn=pulumi.Output.concat(self.log_group.arn, ":*"),
            cloud_watch_logs_role_arn=role.arn,
            advanced_event_selectors=_event_selectors(settings),
            # CloudTrail Insights: unusual rates of calls and of errors.
            insight_selectors=[
                aws.cloudtrail.TrailInsightSelectorArgs(insight_type=kind)
                for kind in ("ApiCallRateInsight", "ApiErrorRateInsight")
            ],
            opts=pulumi.ResourceOptions(parent=self, protect=True, depends_on=[*args.buckets.trail.ready, permissions]),
        )
        self.register_outputs({"arn": self.trail.arn, "logGroup": self.log_group.name})

    def _role(self, settings: Settings) -> tuple[aws.iam.Role, aws.iam.RolePolicy]:
        account, region = settings.general.account_id, settings.region.name
        name = settings.name("trail")
        role = aws.iam.Role(
            "trail",
            name=name,
            description="Writes the audit trail to CloudWatch Logs",
            assume_role_policy=trust_of_service("cloudtrail.amazonaws.com", account),
            opts=self.child,
        )
        streams = (
            f"arn:aws:logs:{region}:{account}:log-group:/aws/cloudtrail/{trail_name(settings)}"
            f":log-stream:{account}_CloudTrail_{region}*"
        )
        permissions = aws.iam.RolePolicy(
            "trail",
            name=name,
            role=role.id,
            policy=policy_document(Statement("WriteTrail", ["logs:CreateLogStream", "logs:PutLogEvents"], [streams])),
            opts=self.child,
        )
        return role, permissions


def _event_selectors(settings: Settings) -> list[aws.cloudtrail.TrailAdvancedEventSelectorArgs]:
    """All management events, and data events that are evidence.

    The buckets of the trail's own files and of access logs are excluded: recording them would create an endless loop of
    records. The order path (tables of orders and positions, invocations of order intake) is excluded unless
    `trailOrderPath` is set: each order would cost a data event, and the archive of the order stream already records the
    orders.
    """
    general, hot = settings.general, not settings.security.trail_order_path
    account, prefix = general.account_id, general.name_prefix
    regions = platform_regions(settings)
    buckets = f"arn:aws:s3:::{prefix}"
    logs = [f"{buckets}-{role}-{kind}-" for role in ("primary", "dr") for kind in ("trail", "logs", "access-logs")]
    tables = [f"arn:aws:dynamodb:{region}:{account}:table/{prefix}-" for region in regions]
    functions = [f"arn:aws:lambda:{region}:{account}:function:{prefix}-" for region in regions]
    hot_tables = [f"{table}{name}" for table in tables for name in ("orders", "positions", "order-book", "market-data")]
    hot_functions = [f"{function}{role}-order-intake" for function in functions for role in ("primary", "dr")]
    return [
        _Selector(name="Management events", field_selectors=[_Field(field="eventCategory", equals=["Management"])]),
        _data("Objects of records", "AWS::S3::Object", [f"{buckets}-"], logs),
        _data("Items of tables", "AWS::DynamoDB::Table", tables, hot_tables if hot else []),
        _data("Invocations of functions", "AWS::Lambda::Function", functions, hot_functions if hot else []),
    ]


def _data(
    name: str, type_: str, within: Sequence[str], without: Sequence[str]
) -> aws.cloudtrail.TrailAdvancedEventSelectorArgs:
    return _Selector(
        name=name,
        field_selectors=[
            _Field(field="eventCategory", equals=["Data"]),
            _Field(field="resources.type", equals=[type_]),
            _Field(field="resources.ARN", starts_withs=list(within), not_starts_withs=list(without) or None),
        ],
    )
