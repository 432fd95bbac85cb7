"""Relational databases at the edges of what their rules allow: replicas, parameters, windows, and both stacks."""

from __future__ import annotations

from typing import Any

import pytest

from policy import tokens as t
from tests.policy.small import Entry, accused, compared, reference, refused, undecided

Json = dict[str, Any]
_OUTPUT = "${pulumi:pulumi:StackReference::primary#outputs.database}"
_OUTPUTS = {"database": reference(t.RDS_INSTANCE, "ours", "arn")}


def _ours(**properties: Any) -> Entry:
    return t.RDS_INSTANCE, "ours", properties


def _theirs(**properties: Any) -> Entry:
    return t.RDS_INSTANCE, "theirs", {"replicateSourceDb": _OUTPUT, **properties}


_URN = f"urn:pulumi:dr::shop::{t.RDS_INSTANCE}::theirs"
_RULES = [
    ("rds-class-parity", "instanceClass", "db.r7g.large", "db.r7g.xlarge", "class"),
    ("rds-multi-az-parity", "multiAz", True, False, "Multi-AZ"),
    ("rds-backup-parity", "backupRetentionPeriod", 30, 7, "a backup retention in days of"),
]


@pytest.mark.parametrize(("rule", "path", "value", "other", "what"), _RULES, ids=[row[0] for row in _RULES])
def test_a_database_that_has_taken_over_is_like_the_primarys(
    rule: str, path: str, value: Any, other: Any, what: str
) -> None:
    """Judged after the takeover, of the replica that follows the primary's database."""

    def found(ours: Any, theirs: Any, **options: Any) -> list[tuple[str, str]]:
        return compared(rule, [_ours(**{path: ours})], [_theirs(**{path: theirs})], outputs=_OUTPUTS, **options)

    said = f"{_URN} has {what} {other!r} after it has taken over, the primary has {value!r}"
    assert found(value, other, standing_by=False) == [("ours", said)]
    assert found(value, value, standing_by=False) == []
    assert found(value, other) == []
    stray: Entry = (t.RDS_INSTANCE, "theirs", {"replicateSourceDb": "elsewhere", path: other})
    assert compared(rule, [_ours(**{path: value})], [stray], outputs=_OUTPUTS, standing_by=False) == []
    reader: Entry = (t.RDS_INSTANCE, "reader", {"replicateSourceDb": reference(t.RDS_INSTANCE, "ours", "arn")})
    copy: Entry = (t.RDS_INSTANCE, "theirs", {"replicateSourceDb": _OUTPUT, path: other})
    of_reader = {"database": reference(t.RDS_INSTANCE, "reader", "arn")}
    assert compared(rule, [_ours(), reader], [copy], outputs=of_reader, standing_by=False) == []


def _group(name: str, *parameters: tuple[str, str], type_: str = t.RDS_PARAMETERS) -> Entry:
    return type_, name, {"name": name, "parameters": [{"name": key, "value": value} for key, value in parameters]}


_WITH = {"parameterGroupName": "group"}


@pytest.mark.parametrize(
    ("ours", "theirs", "named"),
    [
        ([("a", "1"), ("b", "2")], [("b", "2"), ("a", "1")], None),
        ([("a", "1")], [("a", "2")], "a"),
        ([("a", "2")], [("a", "1")], "a"),
        ([("a", "1")], [("a", "1"), ("b", "2")], "b"),
        ([("a", "1"), ("c", "3")], [("a", "2")], "a, c"),
        ([], [], None),
    ],
)
def test_a_replica_has_the_parameters_of_its_primary(ours: Any, theirs: Any, named: str | None) -> None:
    """In any order; what differs is named."""
    here, there = [_ours(**_WITH), _group("group", *ours)], [_theirs(**_WITH), _group("group", *theirs)]
    found = compared("rds-parameter-parity", here, there, outputs=_OUTPUTS)
    assert found == ([("ours", f"{_URN} differs in {named}")] if named else [])


def test_a_replica_without_a_group_differs() -> None:
    """Where only one side names a group, or the groups differ in what they do not say."""
    rule = "rds-parameter-parity"
    group = [_ours(**_WITH), _group("group", ("a", "1"))]
    assert compared(rule, group, [_theirs()], outputs=_OUTPUTS) == [("ours", f"{_URN} differs in a")]
    empty = [_ours(**_WITH), _group("group")]
    said = [("ours", f"{_URN} differs in its parameter group")]
    assert compared(rule, empty, [_theirs()], outputs=_OUTPUTS) == said
    assert compared(rule, [_ours()], [_theirs(**_WITH), _group("group")], outputs=_OUTPUTS) == said
    default = {"parameterGroupName": "default.postgres17"}
    assert compared(rule, [_ours(**default)], [_theirs()], outputs=_OUTPUTS) == []
    assert compared(rule, [_ours(**default)], [_theirs(**default)], outputs=_OUTPUTS) == []


