"""The command: exit codes, what it prints, and what it says when AWS cannot be asked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    InvalidRegionError,
    ProxyConnectionError,
    RefreshWithMFAUnsupportedError,
    TokenRetrievalError,
    UnauthorizedSSOTokenError,
)
from typer.testing import CliRunner

import preflight.__main__ as command
from aws_emulator import server
from aws_emulator.faults import Fault
from benchmarks.preflight import RATIO
from blueprint import record_primary
from preflight.account import Account, CannotAskError
from preflight.checks import CHECKS
from preflight.declared import Declared
from preflight.model import Finding, Verdict
from preflight.run import ask, exit_code, questions_of
from tests.preflight.stubs import Error, stubbed

Client = Callable[[str, str], Any]
REGIONS = {"Regions": [{"RegionName": "us-east-1", "OptInStatus": "opt-in-not-required"}]}


def refusing(client: Client, refused: Mapping[str, str]) -> Client:
    """The same clients, of which some operations answer an error: by operation name, its code."""

    def make(service: str, region: str) -> Any:
        made = client(service, region)

        def before_call(model: Any, **_: Any) -> None:
            if model.name in refused:
                raise ClientError({"Error": {"Code": refused[model.name], "Message": "no"}}, model.name)

        made.meta.events.register("before-call", before_call)
        return made

    return make


def test_everything_is_asked_side_by_side_and_answered_in_order(declared: Declared, account: Account) -> None:
    questions = questions_of(declared)
    heard: list[Finding] = []
    findings = ask(questions, account, heard.append)
    assert [finding.subject for finding in findings] == [question.subject for question in questions]
    assert len(heard) == len(questions)
    assert {question.check for question in questions} == {check.name for check in CHECKS}
    assert Verdict.UNANSWERED not in {finding.verdict for finding in findings}


@pytest.mark.parametrize("code", ["AccessDenied", "AccessDeniedException", "UnauthorizedOperation"])
def test_a_denied_call_is_a_line_of_its_own_with_the_permission(declared: Declared, client: Client, code: str) -> None:
    account = Account(refusing(client, {"DescribeAddresses": code, "GetServiceQuota": code}), emulated=True)
    findings = ask(questions_of(declared), account)
    (addresses,) = [finding for finding in findings if finding.subject == "EC2-VPC Elastic IPs"]
    assert addresses.verdict is Verdict.UNANSWERED
    assert addresses.way_out == "allow the caller GetServiceQuota"
    assert exit_code([addresses]) == 2


def test_a_throttled_call_is_named(declared: Declared, client: Client, in_memory_aws: server.RunningServer) -> None:
    in_memory_aws.inject(Fault("throttled", "kinesis", "DescribeLimits", "us-east-1", count=100))
    try:
        findings = ask(questions_of(declared), Account(client, emulated=True))
    finally:
        in_memory_aws.clear_faults()
    (shards,) = [finding for finding in findings if finding.subject == "Kinesis shards"]
    assert shards.verdict is Verdict.UNANSWERED
    assert "throttled DescribeLimits" in shards.found
    assert shards.way_out == "ask again in a minute"


def test_what_stops_comes_before_what_could_not_be_asked() -> None:
    def finding(verdict: Verdict) -> Finding:
        return Finding("c", "s", "r", "n", verdict, "f", "")

    assert exit_code([finding(Verdict.OK), finding(Verdict.WARNS), finding(Verdict.NOT_ASKED)]) == 0
    assert exit_code([finding(Verdict.UNANSWERED), finding(Verdict.STOPS)]) == 1
    assert exit_code([finding(Verdict.UNANSWERED), finding(Verdict.OK)]) == 2


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({("sts", "get_caller_identity"): {"Account": "999988887777", "Arn": "arn:aws:iam::999988887777:user/desk"}},
         "accountId = '123456789012': the credentials are of account 999988887777"),
        ({("sts", "get_caller_identity"): Error("ExpiredToken", 403)}, "refuses the credentials (ExpiredToken)"),
        ({("sts", "get_caller_identity"): Error("Throttling")}, "throttled sts:GetCallerIdentity"),
        ({("sts", "get_caller_identity"): {"Account": "123456789012", "Arn": "arn:aws:iam::123456789012:user/desk"},
          ("ec2", "describe_regions"): Error("UnauthorizedOperation", 403)}, "the caller may not ec2:DescribeRegions"),
        ({("sts", "get_caller_identity"): {"Account": "123456789012", "Arn": "arn:aws:iam::123456789012:user/desk"},
          ("ec2", "describe_regions"): {"Regions": [{"RegionName": "us-east-1", "OptInStatus": "not-opted-in"}]}},
         "is not enabled in this account"),
        ({("sts", "get_caller_identity"): {"Account": "123456789012", "Arn": "arn:aws:iam::123456789012:user/desk"},
          ("ec2", "describe_regions"): Error("AuthFailure", 401)}, "refuses the credentials (AuthFailure)"),
    ],
)  # fmt: skip
def test_an_account_that_cannot_be_asked_is_one_line(declared: Declared, answers: Any, said: str) -> None:
    with pytest.raises(CannotAskError) as refused:
        stubbed(answers).require_identity(declared.account, declared.region)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.fixture
def run(declared: Declared, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Runs the command on the recorded primary, in this process."""
    monkeypatch.setattr(command, "declared_of", lambda _stack, _overrides: declared)
    monkeypatch.setattr(command, "settings_of", lambda _stack, _overrides: declared.settings)
    return lambda *arguments: CliRunner().invoke(command.app, ["primary", *arguments])


