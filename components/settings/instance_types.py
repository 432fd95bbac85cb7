"""What the platform needs to know of the EC2 instance types that an engine may run on."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Architecture(StrEnum):
    """Processor architectures, as EC2 and the paths of public images name them."""

    X86_64 = "x86_64"
    ARM64 = "arm64"


@dataclass(frozen=True)
class InstanceType:
    """One type, from the answer of EC2's DescribeInstanceTypes: `DefaultVCpus`, `DefaultCores`, `SizeInMiB`,
    `SupportedArchitectures`, whether `SupportedStrategies` has `cluster`, `EnaSrdSupported`, `PhcSupport`, and
    `BurstablePerformanceSupported`. Memory is in MiB."""

    name: str
    vcpus: int
    cores: int
    memory_mib: int
    architecture: Architecture = Architecture.X86_64
    cluster_placement: bool = True
    ena_express: bool = False
    hardware_clock: bool = False
    burstable: bool = False

    @property
    def threads_per_core(self) -> int:
        """2 with simultaneous multithreading, 1 without."""
        return self.vcpus // self.cores


_ARM = Architecture.ARM64

INSTANCE_TYPES: dict[str, InstanceType] = {
    instance_type.name: instance_type
    for instance_type in (
        InstanceType("c5n.xlarge", 4, 2, 10752),
        InstanceType("c5n.2xlarge", 8, 4, 21504),
        InstanceType("c5n.4xlarge", 16, 8, 43008),
        InstanceType("c5n.9xlarge", 36, 18, 98304),
        InstanceType("c5n.18xlarge", 72, 36, 196608),
        InstanceType("c6in.4xlarge", 16, 8, 32768),
        InstanceType("c6in.8xlarge", 32, 16, 65536, ena_express=True),
        InstanceType("c6in.16xlarge", 64, 32, 131072, ena_express=True),
        InstanceType("c6in.32xlarge", 128, 64, 262144, ena_express=True),
        InstanceType("c7gn.4xlarge", 16, 16, 32768, _ARM, ena_express=True),
        InstanceType("c7gn.8xlarge", 32, 32, 65536, _ARM, ena_express=True),
        InstanceType("c7gn.12xlarge", 48, 48, 98304, _ARM, ena_express=True),
        InstanceType("c7gn.16xlarge", 64, 64, 131072, _ARM, ena_express=True),
        InstanceType("c7i-flex.8xlarge", 32, 16, 65536, cluster_placement=False, hardware_clock=True),
        InstanceType("c7i.24xlarge", 96, 48, 196608, ena_express=True, hardware_clock=True),
        InstanceType("c7i.48xlarge", 192, 96, 393216, ena_express=True, hardware_clock=True),
        InstanceType("c8gn.16xlarge", 64, 64, 131072, _ARM, ena_express=True),
        InstanceType("c8gn.48xlarge", 192, 192, 393216, _ARM, ena_express=True),
        InstanceType("m7i.16xlarge", 64, 32, 262144, ena_express=True, hardware_clock=True),
        InstanceType("m8g.16xlarge", 64, 64, 262144, _ARM, ena_express=True, hardware_clock=True),
        InstanceType("t3.small", 2, 1, 2048, cluster_placement=False, burstable=True),
        InstanceType("t4g.small", 2, 2, 2048, _ARM, cluster_placement=False, burstable=True),
    )
}
