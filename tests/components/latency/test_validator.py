"""The validator on the host: it says of every knob whether it is as it should be."""

from __future__ import annotations

from pathlib import Path

import pytest

from components.latency.host_tuning import Ports, plan_host
from components.latency.instance_types import INSTANCE_TYPES
from tests.components.latency.tuned_host import DEVICE, Host, tuned

PORTS = Ports(fix=9878, service=8443, metrics=9464, feed=31001)


def host(folder: Path, name: str = "c7i.24xlarge") -> Host:
    return tuned(folder, plan_host(INSTANCE_TYPES[name], PORTS, hugepages_percent=50))


@pytest.mark.parametrize("name", ["c5n.9xlarge", "c7i.24xlarge", "c7gn.16xlarge", "m8g.16xlarge"])
def test_a_tuned_host_passes_every_check(name: str, tmp_path: Path):
    result = host(tmp_path, name).validate()
    lines = result.stdout.splitlines()
    assert result.returncode == 0, result.stdout + result.stderr
    assert len(lines) > 30
    assert all(line.startswith("pass  ") for line in lines)


@pytest.mark.parametrize(
    ("path", "content", "knob"),
    [
        ("/sys/devices/system/cpu/isolated", "", "isolated cores: is nothing, should be 8-47"),
        ("/sys/devices/system/cpu/nohz_full", "(null)", "tickless cores"),
        ("/sys/devices/system/cpu/smt/active", "1", "multithreading: is 1, should be 0"),
        ("/proc/cmdline", "BOOT_IMAGE=vmlinuz", "kernel argument: is nothing, should be rcu_nocbs=8-47"),
        ("/proc/sys/vm/nr_hugepages", "0", "huge pages"),
        ("/sys/kernel/mm/transparent_hugepage/enabled", "[always] madvise never", "transparent huge pages: is always"),
        ("/proc/sys/kernel/numa_balancing", "1", "NUMA balancing"),
        ("/proc/sys/vm/swappiness", "60", "swappiness: is 60, should be 0"),
        ("/proc/sys/net/core/busy_poll", "0", "busy polling: is 0, should be 50"),
        ("/proc/sys/net/core/busy_read", "0", "busy reading"),
        ("/proc/irq/42/smp_affinity_list", "0-47", "network interrupts on other cores: is  42, should be none"),
        (f"/sys/class/net/{DEVICE}/mtu", "1500", "MTU: is 1500, should be 9001"),
        ("/etc/chrony.conf", "hwtimestamp *", "hardware timestamps asked of ENA: is 1, should be 0"),
    ],
)
def test_a_knob_that_slipped_fails_by_name(path: str, content: str, knob: str, tmp_path: Path):
    slipped = host(tmp_path)
    slipped.write(path, content)
    result = slipped.validate()
    assert result.returncode == 1
    assert f"FAIL  {knob}" in result.stdout


@pytest.mark.parametrize(
    ("command", "text", "knob"),
    [
        ("systemctl is-active irqbalance.service", "active", "irqbalance: is active, should be inactive"),
        ("systemctl is-active amazon-ssm-agent.service", "inactive", "Systems Manager"),
        ("systemctl is-active nftables.service", "inactive", "firewall"),
        ("nft list chain inet trading input", "", "firewall by default: is nothing, should be drop"),
        (
            "nft list chain inet trading input",
            "type filter hook input priority filter; policy accept;",
            "firewall by default: is accept, should be drop",
        ),
        (
            "curl -s -o /dev/null -m 2 -w %{http_code} http://169.254.169.254/latest/meta-data/",
            "200",
            "metadata without a token: is 200, should be 401",
        ),
        ("chronyc -c tracking", "A9FEA97B,169.254.169.123,4", "clock: is 169.254.169.123, should be PHC0"),
        (f"ethtool -i {DEVICE}", "driver: ixgbevf", "network driver: is ixgbevf, should be ena"),
        (f"ethtool -k {DEVICE}", "generic-receive-offload: on", "receive offload: is on, should be off"),
        (f"ethtool -k {DEVICE}", "tcp-segmentation-offload: on", "segmentation offload: is on, should be off"),
        (f"ethtool -k {DEVICE}", "generic-segmentation-offload: on", "generic segmentation offload: is on"),
        (f"ethtool -k {DEVICE}", "large-receive-offload: on", "large receive offload: is on"),
        (f"ethtool -c {DEVICE}", "Adaptive RX: on  TX: n/a", "adaptive interrupts: is on, should be off"),
    ],
)
def test_a_service_or_a_device_that_is_wrong_fails_by_name(command: str, text: str, knob: str, tmp_path: Path):
    wrong = host(tmp_path)
    wrong.answer(command, text)
    result = wrong.validate()
    assert result.returncode == 1
    assert f"FAIL  {knob}" in result.stdout


def test_a_type_without_a_hardware_clock_takes_the_link_local_time(tmp_path: Path):
    assert "pass  clock: 169.254.169.123" in host(tmp_path, "c5n.9xlarge").validate().stdout
