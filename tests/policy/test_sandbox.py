"""The sandbox profile declares a stack that can be removed, and the policy pack refuses it outside of a sandbox."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from blueprint import Blueprint, record
from policy import check
from policy.report import Report
from policy.rule import Severity
from preflight.account import Account
from preflight.checks import lasting
from preflight.model import Verdict
from preflight.recorded import as_declared
from preflight.run import ask
from tests.policy.judging import CONFIG, EXEMPTIONS

SANDBOX: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "policy-config.sandbox.json").read_text(encoding="utf-8")
)
KEPT = {
    "backup-vault-locked",
    "balancer-deletion-protection",
    "rds-deletion-protection",
    "rds-final-snapshot",
    "rds-multi-az",
    "records-not-expired",
    "records-object-lock",
    "stateful-protected",
    "stores-not-emptied",
    "table-deletion-protection",
}
"""Rules that a stack which can be removed, at the smallest sizes, breaks by design."""


@pytest.fixture(scope="module")
def sandbox() -> Blueprint:
    return record("sandbox")


def judged(stack: Blueprint, config: Any) -> Report:
    return check.evaluate([json.loads(stack.to_text())], config, EXEMPTIONS)


def refusing(report: Report) -> set[str]:
    return {each.rule.id for each in report.violations if each.severity is Severity.MANDATORY}


def test_nothing_in_a_sandbox_outlives_it(sandbox: Blueprint) -> None:
    """No Object Lock in compliance mode, no vault lock that becomes final, no protection, no final snapshot."""
    for each in sandbox.resources:
        assert not each.options.get("protect"), each.urn
        protected = [key for key in each.properties if "eletionProtection" in key and each.properties[key]]
        assert protected == [], each.urn
    for lock in sandbox.of_type("aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration"):
        assert lock.properties["rule"]["defaultRetention"] == {"mode": "GOVERNANCE", "days": 1}
    (vault,) = sandbox.of_type("aws:backup/vaultLockConfiguration:VaultLockConfiguration")
    assert "changeableForDays" not in vault.properties
    assert all(each.properties["forceDestroy"] for each in sandbox.of_type("aws:s3/bucket:Bucket"))
    assert all(each.properties["skipFinalSnapshot"] for each in sandbox.of_type("aws:rds/instance:Instance"))


def test_the_preflight_of_a_sandbox_warns_of_nothing_that_lasts(sandbox: Blueprint, primary: Blueprint) -> None:
    for stack, verdict in ((sandbox, Verdict.OK), (primary, Verdict.WARNS)):
        found = ask(list(lasting.Lasting().questions(as_declared(stack, {}))), Account(emulated=True))
        assert len(found) == 5
        assert {finding.verdict for finding in found} == {verdict}


def test_the_policy_pack_refuses_a_sandbox_by_the_platforms_own_configuration(sandbox: Blueprint) -> None:
    """A stack for orders cannot be declared as a sandbox by mistake."""
    assert refusing(judged(sandbox, CONFIG)) == KEPT | {"stream-shards"}


def test_the_configuration_of_a_sandbox_advises_where_the_platforms_own_refuses(sandbox: Blueprint) -> None:
    report = judged(sandbox, SANDBOX)
    assert refusing(report) == set()
    advised = {each.rule.id for each in judged(sandbox, CONFIG).violations if each.severity is Severity.ADVISORY}
    assert {each.rule.id for each in report.violations} - advised == KEPT
    changed = {
        rule: {key: value for key, value in setting.items() if key != "enforcementLevel"}
        for rule, setting in SANDBOX.items()
        if setting != CONFIG.get(rule, {})
    }
    assert {rule for rule in changed if changed[rule] == CONFIG.get(rule, {})} == KEPT
    assert set(changed) == KEPT | {"stream-shards"}
