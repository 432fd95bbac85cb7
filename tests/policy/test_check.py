"""What a user can set and exempt, and what is refused."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import pytest
from typer.testing import CliRunner

from policy import markdown
from policy import tokens as t
from policy.catalogue import BY_ID, RULES
from policy.command import app
from policy.errors import PolicyInputError
from policy.rule import Severity
from policy.values import UNKNOWN_TEXT
from tests.policy.cases import CASES
from tests.policy.changes import changed, gone, hidden
from tests.policy.judging import CONFIG, EXEMPTIONS, configured, evaluate

Json = dict[str, Any]
ROOT = Path(__file__).resolve().parents[2]
TODAY = date(2030, 1, 15)
_BROKEN = next(case for case in CASES if case.rule == "queue-zero-delay")
_ADVISED = next(case for case in CASES if case.rule == "stream-retention")


@pytest.fixture
def broken(made: list[Json]) -> list[Json]:
    """Two blueprints of which the primary's has one queue with a delay."""
    return changed(made, _BROKEN.made)


@pytest.fixture
def files(broken: list[Json], tmp_path: Path) -> list[str]:
    return _written(broken, tmp_path)


def _written(blueprints: list[Json], folder: Path) -> list[str]:
    paths = [folder / f"{blueprint['stack']}.json" for blueprint in blueprints]
    for path, blueprint in zip(paths, blueprints, strict=True):
        path.write_text(json.dumps(blueprint), encoding="utf-8")
    return [str(path) for path in paths]


def _exemption(**changes: Any) -> Json:
    entry = {
        "urn": "*account-events",
        "rule": "queue-zero-delay",
        "reason": "Replays are slowed down while the venue catches up.",
        "expires": "2030-01-15",
    }
    return {**entry, **changes}


def _run(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, list(arguments))
    return result.exit_code, result.stdout, result.stderr


# Severity and parameters


def test_a_rule_is_made_advisory_by_configuration(broken: list[Json]) -> None:
    report = evaluate(broken, {"queue-zero-delay": "advisory"})
    assert [v.severity for v in report.violations] == [Severity.ADVISORY]
    assert report.failures() == 0
    assert report.failures(strict=True) == 1, "strict makes advisory findings fail"


def test_a_rule_is_switched_off_by_configuration(broken: list[Json]) -> None:
    report = evaluate(broken, {"queue-zero-delay": {"enforcementLevel": "disabled"}})
    assert not report.violations
    assert report.rules == len(RULES) - 1


def test_all_speaks_of_every_rule_that_is_not_set_itself(broken: list[Json]) -> None:
    assert evaluate(broken, {"all": "advisory"}).failures() == 0
    assert evaluate(broken, {"all": "advisory", "queue-zero-delay": "mandatory"}).failures() == 1


def test_parameters_are_set_by_configuration(made: list[Json]) -> None:
    report = evaluate(made, {"stream-shards": {"targetUtilisation": 50.0}})
    assert {v.rule.id for v in report.violations} == {"stream-shards"}
    assert "need 20" in report.violations[0].message


def test_what_could_not_be_evaluated_is_set_by_itself(made: list[Json]) -> None:
    blueprints = hidden(made, "aws:sqs/queue:Queue", "delaySeconds")
    assert evaluate(blueprints).failures() == 4, "two queues in each stack"
    assert evaluate(blueprints, {"could-not-be-evaluated": "advisory"}).failures() == 0
    assert not evaluate(blueprints, {"could-not-be-evaluated": "disabled"}).not_evaluated


