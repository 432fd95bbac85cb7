"""Every step of a build and of a workflow is a command that the repository has, in the order that delivery needs."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from botocore.session import get_session

from blueprint import Blueprint
from blueprint.program import ROOT
from components.settings.consistency.delivery import GITHUB_SESSION_HOURS

BUILDSPECS = sorted((ROOT / "delivery" / "buildspecs").glob("*.yaml"))
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yaml"))
ACTIONS = sorted((ROOT / ".github" / "actions").glob("*/action.yaml"))
CHECKS = ROOT / ".github" / "workflows" / "checks.yaml"
PROJECT = "aws:codebuild/project:Project"
PYTHON = ".venv/bin/python"
ENGINE = ".venv/bin/pulumi"

Json = dict[str, Any]


def _read(path: Path) -> Json:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def _commands(path: Path) -> list[str]:
    return [command for phase in _read(path)["phases"].values() for command in phase.get("commands", [])]


def _steps(path: Path) -> Iterator[Json]:
    document = _read(path)
    if "runs" in document:
        yield from document["runs"]["steps"]
    for job in document.get("jobs", {}).values():
        yield from job.get("steps", [])


def _runs(path: Path) -> list[str]:
    return [line for step in _steps(path) if "run" in step for line in step["run"].splitlines()]


STEPS = [(path, command) for path in BUILDSPECS for command in _commands(path)]
STEPS += [(path, command) for path in (*WORKFLOWS, *ACTIONS) for command in _runs(path)]


def _words(command: str) -> list[str]:
    """Of the command before a pipe or a redirection, which only keep what it says."""
    words = shlex.split(command)
    ends = [words.index(sign) for sign in ("|", ">", "2>&1") if sign in words]
    return words[: min(ends)] if ends else words


def _option(words: list[str], name: str) -> str:
    return words[words.index(name) + 1]


def _targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):(?!=)", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def _check_python(words: list[str]) -> None:
    assert words[1] == "-m"
    result = subprocess.run(
        [sys.executable, "-m", *words[2:4], "--help"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert result.returncode == 0, f"{' '.join(words[:4])} is no command of the repository: {result.stderr}"
    # As a terminal shows it, so without what makes it colourful.
    told = re.sub(r"\x1b\[[0-9;]*m", "", result.stdout)
    for option in (word for word in words if word.startswith("--")):
        assert option in told, f"{words[2]} {words[3]} has no option {option}"


def _check_engine(words: list[str]) -> None:
    verb, stack = words[1], _option(words, "--stack")
    if not stack.startswith("$"):
        assert (ROOT / f"Pulumi.{stack}.yaml").is_file(), f"there is no stack {stack}"
    if verb == "stack":
        assert [words[2], *words[5:]] == ["output", "--json"], "it reads what the stack exports, secrets left out"
        return
    assert verb in ("preview", "up")
    assert _option(words, "--policy-pack") == "policy", "an unsafe plan is refused"
    assert (ROOT / "policy" / "PulumiPolicy.yaml").is_file()
    assert (ROOT / _option(words, "--policy-pack-config")).is_file(), "rules know the names of the platform"
    assert "--non-interactive" in words, "nobody is there to answer"
    assert ("--yes" in words) == (verb == "up")


def _check_aws(words: list[str]) -> None:
    service, operation = words[1].removesuffix("api"), words[2]
    name = "".join(part.capitalize() for part in operation.split("-"))
    members = get_session().get_service_model(service).operation_model(name).input_shape.members
    options = {word.removeprefix("--") for word in words if word.startswith("--")}
    known = {re.sub(r"(?<!^)(?=[A-Z])", "-", member).lower() for member in members}
    assert options <= known, f"aws {service} {operation} has no {options - known}"


@pytest.mark.parametrize(("path", "command"), STEPS, ids=lambda value: value.stem if isinstance(value, Path) else None)
def test_a_step_is_a_command_of_the_repository(path: Path, command: str):
    words = _words(command)
    match words[0]:
        case "make":
            assert set(words[1:]) <= _targets(), f"{path.name}: the Makefile has no such target: {command}"
        case ".venv/bin/python":
            _check_python(words)
        case ".venv/bin/pulumi":
            _check_engine(words)
        case "aws":
            _check_aws(words)
        case "gh":
            assert words[1:3] == ["pr", "comment"], f"{path.name} does more than to answer: {command}"
        case "export" | "mkdir" | "set":
            assert not re.search(r"[;&|]", command), f"{path.name} decides something: {command}"
        case _:
            pytest.fail(f"{path.name} holds logic of its own: {command}")


@pytest.mark.parametrize("path", BUILDSPECS, ids=lambda path: path.stem)
def test_the_shell_understands_a_build(path: Path):
    script = "\n".join(_commands(path))
    shellcheck = Path(sys.executable).parent / "shellcheck"
    result = subprocess.run(
        [shellcheck, "--shell=bash", "-"], input=script, capture_output=True, text=True, timeout=60, check=False
    )
    assert result.returncode == 0, result.stdout
    assert _read(path)["env"]["shell"] == "bash"


@pytest.mark.parametrize("path", BUILDSPECS, ids=lambda path: path.stem)
def test_a_build_is_given_what_it_reads(path: Path, primary: Blueprint):
    """By its project, by the pipeline's action, by the event that starts it, by CodeBuild itself or by the shell."""
    read = set(re.findall(r"\$\{?([A-Z][A-Z_]+)", " ".join(_commands(path))))
    given = {"CODEBUILD_BUILD_ID", "PATH", "PWD"}
    for project in primary.of_type(PROJECT):
        if project.properties["source"]["buildspec"] == f"delivery/buildspecs/{path.name}":
            given |= {variable["name"] for variable in project.properties["environment"]["environmentVariables"]}
    given |= {
        "deploy": {"PULUMI_STACK", "DEPLOYER_ROLE_ARN"},
        "pull-request": {"PULL_REQUEST_ID", "REPOSITORY_NAME", "BEFORE_COMMIT_ID", "AFTER_COMMIT_ID"},
    }.get(path.stem, set())
    assert read <= given, f"{path.name} reads {read - given}, which nobody gives"


