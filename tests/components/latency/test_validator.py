"""The validator on the host: it says of every knob whether it is as it should be."""

from __future__ import annotations

from pathlib import Path

import pytest

from components.latency.host_tuning import Ports, plan_host
from components.latency.host_tuning.plan import KERNEL_OPTIONS
from components.settings.instance_types import INSTANCE_TYPES
from tests.components.latency.tuned_host import DEVICE, KERNEL, Host, tuned

ENGINE_UNIT = "/etc/systemd/system/trading-engine.service.d"
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
        ("/sys/module/intel_idle/parameters/max_cstate", "9", "deepest idle state: is 9, should be 1"),
        ("/proc/1/status", "Cpus_allowed_list:\t0-47", "cores of the system: is 0-47, should be 0-7"),
        (f"{ENGINE_UNIT}/cores.conf", "[Service]", "cores of the engine: is nothing, should be 8-47"),
        (f"{ENGINE_UNIT}/cores.conf", "LimitMEMLOCK=8M", "locked memory of the engine: is 8M, should be infinity"),
        (
            "/sys/devices/virtual/workqueue/cpumask",
            "ffff,ffffffff",
            "cores of kernel work: is ffffffffffff, should be ff",
        ),
        ("/proc/irq/default_smp_affinity", "ffff,ffffffff", "cores of new interrupts"),
        ("/proc/sys/kernel/timer_migration", "1", "timer migration"),
        ("/proc/sys/vm/stat_interval", "1", "seconds between statistics: is 1, should be 120"),
        ("/proc/sys/net/ipv4/tcp_mtu_probing", "0", "MTU probing"),
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
        (f"ethtool -c {DEVICE}", "rx-usecs: 20\ntx-usecs: 0", "interrupts held back, rx: is 20, should be 0"),
        (f"ethtool -c {DEVICE}", "rx-usecs: 0\ntx-usecs: 64", "interrupts held back, tx: is 64, should be 0"),
        (f"ethtool -l {DEVICE}", "Combined: 32\nCombined: 32", "network queues: is 32, should be 8"),
        (f"ethtool -S {DEVICE}", "ena_srd_mode: 3", "ENA Express: is 3, should be 0"),
        ("nft list chain inet trading feed", "", "market data untracked: is nothing, should be 31001"),
        (
            "nft list chain inet trading input",
            "tcp dport { 22, 8443, 9464, 9878 } accept",
            "open ports: is 22 8443 9464 9878, should be 8443 9464 9878",
        ),
        ("systemctl is-enabled trading-host-drain.service", "disabled", "draining: is disabled, should be enabled"),
    ],
)
def test_a_service_or_a_device_that_is_wrong_fails_by_name(command: str, text: str, knob: str, tmp_path: Path):
    wrong = host(tmp_path)
    wrong.answer(command, text)
    result = wrong.validate()
    assert result.returncode == 1
    assert f"FAIL  {knob}" in result.stdout


def test_a_kernel_without_tickless_cores_is_degraded_and_named_but_valid(tmp_path: Path):
    """Amazon's kernels have been built without CONFIG_NO_HZ_FULL (bottlerocket-os/bottlerocket, issue 3961): the file
    /sys/devices/system/cpu/nohz_full does not exist there."""
    without = host(tmp_path)
    options = sorted({*KERNEL_OPTIONS.values()} - {"CONFIG_NO_HZ_FULL"})
    without.write(f"/boot/config-{KERNEL}", "\n".join(f"{option}=y" for option in options))
    (without.root / "sys/devices/system/cpu/nohz_full").unlink()
    without.write("/proc/cmdline", (tmp_path / "proc/cmdline").read_text().replace("nohz_full=8-47 ", "").strip())
    result = without.validate()
    assert result.returncode == 0, result.stdout + result.stderr
    degraded = [line for line in result.stdout.splitlines() if not line.startswith("pass  ")]
    assert degraded == [
        "degraded  tickless cores: the kernel offers no nohz_full",
        "degraded  kernel argument: the kernel offers no nohz_full",
    ]


def test_an_argument_is_demanded_of_a_kernel_whose_configuration_cannot_be_read(tmp_path: Path):
    unknown = host(tmp_path)
    (unknown.root / f"boot/config-{KERNEL}").unlink()
    unknown.write("/sys/devices/system/cpu/nohz_full", "")
    assert "FAIL  tickless cores" in unknown.validate().stdout


def test_idle_states_of_graviton_are_off_in_the_kernel(tmp_path: Path):
    slipped = host(tmp_path, "c7gn.16xlarge")
    slipped.write("/sys/module/cpuidle/parameters/off", "0")
    assert "FAIL  idle states off: is 0, should be 1" in slipped.validate().stdout


def test_ena_express_is_expected_where_it_was_asked_for(tmp_path: Path):
    asked = tuned(tmp_path, plan_host(INSTANCE_TYPES["c6in.8xlarge"], PORTS, 50, ena_express=True))
    assert "pass  ENA Express: 3" in asked.validate().stdout
    asked.answer(f"ethtool -S {DEVICE}", "ena_srd_mode: 1")
    assert "FAIL  ENA Express: is 1, should be 3" in asked.validate().stdout


def test_nothing_is_said_of_ena_express_on_a_type_without_it(tmp_path: Path):
    assert "ENA Express" not in host(tmp_path, "c5n.9xlarge").validate().stdout


def test_a_small_type_has_as_many_queues_as_it_can_have(tmp_path: Path):
    assert "pass  network queues: 8" in host(tmp_path, "c8gn.48xlarge").validate().stdout


def test_a_type_without_a_hardware_clock_takes_the_link_local_time(tmp_path: Path):
    assert "pass  clock: 169.254.169.123" in host(tmp_path, "c5n.9xlarge").validate().stdout
