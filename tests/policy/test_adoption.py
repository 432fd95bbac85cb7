"""What another platform needs to use the pack: own rules, exemptions, baselines, frameworks, remedies."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import pytest
from typer.testing import CliRunner

from policy import configuration, extensions
from policy.catalogue import BY_ID, RULES
from policy.check import evaluate
from policy.command import app
from policy.frameworks import FRAMEWORKS, select
from policy.references import risk_of, url_of
from policy.remediation import REMEDIES
from policy.rule import Scope
from tests.policy import documents as d

Json = dict[str, Any]
ROOT = Path(__file__).resolve().parents[2]
TODAY = date(2030, 1, 15)
REASON = "Replays wait for the venue until it has caught up"
KEY_OFF = {"enableKeyRotation": False, "deletionWindowInDays": 30}
OWN = """
from policy.rule import Rules, Severity

RULES = Rules("Own")


@RULES.resource("aws:kms/key:Key", id="own-described", title="Keys are described", remediation="Describe it.")
def described(key, parameters):
    \"\"\"A key that nobody can name is never deleted.\"\"\"
    if not key.text("description"):
        yield "has no description"
"""
RAISING = OWN.replace('if not key.text("description"):', "if {}['missing']:")


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder without the configuration of this platform."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(extensions.VARIABLE, raising=False)


def _run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, list(arguments))
    return result.exit_code, result.stdout, result.stderr


def _file(name: str, content: Any) -> str:
    Path(name).write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return name


def _tagged(value: str, rule: str = "queue-zero-delay") -> Json:
    tags = {f"policy-exemption:{rule}": value}
    return d.blueprint((d.QUEUE, "q", {"delaySeconds": 9, "tags": tags}), (d.QUEUE, "r", {"delaySeconds": 9}))


# Exemptions beside the resource


@pytest.mark.parametrize("separator", [" ", "; ", ", "])
def test_a_tag_exempts_its_own_resource_until_its_last_day(separator: str) -> None:
    document = _tagged(f"{REASON}{separator}until=2030-01-15")
    report = evaluate([document], today=TODAY)
    assert [v.urn for v in report.violations if v.rule.id == "queue-zero-delay"] == [d.urn(d.QUEUE, "r")]
    (exempted,) = report.exempted
    assert (exempted.exemption.reason, exempted.exemption.source) == (REASON, "tag")
    late = evaluate([document], today=date(2030, 1, 16))
    assert len([v for v in late.violations if v.rule.id == "queue-zero-delay"]) == 2, "an expired one counts as none"
    assert [entry.rule for entry in late.expired] == ["queue-zero-delay"]


@pytest.mark.parametrize(
    ("value", "rule", "named"),
    [
        (REASON, "queue-zero-delay", "says no end"),
        ("until=2030-01-15", "queue-zero-delay", "explains nothing"),
        (f"{REASON} until=soon", "queue-zero-delay", "is not a date"),
        (f"{REASON} until=2030-01-15", "queue-zero", "there is no rule 'queue-zero'"),
    ],
)
def test_a_malformed_exemption_in_a_tag_is_refused(value: str, rule: str, named: str) -> None:
    code, out, error = _run("check", _file("input.json", _tagged(value, rule)))
    assert (code, out) == (2, "")
    assert named in error
    assert f"tag policy-exemption:{rule}" in error


def test_kubernetes_objects_and_lists_of_tags_hold_exemptions_too() -> None:
    value = f"{REASON} until=2030-01-15"
    annotated = {"metadata": {"annotations": {"policy-exemption/queue-zero-delay": value}}}
    listed = {"tags": [{"key": "policy-exemption:queue-zero-delay", "value": value, "propagateAtLaunch": False}]}
    from policy.blueprint import stack_of
    from policy.exemptions import beside

    document = d.blueprint(
        ("kubernetes:apps/v1:Deployment", "a", annotated), ("aws:autoscaling/group:Group", "b", listed)
    )
    found = list(beside(stack_of(document, "x").resources, BY_ID))
    assert [entry.urn.split("::")[-1] for entry in found] == ["a", "b"]


def test_the_configuration_names_the_file_of_exemptions() -> None:
    entry = {"urn": "*", "rule": "queue-zero-delay", "reason": REASON, "expires": "2999-01-01"}
    path = _file("input.json", d.blueprint((d.QUEUE, "q", {"delaySeconds": 9})))
    for setting in ({"file": _file("mine.yaml", [entry])}, {"entries": [entry]}):
        config = _file("config.json", {"exemptions": setting})
        out = json.loads(_run("check", path, "--config", config, "--format", "json")[1])
        assert [e["rule"] for e in out["exempted"]] == ["queue-zero-delay"]
    for wrong in ({"exemptions": []}, {"exemptions": {"path": "x"}}, {"exemptions": {"file": 3}}):
        code, _, error = _run("check", path, "--config", _file("config.json", wrong))
        assert (code, "exemptions" in error) == (2, True)


# Configuration


def test_a_rule_without_its_names_is_not_configured_and_says_so() -> None:
    path = _file("input.json", d.blueprint((d.KEY, "k", {})))
    code, out, _ = _run("check", path)
    assert code == 1
    assert "not configured: latency-tier-cluster-placed: set hosts" in out
    found = json.loads(_run("check", path, "--format", "json")[1])["not_configured"]
    assert {"rule": "records-object-lock", "parameters": ["retention"]} in found
    cases = Xml.fromstring(_run("check", path, "--format", "junit")[1]).findall(".//testcase")
    assert any(case.find("skipped") is not None for case in cases)
    notes = json.loads(_run("check", path, "--format", "sarif")[1])["runs"][0]["invocations"][0]
    assert len(notes["toolConfigurationNotifications"]) == len(found)


def test_no_default_of_a_rule_names_this_platform() -> None:
    defaults = json.dumps([rule.defaults() for rule in RULES])
    for name in ("engine", "order", "trade", "market", "quarantine", "observer", "primary-seen", "account-events"):
        assert name not in defaults.lower(), name


def test_a_key_that_is_set_twice_is_refused() -> None:
    path = _file("input.json", d.blueprint((d.KEY, "k", {})))
    code, _, error = _run("check", path, "--config", _file("c.json", '{"all": "advisory", "all": "disabled"}'))
    assert (code, "'all' is set twice" in error) == (2, True)


def test_the_configuration_of_the_folder_is_read_and_named() -> None:
    path = _file("input.json", d.blueprint((d.QUEUE, "q", {"delaySeconds": 9})))
    _file(str(configuration.DEFAULT), {"all": "disabled", "queue-zero-delay": "advisory"})
    code, out, _ = _run("check", path)
    assert (code, "configuration: policy-config.json" in out) == (0, True)


# Own rules


def test_own_rules_are_applied_beside_the_catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    path = _file("input.json", d.blueprint((d.KEY, "k", {"enableKeyRotation": True, "deletionWindowInDays": 30})))
    place = _file("mine.py", OWN)
    found = json.loads(_run("check", path, "--rules", place, "--format", "json")[1])["violations"]
    assert "own-described" in {violation["rule"] for violation in found}
    assert "own-described" in _run("list", "--rules", place, "--json")[1]
    monkeypatch.setenv(extensions.VARIABLE, place)
    assert "own-described" in _run("list", "--json")[1]
    _file("config.json", {"own-described": "disabled"})
    found = json.loads(_run("check", path, "--config", "config.json", "--format", "json")[1])["violations"]
    assert "own-described" not in {violation["rule"] for violation in found}


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("1 / 0", "ZeroDivisionError"),
        ("import nothing_of_that_name", "ModuleNotFoundError"),
        ("def broken(:", "SyntaxError"),
        ("raise SystemExit(3)", "SystemExit"),
        ("import os\nos._exit(0)", "SystemExit: 0"),
        ("raise GeneratorExit", "GeneratorExit"),
        ("x = 1", "has no rules"),
        ("RULES = []", "is empty"),
        ("RULES = ['rule']", "has no rules"),
        (OWN.replace("own-described", "key-rotation"), "another rule has it"),
        (OWN.replace("own-described", "Own Rule"), "is not valid"),
        (OWN.replace("own-described", "exemptions"), "is not valid"),
    ],
)
def test_own_rules_that_cannot_be_loaded_end_with_one_line(content: str, named: str) -> None:
    path = _file("input.json", d.blueprint((d.KEY, "k", {})))
    code, out, error = _run("check", path, "--rules", _file("mine.py", content))
    assert (code, out) == (2, "")
    assert named in error
    assert len(error.strip().splitlines()) == 1
    assert _run("check", path, "--rules", "missing.py")[0] == 2
    assert _run("check", path, "--rules", "missing_module")[0] == 2


@pytest.mark.parametrize(
    "raised",
    [
        "KeyError",
        "RuntimeError",
        "ZeroDivisionError",
        "AssertionError",
        "RecursionError",
        "SystemExit",
        "GeneratorExit",
    ],
)
def test_a_rule_that_fails_hides_no_other_verdict_and_fails_the_run_by_name(raised: str) -> None:
    content = OWN.replace('if not key.text("description"):', f"raise {raised}('no\\nluck')\n    if True:")
    path = _file("input.json", d.blueprint((d.KEY, "k", KEY_OFF)))
    code, out, error = _run("check", path, "--rules", _file("mine.py", content), "--format", "json")
    assert code == 2
    assert "'own-described' failed" in error
    assert len(error.strip().splitlines()) == 1
    report = json.loads(out)
    assert [e["rule"] for e in report["errors"]] == ["own-described"]
    assert "key-rotation" in {violation["rule"] for violation in report["violations"]}
    for form in ("table", "junit", "sarif", "controls"):
        assert _run("check", path, "--rules", "mine.py", "--format", form)[0] == 2


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("__import__('os')._exit(0)", "SystemExit: 0"),
        ("yield 3", "TypeError: a finding is a text, or a resource and a text, not 3"),
        ("yield (key, 3)", "TypeError: a finding is a text, or a resource and a text"),
        ("yield ('x', 'y')", "TypeError: a finding is a text, or a resource and a text, not ('x', 'y')"),
        ("return 3", "TypeError: a check yields findings, and does not return 3"),
        ("return 'bad'", "TypeError: a check yields findings, and does not return 'bad'"),
        ("return None", "TypeError: a check yields findings, and does not return None"),
    ],
)
def test_a_rule_that_ends_the_process_or_yields_no_finding_fails_by_name(body: str, said: str, tmp_path: Path) -> None:
    """The command runs by itself, so that an end of the process would be seen: its exit code is 2, not the rule's."""
    lines = ["from policy.rule import Rules", "RULES = Rules('Ours')"]
    lines += ["@RULES.resource('aws:kms/key:Key', id='own-rule', title='T', remediation='R.')"]
    rules = _file("mine.py", "\n".join([*lines, "def check(key, parameters):", f"    {body}", ""]))
    path = _file("input.json", d.blueprint((d.KEY, "k", KEY_OFF)))
    done = subprocess.run(
        [sys.executable, str(ROOT / "policy"), "check", path, "--rules", rules, "--format", "json"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    report = json.loads(done.stdout)
    assert [error["rule"] for error in report["errors"]] == ["own-rule"]
    assert said in report["errors"][0]["error"]
    assert "key-rotation" in {violation["rule"] for violation in report["violations"]}


@pytest.mark.parametrize("place", ["rule", "module"])
def test_what_an_own_rule_prints_stays_out_of_the_report(place: str) -> None:
    """A line of it would make the JSON and the XML of the report unreadable."""
    printed = "print('looked at')\n"
    within = OWN.replace('if not key.text("description"):', f"{printed}    if True:")
    content = within if place == "rule" else printed + OWN
    path, rules = _file("input.json", d.blueprint((d.KEY, "k", KEY_OFF))), _file("mine.py", content)
    for form, read in (("json", json.loads), ("sarif", json.loads), ("junit", Xml.fromstring)):
        code, out, error = _run("check", path, "--rules", rules, "--format", form)
        assert code == 1, error
        read(out)
        assert "looked at" in error


@pytest.mark.parametrize("name", ["k\ud800", "k\x00", "k\x1b[31m", "k\ufffe"])
def test_a_name_that_is_no_text_leaves_every_form_of_the_report_readable(name: str) -> None:
    """JSON lets a plan hold control characters and half a character, XML and UTF-8 do not."""
    path = _file("input.json", d.blueprint((d.KEY, name, KEY_OFF)))
    for form in ("table", "json", "sarif", "junit", "controls"):
        code, out, error = _run("check", path, "--format", form)
        assert (code, error) == (1, "")
        out.encode()
        if form == "junit":
            Xml.fromstring(out)
    assert "key-rotation" in out or "CKV" in out


def test_an_entry_of_exemptions_that_has_a_field_twice_is_refused() -> None:
    """Of two resources or two ends, YAML would take the last in silence."""
    path = _file("input.json", d.blueprint((d.KEY, "k", KEY_OFF)))
    entry = f"- urn: '*'\n  urn: '*::k'\n  rule: key-rotation\n  reason: {REASON}\n  expires: 2999-01-01\n"
    code, out, error = _run("check", path, "--exemptions", _file("e.yaml", entry))
    assert (code, out) == (2, "")
    assert "'urn' stands twice in one entry (line 1)" in error
    assert len(error.strip().splitlines()) == 1


def test_a_rule_of_the_catalogue_that_fails_is_an_error_too() -> None:
    from dataclasses import replace

    def fails(*_: Any) -> Any:
        raise RuntimeError("out of luck")

    rules = [replace(BY_ID["key-rotation"], check=fails), BY_ID["key-deletion-window"]]
    report = evaluate([d.blueprint((d.KEY, "k", {"deletionWindowInDays": 7}))], rules=rules)
    assert [error.rule.id for error in report.errors] == ["key-rotation"]
    assert [violation.rule.id for violation in report.violations] == ["key-deletion-window"]
    assert report.failures() == 2


# Frameworks


def test_a_framework_selects_its_rules_under_its_own_numbers() -> None:
    for name, framework in FRAMEWORKS.items():
        chosen = select(RULES, [name])
        assert chosen, name
        assert all(framework.controls(rule) for rule in chosen)
    numbers = {rule.id: FRAMEWORKS["cis-aws-5"].controls(rule) for rule in RULES}
    assert numbers["key-rotation"] == ("3.6",)
    assert numbers["rds-private"] == ("2.2.3",)
    assert FRAMEWORKS["cis-aws-6"].controls(BY_ID["key-rotation"]) == ("4.6",)


def test_the_command_selects_and_reports_by_control() -> None:
    path = _file("input.json", d.blueprint((d.KEY, "k", KEY_OFF)))
    code, out, _ = _run("check", path, "--framework", "cis-aws-5", "--format", "controls")
    assert code == 1
    assert "CIS AWS Foundations Benchmark 5.0" in out
    rows = json.loads(_run("check", path, "--framework", "cis-aws-5", "--format", "json")[1])["controls"]
    by_control = {row["control"]: row for row in rows}
    assert by_control["3.6"]["status"] == "failed"
    assert by_control["2.2.3"]["status"] == "no resource", "a control without a subject is not passed"
    assert {row["framework"] for row in rows} == {"cis-aws-5"}
    code, _, error = _run("check", path, "--framework", "cis-aws-55")
    assert (code, "did you mean 'cis-aws-5'" in error) == (2, True)


def test_every_rule_has_a_risk_and_a_page() -> None:
    for rule in RULES:
        assert risk_of(rule)
        assert url_of(rule).startswith("https://"), rule.id
    assert url_of(BY_ID["bucket-public-access-blocked"]).endswith("/s3-controls.html#s3-8")
    assert risk_of(BY_ID["rds-private"]) == "critical"


# Baseline


def test_a_baseline_fails_on_new_findings_only() -> None:
    old = _file("old.json", d.blueprint((d.KEY, "k", KEY_OFF)))
    assert _run("baseline", old, "--output", "accepted.json")[0] == 0
    code, out, _ = _run("check", old, "--baseline", "accepted.json")
    assert (code, "in the baseline" in out) == (0, True)
    new = _file("new.json", d.blueprint((d.KEY, "k", KEY_OFF), (d.KEY, "other", KEY_OFF)))
    code, out, _ = _run("check", new, "--baseline", "accepted.json", "--format", "json")
    assert code == 1
    found = json.loads(out)
    assert {violation["urn"].split("::")[-1] for violation in found["violations"]} == {"other"}
    better = _file("better.json", d.blueprint((d.KEY, "k", {**KEY_OFF, "enableKeyRotation": True})))
    found = json.loads(_run("check", better, "--baseline", "accepted.json", "--format", "json")[1])
    assert found["baseline"]["stale"] == 1


@pytest.mark.parametrize(
    "content",
    ["", "[]", '{"version": 2, "findings": []}', '{"version": 1}', '{"version": 1, "findings": [{"rule": "x"}]}'],
)
def test_a_malformed_baseline_is_refused(content: str) -> None:
    path = _file("input.json", d.blueprint((d.KEY, "k", {})))
    code, out, error = _run("check", path, "--baseline", _file("accepted.json", content))
    assert (code, out) == (2, "")
    assert "accepted.json" in error
    assert _run("check", path, "--baseline", "missing.json")[0] == 2


# Remedies


def test_what_the_engine_corrects_is_listed_and_does_not_fail() -> None:
    document = d.blueprint((d.KEY, "k", KEY_OFF))
    report = evaluate([document], {"all": "disabled", "key-rotation": "remediate"})
    assert not report.violations
    (entry,) = report.remediated
    assert (entry.rule.id, entry.properties) == ("key-rotation", ("enableKeyRotation",))
    assert document["resources"][0]["properties"] == KEY_OFF, "the document is not changed"


def test_a_rule_without_a_remedy_stays_mandatory_when_it_is_set_to_remediate() -> None:
    report = evaluate([d.blueprint((d.QUEUE, "q", {"delaySeconds": 9}))], {"queue-zero-delay": "remediate"})
    assert "queue-zero-delay" in {violation.rule.id for violation in report.violations}
    assert report.failures()


@pytest.mark.parametrize("id_", REMEDIES)
def test_a_remedy_satisfies_its_rule(id_: str) -> None:
    from policy.remediation import corrected
    from policy.resources import Resource

    rule = BY_ID[id_]
    assert rule.scope is Scope.RESOURCE, "the engine corrects single resources"
    resource = Resource(d.urn(rule.types[0], "x"), rule.types[0], "x", {"tags": {"a": "b"}, "deletionWindowInDays": 7})
    inputs = corrected(rule, resource, rule.defaults())
    assert inputs is not None
    assert inputs["tags"] == {"a": "b"}
    assert not list(rule.check(resource.having(inputs), rule.defaults()))


# The folder by itself


def test_the_folder_alone_is_a_pack_under_any_name(tmp_path: Path) -> None:
    pack = tmp_path / "pack-of-ours"
    shutil.copytree(ROOT / "policy", pack, ignore=shutil.ignore_patterns(".venv", "__pycache__"))
    path = _file("input.json", d.blueprint((d.KEY, "k", KEY_OFF)))
    done = subprocess.run(
        [sys.executable, str(pack), "check", path, "--framework", "cis-aws-5"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    # A mistyped command is no call of the engine, which would wait for it.
    mistyped = subprocess.run(
        [sys.executable, str(pack), "chek", path],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert mistyped.returncode == 2
    assert "chek" in mistyped.stderr
    assert "key-rotation" in done.stdout
    served = subprocess.Popen(
        [sys.executable, "-u", "-m", "pulumi.policy", "127.0.0.1:1", "."], cwd=pack, stdout=subprocess.PIPE, text=True
    )
    try:
        assert served.stdout is not None
        assert int(served.stdout.readline()) > 0, "the engine reads the port of the pack"
    finally:
        served.kill()
        served.communicate()


def test_requirements_of_the_pack_are_those_of_the_project() -> None:
    def pins(path: Path) -> dict[str, str]:
        lines = [line.split("==") for line in path.read_text(encoding="utf-8").splitlines() if "==" in line[:60]]
        return {name.strip(): version.split()[0] for name, version in lines if not name.startswith(("#", " "))}

    own, whole = pins(ROOT / "policy" / "requirements.txt"), pins(ROOT / "requirements.txt")
    assert own == {name: whole[name] for name in own}
    assert {"pulumi", "pulumi-policy", "pyyaml"} <= set(own)
