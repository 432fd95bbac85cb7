"""What may pass an endpoint: this account's callers, to this account's resources, and the few that AWS owns.

The principal of an endpoint policy must be `*`, the condition names the account (AWS PrivateLink Guide, "Control
access to VPC endpoints using endpoint policies"): stolen credentials of another account are of no use inside the
VPC, and ours cannot carry data to another account's resources.
"""

from __future__ import annotations

import json
from typing import Any

from components.network.aws_buckets import aws_owned_buckets

# Actions on what AWS itself owns and shares: images of EKS addons, public parameters and documents.
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
    """The policy of an interface endpoint as JSON; `actions` is the prefix of the service's IAM actions."""
    statements = [_own(actions, account_id)]
    if actions in _AWS_OWNED_ACTIONS:
        statements.append(
            _statement(
                "ReadWhatAwsShares",
                _AWS_OWNED_ACTIONS[actions],
                {"StringEquals": {"aws:PrincipalAccount": account_id}},
            )
        )
    if actions == "sts":
        # Callers that come with a web identity have no account yet; the role that they assume has.
        statements.append(
            _statement(
                "AssumeOwnRolesByWebIdentity",
                ["sts:AssumeRoleWithWebIdentity"],
                {"StringEquals": {"aws:ResourceAccount": account_id}},
            )
        )
    return _document(statements)


def gateway_policy(service: str, account_id: str, region: str) -> str:
    """The policy of a gateway endpoint as JSON."""
    statements = [_own(service, account_id)]
    if service == "s3":
        # Links to image layers are signed by the registry, so their caller is not of this account.
        buckets = [f"arn:aws:s3:::{bucket}/*" for bucket in aws_owned_buckets(region)]
        statements.append(_statement("ReadWhatAwsShares", ["s3:GetObject"], {}, buckets))
    return _document(statements)


def _own(actions: str, account_id: str) -> dict[str, Any]:
    # Some calls name no resource, such as GetCallerIdentity: `IfExists` lets those pass.
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
