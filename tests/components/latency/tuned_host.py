"""A host on which every knob is as it should be, made of files and of commands that answer from files."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from components.latency.host_tuning import HostPlan
from components.latency.host_tuning.plan import KERNEL_OPTIONS
from components.latency.host_tuning.user_data import script

DEVICE = "ens5"
KERNEL = "6.12.40-63.114.amzn2023.x86_64"
# Fewer than the largest types have cores for the kernel, as EC2 gives them.
MOST_QUEUES = 8
_IRQ = "42"
_DEFAULT_ROUTE = f"default via 10.0.0.1 dev {DEVICE} proto dhcp src 10.0.0.7 metric 512"
_OFFLOADS = (
    "generic-receive-offload",
    "large-receive-offload",
    "tcp-segmentation-offload",
    "generic-segmentation-offload",
)
# Answers of a command by all of its arguments, one file each.
_COMMAND = """#!/bin/bash
name="$(basename "$0") $*"
cat "$TRADING_ROOT/answers/${name//\\//_}"
"""


@dataclass(frozen=True)
class Host:
    """`root` holds the files of the host."""

    root: Path

    def write(self, path: str, content: str) -> None:
        file = self.root / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content + "\n", encoding="utf-8")

    def answer(self, command: str, text: str) -> None:
        self.write(f"answers/{command.replace('/', '_')}", text)
        program = self.root / "bin" / command.split(" ", 1)[0]
        program.parent.mkdir(exist_ok=True)
        program.write_text(_COMMAND, encoding="utf-8")
        program.chmod(0o755)

    def validate(self, text: str | None = None) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": f"{self.root / 'bin'}:{os.environ['PATH']}", "TRADING_ROOT": str(self.root)}
        return subprocess.run(
            ["bash", "-c", text or script("validate-host")],
            env=environment,
            text=True,
            capture_output=True,
            check=False,
        )


def tuned(root: Path, plan: HostPlan) -> Host:
    """A host that is tuned by its plan."""
    host = Host(root)
    environment = plan.environment | {"FLEET_GROUP": "engines"}
    host.write("/etc/trading/host.env", "\n".join(f"{name}='{value}'" for name, value in environment.items()))
    offers = host.root / "usr/local/sbin/kernel-offers"
    offers.parent.mkdir(parents=True)
    offers.write_text(script("kernel-offers"), encoding="utf-8")
    offers.chmod(0o755)
    host.answer("uname -r", KERNEL)
    host.write(f"/boot/config-{KERNEL}", "\n".join(f"{option}=y" for option in sorted({*KERNEL_OPTIONS.values()})))
    _cores(host, plan)
    _kernel(host, plan)
    _network(host, plan)
    clock = "PHC0" if plan.instance_type.hardware_clock else "169.254.169.123"
    host.answer(
        "chronyc -c tracking", f"50484330,{clock},1,1700000000.0,0.000000023,0.0,0.0,6.5,0.0,0.0,0.0,0.0,1.0,Normal"
    )
    host.write("/etc/chrony.conf", "rtcsync")
    host.answer("systemctl is-active irqbalance.service", "inactive")
    host.answer("systemctl is-active amazon-ssm-agent.service", "active")
    host.answer("systemctl is-active nftables.service", "active")
    host.answer("systemctl is-enabled trading-host-drain.service", "enabled")
    host.answer(
        "curl -s -o /dev/null -m 2 -w %{http_code} http://169.254.169.254/latest/meta-data/",
        "401",
    )
    _firewall(host, plan)
    return host


def _firewall(host: Host, plan: HostPlan) -> None:
    ports = ", ".join(map(str, sorted((plan.ports.fix, plan.ports.service, plan.ports.metrics))))
    host.answer(
        "nft list chain inet trading input",
        "table inet trading {\n\tchain input {\n\t\ttype filter hook input priority filter; policy drop;\n"
        f"\t\ttcp dport {{ {ports} }} accept\n\t}}\n}}",
    )
    host.answer(
        "nft list chain inet trading feed",
        "table inet trading {\n\tchain feed {\n\t\ttype filter hook prerouting priority raw; policy accept;\n"
        f"\t\tudp dport {plan.ports.feed} notrack\n\t}}\n}}",
    )


def _cores(host: Host, plan: HostPlan) -> None:
    host.write("/proc/1/status", f"Name:\tsystemd\nCpus_allowed:\tf\nCpus_allowed_list:\t{plan.housekeeping_cpus}")
    host.write(
        "/etc/systemd/system/trading-engine.service.d/cores.conf",
        f"[Service]\nCPUAffinity={plan.isolated_cpus}\nLimitMEMLOCK=infinity",
    )
    padded = plan.environment["HOUSEKEEPING_MASK"].rjust(8, "0")
    host.write("/sys/devices/virtual/workqueue/cpumask", f"00000000,{padded}")
    host.write("/proc/irq/default_smp_affinity", padded)
    host.write("/sys/module/intel_idle/parameters/max_cstate", "1")
    host.write("/sys/module/cpuidle/parameters/off", "1")


def _kernel(host: Host, plan: HostPlan) -> None:
    host.write("/sys/devices/system/cpu/isolated", plan.isolated_cpus)
    host.write("/sys/devices/system/cpu/nohz_full", plan.isolated_cpus)
    host.write("/sys/devices/system/cpu/smt/active", "0")
    host.write("/proc/cmdline", " ".join(("BOOT_IMAGE=vmlinuz", "quiet", *plan.kernel_arguments)))
    host.write("/proc/sys/vm/nr_hugepages", str(plan.hugepages))
    choices = {"never": "always madvise [never]", "madvise": "always [madvise] never"}
    host.write("/sys/kernel/mm/transparent_hugepage/enabled", choices[plan.transparent_hugepages])
    host.write("/proc/sys/kernel/numa_balancing", "0")
    host.write("/proc/sys/kernel/timer_migration", "0")
    host.write("/proc/sys/vm/stat_interval", "120")
    host.write("/proc/sys/net/ipv4/tcp_mtu_probing", "1")
    host.write("/proc/sys/vm/swappiness", "0")
    host.write("/proc/sys/net/core/busy_poll", "50")
    host.write("/proc/sys/net/core/busy_read", "50")


def _network(host: Host, plan: HostPlan) -> None:
    host.answer("ip -o route show default", _DEFAULT_ROUTE)
    host.write("/proc/interrupts", f"   CPU0\n {_IRQ}:  17  PCI-MSIX  {DEVICE}-Tx-Rx-0")
    host.write(f"/proc/irq/{_IRQ}/smp_affinity_list", plan.housekeeping_cpus)
    host.write(f"/sys/class/net/{DEVICE}/mtu", "9001")
    host.answer(f"ethtool -i {DEVICE}", "driver: ena\nversion: 2.13.0g")
    host.answer(f"ethtool -k {DEVICE}", "\n".join(f"{name}: off [fixed]" for name in _OFFLOADS))
    host.answer(
        f"ethtool -c {DEVICE}",
        f"Coalesce parameters for {DEVICE}:\nAdaptive RX: off  TX: n/a\nrx-usecs: 0\ntx-usecs: 0",
    )
    queues = min(plan.housekeeping, MOST_QUEUES)
    host.answer(f"ethtool -l {DEVICE}", _channels(MOST_QUEUES, queues))
    host.answer(f"ethtool -S {DEVICE}", f"NIC statistics:\n     ena_srd_mode: {plan.ena_srd_mode}")


def _channels(most: int, now: int) -> str:
    limits, current = (f"RX: n/a\nTX: n/a\nOther: n/a\nCombined: {count}" for count in (most, now))
    return f"Channel parameters for {DEVICE}:\nPre-set maximums:\n{limits}\nCurrent hardware settings:\n{current}"
