"""The kubeconfig that the plugin writes (cluster/cluster.ts, `generateKubeconfig`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from blueprint.model import Resource


def kubeconfig(cluster: Resource, credentials: Mapping[str, Any]) -> dict[str, Any]:
    """Return the kubeconfig of the cluster. It has no secret, because the AWS CLI gets a token for the caller."""
    # The region is the fourth part of the cluster's ARN, but a reference can only replace a whole value.
    region = str(cluster.reference("region"))
    name = str(cluster.reference("name"))
    command = ["--region", region, "eks", "get-token", "--cluster-name", name, "--output", "json"]
    if credentials.get("roleArn"):
        command += ["--role", credentials["roleArn"]]
    server = {
        "server": str(cluster.reference("endpoint")),
        "certificate-authority-data": str(cluster.reference("certificateAuthority.data")),
    }
    execute = {
        "apiVersion": "client.authentication.k8s.io/v1beta1",
        "command": "aws",
        "args": command,
        "env": [
            {"name": "KUBERNETES_EXEC_INFO", "value": '{"apiVersion": "client.authentication.k8s.io/v1beta1"}'},
        ],
    }
    return {
        "apiVersion": "v1",
        "clusters": [{"cluster": server, "name": "kubernetes"}],
        "contexts": [{"context": {"cluster": "kubernetes", "user": "aws"}, "name": "aws"}],
        "current-context": "aws",
        "kind": "Config",
        "users": [{"name": "aws", "user": {"exec": execute}}],
    }
