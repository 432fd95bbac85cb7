"""Least-privilege policy documents from typed statements."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import pulumi

from components.security.trusts import SOURCE_ACCOUNT, TRUSTS

Conditions = Mapping[str, Mapping[str, Any]]
"""Operator, condition key, value or list of values: `{"StringEquals": {"aws:SourceAccount": "..."}}`."""

# IAM User Guide, "IAM JSON policy elements: Sid".
_SID = re.compile(r"[A-Za-z0-9]+")

BUILD_USE = [
    "codebuild:BatchGetBuilds",
    "codebuild:BatchGetProjects",
    "codebuild:ListBuildsForProject",
    "codebuild:StartBuild",
]
"""Actions to start a build and to follow it (`recovery.scale_out.CodeBuildScaleOut`)."""


class PolicyError(ValueError):
    """An invalid or overly broad statement; the message names it and the correction."""


@dataclass(frozen=True)
class Statement:
    """One statement. Raises `PolicyError` if it allows every action on every resource, or allows anyone.

    `principals` is for resource policies only: type (`Service`, `AWS`, `Federated`) to one or more names. `*` as a
    principal is only for deny statements, which then apply to everyone.
    """

    sid: str
    actions: Sequence[str]
    resources: Sequence[pulumi.Input[str]] = ()
    effect: Literal["Allow", "Deny"] = "Allow"
    principals: Mapping[str, pulumi.Input[str] | Sequence[pulumi.Input[str]]] | Literal["*"] | None = None
    conditions: Conditions = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not _SID.fullmatch(self.sid):
            raise PolicyError(f"statement {self.sid!r}: a sid has only letters and digits; rename it")
        if not self.actions:
            raise PolicyError(f"statement {self.sid}: names no action; list the actions that are needed")
        if self.effect == "Deny":
            return
        if "*" in self.actions:
            on = "every resource" if "*" in self.resources else "its resources"
            raise PolicyError(f"statement {self.sid}: allows every action on {on}; list the actions that are needed")
        if "*" in _named(self.principals):
            raise PolicyError(f"statement {self.sid}: allows anyone; name the principals")

    def as_dict(self) -> dict[str, Any]:
        """Return the statement in IAM's JSON syntax; lists of one value become the value."""
        return {
            "Sid": self.sid,
            "Effect": self.effect,
            **({"Principal": _principal(self.principals)} if self.principals else {}),
            "Action": _single(self.actions),
            **({"Resource": _single(self.resources)} if self.resources else {}),
            **({"Condition": {key: dict(value) for key, value in self.conditions.items()}} if self.conditions else {}),
        }


def policy_document(*statements: Statement) -> pulumi.Output[str]:
    """Return a policy as JSON text. Raises `PolicyError` if two statements share a sid."""
    sids = [statement.sid for statement in statements]
    twice = sorted({sid for sid in sids if sids.count(sid) > 1})
    if twice:
        raise PolicyError(f"sid {', '.join(twice)}: used by two statements of one policy; rename one")
    return pulumi.Output.json_dumps(
        {"Version": "2012-10-17", "Statement": [statement.as_dict() for statement in statements]}
    )


def send_traces(*, begins: bool = False) -> Statement:
    """Allow a workload to send segments to X-Ray, which has no resources to name. A workload that starts traces
    (`begins`) also reads sampling rules."""
    rules = ["xray:GetSamplingRules", "xray:GetSamplingTargets"] if begins else []
    return Statement("Trace", [*rules, "xray:PutTelemetryRecords", "xray:PutTraceSegments"], ["*"])


def trust_of_service(service: str, account_id: str, source: Conditions | None = None) -> pulumi.Output[str]:
    """Trust policy of a role that one AWS service assumes, for this account only if the service sends its account.

    `TRUSTS` has the condition keys that each service sends: `aws:SourceAccount` is added if it is one of them, and
    `source` can use no others. Raises `PolicyError` for a service that the table lacks, and for a key that the service
    does not send. A role without a condition can still be passed only inside its own account.
    """
    trust = TRUSTS.get(service)
    if trust is None:
        raise PolicyError(
            f"service {service}: unknown condition keys; add the service to TRUSTS with its documentation page"
        )
    unsent = sorted({key for keys in (source or {}).values() for key in keys} - trust.keys)
    if unsent:
        raise PolicyError(f"service {service}: does not send {', '.join(unsent)} ({trust.page}); remove the condition")
    own = {"StringEquals": {SOURCE_ACCOUNT: account_id}} if SOURCE_ACCOUNT in trust.keys else {}
    return policy_document(
        Statement(
            "AssumeRole",
            ["sts:AssumeRole"],
            principals={"Service": service},
            conditions={**own, **(source or {})},
        )
    )


def tls_only(bucket_arn: pulumi.Input[str]) -> Statement:
    """Deny all requests to a bucket without TLS."""
    return Statement(
        "DenyUnencryptedTransport",
        ["s3:*"],
        [bucket_arn, pulumi.Output.concat(bucket_arn, "/*")],
        effect="Deny",
        principals="*",
        conditions={"Bool": {"aws:SecureTransport": "false"}},
    )


def _named(principals: Mapping[str, Any] | str | None) -> list[Any]:
    if not isinstance(principals, Mapping):
        return [principals]
    return [name for names in principals.values() for name in (names if isinstance(names, list | tuple) else [names])]


def _principal(principals: Mapping[str, Any] | str) -> Any:
    if isinstance(principals, str):
        return principals
    return {kind: list(names) if isinstance(names, list | tuple) else names for kind, names in principals.items()}


def _single(values: Sequence[Any]) -> Any:
    return values[0] if len(values) == 1 else list(values)
