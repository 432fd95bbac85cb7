"""A build acts as the deployer by a profile without keys, and begins only when it has what it needs."""

from __future__ import annotations

from pathlib import Path

import pytest
from botocore.session import Session
from typer.testing import CliRunner

from delivery.__main__ import app
from delivery.profile import config_file, write

ROLE = "arn:aws:iam::123456789012:role/trading-primary-deployer"


def test_the_sdk_finds_the_role_and_takes_the_containers_credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    config = tmp_path / "aws" / "config"
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    said = CliRunner().invoke(app, ["profile", "deployer", ROLE])
    assert said.exit_code == 0, said.output
    found = Session(profile="deployer").get_scoped_config()
    assert found["role_arn"] == ROLE
    assert found["credential_source"] == "EcsContainer"
    assert "key" not in config.read_text(encoding="utf-8"), "no key is written"


def test_a_second_time_changes_the_role_and_leaves_other_profiles(tmp_path: Path):
    config = tmp_path / "config"
    config.write_text("[profile mine]\nregion = us-west-2\n", encoding="utf-8")
    write(config, "deployer", ROLE)
    write(config, "deployer", ROLE.replace("primary", "dr"))
    text = config.read_text(encoding="utf-8")
    assert "[profile mine]\nregion = us-west-2" in text
    assert text.count("[profile deployer]") == 1
    assert "role/trading-dr-deployer" in text


@pytest.mark.parametrize(("name", "role"), [("deployer", "trading-primary-deployer"), ("de ployer]", ROLE)])
def test_what_is_no_role_or_no_name_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, role: str):
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    said = CliRunner().invoke(app, ["profile", name, role])
    assert said.exit_code == 1
    assert repr(role if name == "deployer" else name) in said.output, "it names the value"
    assert not (tmp_path / "config").exists(), "nothing is written"


def test_the_shared_configuration_is_where_the_tools_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("AWS_CONFIG_FILE", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert config_file() == tmp_path / ".aws" / "config"


def test_a_build_without_a_state_says_where_to_name_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("PULUMI_BACKEND_URL", raising=False)
    monkeypatch.setenv("PULUMI_STACK", "dr")
    said = CliRunner().invoke(app, ["ready", "PULUMI_BACKEND_URL", "PULUMI_STACK"])
    assert said.exit_code == 1
    assert "PULUMI_BACKEND_URL: is not set; set stateBackendUrl" in said.output
    assert "PULUMI_STACK" not in said.output, "what is set is not complained of"


def test_a_build_that_has_what_it_needs_begins(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PULUMI_BACKEND_URL", "s3://state?region=us-west-2")
    assert CliRunner().invoke(app, ["ready", "PULUMI_BACKEND_URL"]).exit_code == 0
