"""Condition keys that each AWS service sends when it assumes a role.

If a service does not send a key, a condition on that key denies the service: creation fails, or the service does
nothing at run time. A key is listed only if AWS's documentation shows it in a trust policy of that service.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

SOURCE_ACCOUNT, SOURCE_ARN = "aws:SourceAccount", "aws:SourceArn"
_BOTH = frozenset({SOURCE_ACCOUNT, SOURCE_ARN})
_NONE: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Trust:
    """`keys` are the condition keys that the service sends. `page` is the page of AWS's documentation that lists them,
    or that shows the service's trust policy without any."""

    keys: frozenset[str]
    page: str


TRUSTS: Mapping[str, Trust] = {
    "apigateway.amazonaws.com": Trust(_NONE, "API Gateway Developer Guide, Set up CloudWatch logging for REST APIs"),
    "backup.amazonaws.com": Trust(_NONE, "AWS Backup Developer Guide, IAM service roles"),
    # The same page states that the keys are not supported.
    "cloudtrail.amazonaws.com": Trust(
        _NONE, "CloudTrail User Guide, Role policy document for CloudTrail to use CloudWatch Logs for monitoring"
    ),
    "codebuild.amazonaws.com": Trust(_BOTH, "CodeBuild User Guide, Cross-service confused deputy prevention"),
    "codepipeline.amazonaws.com": Trust(_BOTH, "CodePipeline User Guide, Cross-service confused deputy prevention"),
    "dlm.amazonaws.com": Trust(_BOTH, "Amazon EBS User Guide, IAM service roles for Amazon Data Lifecycle Manager"),
    "ec2.amazonaws.com": Trust(_NONE, "Amazon EC2 User Guide, IAM roles for Amazon EC2"),
    "ecs-tasks.amazonaws.com": Trust(_BOTH, "Amazon ECS Developer Guide, Amazon ECS task IAM role"),
    "eks.amazonaws.com": Trust(_BOTH, "Amazon EKS User Guide, Cross-service confused deputy prevention in Amazon EKS"),
    "events.amazonaws.com": Trust(_BOTH, "EventBridge User Guide, Cross-service confused deputy prevention"),
    "firehose.amazonaws.com": Trust(_BOTH, "Firehose Developer Guide, Prevent cross-service confused deputy"),
    "fis.amazonaws.com": Trust(_BOTH, "AWS FIS User Guide, IAM roles for AWS FIS experiments"),
    "lambda.amazonaws.com": Trust(_NONE, "Lambda Developer Guide, Defining Lambda function permissions"),
    "monitoring.rds.amazonaws.com": Trust(_BOTH, "Amazon RDS User Guide, Preventing cross-service confused deputy"),
    "pods.eks.amazonaws.com": Trust(
        _BOTH, "AWS Containers Blog, Amazon EKS Pod Identity: a new way for applications to obtain IAM credentials"
    ),
    "s3.amazonaws.com": Trust(_NONE, "Amazon S3 User Guide, Setting up permissions for live replication"),
    "scheduler.amazonaws.com": Trust(_BOTH, "EventBridge Scheduler User Guide, Confused deputy prevention"),
    "sns.amazonaws.com": Trust(_NONE, "Amazon SNS Developer Guide, Prerequisites for message delivery status"),
    "ssm.amazonaws.com": Trust(
        _NONE, "Systems Manager User Guide, Control access to maintenance windows using the AWS CLI"
    ),
    "vpc-flow-logs.amazonaws.com": Trust(
        _BOTH, "Amazon VPC User Guide, IAM role for publishing flow logs to CloudWatch Logs"
    ),
}
