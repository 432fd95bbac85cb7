"""What the hosts of engines are tuned to."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto.ec2.models.instance_types import INSTANCE_TYPES as DESCRIBED

from components.latency.host_tuning import Fleet, HostPlan, Ports, plan_host, user_data
from components.latency.host_tuning.plan import housekeeping_cores
from components.latency.host_tuning.user_data import SCRIPTS, USER_DATA_LIMIT, script
from components.settings.instance_types import INSTANCE_TYPES, InstanceType
from tests.golden import Golden

PORTS = Ports(fix=9878, service=8443, metrics=9464, feed=31001)
FLEET = Fleet("trading-primary-engines", "prove-host", "drain-host", "us-east-1", 900)
FIT = [known for known in INSTANCE_TYPES.values() if known.cluster_placement]


def plan(name: str) -> HostPlan:
    return plan_host(INSTANCE_TYPES[name], PORTS, hugepages_percent=50)


@pytest.mark.parametrize(
    "name",
    ["c5n.xlarge", "c5n.9xlarge", "c5n.18xlarge", "c6in.32xlarge", "c7gn.4xlarge", "c8gn.48xlarge", "m8g.16xlarge"],
)
def test_user_data_is_what_was_reviewed(name: str, golden: Golden):
    golden.matches_text(f"user-data/{name}.sh", user_data(plan(name), FLEET))


@pytest.mark.parametrize("known", INSTANCE_TYPES.values(), ids=lambda known: known.name)
def test_what_is_known_of_a_type_is_what_ec2_describes(known: InstanceType):
    described = DESCRIBED[known.name]
    assert known.vcpus == described["VCpuInfo"]["DefaultVCpus"]
    assert known.cores == described["VCpuInfo"]["DefaultCores"]
    assert known.memory_mib == described["MemoryInfo"]["SizeInMiB"]
    assert [known.architecture] == described["ProcessorInfo"]["SupportedArchitectures"]
    assert known.cluster_placement == ("cluster" in described["PlacementGroupInfo"]["SupportedStrategies"])
    assert known.ena_express == described["NetworkInfo"]["EnaSrdSupported"]
    assert known.hardware_clock == (described["PhcSupport"] == "supported")
    assert known.burstable == described["BurstablePerformanceSupported"]


@pytest.mark.parametrize(
    ("cores", "housekeeping"),
    [(2, 1), (4, 1), (5, 2), (8, 2), (9, 4), (18, 4), (32, 4), (33, 8), (96, 8), (97, 16), (192, 16)],
)
def test_the_kernel_keeps_as_many_cores_as_the_size_asks_for(cores: int, housekeeping: int):
    assert housekeeping_cores(cores) == housekeeping


@given(st.integers(1, 512))
def test_a_larger_host_never_keeps_fewer_cores_for_the_kernel(cores: int):
    assert housekeeping_cores(cores) <= housekeeping_cores(cores + 1)


def test_a_host_of_one_core_is_refused():
    with pytest.raises(ValueError, match=r"t3\.small has 1 core: the kernel needs one and none is left for an engine"):
        plan("t3.small")


@pytest.mark.parametrize("known", FIT, ids=lambda known: known.name)
def test_every_core_belongs_to_the_kernel_or_to_the_engine(known: InstanceType):
    tuned = plan(known.name)
    kernel, engine = _cores(tuned.housekeeping_cpus), _cores(tuned.isolated_cpus)
    assert kernel | engine == set(range(known.cores))
    assert not kernel & engine
    for argument in ("nohz_full", "rcu_nocbs"):
        assert f"{argument}={tuned.isolated_cpus}" in tuned.kernel_arguments


@pytest.mark.parametrize("known", FIT, ids=lambda known: known.name)
def test_huge_pages_leave_memory_to_everything_else(known: InstanceType):
    assert 0.49 < plan(known.name).hugepages * 2 / known.memory_mib <= 0.5


def test_transparent_huge_pages_are_off_on_x86_and_on_request_on_graviton():
    assert "transparent_hugepage=never" in plan("c5n.9xlarge").kernel_arguments
    assert "transparent_hugepage=madvise" in plan("c7gn.16xlarge").kernel_arguments


def test_only_x86_is_told_of_threads_and_c_states():
    assert {"nosmt", "processor.max_cstate=1"} <= set(plan("c5n.9xlarge").kernel_arguments)
    assert not {"nosmt", "processor.max_cstate=1"} & set(plan("c7gn.16xlarge").kernel_arguments)


@pytest.mark.parametrize("known", FIT, ids=lambda known: known.name)
def test_user_data_fits_into_what_ec2_takes_and_is_a_script(known: InstanceType):
    text = user_data(plan(known.name), FLEET)
    assert len(text.encode()) <= USER_DATA_LIMIT
    assert subprocess.run(["bash", "-n"], input=text, text=True, check=False).returncode == 0


def test_a_host_that_stands_by_itself_reports_to_no_fleet():
    assert "FLEET_GROUP=''" in user_data(plan("c5n.9xlarge"), None)


def test_nothing_that_keeps_a_host_safe_is_given_up_for_latency():
    tune = script("tune-host")
    assert "hwtimestamp" not in tune.replace('# Never "hwtimestamp"', ""), "ENA has none, and chronyd would not start"
    for kept in ("amazon-ssm-agent", "auditd", "mitigations=off"):
        assert f"disable --now {kept}" not in tune
        assert kept not in " ".join(plan("c5n.9xlarge").kernel_arguments)
    assert "policy drop" in tune, "the host has a firewall of its own"


@pytest.mark.parametrize("name", SCRIPTS)
def test_shellcheck_finds_nothing_in_a_script(name: str):
    shellcheck = shutil.which("shellcheck", path=str(Path(sys.executable).parent))
    assert shellcheck, "shellcheck is not installed; `make setup` installs it"
    result = subprocess.run([shellcheck, "-"], input=script(name), text=True, capture_output=True, check=False)
    assert result.returncode == 0, result.stdout


def test_shellcheck_finds_nothing_in_the_whole_user_data():
    shellcheck = Path(sys.executable).parent / "shellcheck"
    text = user_data(plan("c5n.9xlarge"), FLEET)
    result = subprocess.run([shellcheck, "-"], input=text, text=True, capture_output=True, check=False)
    assert result.returncode == 0, result.stdout


def _cores(span: str) -> set[int]:
    first, _, last = span.partition("-")
    return set(range(int(first), int(last or first) + 1))