def test_every_build_has_its_file_and_every_file_its_build(primary: Blueprint):
    used = {
        project.properties["source"]["buildspec"]
        for project in primary.of_type(PROJECT)
        if project.name.startswith("delivery-")
    }
    assert used == {str(path.relative_to(ROOT)) for path in BUILDSPECS}


def test_the_pipeline_tests_then_judges(primary: Blueprint):
    check = _commands(ROOT / "delivery" / "buildspecs" / "check.yaml")
    assert check.index("make test") < check.index("make policy")


@pytest.mark.parametrize("path", [ROOT / "delivery" / "buildspecs" / n for n in ("preview.yaml", "pull-request.yaml")])
def test_both_stacks_are_previewed_the_primary_first(path: Path):
    stacks = [_option(_words(c), "--stack") for c in _commands(path) if c.startswith(f"{ENGINE} preview")]
    assert stacks == ["$PRIMARY_STACK", "$RECOVERY_STACK"]


def test_what_has_failed_is_posted_too():
    phases = _read(ROOT / "delivery" / "buildspecs" / "pull-request.yaml")["phases"]
    # CodeBuild User Guide, "Build phase transitions": after a build that failed comes post_build, unless it aborts.
    assert "on-failure" not in phases["build"]
    assert any("post-comment-for-pull-request" in command for command in phases["post_build"]["commands"])
    commands = phases["build"]["commands"]
    assert commands.index("set -o pipefail") < min(i for i, c in enumerate(commands) if "| tee" in c), (
        "a preview that fails fails the build, whatever takes its output"
    )


def test_the_approver_is_told_which_build_previewed(primary: Blueprint):
    exported = _read(ROOT / "delivery" / "buildspecs" / "preview.yaml")["env"]["exported-variables"]
    stages = primary.one("aws:codepipeline/pipeline:Pipeline", "delivery").properties["stages"]
    actions = {action["name"]: action for stage in stages for action in stage["actions"]}
    variable = f"#{{{actions['Preview']['namespace']}.{exported[0]}}}"
    assert variable in actions["Approve"]["configuration"]["CustomData"]


def _jobs(name: str) -> Json:
    return _read(ROOT / ".github" / "workflows" / f"{name}.yaml")["jobs"]


