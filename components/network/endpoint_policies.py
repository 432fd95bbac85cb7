"""Policies of VPC endpoints: they admit this account's callers to this account's resources, and to a few of AWS's own.

The principal of an endpoint policy must be `*`; a condition names the account (AWS PrivateLink Guide, "Control access
to VPC endpoints using endpoint policies"). Stolen credentials of another account therefore do not work inside the VPC,
and credentials of this account cannot move data to another account's resources.
"""

from __future__ import annotations

import json
from typing import Any

from components.network.aws_buckets import aws_owned_buckets

# Actions on resources that AWS owns and shares: images of EKS add-ons, public parameters and documents.
_AWS_OWNED_ACTIONS = {
    "ecr": [
        "ecr:BatchCheckLayerAvailability",
        "ecr:BatchGetImage",
        "ecr:GetDownloadUrlForLayer",
    ],
    "ssm": [
        "ssm:DescribeDocument",
        "ssm:GetDocument",
        "ssm:GetParameter",
        "ssm:GetParameters",
        "ssm:GetParametersByPath",
    ],
}


def interface_policy(actions: str, account_id: str) -> str:
    """Return the policy of an interface endpoint as JSON; `actions` is the prefix of the service's IAM actions."""
    statements = [_own_callers_and_resources(actions, account_id)]
    if actions in _AWS_OWNED_ACTIONS:
        statements.append(
            _statement(
                "ReadWhatAwsShares",
                _AWS_OWNED_ACTIONS[actions],
                {"StringEquals": {"aws:PrincipalAccount": account_id}},
            )
        )
    if actions == "sts":
        # A caller with a web identity has no account yet; the role that it assumes belongs to this account.
        statements.append(
            _statement(
                "AssumeOwnRolesByWebIdentity",
                ["sts:AssumeRoleWithWebIdentity"],
                {"StringEquals": {"aws:ResourceAccount": account_id}},
            )
        )
    return _document(statements)


def gateway_policy(service: str, account_id: str, region: str) -> str:
    """Return the policy of a gateway endpoint as JSON."""
    statements = [_own_callers_and_resources(service, account_id)]
    if service == "s3":
        # The registry signs the links to image layers, so the caller is not in this account.
        buckets = [f"arn:aws:s3:::{bucket}/*" for bucket in aws_owned_buckets(region)]
        statements.append(_statement("ReadWhatAwsShares", ["s3:GetObject"], {}, buckets))
    return _document(statements)


def _own_callers_and_resources(actions: str, account_id: str) -> dict[str, Any]:
    # Some calls, such as GetCallerIdentity, name no resource: `IfExists` admits them.
    return _statement(
        "OwnAccountOnly",
        [f"{actions}:*"],
        {
            "StringEquals": {"aws:PrincipalAccount": account_id},
            "StringEqualsIfExists": {"aws:ResourceAccount": account_id},
        },
    )


def _statement(sid: str, actions: list[str], condition: dict[str, Any], resources: list[str] | None = None) -> dict:
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": "*",
        "Action": actions[0] if len(actions) == 1 else actions,
        "Resource": resources or "*",
        **({"Condition": condition} if condition else {}),
    }


def _document(statements: list[dict[str, Any]]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})