@pytest.fixture
def own_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str, str], None]:
    """`own_files(config, credentials)`: AWS's files of this test alone, in place of the environment's credentials."""
    monkeypatch.setattr("preflight.account._SESSIONS", [])
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("HOME", str(tmp_path))

    def write(config: str, credentials: str) -> None:
        (tmp_path / "config").write_text(config)
        (tmp_path / "credentials").write_text(credentials)
        monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))

    return write


_KEYS = "aws_access_key_id = A\naws_secret_access_key = s\n"


@pytest.mark.parametrize(
    ("config", "credentials", "profile", "said"),
    [
        ("[profile desk]\nregion = us-east-1\n", "", "nope",
         "AWS_PROFILE: The config profile (nope) could not be found"),
        ("", "", None, "no credentials for AWS (Unable to locate credentials)"),
        ("no section\n", "", None, "AWS's configuration cannot be used"),
        ("", "[default]\naws_access_key_id = A\n", None, "set both AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"),
        ("[profile desk]\nrole_arn = r\nsource_profile = nobody\n", "", "desk", "AWS's configuration cannot be used"),
        ("[profile desk]\nrole_arn = r\nsource_profile = desk\n", "", "desk", "AWS's configuration cannot be used"),
        ("[profile desk]\nrole_arn = r\nsource_profile = other\n[profile other]\nrole_arn = r\nsource_profile = desk\n",
         "", "desk", "AWS's configuration cannot be used"),
        ("[profile desk]\ncredential_process = false\n", "", "desk", "no credentials for AWS"),
        ("[sso-session s]\nsso_start_url = https://x.awsapps.com/start\nsso_region = us-east-1\n"
         "[profile desk]\nsso_session = s\nsso_account_id = 123456789012\nsso_role_name = desk\n", "", "desk",
         "run `aws sso login`"),
        ("[profile desk]\nsso_start_url = https://x.awsapps.com/start\nsso_region = us-east-1\n"
         "sso_account_id = 123456789012\nsso_role_name = desk\n", "", "desk", "run `aws sso login`"),
    ],
)  # fmt: skip
def test_wrong_configuration_is_one_line_and_exit_code_2(
    run: Callable[..., Any], own_files: Callable[[str, str], None], monkeypatch: pytest.MonkeyPatch,
    config: str, credentials: str, profile: str | None, said: str,
) -> None:  # fmt: skip
    """Each way in which botocore finds no credentials: the line names what to set, before the evaluation."""
    own_files(config, credentials)
    if profile:
        monkeypatch.setenv("AWS_PROFILE", profile)
    monkeypatch.setattr(command, "declared_of", never)
    result = run()
    assert result.exit_code == 2, result.output
    assert said in result.output
    assert len(result.output.strip().splitlines()) == 1
    assert result.exception is None or isinstance(result.exception, SystemExit)


