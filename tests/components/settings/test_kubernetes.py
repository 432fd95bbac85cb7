"""Bad settings of the cluster: one message each, and nothing is declared."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

from blueprint import Blueprint, record_dr
from blueprint.program import stack_config
from components.settings import Settings, SettingsError


def _parse(stack: str, **overrides: Any) -> Settings:
    config = {key.partition(":")[2]: value for key, value in stack_config(stack, overrides).items()}
    config.pop("disable-default-providers", None)
    return Settings.parse(config)


@pytest.mark.parametrize(
    ("stack", "key", "value", "way_out"),
    [
        ("primary", "kubernetesVersion", "1.99", "choose 1.35 or 1.36"),
        ("primary", "kubernetesVersion", "latest", "choose 1.35 or 1.36"),
        ("primary", "nodeInstanceType", "m6i.huge", "choose a size"),
        ("dr", "nodeInstanceType", "t3.nano", "choose a size"),
        ("primary", "nodesMin", 13, "lower it, or raise nodesMax"),
        ("primary", "nodesMin", 2, "set at least 3"),
        ("primary", "clusterAdmins", ["alice"], "write arn:aws:iam::ACCOUNT:role/NAME"),
        ("primary", "clusterLogDays", 7, "choose 90"),
        ("primary", "podPorts", [22], "greater than or equal to 1024"),
        ("primary", "metricsStorage", 1, "greater than or equal to 10"),
    ],
)
def test_a_bad_value_is_refused_with_its_key_and_the_way_out(stack: str, key: str, value: Any, way_out: str) -> None:
    with pytest.raises(SettingsError) as refused:
        _parse(stack, **{key: value})
    message = str(refused.value)
    assert f"trading-platform:{key}" in message
    assert way_out in message


def test_a_standing_region_may_have_fewer_nodes_than_zones() -> None:
    assert _parse("dr").sizes.nodes_min == 1


def test_the_recovery_region_refuses_another_version_than_the_primarys(primary: Blueprint) -> None:
    with pytest.raises(pulumi.RunError) as refused:
        record_dr(primary, overrides={"kubernetesVersion": "1.36"})
    message = str(refused.value)
    assert "kubernetesVersion = '1.36': the primary runs with '1.35'" in message
    assert "bring the primary up first" in message
