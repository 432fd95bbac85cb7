"""What is counted in logs: a pattern, and the metric that CloudWatch Logs makes of what matches.

Each has a name of its own instead of a dimension, so that the filter can publish a zero for lines that do not match
(CloudWatch Logs User Guide, "Configuring metric values for a metric filter": no default value with dimensions).
"""

from __future__ import annotations

from dataclasses import dataclass

_LOGS, _SECURITY = "TradingPlatform/Logs", "TradingPlatform/Security"


@dataclass(frozen=True)
class LogMetric:
    """`name` is also the filter's; `pattern` is of JSON lines; `meaning` is for who reads the alarm."""

    namespace: str
    name: str
    pattern: str
    meaning: str
    unit: str = "Count"


def errors_logged(purpose: str) -> LogMetric:
    """Lines at level ERROR or above in the log of a function, by the last part of the function's name. Powertools and
    Lambda's own JSON log format (Lambda Developer Guide, "Configuring JSON and plain text log formats") agree on
    the field."""
    name = "".join(part.capitalize() for part in purpose.split("-"))
    return LogMetric(
        _LOGS,
        f"{name}ErrorsLogged",
        '{ ($.level = "ERROR") || ($.level = "CRITICAL") }',
        f"The function {purpose} logged errors.",
    )


# Fields of the access log, where every value is text (`components.edge.api_logs`).
CALLERS_REFUSED = LogMetric(
    _SECURITY,
    "ApiCallersRefused",
    '{ ($.status = "401") || ($.status = "403") }',
    "Callers of the Trading API are refused: tokens that do not verify, keys that are unknown, or the firewall.",
)
CALLERS_THROTTLED = LogMetric(
    _LOGS,
    "ApiCallersThrottled",
    '{ $.status = "429" }',
    "Callers of the Trading API are above their rate: the access log has their apiKeyId.",
)


def _signal(control: int, name: str, pattern: str, meaning: str) -> LogMetric:
    return LogMetric(_SECURITY, name, f"{{ {pattern} }}", f"{meaning} (Security Hub control CloudWatch.{control})")


def _any_of(*events: str) -> str:
    return " || ".join(f"($.eventName = {event})" for event in events)


def _of(source: str, *events: str) -> str:
    return f"($.eventSource = {source}.amazonaws.com) && ({_any_of(*events)})"


# CIS AWS Foundations Benchmark 1.4, section 4; the numbers are Security Hub's, whose checks want these patterns
# (Security Hub User Guide, "CloudWatch controls").
TRAIL: tuple[LogMetric, ...] = (
    _signal(
        1,
        "RootUsed",
        '$.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType != "AwsServiceEvent"',
        "Somebody used the account's root user.",
    ),
    _signal(
        2,
        "CallsNotAuthorised",
        '($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*")',
        "Calls were refused for want of permission, more than a mistake explains.",
    ),
    _signal(
        3,
        "SignInWithoutSecondFactor",
        '($.eventName = "ConsoleLogin") && ($.additionalEventData.MFAUsed != "Yes")'
        ' && ($.userIdentity.type = "IAMUser") && ($.responseElements.ConsoleLogin = "Success")',
        "Somebody signed in to the console without a second factor.",
    ),
    _signal(
        4,
        "PermissionsChanged",
        _of(
            "iam",
            "DeleteGroupPolicy",
            "DeleteRolePolicy",
            "DeleteUserPolicy",
            "PutGroupPolicy",
            "PutRolePolicy",
            "PutUserPolicy",
            "CreatePolicy",
            "DeletePolicy",
            "CreatePolicyVersion",
            "DeletePolicyVersion",
            "AttachRolePolicy",
            "DetachRolePolicy",
            "AttachUserPolicy",
            "DetachUserPolicy",
            "AttachGroupPolicy",
            "DetachGroupPolicy",
        ),
        "Policies of IAM changed.",
    ),
    _signal(
        5,
        "TrailChanged",
        _any_of("CreateTrail", "UpdateTrail", "DeleteTrail", "StartLogging", "StopLogging"),
        "The audit trail itself changed.",
    ),
    _signal(
        6,
        "SignInFailed",
        '($.eventName = ConsoleLogin) && ($.errorMessage = "Failed authentication")',
        "Sign-ins to the console failed.",
    ),
    _signal(
        7,
        "KeyDisabledOrToBeDeleted",
        _of("kms", "DisableKey", "ScheduleKeyDeletion"),
        "A key was disabled or is to be deleted: what it encrypts would be lost. Cancel the deletion.",
    ),
    _signal(
        8,
        "BucketPolicyChanged",
        _of(
            "s3",
            "PutBucketAcl",
            "PutBucketPolicy",
            "PutBucketCors",
            "PutBucketLifecycle",
            "PutBucketReplication",
            "DeleteBucketPolicy",
            "DeleteBucketCors",
            "DeleteBucketLifecycle",
            "DeleteBucketReplication",
        ),
        "Who may do what with a bucket, or where its objects go, changed.",
    ),
    _signal(
        9,
        "RecorderChanged",
        _of(
            "config",
            "StopConfigurationRecorder",
            "DeleteDeliveryChannel",
            "PutDeliveryChannel",
            "PutConfigurationRecorder",
        ),
        "The recorder of AWS Config changed.",
    ),
    _signal(
        10,
        "SecurityGroupChanged",
        _any_of(
            "AuthorizeSecurityGroupIngress",
            "AuthorizeSecurityGroupEgress",
            "RevokeSecurityGroupIngress",
            "RevokeSecurityGroupEgress",
            "CreateSecurityGroup",
            "DeleteSecurityGroup",
        ),
        "A security group changed.",
    ),
    _signal(
        11,
        "NetworkAclChanged",
        _any_of(
            "CreateNetworkAcl",
            "CreateNetworkAclEntry",
            "DeleteNetworkAcl",
            "DeleteNetworkAclEntry",
            "ReplaceNetworkAclEntry",
            "ReplaceNetworkAclAssociation",
        ),
        "A network ACL changed.",
    ),
    _signal(
        12,
        "GatewayChanged",
        _any_of(
            "CreateCustomerGateway",
            "DeleteCustomerGateway",
            "AttachInternetGateway",
            "CreateInternetGateway",
            "DeleteInternetGateway",
            "DetachInternetGateway",
        ),
        "A gateway of a network changed.",
    ),
    _signal(
        13,
        "RouteChanged",
        _of(
            "ec2",
            "CreateRoute",
            "CreateRouteTable",
            "ReplaceRoute",
            "ReplaceRouteTableAssociation",
            "DeleteRouteTable",
            "DeleteRoute",
            "DisassociateRouteTable",
        ),
        "A route changed.",
    ),
    _signal(
        14,
        "VpcChanged",
        _any_of(
            "CreateVpc",
            "DeleteVpc",
            "ModifyVpcAttribute",
            "AcceptVpcPeeringConnection",
            "CreateVpcPeeringConnection",
            "DeleteVpcPeeringConnection",
            "RejectVpcPeeringConnection",
            "AttachClassicLinkVpc",
            "DetachClassicLinkVpc",
            "DisableVpcClassicLink",
            "EnableVpcClassicLink",
        ),
        "A VPC or its peering changed.",
    ),
)