@pytest.mark.parametrize(
    ("configuration", "named"),
    [
        ({"queue-zero-delays": "advisory"}, "did you mean 'queue-zero-delay'"),
        ({"nothing-like-it-at-all": "advisory"}, "policy list"),
        ({"queue-zero-delay": "fatal"}, "'fatal' is no level"),
        ({"queue-zero-delay": 3}, "must be a level or an object"),
        ({"rds-backups": {"weeks": 4}}, "has no parameter 'weeks'; it has: days"),
        ({"rds-backups": {"days": "many"}}, "rds-backups.days = 'many' must be of type integer"),
        ({"rds-backups": {"days": True}}, "must be of type integer"),
        ({"rds-backups": {"days": 30.5}}, "must be of type integer"),
        ({"rds-backups": {"days": -1}}, "must be 1 at least"),
        ({"stream-shards": {"targetUtilisation": 0}}, "must be 1 at least"),
        ({"stream-shards": {"loads": {"*-orders": {"recordsPerSecond": 5}}}}, "'*-orders' a number recordBytes"),
        ({"stream-shards": {"loads": {"*-orders": 5}}}, "'*-orders' a number recordsPerSecond"),
        ({"no-world-ingress-to-administration": {"ports": ["ssh"]}}, "values of type integer, not 0 = 'ssh'"),
        ({"records-object-lock": {"retention": {"*": "six years"}}}, "values of type number, not * = 'six years'"),
        ({"eks-supported-version": {"oldest": "newest"}}, "must match"),
        ({"rds-maintenance-window": {"opens": "half past nine"}}, "must match"),
        (["rds-backups"], "must be an object"),
    ],
)
def test_a_configuration_that_says_nothing_sensible_is_refused(
    made: list[Json], configuration: Any, named: str
) -> None:
    with pytest.raises(PolicyInputError) as refused:
        evaluate(made, configuration)
    assert named in str(refused.value)


def test_parameters_agree_with_the_settings_of_the_platform() -> None:
    """The pack knows no settings, so that what both say is compared here."""
    import yaml

    declared = yaml.safe_load((ROOT / "Pulumi.yaml").read_text(encoding="utf-8"))["config"]
    setting = {name: entry.get("default") for name, entry in declared.items()}
    loads = CONFIG["stream-shards"]["loads"]
    assert loads["*-orders"] == {
        "recordsPerSecond": setting["orderPeakRate"],
        "recordBytes": setting["orderRecordBytes"],
    }
    assert loads["*-market-data"] == {
        "recordsPerSecond": setting["marketDataPeakRate"],
        "recordBytes": setting["marketDataRecordBytes"],
    }
    assert BY_ID["stream-shards"].defaults()["targetUtilisation"] == setting["streamTargetUtilisation"]
    fifo = CONFIG["fifo-rate"]["loads"]["*-account-events.fifo"]
    assert fifo == {
        "messagesPerSecond": setting["fifoPeakRate"],
        "groupMessagesPerSecond": setting["fifoAccountPeakRate"],
        "batch": setting["fifoBatchSize"],
    }
    assert CONFIG["tenancy-as-declared"]["tenancy"] == setting.get("engineTenancy", "dedicated")


# Exemptions


def test_an_exemption_excuses_that_resource_until_its_last_day(broken: list[Json]) -> None:
    report = evaluate(broken, None, [_exemption()], today=TODAY)
    assert report.failures() == 0
    assert [e.as_json()["reason"] for e in report.exempted] == [_exemption()["reason"]]


def test_an_expired_exemption_counts_as_none_and_is_reported(broken: list[Json]) -> None:
    report = evaluate(broken, None, [_exemption(expires="2030-01-14")], today=TODAY)
    assert report.failures() == 2, "the finding, and the exemption itself"
    assert [e.rule for e in report.expired] == ["queue-zero-delay"]


@pytest.mark.parametrize("format_", ["table", "json", "junit", "sarif", "controls"])
def test_an_expired_exemption_fails_a_clean_check_with_one_line(made: list[Json], tmp_path: Path, format_: str) -> None:
    """No rule is broken: the entry fails the check by itself, and the line names the entry and its date."""
    paths = _written(made, tmp_path)
    late = tmp_path / "exemptions.json"
    for expires, code in (("2020-01-31", 1), ("2999-12-31", 0)):
        late.write_text(json.dumps([_exemption(expires=expires)]), encoding="utf-8")
        result = CliRunner().invoke(app, ["check", *paths, "--exemptions", str(late), "--format", format_])
        assert result.exit_code == code
        lines = [line for line in result.stderr.splitlines() if "exemptions[0]" in line]
        assert len(lines) == code
        assert all("expired on 2020-01-31" in line and "queue-zero-delay for *account-events" in line for line in lines)


