"""Who may use a resource by the policy that stands on it, by a grant, or by a share: nobody of another account."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

from policy import tokens as t
from policy.arns import account_of, has_wildcard, wild
from policy.documents import Statement, statements
from policy.resource_policies import ALL, OTHERS, granted_by
from policy.resources import Resource
from policy.rule import Parameter, Parameters, Rules
from policy.stack import Stack
from policy.values import has_reference

RULES = Rules("Sharing")

_ACCOUNTS = {
    "accounts": Parameter(
        "array", [], "Accounts beside the stack's own that resources may be shared with, by number.", items="string"
    )
}


@RULES.resource(
    *OTHERS,
    id="resource-not-public",
    title="Resource policies do not admit everyone",
    remediation="Name principals, or tie the grant to your accounts, organization, VPC or endpoint by a condition.",
    needs=((t.BUCKET_POLICY, "policy"), ("aws:secretsmanager/secretPolicy:SecretPolicy", "policy")),
)
def not_public(resource: Resource, _: Parameters) -> Iterator[str]:
    """Judged are policies of buckets, secrets, repositories, event buses, vaults, file systems and others, even if
    their resource is not in the plan.

    A condition narrows a grant only with fixed values: `arn:aws:iam::*:role/*`, `o-*` and `arn:aws:s3:::bucket` name no
    account. Queues, topics, keys and endpoints have rules of their own.
    """
    for statement in granted_by(resource):
        if statement.anyone:
            yield f"{statement.label} lets anybody {_actions(statement)}"


@RULES.joined(
    *ALL,
    "aws:kms/grant:Grant",
    "aws:ram/principalAssociation:PrincipalAssociation",
    "aws:ec2/amiLaunchPermission:AmiLaunchPermission",
    "aws:ec2/snapshotCreateVolumePermission:SnapshotCreateVolumePermission",
    "aws:ec2/vpcEndpointServiceAllowedPrinciple:VpcEndpointServiceAllowedPrinciple",
    "aws:cloudwatch/eventPermission:EventPermission",
    "aws:lambda/layerVersionPermission:LayerVersionPermission",
    id="resource-own-accounts",
    title="Resources are not shared with other accounts",
    remediation="Take the other account out, or add it to the parameter `accounts` with a reason in review.",
    needs=((t.BUCKET_POLICY, "policy"), ("aws:kms/grant:Grant", "granteePrincipal")),
    parameters=_ACCOUNTS,
)
def own_accounts(resource: Resource, stack: Stack, parameters: Parameters) -> Iterator[str]:
    """Judged are resource policies, key grants, resource shares, and permissions of images, snapshots and layers.

    The other account decides who uses the grant. The stack's own account comes from `allowedAccountIds` of its
    providers, otherwise from the account that occurs most in ARNs of the plan.
    """
    own = stack.accounts | set(map(str, parameters["accounts"]))
    if resource.type in _SHARES:
        yield from _shared(resource, own)
        return
    if not own:
        return
    for statement in granted_by(resource):
        strangers = sorted(set(statement.accounts()) - own)
        if strangers:
            yield f"{statement.label} lets account {', '.join(strangers)} {_actions(statement)}"


_SHARES = {
    "aws:kms/grant:Grant": "granteePrincipal",
    "aws:ram/principalAssociation:PrincipalAssociation": "principal",
    "aws:ec2/amiLaunchPermission:AmiLaunchPermission": "accountId",
    "aws:ec2/snapshotCreateVolumePermission:SnapshotCreateVolumePermission": "accountId",
    "aws:ec2/vpcEndpointServiceAllowedPrinciple:VpcEndpointServiceAllowedPrinciple": "principalArn",
    "aws:cloudwatch/eventPermission:EventPermission": "principal",
    "aws:lambda/layerVersionPermission:LayerVersionPermission": "principal",
}


def _shared(resource: Resource, own: frozenset[str]) -> Iterator[str]:
    value = resource.get(_SHARES[resource.type])
    text = str(value) if value is not None else ""
    everybody = wild(text) or resource.peek("group") == "all"
    places = ("organizationId", "organizationArn", "organizationalUnitArn", "condition.value")
    organization = any(resource.has(path) and not _is_open(resource.peek(path)) for path in places)
    if everybody and not organization:
        yield "is shared with everybody"
    account = account_of(text)
    if own and account is not None and account not in own:
        yield f"is shared with account {account}"


def _is_open(value: Any) -> bool:
    """Whether a value is a pattern. A computed one is not: it names one organization."""
    return isinstance(value, str) and has_wildcard(value) and not has_reference(value)


# Services that give no source account: the balancer's log delivery writes under a prefix that holds the account
# (ELB User Guide, "Enable access logs"), and EventBridge sent no condition keys to topics when their policy was
# documented (EventBridge User Guide, "Amazon SNS permissions").
_WITHOUT_SOURCE = [
    "logdelivery.elasticloadbalancing.amazonaws.com",
    "logdelivery.elb.amazonaws.com",
    "*/events.amazonaws.com",
]


@RULES.resource(
    *(type_ for type_ in ALL if type_ not in ("aws:acmpca/policy:Policy",)),
    id="service-for-own-account",
    title="Grants to AWS services are limited to the own account",
    remediation="Tie the grant to your account by aws:SourceAccount, or to an ARN with its number by aws:SourceArn.",
    needs=((t.QUEUE_POLICY, "policy"), (t.TOPIC_POLICY, "policy")),
    parameters={
        "unconditioned": Parameter(
            "array",
            _WITHOUT_SOURCE,
            "Services that send no source account; `*/service` for topics alone.",
            items="string",
        )
    },
)
def service_source(resource: Resource, parameters: Parameters) -> Iterator[str]:
    """A service principal without a source condition acts for every AWS customer (IAM User Guide, "The confused deputy
    problem").

    An S3 ARN as source names no account, so that aws:SourceAccount is needed too.
    """
    topic = resource.type in (t.TOPIC, t.TOPIC_POLICY)
    known = [p.removeprefix("*/") for p in parameters["unconditioned"] if topic or not p.startswith("*/")]
    for statement in granted_by(resource):
        if not statement.allows or statement.narrowed:
            continue
        services = [s for s in statement.services if not any(fnmatchcase(s, pattern) for pattern in known)]
        if services and resource.type not in _BY_SERVICE:
            yield f"{statement.label} lets {', '.join(services)} {_actions(statement)} for any account"


# EFS and VPC Lattice authorize clients, Backup and ECR name a service only for the account's own jobs.
_BY_SERVICE = frozenset({"aws:ecr/registryPolicy:RegistryPolicy"})


@RULES.resource(
    t.VPC_ENDPOINT,
    "aws:ec2/vpcEndpointPolicy:VpcEndpointPolicy",
    id="endpoint-policy-limited",
    title="VPC endpoint policies limit principals, actions or resources",
    remediation="Add aws:PrincipalAccount or aws:ResourceAccount, or name the actions and resources.",
    needs=("policy",),
)
def endpoint_limited(endpoint: Resource, _: Parameters) -> Iterator[str]:
    """An open endpoint policy lets credentials of other accounts copy data to other accounts.

    A whole service on all resources counts as open. An endpoint without a policy has the default policy, which allows
    everything; it is not judged, because many services support no policy.
    """
    if endpoint.peek("policy") is None:
        return
    for statement in statements(endpoint.document("policy")):
        whole = any(wild(a) or wild(a.partition(":")[2]) for a in statement.actions) or bool(statement.not_actions)
        open_ = statement.allows and statement.to_everybody and whole and statement.on_everything
        if open_ and not statement.narrowed and not statement.conditions.limits_resources:
            yield f"{statement.label} lets anybody do anything by it"


# AWS Documentation: publishers of the layers of Powertools for AWS Lambda, Lambda Insights, the AppConfig agent, the
# Parameters and Secrets extension and AWS Distro for OpenTelemetry in commercial regions.
_PUBLISHERS = ["017000801446", "580247275435", "027255383542", "177933569100", "901920570463", "615299751070"]


@RULES.joined(
    t.FUNCTION,
    id="function-layers-known",
    title="Functions use layers of known publishers",
    remediation="Publish the layer in your own account, or add the publisher to the parameter `publishers`.",
    needs=("layers",),
    parameters={
        "publishers": Parameter(
            "array", _PUBLISHERS, "Accounts whose layers may run, beside the stack's own.", items="string"
        )
    },
)
def known_layers(function: Resource, stack: Stack, parameters: Parameters) -> Iterator[str]:
    """The code of a layer runs with the permissions of the function."""
    own = stack.accounts | set(map(str, parameters["publishers"]))
    for layer in function.items("layers"):
        account = account_of(str(layer))
        if account is not None and account not in own:
            yield f"runs a layer of account {account}"


def _actions(statement: Statement) -> str:
    shown = statement.actions or tuple(f"all but {name}" for name in statement.not_actions)
    return ", ".join(shown) or "do anything"
