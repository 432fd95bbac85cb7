"""What the plugin of pulumi-eks 4.4 would declare, so that a blueprint needs no plugin."""

from blueprint.pulumi_eks.cluster import expand
from blueprint.pulumi_eks.component import CLUSTER, Component, Expansion, state_of

__all__ = ["CLUSTER", "Component", "Expansion", "expand", "state_of"]