def test_no_exemption_of_this_platform_has_expired() -> None:
    """From the day after its last one an entry fails this test, as it fails the check and the engine."""
    late = [entry for entry in EXEMPTIONS if entry["expires"] < datetime.now(UTC).date()]
    assert not late, "delete the entry, or review the reason and set a later date"


def test_an_exemption_may_expire_at_a_time_of_day(broken: list[Json]) -> None:
    """YAML reads such a text as a date with a time."""
    report = evaluate(broken, None, [_exemption(expires=datetime(2030, 1, 15, 12))], today=TODAY)
    assert report.failures() == 0


def test_what_the_stack_as_a_whole_breaks_can_be_exempted_by_its_urn(made: list[Json]) -> None:
    blueprints = changed(made, [gone(t.CONFIG_RECORDER, "made-recorder")])
    (violation,) = evaluate(blueprints).violations
    assert violation.urn == "urn:pulumi:primary::made-up::pulumi:pulumi:Stack::made-up-primary"
    assert evaluate(blueprints, None, [_exemption(rule=violation.rule.id, urn=violation.urn)], today=TODAY).exempted


def test_an_exemption_of_one_resource_leaves_the_others(broken: list[Json]) -> None:
    assert evaluate(broken, None, [_exemption(urn="*other")], today=TODAY).failures() == 1
    assert evaluate(broken, None, [_exemption(rule="queue-retention")], today=TODAY).failures() == 1


def test_what_cannot_be_evaluated_can_be_exempted_too(made: list[Json]) -> None:
    blueprints = hidden(made, "aws:sqs/queue:Queue", "delaySeconds")
    assert evaluate(blueprints).failures() == 4, "two queues in each stack"
    report = evaluate(blueprints, None, [_exemption(urn="urn:*")], today=TODAY)
    assert report.failures() == 0


@pytest.mark.parametrize(
    ("entry", "named"),
    [
        ({"urn": "x"}, "rule is missing"),
        ("queue-zero-delay", "must be an object"),
        (_exemption(rule="queue-zero"), "there is no rule 'queue-zero'"),
        (_exemption(reason="later"), "explains nothing"),
        (_exemption(expires="soon"), "is not a date"),
        (_exemption(expires=None), "expires is missing"),
        (_exemption(until="2030-01-01"), "until is not a field"),
        ({**_exemption(), 3: "x"}, "3 is not a field"),
        (_exemption(rule=["queue-zero-delay"]), "rule = ['queue-zero-delay'] must be a text"),
        (_exemption(urn=["x"]), "urn = ['x'] must be a text"),
    ],
)
def test_a_malformed_exemption_is_refused(made: list[Json], entry: Any, named: str) -> None:
    with pytest.raises(PolicyInputError) as refused:
        evaluate(made, None, [entry])
    assert named in str(refused.value)
    assert "exemptions[0]" in str(refused.value), "the message says which"


def test_exemptions_that_are_no_list_are_refused(made: list[Json]) -> None:
    with pytest.raises(PolicyInputError, match="must be a list"):
        evaluate(made, None, {"urn": "x"})


# Blueprints


@pytest.mark.parametrize(
    ("document", "named"),
    [
        ([], "is a list in none of the forms"),
        ({}, "is an object in none of the forms"),
        ({"stack": "a"}, "has no list of resources"),
        ({"stack": "primary", "resources": []}, "nothing to check"),
        ({"resources": [{}]}, "does not say its stack"),
        ({"stack": "primary", "resources": ["x"]}, "resources[0]: is not an object"),
        ({"stack": "primary", "resources": [{"urn": 3}]}, "resources[0]: urn = 3"),
    ],
)
def test_a_malformed_blueprint_is_refused(document: Any, named: str, tmp_path: Path) -> None:
    path = tmp_path / "blueprint.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    code, out, error = _run("check", str(path))
    assert code == 2
    assert named in error
    assert not out