# TLS


@pytest.mark.parametrize(
    ("engine", "value", "count"),
    [
        ("postgres", "1", 0),
        ("postgres", "0", 1),
        ("postgres", "off", 1),
        ("mysql", "ON", 0),
        ("mysql", "true", 0),
        ("mysql", "OFF", 1),
    ],
)
@pytest.mark.parametrize("cluster", [True, False])
def test_a_parameter_forces_tls(engine: str, value: str, count: int, cluster: bool) -> None:
    """Of the group that the instance or the cluster names."""
    name = "rds.force_ssl" if engine == "postgres" else "require_secure_transport"
    kind = t.RDS_CLUSTER_PARAMETERS if cluster else t.RDS_PARAMETERS
    path = "dbClusterParameterGroupName" if cluster else "parameterGroupName"
    database: Entry = (t.RDS_CLUSTER if cluster else t.RDS_INSTANCE, "x", {"engine": engine, path: "group"})
    group = _group("group", (name, value), ("work_mem", "1"), type_=kind)
    assert refused("rds-tls-forced", database, group) == ["accepts connections without TLS"] * count
    silent = _group("group", ("work_mem", "1"), type_=kind)
    assert refused("rds-tls-forced", database, silent) == ["accepts connections without TLS"]
    other = "parameterGroupName" if cluster else "dbClusterParameterGroupName"
    elsewhere: Entry = (database[0], "x", {"engine": engine, other: "group"})
    assert refused("rds-tls-forced", elsewhere, group) == ["uses AWS's default parameters"]


@pytest.mark.parametrize(
    ("version", "group", "count"),
    [
        ("15.4", "group", 0),
        ("15", "group", 0),
        ("14.9", "group", 1),
        (None, "group", 1),
        ("16", "default.postgres14", 1),
        ("14", "default.postgres15", 0),
        (None, "default.postgres16", 0),
        (None, "default.postgresql", 1),
        ("16", "default.mysql8.0", 0),
    ],
)
@pytest.mark.parametrize("engine", ["postgres", ""])
def test_newer_versions_force_tls_by_default(version: str | None, group: str, count: int, engine: str) -> None:
    """By the version, or by the version in the name of AWS's own group, which stands first."""
    database: Entry = (t.RDS_INSTANCE, "x", {"engine": engine, "engineVersion": version, "parameterGroupName": group})
    assert len(refused("rds-tls-forced", database, _group("group", ("work_mem", "1")))) == count
    for other in ("mysql", "aurora-postgresql", "sqlserver-ee"):
        older: Entry = (t.RDS_INSTANCE, "x", {**database[2], "engine": other})
        assert len(refused("rds-tls-forced", older, _group("group", ("work_mem", "1")))) == 1


def test_a_reader_takes_its_engine_from_its_source() -> None:
    """Only an instance, only where it says none, and only from an instance of the plan."""
    source: Entry = (t.RDS_INSTANCE, "source", {"engine": "oracle-ee"})
    follows = {"replicateSourceDb": reference(t.RDS_INSTANCE, "source", "arn")}
    said = ["uses AWS's default parameters"]
    assert refused("rds-tls-forced", source, (t.RDS_INSTANCE, "x", follows)) == []
    assert refused("rds-tls-forced", source, (t.RDS_INSTANCE, "x", {**follows, "engine": "mysql"})) == said
    assert refused("rds-tls-forced", source, (t.RDS_INSTANCE, "x", {"replicateSourceDb": "elsewhere"})) == said
    cluster = {"replicationSourceIdentifier": reference(t.RDS_INSTANCE, "source", "arn"), **follows}
    assert refused("rds-tls-forced", source, (t.RDS_CLUSTER, "x", cluster)) == said


def test_a_group_outside_the_plan_is_not_judged() -> None:
    """The finding names the property."""
    database: Entry = (t.RDS_INSTANCE, "x", {"engine": "postgres", "parameterGroupName": "elsewhere"})
    assert undecided("rds-tls-forced", database) == [
        ("parameterGroupName", "names what is not in the plan: 'elsewhere'")
    ]