def never(*_: object) -> Any:
    raise AssertionError("the stack is evaluated before the caller is known")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "AssumeRole"), "role cannot be assumed"),
        (ClientError({"Error": {"Code": "ExpiredToken", "Message": "old"}}, "GetCallerIdentity"), "log in again"),
        (
            ClientError({"Error": {"Code": "Throttling", "Message": "slow"}}, "GetCallerIdentity"),
            "ask again in a minute",
        ),
        (UnauthorizedSSOTokenError(), "run `aws sso login`"),
        (TokenRetrievalError(provider="sso", error_msg="expired"), "run `aws sso login`"),
        (RefreshWithMFAUnsupportedError(), "with a code of MFA"),
        (EOFError(), "asks for a code of MFA"),
        (InvalidRegionError(region_name="no region"), "set it to a region of AWS"),
        (EndpointConnectionError(endpoint_url="https://sts"), "AWS cannot be reached"),
        (ConnectTimeoutError(endpoint_url="https://sts"), "AWS cannot be reached"),
        (ProxyConnectionError(proxy_url="http://proxy"), "AWS cannot be reached"),
        (ValueError("Invalid endpoint: nowhere"), "check AWS_ENDPOINT_URL"),
    ],
)
def test_each_error_of_the_first_call_is_one_line(error: Exception, said: str) -> None:
    """What botocore raises for a role, a session, a code of MFA, a region, a network."""

    def refuse(*_: object) -> Any:
        raise error

    with pytest.raises(CannotAskError) as refused:
        Account(refuse).require_identity("123456789012", "us-east-1")
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_nothing_is_evaluated_and_nothing_is_written_before_the_caller_is_known(
    run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a wrong account only the two calls that say so are made."""
    answers = {
        ("sts", "get_caller_identity"): {"Account": "999988887777", "Arn": "arn:aws:iam::999988887777:user/desk"}
    }
    monkeypatch.setattr(command, "Account", lambda emulated: stubbed(answers))
    monkeypatch.setattr(command, "declared_of", never)
    result = run()
    assert result.exit_code == 2
    assert "the credentials are of account 999988887777" in result.output


def test_the_list_of_instance_types_needs_no_profile() -> None:
    """`--offline` imports nothing that makes a session: a profile that does not exist does not matter to it."""
    code = "from aws_facts.on_demand import vcpus; print(vcpus('c5n.9xlarge'))"
    asked = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "AWS_PROFILE": "nope"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert asked.stdout == "36\n", asked.stderr


def test_without_credentials_it_is_one_line_and_exit_code_2(
    run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("preflight.account._SESSIONS", [])
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    result = run()
    assert result.exit_code == 2
    assert "no credentials for AWS" in result.output
    assert "Traceback" not in result.output


def test_offline_lists_what_to_request_without_a_call(run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody(*_: object) -> Any:
        raise AssertionError("offline makes no client")

    monkeypatch.setattr("preflight.account.make_client", nobody)
    result = run("--offline", "--json")
    assert result.exit_code == 0
    document = json.loads(result.stdout[result.stdout.index("{") :])
    requests = [entry["request"] for entry in document["requests"] if entry["request"]]
    assert any("L-1216C47A" in request for request in requests)
    assert any("L-3032A538" in request for request in requests)
    assert not any("L-F678F1CE" in request for request in requests), "one VPC needs no request"


def test_json_leaves_one_document_on_stdout(
    run: Callable[..., Any], client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "Account", lambda emulated: Account(client, emulated=True))
    result = run("--json")
    document = json.loads(result.stdout)
    assert document["exit_code"] == result.exit_code
    assert set(document["findings"][0]) == {"check", "subject", "region", "needed", "verdict", "found", "way_out"}


def test_a_bad_setting_is_the_settings_own_message() -> None:
    result = CliRunner().invoke(command.app, ["primary", "--set", "vpcCidr=8.8.0.0/16"])
    assert result.exit_code == 2
    assert "vpcCidr = '8.8.0.0/16': is not a private range" in result.output


def test_the_questions_cost_little_beside_the_evaluation(declared: Declared) -> None:
    """The bound is a ratio of processor times of the same machine: evaluation, and questions derived from it."""
    begun = time.process_time()
    record_primary()
    evaluation = time.process_time() - begun
    begun = time.process_time()
    questions_of(declared)
    assert time.process_time() - begun <= RATIO * evaluation