@pytest.mark.parametrize("content", ["", "{", "not json", "[" * 100_000])
def test_a_file_that_is_no_json_is_refused(content: str, tmp_path: Path) -> None:
    path = tmp_path / "blueprint.json"
    path.write_text(content, encoding="utf-8")
    code, _, error = _run("check", str(path))
    assert (code, "is not JSON" in error) == (2, True)
    assert _run("check", str(tmp_path / "missing.json"))[0] == 2


def test_more_than_two_stacks_are_judged_one_by_one(made: list[Json], broken: list[Json]) -> None:
    report = evaluate([made[0], broken[0], made[1]])
    assert [violation.rule.id for violation in report.violations] == ["queue-zero-delay"]
    assert report.rules == sum(rule.scope != "parity" for rule in RULES)
    assert any("parity" in notice for notice in report.notices)


def test_two_blueprints_are_the_primarys_and_then_the_recoverys(made: list[Json]) -> None:
    with pytest.raises(PolicyInputError, match="give the primary's first"):
        evaluate(made[::-1])
    with pytest.raises(PolicyInputError, match="both inputs are of stack 'primary'"):
        evaluate([made[0], made[0]])


def test_a_lone_blueprint_is_judged_without_parity(made: list[Json]) -> None:
    report = evaluate(made[:1])
    assert report.failures() == 0
    assert report.rules == sum(rule.scope != "parity" for rule in RULES)


# The command


def test_the_command_exits_with_zero_on_a_clean_platform(made: list[Json], tmp_path: Path) -> None:
    code, out, _ = _run("check", *_written(made, tmp_path))
    assert code == 0
    assert "0 mandatory and 0 advisory violations, 0 not evaluated" in out


def test_the_command_exits_with_one_on_a_mandatory_violation(files: list[str]) -> None:
    code, out, _ = _run("check", *files)
    assert code == 1
    assert "queue-zero-delay" in out


def test_an_advisory_violation_fails_only_when_strict(made: list[Json], tmp_path: Path) -> None:
    files = _written(changed(made, _ADVISED.made), tmp_path)
    assert _run("check", *files)[0] == 0
    assert _run("check", *files, "--strict")[0] == 1


def test_a_mandatory_rule_that_cannot_be_evaluated_fails(made: list[Json], tmp_path: Path) -> None:
    files = _written(hidden(made, "aws:sqs/queue:Queue", "delaySeconds"), tmp_path)
    code, out, _ = _run("check", *files, "--format", "json")
    assert code == 1
    assert {(n["rule"], n["property"]) for n in json.loads(out)["not_evaluated"]} == {
        ("queue-zero-delay", "delaySeconds")
    }


def test_the_command_takes_configuration_and_exemptions_from_files(files: list[str], tmp_path: Path) -> None:
    config, exempt = tmp_path / "config.json", tmp_path / "exemptions.yaml"
    config.write_text(json.dumps(configured({"queue-zero-delay": "advisory"})), encoding="utf-8")
    exempt.write_text(json.dumps([_exemption(expires="2999-12-31")]), encoding="utf-8")
    assert _run("check", *files, "--config", str(config))[0] == 0
    assert _run("check", *files, "--exemptions", str(exempt))[0] == 0
    config.write_text('{"no-such-rule": "advisory"}', encoding="utf-8")
    exempt.write_text("[{urn: x}]", encoding="utf-8")
    assert _run("check", *files, "--config", str(config))[0] == 2
    assert _run("check", *files, "--exemptions", str(exempt))[0] == 2
    exempt.write_text("[{", encoding="utf-8")
    assert _run("check", *files, "--exemptions", str(exempt))[0] == 2


