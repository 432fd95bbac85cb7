"""An update on AWS refuses values of documentation; the blueprint, a preview and the in-memory AWS take them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pulumi
import pytest

from blueprint import record_primary
from blueprint.program import stack_config
from components.settings import Settings, SettingsError

OWN: dict[str, Any] = {
    "accountId": "314159265358",
    "customerGatewayIp": "8.8.4.4",
    "apiDomain": "api.mycompany.com",
    "tradingApiDomain": "orders.mycompany.com",
    "tokenIssuer": "https://id.mycompany.com",
    "operationsEmails": ["desk@mycompany.com"],
}


def configured(monkeypatch: pytest.MonkeyPatch, values: dict[str, Any], *, dry_run: bool) -> Settings:
    """The settings as the program reads them in an update or a preview."""
    monkeypatch.setattr("components.settings.root._configured", lambda: values)
    monkeypatch.setattr(pulumi.runtime, "is_dry_run", lambda: dry_run)
    return Settings.from_config()


@pytest.mark.parametrize("stack", ["primary", "dr"])
def test_an_update_with_the_committed_stack_file_names_every_value_to_change(
    stack: str, monkeypatch: pytest.MonkeyPatch
):
    values = {key.partition(":")[2]: value for key, value in stack_config(stack).items() if "trading" in key}
    with pytest.raises(SettingsError) as refusal:
        configured(monkeypatch, values, dry_run=False)
    lines = str(refusal.value).splitlines()
    named = {line.partition(" = ")[0].removeprefix("trading-platform:") for line in lines}
    assert named == set(OWN)
    assert all("documentation; set it to" in line for line in lines)


def test_a_preview_warns_of_them(monkeypatch: pytest.MonkeyPatch):
    said: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", said.append)
    configured(monkeypatch, {}, dry_run=True)
    assert any("trading-platform:apiDomain = 'api.trading.example'" in line for line in said)


def test_a_takeover_is_not_refused(monkeypatch: pytest.MonkeyPatch):
    """What an earlier update let pass must not stop the one that matters."""
    said: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", said.append)
    active = {"role": "dr", "region": "us-west-2", "vpcCidr": "10.1.0.0/16", "active": True, "transitGatewayAsn": 64513}
    zones = {"availabilityZones": [f"us-west-2{letter}" for letter in "abc"]}
    assert configured(monkeypatch, {**active, **zones}, dry_run=False)
    assert said


@pytest.mark.parametrize("allowed", ["emulator", "exampleValues"])
def test_a_setting_allows_them(allowed: str, monkeypatch: pytest.MonkeyPatch):
    assert configured(monkeypatch, {allowed: True}, dry_run=False)


def test_values_of_ones_own_are_taken(monkeypatch: pytest.MonkeyPatch):
    assert configured(monkeypatch, OWN, dry_run=False)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("accountId", "111122223333"),
        ("accountId", "000000000000"),
        ("customerGatewayIp", "198.51.100.7"),
        ("apiDomain", "api.example.com"),
        ("tradingApiDomain", "orders.desk.test"),
        ("tokenIssuer", "https://id.example.org/realms/desk"),
        ("operationsEmails", ["desk@mycompany.com", "ops@example.net"]),
        ("approverEmails", ["risk@example.com"]),
        ("clientCidrs", ["203.0.113.7/32"]),
        ("certificateArn", "arn:aws:acm:us-east-1:123456789012:certificate/0a1b"),
        ("trustedPrincipals", ["arn:aws:iam::444455556666:role/desk"]),
        ("operationsEndpoints", ["https://hooks.example.com/alarms"]),
        ("serviceImage", "registry.example/team/app"),
        ("serviceImage", "registry.example:5000/team/app"),
        ("serviceImage", "111122223333.dkr.ecr.us-east-1.amazonaws.com/team/app"),
        ("operationsEmails", ["desk+ops@mail.bank.test"]),
        ("tokenIssuer", "https://192.0.2.7/realm"),
        ("samlProviderArn", "arn:aws:iam::111122223333:saml-provider/Okta"),
        ("stateBackendUrl", "s3://state?region=us-west-2&endpoint=https://minio.desk.test"),
    ],
)
def test_any_setting_with_such_a_value_is_named(key: str, value: Any, monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(SettingsError) as refusal:
        configured(monkeypatch, {**OWN, key: value}, dry_run=False)
    (line,) = str(refusal.value).splitlines()
    assert line.startswith(f"trading-platform:{key} = ")
    assert "documentation; " in line


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("operationsEmails", ["jane.test+ops@bank.com"]),
        ("operationsEmails", ["a.b.example@bank.com"]),
        ("operationsEndpoints", ["https://hooks.bank.com/a.test/example.com"]),
        ("githubRepository", "owner/platform.test"),
        ("connectionRepository", "owner/platform.example"),
        ("deliveryBranch", "ci.test"),
        ("deliveryBranch", "release/v1.0.test"),
        ("trustedPrincipals", ["arn:aws:iam::314159265358:user/jane.test"]),
        ("trustedPrincipals", ["arn:aws:iam::314159265358:user/jane@example.com"]),
        ("trustedPrincipals", ["arn:aws:iam::314159265358:user/111122223333"]),
        ("clusterAdmins", ["arn:aws:iam::314159265358:role/jane.test"]),
        ("samlProviderArn", "arn:aws:iam::314159265358:saml-provider/Okta.test"),
        ("serviceHealthPath", "/status.test"),
        ("serviceImage", "registry.bank.com/platform.test"),
        ("serviceImageVersion", "1.0.test"),
        ("stateBackendUrl", "s3://acme.state.test?region=us-west-2"),
        ("certificateArn", "arn:aws:acm:us-east-1:314159265358:certificate/0a1b2c3d-0a1b-2c3d-4e5f-111122223333"),
        ("tokenAudience", "https://trading.example"),
        ("tokenAccountClaim", "https://trading.example/account_id"),
        ("canaryAccount", "111122223333"),
        ("engineImageParameter", "/images/engine.test"),
        ("recoveryStack", "bank.test/trading-platform/dr.example"),
        ("primaryStack", "bank.test/trading-platform/primary.example"),
        ("scaleOutSource", "source.test/platform.example.zip"),
        ("apiDomain", "api.example-desk.com"),
        ("apiDomain", "test.mycompany.com"),
    ],
)
def test_a_value_with_the_form_of_a_domain_or_account_elsewhere_is_taken(
    key: str, value: Any, monkeypatch: pytest.MonkeyPatch
):
    """A domain is judged where the type of the setting has one, and an account where an ARN has its account."""
    connected = {"pipelineSource": "connection"} if key == "connectionRepository" else {}
    assert configured(monkeypatch, {**OWN, **connected, key: value}, dry_run=False)


def test_the_blueprint_takes_them():
    assert record_primary().outputs


def test_the_program_reads_its_settings_by_the_checked_way():
    """`Settings.parse` alone refuses nothing of this kind."""
    program = (Path(__file__).parents[3] / "__main__.py").read_text(encoding="utf-8")
    assert "Settings.from_config()" in program
