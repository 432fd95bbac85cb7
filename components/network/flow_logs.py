"""VPC flow logs, delivered to S3 for auditors and to CloudWatch for operators."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.layer import Layer
from components.security.policies import Statement, policy_document, trust_of_service

# Fields for an audit: source, destination, bytes, accepted or rejected, path, and the AWS service involved (VPC User
# Guide, "Flow log records").
FIELDS = (
    "version",
    "account-id",
    "vpc-id",
    "subnet-id",
    "az-id",
    "interface-id",
    "instance-id",
    "srcaddr",
    "dstaddr",
    "pkt-srcaddr",
    "pkt-dstaddr",
    "srcport",
    "dstport",
    "protocol",
    "tcp-flags",
    "packets",
    "bytes",
    "start",
    "end",
    "action",
    "flow-direction",
    "traffic-path",
    "pkt-src-aws-service",
    "pkt-dst-aws-service",
    "reject-reason",
    "log-status",
)
FORMAT = " ".join(f"${{{field}}}" for field in FIELDS)

# Seconds: the shorter of the two aggregation intervals that AWS offers.
_AGGREGATION_SECONDS = 60


@dataclass(frozen=True)
class FlowLogsArgs:
    """`bucket_destination` is the ARN of a bucket, with an optional folder. `bucket_ready` are the resources that must
    exist before AWS can write into it. `key_arn` is the key of the class LOGS."""

    name: str
    account_id: str
    region: str
    vpc_id: pulumi.Input[str]
    bucket_destination: pulumi.Input[str]
    bucket_ready: Sequence[pulumi.Resource]
    key_arn: pulumi.Input[str]
    retention_days: int


class FlowLogs(Layer):
    """Flow logs of all traffic, accepted and rejected, aggregated each minute, to both destinations."""

    log_group: aws.cloudwatch.LogGroup

    def __init__(self, name: str, args: FlowLogsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("network:FlowLogs", name, opts)
        self.log_group = aws.cloudwatch.LogGroup(
            "flow-logs",
            name=f"/{args.name}/flow-logs",
            retention_in_days=args.retention_days,
            kms_key_id=args.key_arn,
            opts=self.child,
        )
        aws.ec2.FlowLog(
            "cloudwatch",
            vpc_id=args.vpc_id,
            traffic_type="ALL",
            log_destination_type="cloud-watch-logs",
            log_destination=self.log_group.arn,
            iam_role_arn=self._writer(args).arn,
            log_format=FORMAT,
            max_aggregation_interval=_AGGREGATION_SECONDS,
            tags={"Name": f"{args.name}-cloudwatch"},
            opts=self.child,
        )
        aws.ec2.FlowLog(
            "s3",
            vpc_id=args.vpc_id,
            traffic_type="ALL",
            log_destination_type="s3",
            log_destination=args.bucket_destination,
            log_format=FORMAT,
            max_aggregation_interval=_AGGREGATION_SECONDS,
            # Parquet columns and hourly partitions keep queries over a year of flows affordable.
            destination_options=aws.ec2.FlowLogDestinationOptionsArgs(
                file_format="parquet", hive_compatible_partitions=True, per_hour_partition=True
            ),
            tags={"Name": f"{args.name}-s3"},
            opts=self.after(*args.bucket_ready),
        )
        self.register_outputs({"logGroup": self.log_group.name})

    def _writer(self, args: FlowLogsArgs) -> aws.iam.Role:
        """The role that writes into the one log group (VPC User Guide, "IAM role for publishing flow logs to CloudWatch
        Logs"). Delivery to S3 needs no role: the bucket policy admits the delivery service."""
        source = f"arn:aws:ec2:{args.region}:{args.account_id}:vpc-flow-log/*"
        role = aws.iam.Role(
            "flow-logs",
            name=f"{args.name}-flow-logs",
            description="Writes flow logs into their log group",
            assume_role_policy=trust_of_service(
                "vpc-flow-logs.amazonaws.com", args.account_id, {"ArnLike": {"aws:SourceArn": source}}
            ),
            opts=self.child,
        )
        aws.iam.RolePolicy(
            "flow-logs",
            name="write-flow-logs",
            role=role.name,
            policy=policy_document(
                Statement(
                    "WriteFlowLogs",
                    ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"],
                    [self.log_group.arn, pulumi.Output.concat(self.log_group.arn, ":*")],
                ),
                # The delivery lists log groups to find its own; the list action has no resource to name.
                Statement("FindLogGroup", ["logs:DescribeLogGroups"], ["*"]),
            ),
            opts=self.child,
        )
        return role