def test_wrong_usage_exits_with_two(files: list[str]) -> None:
    assert _run("check")[0] == 2
    assert _run("check", *files, "--format", "xml")[0] == 2


def test_the_json_report_has_rules_judgements_violations_and_what_was_not_evaluated(files: list[str]) -> None:
    report = json.loads(_run("check", *files, "--format", "json")[1])
    assert report["rules"] == len(RULES)
    assert report["evaluated"] > len(RULES)
    assert report["not_evaluated"] == []
    (violation,) = report["violations"]
    assert set(violation) == {
        *("rule", "severity", "risk", "stack", "urn", "message", "remediation", "url", "controls")
    }
    assert violation["severity"] == "mandatory"
    assert violation["urn"].endswith("account-events")


def test_the_sarif_report_is_of_the_form_that_code_hosts_take(files: list[str]) -> None:
    sarif = json.loads(_run("check", *files, "--format", "sarif")[1])
    assert sarif["version"] == "2.1.0"
    (run,) = sarif["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == [rule.id for rule in RULES]
    (result,) = run["results"]
    assert result["level"] == "error"
    assert rules[result["ruleIndex"]]["id"] == result["ruleId"] == "queue-zero-delay"
    (location,) = result["locations"]
    uri = location["physicalLocation"]["artifactLocation"]["uri"]
    assert (ROOT / uri).is_file(), "a code host shows a finding only at a file of the repository"


def test_the_junit_report_fails_the_case_of_the_rule(files: list[str]) -> None:
    suites = Xml.fromstring(_run("check", *files, "--format", "junit")[1])
    cases = suites.findall(".//testcase")
    assert len(cases) == len(RULES)
    assert [case.get("name", "").split(":")[0] for case in cases if case.find("failure") is not None] == [
        "queue-zero-delay"
    ]
    assert sum(int(suite.get("failures", 0)) for suite in suites) == 1


def test_a_masked_secret_is_not_judged_as_if_it_were_its_content(made: list[Json]) -> None:
    masked = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "value": "[secret]"}
    blueprints = json.loads(json.dumps(made).replace('"delaySeconds": 0.0', f'"delaySeconds": {json.dumps(masked)}'))
    report = evaluate(blueprints)
    assert {n.reason for n in report.not_evaluated} == {"is secret"}
    assert UNKNOWN_TEXT not in json.dumps(report.as_json())


# The catalogue


def test_the_catalogue_is_printed() -> None:
    assert _run("list")[0] == 0
    catalogue = json.loads(_run("list", "--json")[1])
    assert [entry["id"] for entry in catalogue] == [rule.id for rule in RULES]


def test_the_document_of_the_policies_is_current() -> None:
    path = ROOT / "docs" / "policies.md"
    current = path.read_text(encoding="utf-8") == markdown.text()
    assert current, "docs/policies.md is old: write it with `python -m policy list --markdown > docs/policies.md`"


def test_every_rule_is_whole() -> None:
    assert len(BY_ID) == len(RULES), "no two rules share an id"
    for rule in RULES:
        assert rule.title, rule.id
        assert rule.remediation.endswith("."), f"{rule.id} says what to do in a sentence"
        assert rule.check.__doc__, f"{rule.id} says why"
        assert rule.types, f"{rule.id} says of which resources it speaks"


def test_no_module_of_the_pack_hides_one_of_the_standard_library() -> None:
    """The engine runs the folder itself, so that its modules stand before the standard library's."""
    names = {path.stem for path in (ROOT / "policy").iterdir() if not path.name.startswith("_")}
    assert not names & sys.stdlib_module_names


def test_the_pack_knows_no_other_part_of_the_platform() -> None:
    code = "import sys, policy.command, policy.engine; print([m for m in sys.modules if m.split('.')[0] in %r])"
    others = ("components", "blueprint", "rehearsal", "runbook", "functions")
    done = subprocess.run(
        [sys.executable, "-c", code % (others,)], cwd=ROOT, capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout.strip() == "[]"