def test_github_tests_judges_previews_approves_and_deploys_in_that_order():
    jobs = _jobs("deploy")
    assert jobs["preview"]["needs"] == "checks"
    assert jobs["deploy"]["needs"] == "preview"
    assert jobs["deploy"]["environment"] == "main", "its reviewers approve, and the deployers trust it"
    assert _jobs("checks")["policy"]["needs"] == "test"
    runs = [step.get("run", "") for step in jobs["deploy"]["steps"]]
    assert [_option(_words(run), "--stack") for run in runs if run.startswith(f"{ENGINE} up")] == ["primary", "dr"]


def test_a_deployment_from_github_acts_as_the_deployer_of_the_stack_that_it_brings_up():
    roles = []
    for step in _jobs("deploy")["deploy"]["steps"]:
        if "role-to-assume" in step.get("with", {}):
            roles.append(step["with"]["role-to-assume"])
            assert step["with"]["role-duration-seconds"] == GITHUB_SESSION_HOURS * 3600, "the settings see to it"
        if step.get("run", "").startswith(ENGINE):
            stack = _option(_words(step["run"]), "--stack")
            assert roles[-1] == f"${{{{ vars.{stack.upper()}_DEPLOYER_ROLE_ARN }}}}"


def test_no_deployment_turns_the_recovery_region_over():
    """After a takeover, what is committed may still say that the region stands by."""
    asked = [".venv/bin/python", "-m", "delivery", "check-active"]
    for path in (ROOT / "delivery" / "buildspecs" / name for name in ("deploy.yaml", "preview.yaml")):
        commands = [_words(command) for command in _commands(path)]
        (look,) = (index for index, words in enumerate(commands) if words[:4] == asked)
        (stack, outputs) = commands[look][4:]
        assert commands[look - 1][1:5] == ["stack", "output", "--stack", stack], "by what stands there now"
        assert _commands(path)[look - 1].endswith(f"> {outputs}")
        first = min(i for i, words in enumerate(commands) if words[:2] in ([ENGINE, "up"], [ENGINE, "preview"]))
        assert look < first, f"{path.name} looks when it is too late"
    for name, stacks in (("deploy", ["primary", "dr"]), ("recovery", ["dr"])):
        steps = _jobs(name)["deploy"]["steps"]
        runs = [step.get("run", "") for step in steps]
        for stack in stacks:
            (up,) = (index for index, run in enumerate(runs) if run.startswith(f"{ENGINE} up --stack {stack}"))
            assert steps[up - 1] == {"uses": "./.github/actions/check-active"}, (
                f"{name} looks right before {stack} is up"
            )
    runs = _runs(ROOT / ".github" / "actions" / "check-active" / "action.yaml")
    looks = [_words(run)[1:5] for run in runs[1:]]
    assert looks == [["stack", "output", "--stack", "dr"], ["-m", "delivery", "check-active", "dr"]]


def test_the_recovery_region_is_deployed_without_the_primarys():
    """A takeover may last for weeks, and GitHub has lost nothing."""
    text = (ROOT / ".github" / "workflows" / "recovery.yaml").read_text(encoding="utf-8")
    assert _read(ROOT / ".github" / "workflows" / "recovery.yaml")[True] == {"workflow_dispatch": None}, "by hand"
    assert "--stack primary" not in text
    assert "PRIMARY_" not in text
    assert "DELIVERY_RUNNER" not in text, "that one stands in the network that is lost"
    jobs, both = _jobs("recovery"), _jobs("deploy")
    assert [jobs["preview"]["needs"], jobs["deploy"]["needs"]] == ["checks", "preview"]
    assert jobs["deploy"]["environment"] == both["deploy"]["environment"], "its reviewers approve"
    assert jobs["deploy"]["steps"][-2:] == both["deploy"]["steps"][-2:], "what was deployed is published alike"


