"""Expansion of pulumi-eks 4.4 components, so that a recording needs no plugin."""

from blueprint.pulumi_eks.cluster import expand
from blueprint.pulumi_eks.component import CLUSTER, Component, Expansion, state_of

__all__ = ["CLUSTER", "Component", "Expansion", "expand", "state_of"]
