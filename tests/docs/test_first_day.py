"""Commands of the first day's page exist, and take the arguments that the page gives them."""

from __future__ import annotations

import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import yaml

from blueprint import Blueprint
from blueprint.costs.estimate import estimate
from blueprint.costs.prices import prices

ROOT = Path(__file__).parents[2]
PAGES = ("docs/first-day.md", "docs/teardown.md")
_BLOCK = re.compile(r"^ *```console\n(.*?)^ *```", re.DOTALL | re.MULTILINE)
# Commands of others: their arguments are checked where AWS's own model knows them.
_OTHERS = ("pulumi ", "make ", "dig ", "crane ", "git ", ". ")


def commands() -> list[str]:
    """Each command of the console blocks on one line, in the order of the pages."""
    found: list[str] = []
    for page in PAGES:
        for block in _BLOCK.findall((ROOT / page).read_text(encoding="utf-8")):
            lines = block.replace("\\\n", " ").splitlines()
            found += [" ".join(line.split()) for line in lines if line.strip()]
    return list(dict.fromkeys(found))


OWN = sorted({command.split()[2] for command in commands() if command.startswith("python -m ")})


def test_the_pages_have_commands_of_every_kind() -> None:
    """A page whose blocks are not found would pass every other test."""
    assert {"blueprint", "preflight", "runbook", "delivery"} <= set(OWN)
    strays = [c for c in commands() if not c.startswith(("python -m ", "aws ", *_OTHERS))]
    assert strays == []


@pytest.mark.parametrize("module", OWN)
def test_options_that_the_page_gives_are_in_the_commands_own_help(module: str) -> None:
    """`--help` of each command, with its subcommand, answers with exit code 0 and names each option."""
    for command in (c for c in commands() if c.split()[2:3] == [module]):
        words = command.split(" > ")[0].split()[3:]
        options = {word for word in words if word.startswith("--")}
        names = [word for word in words if re.fullmatch(r"[a-z]+", word)]
        lead = names[:1] if names and names[0] not in ("primary", "dr", "sandbox") else []
        shown = subprocess.run(
            [sys.executable, "-m", module, *lead, "--help"], cwd=ROOT, capture_output=True, text=True, timeout=120
        )
        assert shown.returncode == 0, command
        assert {option for option in options if option not in shown.stdout} == set(), command


def test_calls_of_aws_name_operations_and_parameters_that_exist() -> None:
    """Each `aws SERVICE OPERATION --parameter` against botocore's service models."""
    from botocore import xform_name
    from botocore.session import Session

    session = Session()
    calls = [command.split(" | ")[0].split()[1:] for command in commands() if command.startswith("aws ")]
    assert calls
    for service, operation, *words in calls:
        model = session.get_service_model("s3" if service == "s3api" else service)
        known = {xform_name(name, "-"): name for name in model.operation_names}
        assert operation in known, (service, operation)
        members = {xform_name(name, "-") for name in model.operation_model(known[operation]).input_shape.members}
        given = {word.removeprefix("--").removeprefix("no-") for word in words if word.startswith("--")} - {"region"}
        assert given <= members, (service, operation, given - members)


def test_stacks_that_the_page_names_have_a_file() -> None:
    named = {
        stack
        for c in commands()
        for stack in re.findall(r"--stack (\w+)|stack init (\w+)", c)
        for stack in stack
        if stack
    }
    assert named == {"primary", "dr", "sandbox"}
    assert all((ROOT / f"Pulumi.{stack}.yaml").exists() for stack in named)


def test_tools_that_the_pages_run_are_listed_under_what_to_have() -> None:
    """A newcomer installs them before the first step; `pulumi` and `python` come by `make setup engine`."""
    listed = (
        (ROOT / "docs/first-day.md")
        .read_text(encoding="utf-8")
        .partition("## What to have")[2]
        .partition("## Steps")[0]
    )
    tools = {command.split()[0] for line in commands() for command in line.split(" | ")}
    names = {"aws": "AWS CLI"}
    assert {t for t in tools - {"python", "pulumi", "make", "."} if names.get(t, t) not in listed} == set()


@pytest.mark.parametrize("stack", ["primary", "dr"])
def test_costs_a_month_are_those_of_the_estimate(stack: str, request: pytest.FixtureRequest) -> None:
    """Pages and stack files say the same rounded figure, and the command prints it."""
    monthly = estimate(request.getfixturevalue(stack), prices()).monthly
    shown = f"{round(monthly, -2):,.0f} USD"
    assert shown in (ROOT / "docs/first-day.md").read_text(encoding="utf-8")
    assert shown in (ROOT / "README.md").read_text(encoding="utf-8")
    said = re.findall(r"some ([\d,]+ USD) a month", (ROOT / f"Pulumi.{stack}.yaml").read_text(encoding="utf-8"))
    assert set(said) <= {shown}


def test_what_the_take_down_unprotects_is_what_the_primary_protects(primary: Blueprint) -> None:
    """Each load balancer, database and table with AWS's own deletion protection is named by a command."""
    text = (ROOT / "docs/teardown.md").read_text(encoding="utf-8")
    protected = {
        str(resource.properties.get("name") or resource.properties.get("identifier"))
        for resource in primary.resources
        for key in ("deletionProtection", "enableDeletionProtection", "deletionProtectionEnabled")
        if resource.properties.get(key) is True
    }
    assert len(protected) >= 7
    assert {name for name in protected if name not in text} == set()


def test_keys_and_account_are_shown_as_the_settings_take_them() -> None:
    """The YAML of the page has the account as a text and a list of keys in PEM."""
    page = (ROOT / "docs/first-day.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    shown = yaml.safe_load(textwrap.dedent(block))
    assert isinstance(shown["trading-platform:accountId"], str)
    (key,) = shown["trading-platform:tokenKeys"]
    assert key.startswith("-----BEGIN PUBLIC KEY-----\n")
    assert key.endswith("-----END PUBLIC KEY-----\n")