def test_what_github_deployed_lies_where_the_recovery_region_looks_for_it(primary: Blueprint):
    steps = _jobs("deploy")["deploy"]["steps"]
    runs = [step.get("run", "") for step in steps]
    (put,) = (run for run in runs if run.startswith("aws s3api put-object"))
    assert runs.index("make source") < runs.index(put)
    assert max(runs.index(run) for run in runs if run.startswith(ENGINE)) < runs.index("make source"), (
        "what is put there is what both stacks were brought up from"
    )
    (pipeline,) = primary.of_type("aws:codepipeline/pipeline:Pipeline")
    (published,) = (
        action["configuration"]
        for stage in pipeline.properties["stages"]
        for action in stage["actions"]
        if action["name"] == "Publish"
    )
    assert _option(_words(put), "--key") == published["ObjectKey"], "either way of delivery puts it in one place"
    variables = _jobs("deploy")["deploy"]["env"]
    (ready,) = (run for run in runs if "delivery ready" in run)
    assert set(_words(ready)[4:]) == set(variables), "what is missing is told before anything is brought up"
    assert _words(put)[_words(put).index("--bucket") + 1].removeprefix("$") in variables


def test_the_source_is_what_is_committed():
    (rule,) = re.findall(r"^source:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert "git archive --format zip --output build/platform.zip HEAD" in rule


def test_one_deployment_at_a_time_and_none_is_cut_off():
    for name in ("deploy", "recovery"):
        concurrency = _read(ROOT / ".github" / "workflows" / f"{name}.yaml")["concurrency"]
        assert concurrency == {"group": "deploy", "cancel-in-progress": False}, name


@pytest.mark.parametrize("path", [*WORKFLOWS, *ACTIONS], ids=lambda path: str(path.relative_to(ROOT / ".github")))
def test_actions_of_others_are_pinned_to_a_commit(path: Path):
    for line in path.read_text(encoding="utf-8").splitlines():
        if "uses:" in line and "./" not in line:
            assert re.search(r"uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line), f"{line.strip()}: a tag moves"


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_may_read_and_each_job_says_what_more_it_needs(path: Path):
    document = _read(path)
    assert document["permissions"] == {"contents": "read"}
    needed = {"id-token", "pull-requests", "security-events"}
    for name, job in document["jobs"].items():
        writes = {key for key, level in job.get("permissions", {}).items() if level == "write"}
        assert writes <= needed, f"{name} may write {writes - needed}"
        assert "uses" in job or job["timeout-minutes"] <= 240, f"{name} might never end"
        for step in job.get("steps", []):
            if "actions/checkout" in step.get("uses", ""):
                assert step["with"]["persist-credentials"] is False


def test_no_workflow_runs_what_a_person_wrote():
    for path in (*WORKFLOWS, *ACTIONS):
        for step in _steps(path):
            assert "${{" not in step.get("run", ""), f"{path.name}: a title of a pull request could be a command"


def test_an_update_from_outside_is_never_run_with_our_rights():
    for path in WORKFLOWS:
        # YAML 1.1 reads the key `on` as true.
        assert "pull_request_target" not in str(_read(path)[True]), f"{path.name} runs a fork's code as us"


def test_versions_are_stated_alike_wherever_they_must_be():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    ours = project["tool"]["pyright"]["pythonVersion"]
    for path in BUILDSPECS:
        assert _read(path)["phases"]["install"]["runtime-versions"] == {"python": ours}, path.name
    (setup,) = _steps(ROOT / ".github" / "actions" / "setup" / "action.yaml")
    assert setup["with"]["python-version"] == ours
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    versions = {s["with"]["terraform_version"] for s in _steps(CHECKS) if "setup-terraform" in s.get("uses", "")}
    (terraform,) = versions
    assert f"TERRAFORM := {terraform}\n" in makefile, "either way of delivery tests with one"
    assert "s/^pulumi==//p" in makefile, "the engine is of the version that the SDK is pinned to"


def test_a_repository_without_code_scanning_is_refused_nothing_by_that():
    steps = _jobs("checks")["policy"]["steps"]
    (shown,) = (step for step in steps if "upload-sarif" in step.get("uses", ""))
    assert shown["continue-on-error"] is True
    (judged,) = (step for step in steps if step.get("run") == "make policy")
    assert "continue-on-error" not in judged, "the pack is what refuses"


def test_lint_looks_at_every_script_and_workflow():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    lint = re.search(r"^lint: (.*?)(?: ##|$)", makefile, re.MULTILINE)
    assert lint
    assert {"lint-python", "lint-shell", "lint-workflows"} <= set(lint[1].split())
