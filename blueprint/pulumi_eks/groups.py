"""Rules of the security groups that the plugin creates unless an option disables them (nodes/securitygroup.ts)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from blueprint.references import Reference


def rule(direction: str, why: str, group: Reference | str, **end: Any) -> dict[str, Any]:
    """Return a rule; without `end` it covers all ports and protocols."""
    ports = {"fromPort": 0, "toPort": 0, "protocol": "-1"}
    return {"description": why, "type": direction, "securityGroupId": str(group), **ports, **end}


def node_rules(nodes: Reference, control_plane: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the rules of the nodes' group by the last part of their names, and the rule by which nodes reach the
    API."""
    https = {"fromPort": 443, "toPort": 443, "protocol": "tcp"}
    yield (
        "eksNodeIngressRule",
        rule("ingress", "Allow nodes to communicate with each other", nodes, self=True),
    )
    yield (
        "eksNodeClusterIngressRule",
        rule(
            "ingress",
            "Allow worker Kubelets and pods to receive communication from the cluster control plane",
            nodes,
            sourceSecurityGroupId=control_plane,
            fromPort=1025,
            toPort=65535,
            protocol="tcp",
        ),
    )
    yield (
        "eksExtApiServerClusterIngressRule",
        rule(
            "ingress",
            "Allow pods running extension API servers on port 443 to receive communication from cluster control plane",
            nodes,
            sourceSecurityGroupId=control_plane,
            **https,
        ),
    )
    yield (
        "eksNodeInternetEgressRule",
        rule("egress", "Allow internet access.", nodes, cidrBlocks=["0.0.0.0/0"]),
    )
    yield (
        "eksClusterIngressRule",
        rule(
            "ingress",
            "Allow pods to communicate with the cluster API Server",
            control_plane,
            sourceSecurityGroupId=str(nodes),
            **https,
        ),
    )
