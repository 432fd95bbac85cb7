"""The tuning of a host, as a pure function of its instance type and of settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from components.settings.instance_types import Architecture, InstanceType

# Effective cores up to which so many are left to the kernel, interrupts and agents; 16 beyond. Isolating more starves
# the network's interrupts, isolating fewer wastes cores.
_HOUSEKEEPING = ((4, 1), (8, 2), (32, 4), (96, 8))
_MOST_HOUSEKEEPING = 16

# EC2 User Guide, "Network maximum transmission unit": jumbo frames inside a VPC.
JUMBO_MTU = 9001
# Microseconds that a reader polls the network's queue before it sleeps (Linux, Documentation/admin-guide/sysctl/net).
BUSY_POLL_MICROSECONDS = 50
HUGEPAGE_MIB = 2
# EC2 User Guide, "Check if ENA Express is enabled for your instance", metric ena_srd_mode: for TCP and UDP, or off.
_SRD_ON, _SRD_OFF = "3", "0"
# The option that a kernel is built with for each argument (Linux, Documentation/admin-guide/kernel-parameters, and the
# Kconfig files that it names). A kernel built without it has neither the effect nor the file to check it by: Amazon's
# kernels have been built without NO_HZ_FULL.
KERNEL_OPTIONS: Mapping[str, str] = {
    "isolcpus": "CONFIG_CPU_ISOLATION",
    "nohz_full": "CONFIG_NO_HZ_FULL",
    "rcu_nocbs": "CONFIG_RCU_NOCB_CPU",
    "rcu_nocb_poll": "CONFIG_RCU_NOCB_CPU",
    "transparent_hugepage": "CONFIG_TRANSPARENT_HUGEPAGE",
    "numa_balancing": "CONFIG_NUMA_BALANCING",
    "default_hugepagesz": "CONFIG_HUGETLB_PAGE",
    "hugepages": "CONFIG_HUGETLB_PAGE",
    "nmi_watchdog": "CONFIG_HARDLOCKUP_DETECTOR",
    "nosoftlockup": "CONFIG_SOFTLOCKUP_DETECTOR",
    "intel_idle.max_cstate": "CONFIG_INTEL_IDLE",
    "cpuidle.off": "CONFIG_CPU_IDLE",
}


@dataclass(frozen=True)
class Ports:
    """What a host listens on; `feed` is UDP, the others are TCP."""

    fix: int
    service: int
    metrics: int
    feed: int


@dataclass(frozen=True)
class HostPlan:
    """Every knob's value. Cores are numbered as Linux sees them, with one thread for each."""

    instance_type: InstanceType
    housekeeping: int
    hugepages: int
    ports: Ports
    ena_express: bool

    @property
    def housekeeping_cpus(self) -> str:
        """The cores of the kernel, in the notation of `/proc`: `0-3`."""
        return _span(0, self.housekeeping - 1)

    @property
    def isolated_cpus(self) -> str:
        """The cores of the engine alone: `4-17`."""
        return _span(self.housekeeping, self.instance_type.cores - 1)

    @property
    def transparent_hugepages(self) -> str:
        """Never on x86, where the kernel's compaction stalls; on Graviton, where pages are walked at a higher price,
        for whoever asks by madvise."""
        return "never" if self.instance_type.architecture is Architecture.X86_64 else "madvise"

    @property
    def kernel_arguments(self) -> tuple[str, ...]:
        """Arguments on the kernel's command line (Linux, Documentation/admin-guide/kernel-parameters)."""
        isolated = self.isolated_cpus
        return (
            f"isolcpus=managed_irq,domain,{isolated}",
            f"nohz_full={isolated}",
            f"rcu_nocbs={isolated}",
            "rcu_nocb_poll",
            f"irqaffinity={self.housekeeping_cpus}",
            f"transparent_hugepage={self.transparent_hugepages}",
            "numa_balancing=disable",
            f"default_hugepagesz={HUGEPAGE_MIB}M",
            f"hugepages={self.hugepages}",
            "skew_tick=1",
            "nmi_watchdog=0",
            "nosoftlockup",
            *self._of_the_architecture(),
        )

    def _of_the_architecture(self) -> tuple[str, ...]:
        if self.instance_type.architecture is Architecture.ARM64:
            return ("cpuidle.off=1",)
        return ("nosmt", "processor.max_cstate=1", "intel_idle.max_cstate=1", "tsc=reliable")

    @property
    def ena_srd_mode(self) -> str:
        """What the driver says of ENA Express; nothing on a type without it."""
        if not self.instance_type.ena_express:
            return ""
        return _SRD_ON if self.ena_express else _SRD_OFF

    @property
    def environment(self) -> dict[str, str]:
        """What the scripts on the host read."""
        return {
            "INSTANCE_TYPE": self.instance_type.name,
            "ARCHITECTURE": self.instance_type.architecture.value,
            "HOUSEKEEPING_CPUS": self.housekeeping_cpus,
            "HOUSEKEEPING_MASK": f"{(1 << self.housekeeping) - 1:x}",
            "ISOLATED_CPUS": self.isolated_cpus,
            "NETWORK_QUEUES": str(self.housekeeping),
            "KERNEL_ARGUMENTS": " ".join(self.kernel_arguments),
            "KERNEL_OPTIONS": " ".join(f"{argument}:{option}" for argument, option in KERNEL_OPTIONS.items()),
            "HUGEPAGES": str(self.hugepages),
            "TRANSPARENT_HUGEPAGES": self.transparent_hugepages,
            "MTU": str(JUMBO_MTU),
            "ENA_SRD_MODE": self.ena_srd_mode,
            "BUSY_POLL": str(BUSY_POLL_MICROSECONDS),
            "HARDWARE_CLOCK": "yes" if self.instance_type.hardware_clock else "no",
            "FIX_PORT": str(self.ports.fix),
            "SERVICE_PORT": str(self.ports.service),
            "METRICS_PORT": str(self.ports.metrics),
            "FEED_PORT": str(self.ports.feed),
        }


def plan_host(
    instance_type: InstanceType, ports: Ports, hugepages_percent: int, *, ena_express: bool = False
) -> HostPlan:
    """The plan for one type. Raises `ValueError` when the type has no core to spare for an engine.

    Cores are physical ones: multithreading is off, by the launch template's CPU options and on the kernel's command
    line.
    """
    housekeeping = housekeeping_cores(instance_type.cores)
    if housekeeping >= instance_type.cores:
        raise ValueError(f"{instance_type.name} has {instance_type.cores} core: none is left for an engine")
    hugepages = instance_type.memory_mib * hugepages_percent // 100 // HUGEPAGE_MIB
    return HostPlan(instance_type, housekeeping, hugepages, ports, ena_express)


def housekeeping_cores(effective_cores: int) -> int:
    """How many cores do not belong to the engine."""
    return next((count for up_to, count in _HOUSEKEEPING if effective_cores <= up_to), _MOST_HOUSEKEEPING)


def _span(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}-{last}"
