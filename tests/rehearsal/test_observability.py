"""Traces and costs on the genuine provider: made, read back without a difference, and taken away again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from aws_emulator import server
from blueprint import Blueprint, record
from blueprint.program import primary_reference
from rehearsal.engines.terraform import TerraformEngine
from rehearsal.engines.terraform.plugin import find_plugin
from rehearsal.stacks import Declared
from tests.rehearsal.share import share_of

pytestmark = pytest.mark.rehearsal
LAYERS = ("tracing", "findings", "costs")


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[server.RunningServer]:
    with server.start(log=tmp_path_factory.mktemp("aws") / "server.log") as running:
        yield running


def declared(stack: str, primary: Blueprint) -> Declared:
    overrides: dict[str, Any] = {"emulator": True, "accountId": "123456789012"}
    outputs = {primary_reference("dr"): primary.outputs} if stack == "dr" else {}
    return Declared(stack, overrides, share_of(record(stack, overrides=overrides, stack_outputs=outputs), *LAYERS))


@pytest.mark.parametrize("stack", ["primary", "dr"])
def test_traces_and_costs_are_made_read_back_and_destroyed(
    stack: str, primary: Blueprint, aws: server.RunningServer, tmp_path: Path
) -> None:
    share = declared(stack, primary)
    region = {"primary": "us-east-1", "dr": "us-west-2"}[stack]
    engine = TerraformEngine(tmp_path / "build", aws.client_environment(region), find_plugin())
    assert engine.preview(stack, share) == len([entry for entry in share.blueprint.resources if _made(entry.type)])
    outcome = engine.up(stack, share, lambda *_: None)
    assert outcome.not_created == (), "everything is made"
    assert outcome.unsupported_arguments == ()
    _, drifts = engine.drift(stack)
    assert not drifts, "the provider reads back what it was given"

    def client(service: str) -> Any:
        return boto3.client(
            service,
            region_name=region,
            endpoint_url=aws.endpoint,
            aws_access_key_id="rehearsal",
            aws_secret_access_key="rehearsal",
        )

    (budget,) = client("budgets").describe_budgets(AccountId="123456789012")["Budgets"]
    assert budget["CostFilters"] == {"Region": [region]}
    # An account has one monitor of services: the primary declares it for both stacks.
    monitors = [monitor["MonitorType"] for monitor in client("ce").get_anomaly_monitors()["AnomalyMonitors"]]
    assert monitors == {"primary": ["DIMENSIONAL"], "dr": []}[stack]
    assert client("xray").get_encryption_config()["EncryptionConfig"]["Type"] == "KMS"

    engine.destroy(stack, lambda *_: None)
    assert client("budgets").describe_budgets(AccountId="123456789012").get("Budgets", []) == []
    assert client("ce").get_anomaly_monitors()["AnomalyMonitors"] == []
    assert client("xray").get_groups()["Groups"] == []
    assert client("xray").list_resource_policies()["ResourcePolicies"] == []
    rules = [
        record["SamplingRule"]["RuleName"] for record in client("xray").get_sampling_rules()["SamplingRuleRecords"]
    ]
    assert rules == ["Default"]


def _made(type_: str) -> bool:
    return type_.startswith("aws:")
