"""Catalogue of log metrics: a filter pattern, and the metric that CloudWatch Logs derives from matching lines.

Each metric has its own name and no dimension, so that the filter can publish zero for lines that do not match
(CloudWatch Logs User Guide, "Configuring metric values for a metric filter": no default value with dimensions).
"""

from __future__ import annotations

from dataclasses import dataclass

_LOGS, _SECURITY = "TradingPlatform/Logs", "TradingPlatform/Security"


@dataclass(frozen=True)
class LogMetric:
    """`name` is also the filter's; `pattern` is for JSON lines; `meaning` is the alarm's description."""

    namespace: str
    name: str
    pattern: str
    meaning: str
    unit: str = "Count"


def errors_logged(purpose: str) -> LogMetric:
    """Lines at level ERROR or above in a function's log; `purpose` is the last part of the function's name. Powertools
    and Lambda's JSON log format (Lambda Developer Guide, "Configuring JSON and plain text log formats") use the same
    field."""
    name = "".join(part.capitalize() for part in purpose.split("-"))
    return LogMetric(
        _LOGS,
        f"{name}ErrorsLogged",
        '{ ($.level = "ERROR") || ($.level = "CRITICAL") }',
        f"The function {purpose} logged errors.",
    )


# Fields of the access log, where all values are text (`components.edge.api_logs`).
CALLERS_REFUSED = LogMetric(
    _SECURITY,
    "ApiCallersRefused",
    '{ ($.status = "401") || ($.status = "403") }',
    "Many refused API calls: invalid tokens, unknown keys, or requests that the firewall blocks.",
)
CALLERS_THROTTLED = LogMetric(
    _LOGS,
    "ApiCallersThrottled",
    '{ $.status = "429" }',
    "API callers exceed their rate limit: see apiKeyId in the access log.",
)


def _signal(control: int, name: str, pattern: str, meaning: str) -> LogMetric:
    return LogMetric(_SECURITY, name, f"{{ {pattern} }}", f"{meaning} (Security Hub control CloudWatch.{control})")


def _any_of(*events: str) -> str:
    return " || ".join(f"($.eventName = {event})" for event in events)


def _of(source: str, *events: str) -> str:
    return f"($.eventSource = {source}.amazonaws.com) && ({_any_of(*events)})"


# CIS AWS Foundations Benchmark 1.4, section 4. The numbers are those of Security Hub's controls, which require these
# patterns (Security Hub User Guide, "CloudWatch controls").
TRAIL: tuple[LogMetric, ...] = (
    _signal(
        1,
        "RootUsed",
        '$.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType != "AwsServiceEvent"',
        "The account's root user was used.",
    ),
    _signal(
        2,
        "CallsNotAuthorised",
        '($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*")',
        "Many API calls were denied.",
    ),
    _signal(
        3,
        "SignInWithoutSecondFactor",
        '($.eventName = "ConsoleLogin") && ($.additionalEventData.MFAUsed != "Yes")'
        ' && ($.userIdentity.type = "IAMUser") && ($.responseElements.ConsoleLogin = "Success")',
        "A user signed in to the console without MFA.",
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
        "An IAM policy changed.",
    ),
    _signal(
        5,
        "TrailChanged",
        _any_of("CreateTrail", "UpdateTrail", "DeleteTrail", "StartLogging", "StopLogging"),
        "The audit trail changed.",
    ),
    _signal(
        6,
        "SignInFailed",
        '($.eventName = ConsoleLogin) && ($.errorMessage = "Failed authentication")',
        "Console sign-ins failed.",
    ),
    _signal(
        7,
        "KeyDisabledOrToBeDeleted",
        _of("kms", "DisableKey", "ScheduleKeyDeletion"),
        "A key was disabled or scheduled for deletion: its data would be unreadable. Cancel the deletion.",
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
        "A bucket's policy, ACL, CORS, lifecycle or replication changed.",
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
        "A network gateway changed.",
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
        "A route or route table changed.",
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
