"""Every number that a rule's configuration can set, at the limit and on both sides of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from policy import check
from policy import tokens as t
from policy.catalogue import BY_ID, RULES
from tests.policy import documents as d
from tests.policy.small import Entry, reference, refused

Json = dict[str, Any]


def _of(type_: str, path: str, **properties: Any) -> Callable[[float], Entry]:
    def made(value: float) -> Entry:
        whole: Any = value
        for key in reversed(path.split(".")):
            whole = {key: whole}
        return type_, "x", {**properties, **whole}

    return made


def _lifecycle(value: float) -> Entry:
    return (
        t.BUCKET,
        "x",
        {"lifecycleRules": [{"id": "r", "enabled": True, "noncurrentVersionExpiration": {"days": value}}]},
    )


def _plan(value: float) -> Entry:
    return t.BACKUP_PLAN, "x", {"rules": [{"ruleName": "daily", "lifecycle": {"deleteAfter": value}}]}


# A plan without a selection is refused whatever it keeps; no other rule looks at one.
_SELECTION: Entry = (t.BACKUP_SELECTION, "s", {"planId": reference(t.BACKUP_PLAN, "x"), "resources": ["*"]})
_LOCK = {"minRetentionDays": 4000.0, "changeableForDays": 3.0}
_ASKED = ("requireLowercaseCharacters", "requireUppercaseCharacters", "requireNumbers", "requireSymbols")
_PASSWORDS = {**dict.fromkeys(_ASKED, True), "minimumPasswordLength": 128, "passwordReusePrevention": 1000}

# Rule, parameter, a resource with a value, what is said of it.
AT_LEAST: list[tuple[str, str, Callable[[float], Entry], str]] = [
    ("rds-backups", "days", _of(t.RDS_INSTANCE, "backupRetentionPeriod"), "is backed up for {} days"),
    (
        "table-point-in-time-recovery",
        "days",
        lambda value: (t.TABLE, "x", {"pointInTimeRecovery": {"enabled": True, "recoveryPeriodInDays": value}}),
        "can be restored to the last {} days only",
    ),
    ("bucket-versions-kept", "days", _lifecycle, "rule 'r' deletes versions after {} days"),
    ("stream-retention", "hours", _of(t.STREAM, "retentionPeriod"), "keeps {} hours"),
    ("event-archive-retention", "days", _of(t.EVENT_ARCHIVE, "retentionDays"), "keeps events for {} days"),
    ("key-deletion-window", "days", _of(t.KEY, "deletionWindowInDays"), "is deleted {} days after the request"),
    ("secret-recoverable", "days", _of(t.SECRET, "recoveryWindowInDays"), "can be restored for only {} days"),
    (
        "backup-lock-holds",
        "minimum",
        _of(t.BACKUP_VAULT_LOCK, "minRetentionDays", **_LOCK),
        "lets backups expire after {} days",
    ),
    ("backup-plan-works", "days", _plan, "rule 'daily' keeps backups for {} days"),
    (
        "password-policy",
        "length",
        _of(t.PASSWORD_POLICY, "minimumPasswordLength", **_PASSWORDS),
        "accepts passwords of {} characters",
    ),
    (
        "password-policy",
        "remembered",
        _of(t.PASSWORD_POLICY, "passwordReusePrevention", **_PASSWORDS),
        "prevents the reuse of only {} passwords",
    ),
    ("log-group-retention", "days", _of(t.LOG_GROUP, "retentionInDays"), "keeps logs for {} days"),
]
AT_MOST: list[tuple[str, str, Callable[[float], Entry], str]] = [
    (
        "secret-rotated",
        "days",
        _of(t.SECRET_ROTATION, "rotationRules.automaticallyAfterDays", secretId="arn:x"),
        "rotates every {} days",
    ),
    (
        "backup-lock-holds",
        "changeable",
        _of(t.BACKUP_VAULT_LOCK, "changeableForDays", **_LOCK),
        "can be removed for {} days",
    ),
]
# Numbers that are a part of a sum, at whose edges tests of their own stand.
_PARTS = {
    ("stream-shards", "targetUtilisation"),
    ("rto-budget", "budgetSeconds"),
    ("rto-budget", "measuredSwitchSeconds"),
}
_LIMITS = [(*row, 1) for row in AT_LEAST] + [(*row, -1) for row in AT_MOST]


def test_each_number_of_a_configuration_is_tested_at_its_limit() -> None:
    """A rule with a new number needs a row here, or tests of its own."""
    numbers = {(r.id, name) for r in RULES for name, p in r.parameters.items() if p.type in ("integer", "number")}
    assert {row[:2] for row in _LIMITS} | _PARTS == numbers


@pytest.mark.parametrize(
    ("rule", "parameter", "made", "said", "sign"), _LIMITS, ids=[f"{row[0]}-{row[1]}" for row in _LIMITS]
)
@pytest.mark.parametrize("shift", [0, 5])
def test_a_number_at_its_limit(
    rule: str, parameter: str, made: Callable[[float], Entry], said: str, sign: int, shift: int
) -> None:
    """One unit on the wrong side of the limit is refused; the limit and what is far on the right side are not."""
    limit = BY_ID[rule].parameters[parameter].default + shift
    configured = {parameter: limit} if shift else {}
    for distance in (1, 2):
        value = float(limit - sign * distance)
        assert refused(rule, made(value), _SELECTION, **configured) == [said.format(f"{value:g}")]
    for distance in (0, 1, 2, min(100, limit - 1) if sign < 0 else 100):
        assert refused(rule, made(float(limit + sign * distance)), _SELECTION, **configured) == []


def test_rules_that_need_names_of_the_platform() -> None:
    """Without them the rule is reported as not configured, and is not applied."""
    needed = {rule.id: {n for n, p in rule.parameters.items() if p.needed} for rule in RULES}
    assert {rule: names for rule, names in needed.items() if names} == {
        "latency-tier-cluster-placed": {"hosts"},
        "tenancy-as-declared": {"hosts"},
        "capacity-reserved": {"hosts"},
        "ena-express-explicit": {"hosts"},
        "table-records-last": {"records"},
        "records-object-lock": {"retention"},
        "records-not-expired": {"retention"},
        "stream-shards": {"loads"},
        "fifo-rate": {"loads"},
        "order-intake-floor": {"names"},
        "order-intake-in-recovery": {"names"},
    }
    provider: Entry = ("pulumi:providers:aws", "own", {"region": "us-east-1"})
    report = check.evaluate([d.blueprint(provider, (t.TABLE, "x", {}))], rules=[BY_ID["table-records-last"]])
    assert [entry.rule.id for entry in report.not_configured] == ["table-records-last"]
    assert not report.findings
