"""The instance types that Kubernetes nodes may have, and what each of them holds."""

from __future__ import annotations

from dataclasses import dataclass

# Amazon EC2 Instance Types Guide, "Specifications": GiB of memory for each vCPU, by family. The `g` after the
# generation is Graviton (same guide, "Naming conventions").
_GIB_PER_VCPU = {
    **dict.fromkeys(("c6a", "c6g", "c6i", "c7a", "c7g", "c7i", "c8g"), 2),
    **dict.fromkeys(("m5", "m5a", "m6a", "m6g", "m6i", "m7a", "m7g", "m7i", "m8g"), 4),
    **dict.fromkeys(("r5", "r6a", "r6g", "r6i", "r7a", "r7g", "r7i", "r8g"), 8),
}
_VCPUS = {
    "large": 2,
    "xlarge": 4,
    "2xlarge": 8,
    "4xlarge": 16,
    "8xlarge": 32,
    "12xlarge": 48,
    "16xlarge": 64,
}
# The burstable ones are small, and fit a region that stands by: vCPUs and GiB by size.
_BURSTABLE = ("t3", "t3a", "t4g")
_BURSTABLE_SIZES = {"small": (2, 2), "medium": (2, 4), "large": (2, 8), "xlarge": (4, 16), "2xlarge": (8, 32)}

# The kubelet keeps 11 MiB back for each pod that it may run (awslabs/amazon-eks-ami, nodeadm, kubelet config): ten for
# each GiB keep a ninth. 110 is what Kubernetes recommends at most ("Considerations for large clusters").
_PODS_PER_GIB = 10
_MOST_PODS = 110


@dataclass(frozen=True)
class NodeType:
    """Memory in GiB; `arm` for Graviton."""

    name: str
    vcpus: int
    memory_gib: int
    arm: bool

    @property
    def most_pods(self) -> int:
        """Pods that a node of this type may run, the system's included."""
        return min(_MOST_PODS, _PODS_PER_GIB * self.memory_gib)


def _known() -> dict[str, NodeType]:
    types = [
        NodeType(f"{family}.{size}", vcpus, vcpus * gib, _is_arm(family))
        for family, gib in _GIB_PER_VCPU.items()
        for size, vcpus in _VCPUS.items()
    ]
    types += [
        NodeType(f"{family}.{size}", vcpus, memory, _is_arm(family))
        for family in _BURSTABLE
        for size, (vcpus, memory) in _BURSTABLE_SIZES.items()
    ]
    return {type_.name: type_ for type_ in types}


def _is_arm(family: str) -> bool:
    return family.endswith("g")


NODE_TYPES = _known()


def node_type(name: str) -> NodeType:
    """What is known of a type. Raises `ValueError` with the way out for one that nodes may not have."""
    if name not in NODE_TYPES:
        families = ", ".join(sorted({known.split(".")[0] for known in NODE_TYPES}))
        raise ValueError(
            f"is not an instance type that nodes may have; choose a size from small (burstable) or large to 16xlarge "
            f"of the families {families}"
        )
    return NODE_TYPES[name]
