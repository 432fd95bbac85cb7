"""Alarms, filters and dashboards of every kind that the platform declares, through the genuine provider: created in the
in-memory AWS, and found by a second plan as they were declared."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import boto3
import pytest

from aws_emulator import server
from aws_emulator.variables import client_variables
from blueprint import Blueprint, Resource
from blueprint.references import Reference
from components.observability import log_metrics
from rehearsal.engines.terraform import TerraformEngine
from rehearsal.stacks import Declared
from tests.components.observability.pairing import ALARM, COMPOSITE, DASHBOARD, FILTER

pytestmark = pytest.mark.rehearsal

_REGION = "us-west-2"
_LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
_PROVIDER = "pulumi:providers:aws"
_KINDS = (ALARM, COMPOSITE, DASHBOARD, FILTER)
_REFERENCE = re.compile(r"\$\{([^}]+)\}")
# A second and a half for each alarm would still be done; a provider that retries for ever would not.
_LIMIT_SECONDS = 900


@pytest.fixture(scope="module")
def ground(primary: Blueprint, dr: Blueprint) -> Blueprint:
    """What watches the recovery region standing by, and the signals of the trail, without what they watch: ids that
    only the cloud can give are replaced by a text."""
    watching = [_watching(resource) for resource in dr.resources if resource.type in _KINDS and _here(resource)]
    signals = {metric.name for metric in log_metrics.TRAIL}
    trail = [
        replace(_watching(resource), provider=watching[0].provider)
        for resource in primary.resources
        if (resource.type == FILTER and resource.name in signals)
        or (resource.type == ALARM and resource.name.startswith("trail-"))
    ]
    groups = {filter_.properties["logGroupName"] for filter_ in (*watching, *trail) if filter_.type == FILTER}
    provider = [r for r in dr.of_type(_PROVIDER) if r.name == "regional"]
    made = [_group(number, name, watching[0]) for number, name in enumerate(sorted(groups))]
    by_group = {group.properties["name"]: group for group in made}
    declared = [_after(resource, by_group) for resource in (*watching, *trail)]
    return Blueprint("dr", tuple(sorted((*provider, *made, *declared), key=lambda r: r.urn)), {})


def _here(resource: Resource) -> bool:
    return (resource.provider or "").endswith("::regional")


def _watching(resource: Resource) -> Resource:
    options = {key: value for key, value in resource.options.items() if key != "retainOnDelete"}
    return replace(resource, properties=_settled(dict(resource.properties)), dependencies=(), options=options)


def _settled(value: Any) -> Any:
    if isinstance(value, str):
        return _REFERENCE.sub(lambda match: _text_for(match.group(1)), value)
    if isinstance(value, dict):
        return {key: _settled(item) for key, item in value.items()}
    return [_settled(item) for item in value] if isinstance(value, list | tuple) else value


def _text_for(reference: str) -> str:
    if reference.endswith("#arn"):
        return f"arn:aws:sns:{_REGION}:123456789012:operations"
    return re.sub(r"[^a-z0-9]+", "-", reference.lower()).strip("-")


def _group(number: int, name: str, like: Resource) -> Resource:
    project = like.urn.split("::")[:2]
    return Resource(
        "::".join([*project, _LOG_GROUP, f"group-{number}"]),
        _LOG_GROUP,
        f"group-{number}",
        True,
        None,
        like.provider,
        {"name": name},
        (),
        {},
    )


def _after(resource: Resource, groups: dict[str, Resource]) -> Resource:
    if resource.type != FILTER:
        return resource
    group = groups[resource.properties["logGroupName"]]
    name = str(Reference(group.type, group.name, "name"))
    return replace(resource, properties={**resource.properties, "logGroupName": name}, dependencies=(group.urn,))


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[server.RunningServer]:
    with server.start(log=tmp_path_factory.mktemp("aws") / "server.log") as running:
        yield running


@pytest.fixture(scope="module")
def engine(aws: server.RunningServer, tmp_path_factory: pytest.TempPathFactory) -> TerraformEngine:
    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", **client_variables(aws.endpoint, _REGION)}
    return TerraformEngine(tmp_path_factory.mktemp("build"), environment)


@pytest.mark.timeout(_LIMIT_SECONDS)
def test_all_that_watches_is_created_and_a_second_plan_changes_nothing(
    ground: Blueprint, engine: TerraformEngine, aws: server.RunningServer
) -> None:
    declared = Declared("dr", {"emulator": True}, ground)
    engine.preview("dr", declared)
    outcome = engine.up("dr", declared, lambda _progress: None)
    assert not outcome.not_created, outcome.not_created
    assert not outcome.unsupported_arguments, outcome.unsupported_arguments
    _, drift = engine.drift("dr")
    assert not drift, "\n".join(f"{entry.address}: {entry.arguments}" for entry in drift)

    cloudwatch = boto3.client(
        "cloudwatch",
        region_name=_REGION,
        endpoint_url=aws.endpoint,
        aws_access_key_id="rehearsal",
        aws_secret_access_key="rehearsal",
    )
    (latency,) = cloudwatch.describe_alarms(AlarmNames=["trading-dr-engine-latency"])["MetricAlarms"]
    assert (latency["ExtendedStatistic"], latency["Period"], latency["Unit"]) == ("p99", 10, "Microseconds")
    assert (latency["DatapointsToAlarm"], latency["EvaluateLowSampleCountPercentile"]) == (2, "ignore")
    cloudwatch.set_alarm_state(AlarmName="trading-dr-engine-latency", StateValue="ALARM", StateReason="test")
    found = cloudwatch.describe_alarms(AlarmNames=["trading-dr-latency-degraded"], AlarmTypes=["CompositeAlarm"])
    assert found["CompositeAlarms"][0]["StateValue"] == "ALARM", "people are told through the composite"
