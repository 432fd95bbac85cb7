"""Flow logs: who talked to whom in the VPC, kept for the auditor in S3 and for the operator in CloudWatch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.layer import Layer
from components.security.policies import Statement, policy_document, trust_of_service

# What the auditor asks: who, to whom, how much, was it let through, on which way and on whose behalf (VPC User
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

# The shorter of the two intervals that there are, in seconds.
_AGGREGATION_SECONDS = 60


@dataclass(frozen=True)
class FlowLogsArgs:
    """`bucket_destination` is the ARN of a bucket, with a folder if any, and `bucket_ready` what must stand before
    AWS agrees to write into it; `key_arn` is the key of the class LOGS."""

    name: str
    account_id: str
    region: str
    vpc_id: pulumi.Input[str]
    bucket_destination: pulumi.Input[str]
    bucket_ready: Sequence[pulumi.Resource]
    key_arn: pulumi.Input[str]
    retention_days: int


class FlowLogs(Layer):
    """Every packet's flow, admitted or not, within a minute, to both destinations."""

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
            # Columns and partitions by hour are what makes a year of flows searchable at a bearable price.
            destination_options=aws.ec2.FlowLogDestinationOptionsArgs(
                file_format="parquet", hive_compatible_partitions=True, per_hour_partition=True
            ),
            tags={"Name": f"{args.name}-s3"},
            opts=self.after(*args.bucket_ready),
        )
        self.register_outputs({"logGroup": self.log_group.name})

    def _writer(self, args: FlowLogsArgs) -> aws.iam.Role:
        """The role that writes into the one log group (VPC User Guide, "IAM role for publishing flow logs to
        CloudWatch Logs"). S3 needs none: its bucket admits the delivery service."""
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
                # The delivery looks for its group by listing, which has no resource to name.
                Statement("FindLogGroup", ["logs:DescribeLogGroups"], ["*"]),
            ),
            opts=self.child,
        )
        return role
