"""Tuning plan of a host, as a pure function of its instance type and of settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from components.settings.instance_types import Architecture, InstanceType

# Cores for the kernel, interrupts and agents, by the largest number of effective cores; 16 for larger hosts. Too few
# starve the network's interrupts, too many waste cores.
_HOUSEKEEPING = ((4, 1), (8, 2), (32, 4), (96, 8))
_MOST_HOUSEKEEPING = 16

# EC2 User Guide, "Network maximum transmission unit": jumbo frames inside a VPC.
JUMBO_MTU = 9001
# Microseconds of busy polling on the network queue before a reader sleeps (Linux,
# Documentation/admin-guide/sysctl/net).
BUSY_POLL_MICROSECONDS = 50
HUGEPAGE_MIB = 2
# EC2 User Guide, "Check if ENA Express is enabled for your instance", metric ena_srd_mode: on for TCP and UDP, or off.
_SRD_ON, _SRD_OFF = "3", "0"
# The kernel build option that each argument needs (Linux, Documentation/admin-guide/kernel-parameters, and the Kconfig
# files that it names). Without the option, the argument has no effect, and the file that would show its value does not
# exist. Some Amazon kernels were built without NO_HZ_FULL.
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
    """Ports on which a host listens; `feed` is UDP, the others are TCP."""

    fix: int
    service: int
    metrics: int
    feed: int


@dataclass(frozen=True)
class HostPlan:
    """All tuning values of one host. Cores have Linux's numbers, with one thread for each core."""

    instance_type: InstanceType
    housekeeping: int
    hugepages: int
    ports: Ports
    ena_express: bool

    @property
    def housekeeping_cpus(self) -> str:
        """Cores for the kernel and agents, in the notation of `/proc`: `0-3`."""
        return _span(0, self.housekeeping - 1)

    @property
    def isolated_cpus(self) -> str:
        """Cores isolated for the engine: `4-17`."""
        return _span(self.housekeeping, self.instance_type.cores - 1)

    @property
    def transparent_hugepages(self) -> str:
        """`never` on x86, because compaction in the kernel stalls the engine. `madvise` on Graviton, because page walks
        cost more there, for programs that ask for huge pages."""
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
            *self._architecture_arguments(),
        )

    def _architecture_arguments(self) -> tuple[str, ...]:
        if self.instance_type.architecture is Architecture.ARM64:
            return ("cpuidle.off=1",)
        return ("nosmt", "processor.max_cstate=1", "intel_idle.max_cstate=1", "tsc=reliable")

    @property
    def ena_srd_mode(self) -> str:
        """The value of the driver's metric `ena_srd_mode`; empty on a type without ENA Express."""
        if not self.instance_type.ena_express:
            return ""
        return _SRD_ON if self.ena_express else _SRD_OFF

    @property
    def environment(self) -> dict[str, str]:
        """Environment of the scripts on the host."""
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
    """Return the plan for one instance type. Raises `ValueError` if the type has no core to spare for an engine.

    Cores are physical: the launch template's CPU options and the kernel's command line turn multithreading off.
    """
    housekeeping = housekeeping_cores(instance_type.cores)
    if housekeeping >= instance_type.cores:
        name, cores = instance_type.name, instance_type.cores
        raise ValueError(f"{name} has {cores} core: the kernel needs one and none is left for an engine")
    hugepages = instance_type.memory_mib * hugepages_percent // 100 // HUGEPAGE_MIB
    return HostPlan(instance_type, housekeeping, hugepages, ports, ena_express)


def housekeeping_cores(effective_cores: int) -> int:
    """Number of cores that are not isolated for the engine."""
    return next((count for up_to, count in _HOUSEKEEPING if effective_cores <= up_to), _MOST_HOUSEKEEPING)


def _span(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}-{last}"