# Windows


@pytest.mark.parametrize(
    ("window", "open_"),
    [
        ("mon:13:29-mon:13:30", False),
        ("mon:13:29-mon:13:31", True),
        ("mon:20:59-mon:21:00", True),
        ("mon:21:00-mon:21:01", False),
        ("wed:13:30-wed:13:31", True),
        ("fri:21:00-fri:21:30", False),
        ("sat:13:30-sat:21:00", False),
        ("sun:00:00-sun:23:59", False),
        ("sun:21:00-mon:13:30", False),
        ("sun:21:00-mon:13:31", True),
        ("fri:21:00-mon:13:30", False),
        ("fri:20:59-mon:13:30", True),
        ("fri:22:00-mon:14:00", True),
        ("SUN:23:30-MON:00:30", False),
        ("fri:14:00-mon:13:00", True),
        ("tue:00:00-tue:00:00", True),
    ],
)
def test_a_window_is_outside_of_trading_hours(window: str, open_: bool) -> None:
    """From 13:30 to 21:00 UTC of five days; a window may run over the end of the week."""
    said = [f"is maintained {window} UTC, during trading hours"] if open_ else []
    assert refused("rds-maintenance-window", (t.RDS_INSTANCE, "x", {"maintenanceWindow": window})) == said
    cluster: Entry = (t.RDS_CLUSTER, "x", {"preferredMaintenanceWindow": window})
    assert refused("rds-maintenance-window", cluster) == said


@pytest.mark.parametrize(
    ("window", "hours", "open_"),
    [
        ("sun:08:00-sun:09:00", {"days": ["sun"], "opens": "09:00", "closes": "10:00"}, False),
        ("sun:08:00-sun:09:01", {"days": ["sun"], "opens": "09:00", "closes": "10:00"}, True),
        ("sun:23:00-mon:01:00", {"days": ["mon"], "opens": "00:59", "closes": "02:00"}, True),
        ("sun:23:00-mon:01:00", {"days": ["mon"], "opens": "01:00", "closes": "02:00"}, False),
        ("mon:00:00-mon:00:30", {"days": ["sat", "mon"], "opens": "00:29", "closes": "02:00"}, True),
        ("sun:23:30-sun:23:59", {"days": ["mon"], "opens": "00:00", "closes": "00:10"}, False),
        ("mon:23:30-mon:23:59", {"days": ["tue"], "opens": "00:00", "closes": "00:10"}, False),
        ("mon:23:30-tue:00:00", {"days": ["tue"], "opens": "00:00", "closes": "00:10"}, False),
        ("mon:23:30-tue:00:01", {"days": ["tue"], "opens": "00:00", "closes": "00:10"}, True),
        ("sun:23:30-mon:00:01", {"days": ["mon"], "opens": "00:00", "closes": "00:10"}, True),
        ("mon:00:00-mon:00:30", {"days": ["sat"], "opens": "00:00", "closes": "23:59"}, False),
    ],
)
def test_trading_hours_are_configured(window: str, hours: Json, open_: bool) -> None:
    """Other days and other hours."""
    found = refused("rds-maintenance-window", (t.RDS_INSTANCE, "x", {"maintenanceWindow": window}), **hours)
    assert bool(found) is open_


@pytest.mark.parametrize(
    "window", ["always", "mon:13:00", "xyz:13:00-mon:14:00", "mon:13-mon:14", "mon:aa:00-mon:14:00"]
)
def test_a_window_that_is_none_is_not_judged(window: str) -> None:
    """The finding quotes the text."""
    said = [("maintenanceWindow", f"is no window but {window!r}")]
    assert undecided("rds-maintenance-window", (t.RDS_INSTANCE, "x", {"maintenanceWindow": window})) == said


# Readers and replicas


def test_readers_hold_no_data_of_their_own() -> None:
    """A reader of the same stack needs no protection; a replica of another stack's database does."""
    source: Entry = (t.RDS_INSTANCE, "source", {"deletionProtection": True})
    reader: Entry = (t.RDS_INSTANCE, "reader", {"replicateSourceDb": reference(t.RDS_INSTANCE, "source", "arn")})
    cluster: Entry = (t.RDS_CLUSTER, "cluster", {"replicateSourceDb": reference(t.RDS_INSTANCE, "source", "arn")})
    assert accused("rds-deletion-protection", source, reader) == []
    assert accused("rds-deletion-protection", source, cluster) == [("cluster", "has no deletion protection")]
