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
"""What starting a build and following it to its end asks for (`recovery.scale_out.CodeBuildScaleOut`)."""


class PolicyError(ValueError):
    """A statement that must not be written; the message names it and says what to write instead."""


@dataclass(frozen=True)
class Statement:
    """One statement. Raises `PolicyError` when it allows every action on every resource, or allows anyone.

    `principals` is for resource policies only: type (`Service`, `AWS`, `Federated`) to one or more names.
    `*` as a principal is for denials, which then hold for everyone.
    """

    sid: str
    actions: Sequence[str]
    resources: Sequence[pulumi.Input[str]] = ()
    effect: Literal["Allow", "Deny"] = "Allow"
    principals: Mapping[str, pulumi.Input[str] | Sequence[pulumi.Input[str]]] | Literal["*"] | None = None
    conditions: Conditions = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not _SID.fullmatch(self.sid):
            raise PolicyError(f"statement {self.sid!r}: a sid is of letters and digits only")
        if not self.actions:
            raise PolicyError(f"statement {self.sid}: names no action; list the ones that are needed")
        if self.effect == "Deny":
            return
        if "*" in self.actions:
            on = "every resource" if "*" in self.resources else "what it names"
            raise PolicyError(f"statement {self.sid}: allows every action on {on}; list the actions that are needed")
        if "*" in _named(self.principals):
            raise PolicyError(f"statement {self.sid}: allows anyone; name the principals")

    def as_dict(self) -> dict[str, Any]:
        """The statement in IAM's JSON grammar, with single values unwrapped."""
        return {
            "Sid": self.sid,
            "Effect": self.effect,
            **({"Principal": _principal(self.principals)} if self.principals else {}),
            "Action": _single(self.actions),
            **({"Resource": _single(self.resources)} if self.resources else {}),
            **({"Condition": {key: dict(value) for key, value in self.conditions.items()}} if self.conditions else {}),
        }


def policy_document(*statements: Statement) -> pulumi.Output[str]:
    """The JSON text of a policy. Raises `PolicyError` when two statements share a sid."""
    sids = [statement.sid for statement in statements]
    twice = sorted({sid for sid in sids if sids.count(sid) > 1})
    if twice:
        raise PolicyError(f"sid {', '.join(twice)}: stands in two statements of one policy; give each its own")
    return pulumi.Output.json_dumps(
        {"Version": "2012-10-17", "Statement": [statement.as_dict() for statement in statements]}
    )


def send_traces(*, begins: bool = False) -> Statement:
    """Lets a workload send segments to X-Ray, which has no resources to name; one that `begins` traces asks which
    requests to sample, too."""
    rules = ["xray:GetSamplingRules", "xray:GetSamplingTargets"] if begins else []
    return Statement("Trace", [*rules, "xray:PutTelemetryRecords", "xray:PutTraceSegments"], ["*"])


def trust_of_service(service: str, account_id: str, source: Conditions | None = None) -> pulumi.Output[str]:
    """Trust policy of a role that one AWS service assumes, on behalf of this account alone where the service says so.

    `TRUSTS` holds the condition keys that each service sends: `aws:SourceAccount` is added where it is one of them, and
    `source` may use no other. Raises `PolicyError` for a service that the table does not hold, and for a key that the
    service does not send. A role without a condition can still be passed inside its own account alone.
    """
    trust = TRUSTS.get(service)
    if trust is None:
        raise PolicyError(f"service {service}: its condition keys are not known; add it to TRUSTS with the page")
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
    """Denies everyone any request to a bucket that does not come by TLS."""
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
