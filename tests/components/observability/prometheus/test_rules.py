"""What the rules compute, and when they tell somebody: judged by Prometheus' own tool."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from blueprint import Blueprint, record_primary
from blueprint.manifests import manifests
from components.observability.prometheus.inhibitions import INHIBITIONS
from components.observability.prometheus.rule import RUNBOOK, Severity
from tests.components.observability.prometheus.cases import CASES, STEP, Case
from tests.golden import Golden
from tests.promtool import promtool

PAGE = Path(__file__).parents[4] / RUNBOOK


def groups(stack: Blueprint) -> list[dict[str, Any]]:
    """The groups of every PrometheusRule that the stack declares."""
    return [
        group
        for manifest in manifests(stack)
        if manifest["kind"] == "PrometheusRule"
        for group in manifest["spec"]["groups"]
    ]


def alerts(stack: Blueprint) -> dict[str, dict[str, Any]]:
    """Alerts by name."""
    return {rule["alert"]: rule for group in groups(stack) for rule in group["rules"] if "alert" in rule}


def as_rule_file(stack: Blueprint) -> str:
    """As Prometheus reads rules."""
    return yaml.safe_dump({"groups": groups(stack)}, sort_keys=False, width=120)


@pytest.fixture(params=["primary", "dr", "dr_active"])
def stack(request: pytest.FixtureRequest) -> Blueprint:
    return request.getfixturevalue(request.param)


def test_promtool_accepts_the_rules(stack: Blueprint, tmp_path: Path):
    (tmp_path / "rules.yaml").write_text(as_rule_file(stack), encoding="utf-8")
    checked = promtool("check", "rules", "--lint-fatal", "rules.yaml", cwd=tmp_path)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    count = sum(len(group["rules"]) for group in groups(stack))
    assert f"{count} rules found" in checked.stdout, "some rules were not looked at"
    assert count > 35


def test_promtool_rejects_an_invalid_rule(primary: Blueprint, tmp_path: Path):
    (tmp_path / "rules.yaml").write_text(as_rule_file(primary).replace("sum by", "sum buy", 1), encoding="utf-8")
    assert promtool("check", "rules", "rules.yaml", cwd=tmp_path).returncode != 0


def test_rules_match_the_golden_files(primary: Blueprint, dr: Blueprint, golden: Golden):
    for stack in (primary, dr):
        golden.matches_text(f"prometheus/rules-{stack.stack}.yaml", as_rule_file(stack))


def test_alerts_fire_as_the_cases_expect(primary: Blueprint, tmp_path: Path):
    tested = promtool(*_written(primary, CASES, tmp_path), cwd=tmp_path)
    assert tested.returncode == 0, tested.stdout + tested.stderr


def test_a_wrong_case_fails(primary: Blueprint, tmp_path: Path):
    raised = next(case for case in CASES if case.expected)
    wrong = Case(raised.name, raised.alert, raised.at, raised.series)
    assert promtool(*_written(primary, [wrong], tmp_path), cwd=tmp_path).returncode != 0


def test_each_alert_has_a_firing_and_a_quiet_case(primary: Blueprint):
    for name in alerts(primary):
        fires = [bool(case.expected) for case in CASES if case.alert == name]
        assert True in fires, f"nothing shows that {name} is ever raised"
        assert False in fires, f"nothing shows that {name} is ever quiet"
    assert {case.alert for case in CASES} == set(alerts(primary)), "a case is of an alert that does not exist"


def test_alerts_have_severity_summary_description_and_runbook(stack: Blueprint):
    page = PAGE.read_text(encoding="utf-8")
    anchors = {re.sub(r"[^\w -]", "", line).strip().lower().replace(" ", "-") for line in _headings(page)}
    for name, rule in alerts(stack).items():
        assert rule["labels"]["severity"] in set(Severity), name
        annotations = rule["annotations"]
        assert annotations["summary"], name
        assert "{{" not in annotations["summary"], f"the summary of {name} does not stand by itself"
        assert len(annotations["description"]) > len(annotations["summary"]) / 2, name
        file, _, anchor = annotations["runbook"].partition("#")
        assert file == RUNBOOK
        assert anchor in anchors, f"{RUNBOOK} does not say what to do about {name}"


def test_the_alert_page_has_only_existing_alerts(primary: Blueprint):
    known = {name.lower() for name in alerts(primary)}
    written = {line.strip("# ").strip() for line in _headings(PAGE.read_text(encoding="utf-8"))}
    camel = {name for name in written if re.fullmatch(r"(?:[A-Z][a-z]+){2,}", name)}
    assert {name.lower() for name in camel} == known


def test_a_standby_has_no_alerts_on_missing_engines(dr: Blueprint, dr_active: Blueprint):
    missing = {"EnginesMissing", "TradingServicesMissing"}
    assert not missing & set(alerts(dr)), "it would cry merely because it stands by"
    assert missing <= set(alerts(dr_active)), "it has taken over, and nobody would miss an engine"
    assert set(alerts(dr)) == set(alerts(dr_active)) - missing


def test_the_objective_is_a_histogram_bound():
    stack = record_primary({"engineLatencyObjective": 500})
    slow = [r["expr"] for g in groups(stack) for r in g["rules"] if "latency_slow" in r.get("record", "")]
    assert len(slow) == 5
    assert all('le="0.0005"' in expression for expression in slow)


def test_an_alert_is_inhibited_by_alerts_that_exist(primary: Blueprint):
    known = set(alerts(primary))
    for each in INHIBITIONS:
        assert {each.source, *each.targets} <= known
        assert each.source not in each.targets, "an alert would silence itself"


def test_inhibition_requires_equal_labels():
    """A label that neither alert has is equal to Alertmanager, and an inhibition without labels mutes everything."""
    carried = {alert: [set(t.labels) for c in CASES if c.alert == alert for t in c.expected] for alert in _inhibited()}
    for each in INHIBITIONS:
        assert all(set(each.equal) <= labels for labels in carried[each.source]), f"{each.source} is bound by nothing"
        for target in each.targets:
            assert any(set(each.equal) <= labels for labels in carried[target]), f"{target} is never muted"
            if not each.equal:
                assert not any(carried[target]), f"{each.source} mutes every {target} there is"


def _inhibited() -> set[str]:
    return {alert for each in INHIBITIONS for alert in (each.source, *each.targets)}


def test_rule_names_follow_prometheus_conventions(primary: Blueprint):
    for group in groups(primary):
        for rule in group["rules"]:
            if "record" in rule:
                assert re.fullmatch(r"[a-z_]+:[a-z_]+:[a-z_]*rate\w+", rule["record"]), rule["record"]
            else:
                assert re.fullmatch(r"(?:[A-Z][a-z]+)+", rule["alert"]), rule["alert"]


def _written(stack: Blueprint, cases: Any, folder: Path) -> tuple[str, ...]:
    """The rules and the cases as promtool reads them; answers its arguments."""
    (folder / "rules.yaml").write_text(as_rule_file(stack), encoding="utf-8")
    known = alerts(stack)
    tests = [
        {
            "name": f"{case.alert}: {case.name}",
            "interval": case.step,
            "input_series": [{"series": series, "values": values} for series, values in case.series.items()],
            "alert_rule_test": [
                {
                    "eval_time": case.at,
                    "alertname": case.alert,
                    "exp_alerts": [
                        {
                            "exp_labels": {**alert.labels, **known[case.alert]["labels"]},
                            "exp_annotations": {
                                **known[case.alert]["annotations"],
                                "description": alert.description,
                            },
                        }
                        for alert in case.expected
                    ],
                }
            ],
        }
        for case in cases
    ]
    suite = {"rule_files": ["rules.yaml"], "evaluation_interval": STEP, "tests": tests}
    (folder / "tests.yaml").write_text(yaml.safe_dump(suite, sort_keys=False), encoding="utf-8")
    return ("test", "rules", "tests.yaml")


def _headings(page: str) -> list[str]:
    return [line for line in page.splitlines() if line.startswith("#")]
