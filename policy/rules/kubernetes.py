"""EKS clusters."""

from __future__ import annotations

from collections.abc import Iterator

from policy import tokens as t
from policy.resources import Resource
from policy.rule import Parameter, Parameters, Rules
from policy.rules.keys_of import missing_customer_key
from policy.stack import Stack

RULES = Rules("EKS")

_LOGS = ("api", "audit", "authenticator", "controllerManager", "scheduler")


@RULES.resource(
    t.EKS_CLUSTER,
    id="eks-private-endpoint",
    title="The Kubernetes API endpoint is private",
    remediation="Set vpcConfig.endpointPrivateAccess to true and endpointPublicAccess to false.",
    needs=("vpcConfig.endpointPrivateAccess", "vpcConfig.endpointPublicAccess"),
)
def private_endpoint(cluster: Resource, _: Parameters) -> Iterator[str]:
    """By default the public endpoint is on and the private endpoint is off (EKS User Guide, "Cluster endpoint")."""
    if cluster.flag("vpcConfig.endpointPublicAccess", default=True):
        yield "its API is open to the internet"
    if not cluster.flag("vpcConfig.endpointPrivateAccess"):
        yield "its API has no private endpoint"


@RULES.joined(
    t.EKS_CLUSTER,
    id="eks-secrets-encrypted",
    title="Kubernetes secrets are encrypted with a customer-managed key",
    remediation="Set encryptionConfig with resources [secrets] and the key's ARN.",
    needs=("encryptionConfig.provider.keyArn",),
)
def secrets_encrypted(cluster: Resource, stack: Stack, _: Parameters) -> Iterator[str]:
    """With envelope encryption a reader of etcd cannot read the secrets."""
    if "secrets" not in cluster.items("encryptionConfig.resources"):
        yield "its secrets are not encrypted"
    elif reason := missing_customer_key(cluster, stack, "encryptionConfig.provider.keyArn"):
        yield reason


@RULES.resource(
    t.EKS_CLUSTER,
    id="eks-control-plane-logs",
    title="All control plane logs are enabled",
    remediation=f"Set enabledClusterLogTypes to {', '.join(_LOGS)}.",
    needs=("enabledClusterLogTypes",),
)
def control_plane_logs(cluster: Resource, _: Parameters) -> Iterator[str]:
    """Audit and authenticator logs show who did what; API, controller and scheduler logs show why something failed."""
    missing = [log for log in _LOGS if log not in cluster.items("enabledClusterLogTypes")]
    if missing:
        yield f"does not log {', '.join(missing)}"


@RULES.resource(
    t.EKS_CLUSTER,
    id="eks-supported-version",
    title="The Kubernetes version is in standard support",
    remediation="Raise the version; extended support costs six times as much and ends.",
    needs=("version",),
    parameters={
        "oldest": Parameter("string", "1.33", "Oldest version in standard support.", pattern=r"^\d+\.\d+$"),
    },
)
def supported_version(cluster: Resource, parameters: Parameters) -> Iterator[str]:
    """Without a version EKS takes the newest one at creation, which can differ between the regions."""
    version = cluster.text("version")
    if not version:
        yield "does not say its version"
    elif _ordered(version) < _ordered(parameters["oldest"]):
        yield f"version {version} is older than {parameters['oldest']}"


@RULES.parity(
    t.EKS_CLUSTER,
    id="eks-version-parity",
    title="Both regions run the same Kubernetes version",
    remediation="Set the same version in both stacks.",
    needs=("version",),
)
def version_parity(cluster: Resource, _: Stack, recovery: Stack, __: Parameters) -> Iterator[str]:
    """Workloads are tested on one version."""
    for other in recovery.of_type(t.EKS_CLUSTER):
        if other.text("version") != cluster.text("version"):
            yield f"runs {cluster.text('version')}, {other.urn} runs {other.text('version')}"


def _ordered(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())
