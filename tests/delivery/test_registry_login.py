"""Credentials of registries for Helm."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from delivery.registry_login import LoginError, log_in, registry_of

ROOT = Path(__file__).parents[2]
HOST = "123456789012.dkr.ecr.us-west-2.amazonaws.com"


class Registry:
    """Answers with a token, or with a refusal."""

    def __init__(self, refused: bool = False) -> None:
        self.refused = refused

    def get_authorization_token(self) -> dict[str, Any]:
        if self.refused:
            raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "GetAuthorizationToken")
        return {"authorizationData": [{"authorizationToken": "QVdTOnRva2Vu"}]}


def test_the_registry_is_the_one_of_the_stacks_region():
    assert registry_of(ROOT, "dr") == (HOST, "us-west-2")
    assert registry_of(ROOT, "organization/trading-platform/primary")[1] == "us-east-1"


def test_a_stack_without_a_file_is_refused_with_the_way_out():
    with pytest.raises(LoginError, match=r"Pulumi.nowhere.yaml: does not exist; name a stack"):
        registry_of(ROOT, "nowhere")


def test_credentials_are_added_for_nobody_else_to_read(tmp_path: Path):
    """Other registries' credentials stay; the file belongs to its owner alone."""
    file = tmp_path / ".docker" / "config.json"
    file.parent.mkdir()
    file.write_text('{"auths": {"other": {"auth": "x"}}, "currentContext": "here"}')
    file.chmod(0o600)
    log_in(HOST, "us-west-2", file, lambda service, region: Registry())
    known = json.loads(file.read_text())
    assert known["auths"] == {"other": {"auth": "x"}, HOST: {"auth": "QVdTOnRva2Vu"}}
    assert known["currentContext"] == "here"
    assert file.stat().st_mode & 0o077 == 0


def test_a_new_file_is_made_for_its_owner(tmp_path: Path):
    file = tmp_path / "new" / "config.json"
    log_in(HOST, "us-west-2", file, lambda service, region: Registry())
    assert file.stat().st_mode & 0o077 == 0


def test_a_refusal_is_a_sentence(tmp_path: Path):
    with pytest.raises(LoginError, match=r"gave no credentials: .*; allow ecr:GetAuthorizationToken"):
        log_in(HOST, "us-west-2", tmp_path / "config.json", lambda service, region: Registry(refused=True))


@pytest.mark.parametrize("text", ["no JSON", "[]"])
def test_a_file_that_is_not_dockers_is_left_alone(text: str, tmp_path: Path):
    file = tmp_path / "config.json"
    file.write_text(text)
    with pytest.raises(LoginError, match="move it away"):
        log_in(HOST, "us-west-2", file, lambda service, region: Registry())
    assert file.read_text() == text
