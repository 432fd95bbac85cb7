"""Both stacks at the edges of what a takeover needs: order intake, failover records, health checks, replicas."""

from __future__ import annotations

import json
from typing import Any

import pytest

from policy import tokens as t
from tests.policy.small import accused, compared, only_refused, reference, refused, undecided

Json = dict[str, Any]
Entry = tuple[str, str, Json]

_DEPLOYMENT = "kubernetes:apps/v1:Deployment"
_STATEFUL_SET = "kubernetes:apps/v1:StatefulSet"
_SCALER = "kubernetes:autoscaling/v2:HorizontalPodAutoscaler"
_NAMES = {"names": ["intake*"]}


# Order intake


@pytest.mark.parametrize(
    ("type_", "properties", "count"),
    [
        (t.FUNCTION, {"name": "intake", "reservedConcurrentExecutions": 0}, 1),
        (t.FUNCTION, {"name": "intake", "reservedConcurrentExecutions": 1}, 0),
        (t.FUNCTION, {"name": "intake", "reservedConcurrentExecutions": -1}, 0),
        (t.FUNCTION, {"name": "intake"}, 0),
        (t.FUNCTION, {"name": "reports", "reservedConcurrentExecutions": 0}, 0),
        (t.ECS_SERVICE, {"name": "intake", "desiredCount": 0}, 1),
        (t.ECS_SERVICE, {"name": "intake"}, 1),
        (t.ECS_SERVICE, {"name": "intake", "desiredCount": 1}, 0),
        (t.ECS_SERVICE, {"name": "intake", "schedulingStrategy": "DAEMON"}, 0),
        (t.ECS_SERVICE, {"name": "intake", "schedulingStrategy": "DAEMON", "desiredCount": 0}, 0),
        (t.ECS_SERVICE, {"name": "intake", "schedulingStrategy": "REPLICA"}, 1),
        (t.SCALING_TARGET, {"resourceId": "service/c/intake", "serviceNamespace": "ecs", "minCapacity": 0}, 1),
        (t.SCALING_TARGET, {"resourceId": "service/c/intake", "serviceNamespace": "ecs", "minCapacity": 1}, 0),
        (t.SCALING_TARGET, {"resourceId": "service/intake/x", "serviceNamespace": "ecs", "minCapacity": 0}, 0),
        (t.SCALING_TARGET, {"resourceId": "table/intake", "serviceNamespace": "dynamodb", "minCapacity": 0}, 0),
        (_SCALER, {"spec": {"scaleTargetRef": {"name": "intake"}, "minReplicas": 0}}, 1),
        (_SCALER, {"spec": {"scaleTargetRef": {"name": "intake"}, "minReplicas": 1}}, 0),
        (_SCALER, {"spec": {"scaleTargetRef": {"name": "intake"}, "replicas": 0}}, 0),
        (_SCALER, {"metadata": {"name": "intake"}, "spec": {"scaleTargetRef": {"name": "x"}, "minReplicas": 0}}, 0),
        (_DEPLOYMENT, {"metadata": {"name": "intake"}, "spec": {"replicas": 0}}, 1),
        (_DEPLOYMENT, {"metadata": {"name": "intake"}, "spec": {"replicas": 1}}, 0),
        (_DEPLOYMENT, {"metadata": {"name": "intake"}, "spec": {}}, 0),
        (_DEPLOYMENT, {"metadata": {"name": "intake"}, "spec": {"minReplicas": 0}}, 0),
        (_STATEFUL_SET, {"metadata": {"name": "intake"}, "spec": {"replicas": 0}}, 1),
        (_STATEFUL_SET, {"metadata": {"name": "other"}, "spec": {"replicas": 0}}, 0),
    ],
)
def test_order_intake_has_running_capacity(type_: str, properties: Json, count: int) -> None:
    """A floor of zero is refused wherever it is written; a function without a reservation has no floor."""
    said = ["has no running capacity"] * count
    assert refused("order-intake-floor", (type_, "x", properties), **_NAMES) == said


@pytest.mark.parametrize(
    ("name", "properties", "count"),
    [
        ("intake", {}, 1),
        ("other", {}, 0),
        ("other", {"name": "intake-1"}, 1),
        ("intake", {"name": "other"}, 0),
        ("other", {"metadata": {"name": "intake-1"}}, 1),
        ("intake", {"name": "other", "metadata": {"name": "intake-1"}}, 0),
        ("intake", {"metadata": {"name": "other"}}, 0),
    ],
)
def test_the_name_of_order_intake(name: str, properties: Json, count: int) -> None:
    """The name in AWS or in Kubernetes, else the logical name."""
    entry = (_DEPLOYMENT, name, {**properties, "spec": {"replicas": 0}})
    assert len(refused("order-intake-floor", entry, **_NAMES)) == count


@pytest.mark.parametrize(
    ("there", "said"),
    [
        ([(t.FUNCTION, "take", {"name": "intake"})], []),
        ([(t.FUNCTION, "take", {"name": "other"})], []),
        ([], [("take", "is not deployed in us-west-2")]),
        ([(t.FUNCTION, "other", {"name": "intake"})], [("take", "is not deployed in us-west-2")]),
        ([(t.FUNCTION, "zzz", {"name": "intake"})], [("take", "is not deployed in us-west-2")]),
        ([(t.ECS_SERVICE, "take", {"name": "intake"})], [("take", "is not deployed in us-west-2")]),
    ],
)
def test_both_regions_have_order_intake(there: list[Entry], said: list[tuple[str, str]]) -> None:
    """A resource of the same type and logical name."""
    here: Entry = (t.FUNCTION, "take", {"name": "intake"})
    reports: Entry = (t.FUNCTION, "reports", {"name": "reports"})
    assert compared("order-intake-in-recovery", [here, reports], there, **_NAMES) == said


# Failover records

_API: Entry = (t.API_STAGE, "stage", {})


def _record(name: str, side: str, /, **properties: Any) -> Entry:
    given = {"name": "api.example", "zoneId": "Z1", "healthCheckId": "h", **properties}
    record = {key: value for key, value in given.items() if value is not None}
    return t.DNS_RECORD, name, {**record, "failoverRoutingPolicies": [{"type": side}]}


_FIRST, _SECOND = _record("first", "PRIMARY"), _record("second", "SECONDARY")
_NEVER_LEFT = "has no health check, so that Route 53 never fails over"


@pytest.mark.parametrize(
    ("here", "there", "said"),
    [
        ([_FIRST], [_SECOND], []),
        ([_FIRST, _SECOND], [], []),
        ([], [_FIRST, _SECOND], []),
        ([], [], [("stage", "no record is the PRIMARY and the SECONDARY of a failover")]),
        (
            [(t.DNS_RECORD, "plain", {"name": "api.example"})],
            [],
            [("stage", "no record is the PRIMARY and the SECONDARY of a failover")],
        ),
        ([_FIRST], [], [("stage", "no record is the SECONDARY of the failover of api.example")]),
        ([], [_SECOND], [("stage", "no record is the PRIMARY of the failover of api.example")]),
        (
            [_FIRST],
            [_record("second", "SECONDARY", name="b.example")],
            [
                ("stage", "no record is the SECONDARY of the failover of api.example"),
                ("stage", "no record is the PRIMARY of the failover of b.example"),
            ],
        ),
        (
            [_record("first", "OTHER")],
            [],
            [("stage", "no record is the PRIMARY and the SECONDARY of the failover of api.example")],
        ),
        ([_record("first", "PRIMARY", healthCheckId=None)], [_SECOND], [("first", _NEVER_LEFT)]),
        ([_FIRST], [_record("second", "SECONDARY", healthCheckId=None)], []),
        (
            [_record("first", "PRIMARY", healthCheckId=None, aliases=[{"name": "x", "evaluateTargetHealth": True}])],
            [_SECOND],
            [],
        ),
        (
            [_record("first", "PRIMARY", healthCheckId=None, aliases=[{"name": "x", "evaluateTargetHealth": False}])],
            [_SECOND],
            [("first", _NEVER_LEFT)],
        ),
    ],
)
def test_each_failover_has_two_watched_sides(
    here: list[Entry], there: list[Entry], said: list[tuple[str, str]]
) -> None:
    """In either stack; a primary without a health check is never left."""
    assert compared("failover-routing", [_API, *here], there) == said


_LEADS = "points to the target of first"


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        ({"records": ["a.example"]}, {"records": ["b.example"]}, []),
        ({"records": ["a.example"]}, {"records": ["a.example"]}, [_LEADS]),
        ({"records": ["A.example."]}, {"records": ["a.example"]}, [_LEADS]),
        ({"records": ["a.example", "b.example"]}, {"records": ["b.example", "a.example"]}, [_LEADS]),
        ({"records": ["a.example", "b.example"]}, {"records": ["a.example"]}, []),
        ({"records": ["a.example"]}, {"records": ["a.example", "b.example"]}, []),
        ({"records": ["a.example"]}, {"records": ["a.example"], "name": "b.example"}, []),
        ({"records": ["a.example"]}, {"records": ["a.example"], "zoneId": "Z2"}, []),
        ({"records": ["a.example"]}, {"records": ["a.example"], "zoneId": "Z0"}, []),
        ({"records": ["a.example"]}, {"records": ["a.example"], "name": "a.example"}, []),
        ({"aliases": [{"name": "a.example"}]}, {"aliases": [{"name": "a.example"}]}, [_LEADS]),
        ({"aliases": [{"name": "a.example"}]}, {"records": ["a.example"]}, [_LEADS]),
        ({"aliases": [{"name": "a.example"}]}, {"aliases": [{"name": "b.example"}]}, []),
        ({}, {}, []),
    ],
)
def test_the_sides_of_a_failover_lead_apart(first: Json, second: Json, said: list[str]) -> None:
    """Names without case and without their last dot; other names and zones are other failovers."""
    given = (_record("first", "PRIMARY", **first), _record("second", "SECONDARY", **second))
    assert only_refused("failover-sides-apart", "second", *given) == said
    assert only_refused("failover-sides-apart", "second", *reversed(given)) == said


def test_two_secondaries_of_one_target_are_not_compared() -> None:
    """Only a primary is the other side."""
    both = [_record(name, "SECONDARY", records=["a.example"]) for name in ("a", "b")]
    assert refused("failover-sides-apart", *both) == []


@pytest.mark.parametrize(
    ("records", "count"),
    [
        (["${pulumi:pulumi:StackReference::primary#outputs.api}"], 1),
        (["${aws:apigateway/domainName:DomainName::d#regionalDomainName}"], 0),
        (["${pulumi:pulumi:StackReference::primary#outputs.api}", "${aws:apigateway/domainName:DomainName::d#x}"], 0),
        (["api.example"], 0),
    ],
)
def test_a_secondary_that_leads_to_the_other_stack(records: list[str], count: int) -> None:
    """The stack that declares the secondary is the recovery stack."""
    domain: Entry = (t.API_DOMAIN, "d", {})
    said = ["points to the other stack, as the PRIMARY record does"] * count
    assert refused("failover-sides-apart", domain, _record("second", "SECONDARY", records=records)) == said
    assert refused("failover-sides-apart", domain, _record("first", "PRIMARY", records=records)) == []


def test_references_differ_by_case() -> None:
    """Two resources whose names differ in case are two targets."""
    records = ["${aws:apigateway/domainName:DomainName::d#x}", "${aws:apigateway/domainName:DomainName::D#x}"]
    sides = [_record(n, s, records=[r]) for n, s, r in zip("ab", ("PRIMARY", "SECONDARY"), records, strict=True)]
    assert refused("failover-sides-apart", (t.API_DOMAIN, "d", {}), (t.API_DOMAIN, "D", {}), *sides) == []


# Health checks


def _probe(**properties: Any) -> Entry:
    return t.HEALTH_CHECK, "h", {"type": "HTTPS", "resourcePath": "/prod/health", **properties}


@pytest.mark.parametrize(
    ("check", "said"),
    [
        (_probe(), []),
        (_probe(disabled=False), []),
        (_probe(disabled=True), ["is disabled"]),
        (_probe(invertHealthcheck=True), ["is inverted"]),
        (_probe(invertHealthcheck=False), []),
        (_probe(resourcePath="/prod/standby", invertHealthcheck=True), []),
        (
            _probe(resourcePath="/prod/standby"),
            ["is not inverted, so that the standby never takes over"],
        ),
        (_probe(type="CALCULATED", childHealthThreshold=1), []),
        (_probe(type="CALCULATED", childHealthThreshold=0), ["is healthy whatever its children report"]),
        (_probe(type="CALCULATED"), []),
        (_probe(type="CALCULATED", childHealthThreshold=2, invertHealthcheck=True), []),
        (_probe(type="HTTP", childHealthThreshold=0), []),
        (_probe(type="CLOUDWATCH_METRIC", invertHealthcheck=True), []),
        (_probe(type="RECOVERY_CONTROL", invertHealthcheck=True), []),
        *((_probe(type=kind, invertHealthcheck=True), ["is inverted"]) for kind in ("HTTP", "HTTPS", "TCP")),
        *((_probe(type=f"{kind}_STR_MATCH", invertHealthcheck=True), ["is inverted"]) for kind in ("HTTP", "HTTPS")),
        (
            _probe(type="CALCULATED", disabled=True, childHealthThreshold=0),
            ["is disabled", "is healthy whatever its children report"],
        ),
    ],
)
def test_a_health_check_tells_the_truth(check: Entry, said: list[str]) -> None:
    """One that is disabled, always healthy, or inverted by mistake does not."""
    assert refused("health-check-sound", check, inverted=["*/standby"]) == said


_PATHS = {"/health": {}, "/orders/{id}": {}, "/orders/{id}/fills": {}}


@pytest.mark.parametrize(
    ("path", "known"),
    [
        ("/prod/health", True),
        ("prod/health/", True),
        ("/prod/healthy", False),
        ("/prod/heal", False),
        ("/health", False),
        ("/prod", False),
        ("/prod/orders", False),
        ("/prod/orders/7", True),
        ("/prod/orders/7/fills", True),
        ("/prod/orders/7/z", False),
        ("/prod/orders/7/a", False),
        ("/prod/orders/7/fills/9", False),
        ("/prod/a/7", False),
        ("/prod/z/7", False),
        ("", False),
    ],
)
def test_a_health_check_asks_for_a_path_of_the_api(path: str, known: bool) -> None:
    """The first segment is the stage; a parameter in braces is any one segment."""
    api: Entry = (t.REST_API, "api", {"body": json.dumps({"paths": _PATHS})})
    check = _probe(resourcePath=path, fqdn=reference(t.REST_API, "api", "id") + ".execute-api.example")
    said = [] if known else [f"asks for {path or '/'}, which api does not have"]
    assert refused("health-check-sound", api, check) == said
    assert refused("health-check-sound", (t.REST_API, "api", {}), check) == []
    assert refused("health-check-sound", (t.REST_API, "api", {"body": json.dumps({"paths": {}})}), check) == []
    assert refused("health-check-sound", api, _probe(resourcePath=path, fqdn="elsewhere.example")) == []


# Recovery time


def _checked(**properties: Any) -> Entry:
    return t.HEALTH_CHECK, "h", {"type": "HTTPS", **properties}


def _timed(**properties: Any) -> Entry:
    return _record("first", "PRIMARY", **{"healthCheckId": reference(t.HEALTH_CHECK, "h"), **properties})


@pytest.mark.parametrize(
    ("check", "record", "sum_"),
    [
        (_checked(requestInterval=10, failureThreshold=1), _timed(ttl=5), "10 s to notice + 5 s"),
        (_checked(requestInterval=10, failureThreshold=3), _timed(ttl=5), "30 s to notice + 5 s"),
        (_checked(requestInterval=10), _timed(ttl=5), "30 s to notice + 5 s"),
        (_checked(failureThreshold=1), _timed(ttl=5), "30 s to notice + 5 s"),
        (_checked(), _timed(ttl=5), "90 s to notice + 5 s"),
        (_checked(requestInterval=10, failureThreshold=2), _timed(), "20 s to notice + 0 s"),
        (
            _checked(requestInterval=10, failureThreshold=2),
            _timed(ttl=300, aliases=[{"name": "x"}]),
            "20 s to notice + 60 s",
        ),
        (_checked(type="RECOVERY_CONTROL"), _timed(ttl=5), "0 s to notice + 5 s"),
        (_checked(type="CLOUDWATCH_METRIC"), _timed(ttl=5), "0 s to notice + 5 s"),
        (_checked(), _timed(ttl=5, healthCheckId=None), "0 s to notice + 5 s"),
    ],
)
def test_the_time_until_clients_follow(check: Entry, record: Entry, sum_: str) -> None:
    """Observations times their interval, the time to live, and the switch, against the budget."""
    notice, ttl = (float(word) for word in sum_.split() if word.isdigit())
    whole = notice + ttl + 15
    said = f"{sum_} to live + 15 s to switch is more than {whole - 1:g} s"
    assert only_refused("rto-budget", "first", check, record, budgetSeconds=whole - 1) == [said]
    assert refused("rto-budget", check, record, budgetSeconds=whole) == []
    assert refused("rto-budget", check, record, budgetSeconds=whole + 100) == []
    said = f"{sum_} to live + 20 s to switch is more than {whole + 4:g} s"
    assert refused("rto-budget", check, record, budgetSeconds=whole + 4, measuredSwitchSeconds=20) == [said]
    assert refused("rto-budget", check, record, budgetSeconds=whole + 5, measuredSwitchSeconds=20) == []


def test_records_outside_a_failover_have_no_budget() -> None:
    """Nor have names that only carry a signal."""
    plain: Entry = (t.DNS_RECORD, "x", {"name": "api.example", "ttl": 300})
    assert refused("rto-budget", plain) == []
    assert len(refused("rto-budget", _timed(ttl=300), _checked())) == 1
    assert refused("rto-budget", _timed(ttl=300, healthCheckId=None), signals=["api.*"]) == []
    assert len(refused("rto-budget", _timed(ttl=300, healthCheckId=None), signals=["signal.*"])) == 1


def test_a_calculated_check_is_as_slow_as_its_slowest_child() -> None:
    """Children outside the plan leave the time open; without children there is none."""
    quick: Entry = (t.HEALTH_CHECK, "quick", {"type": "TCP", "requestInterval": 10, "failureThreshold": 1})
    slow: Entry = (t.HEALTH_CHECK, "slow", {"type": "TCP", "requestInterval": 30, "failureThreshold": 2})
    children = [reference(t.HEALTH_CHECK, name) for name in ("quick", "slow", "quick")]
    parent: Entry = (t.HEALTH_CHECK, "h", {"type": "CALCULATED", "childHealthchecks": children})
    said = ["60 s to notice + 5 s to live + 15 s to switch is more than 30 s"]
    assert refused("rto-budget", quick, slow, parent, _timed(ttl=5)) == said
    alone: Entry = (t.HEALTH_CHECK, "h", {"type": "CALCULATED"})
    assert refused("rto-budget", alone, _timed(ttl=15)) == []
    assert len(refused("rto-budget", alone, _timed(ttl=16))) == 1
    outside: Entry = (t.HEALTH_CHECK, "h", {"type": "CALCULATED", "childHealthchecks": [children[0], "0123"]})
    literal: Entry = (t.HEALTH_CHECK, "h", {"type": "CALCULATED", "childHealthchecks": ["0123"]})
    open_ = [("childHealthchecks", "names a health check that is not in the plan")]
    assert undecided("rto-budget", literal, _timed(ttl=5)) == open_
    assert undecided("rto-budget", quick, outside, _timed(ttl=5)) == open_


# What a stack that has taken over still needs


def _independent(*entries: Entry, active: Any = True, **side: Any) -> list[tuple[str, str]]:
    from policy import check
    from policy.catalogue import BY_ID
    from tests.policy import documents as d

    providers = (
        ("pulumi:providers:aws", "own", {"region": "us-west-2"}),
        ("pulumi:providers:aws", "side", {"region": "us-east-1", **side}),
    )
    document = d.blueprint(*providers, *((t.QUEUE, f"q{index}", {}) for index in range(5)), *entries)
    for entry in document["resources"][2:]:
        entry["provider"] = document["resources"][int(entry["properties"].pop("aside", 0))]["urn"]
    document["outputs"] = {"active": active}
    report = check.evaluate([document], rules=[BY_ID["recovery-independent"]])
    assert not report.not_evaluated
    return [(violation.urn.split("::")[-1], violation.message) for violation in report.violations]


_SILENT = {"skipCredentialsValidation": True, "skipRequestingAccountId": True}


@pytest.mark.parametrize(
    ("entries", "side", "said"),
    [
        ([], _SILENT, []),
        ([], {}, [("side", "calls us-east-1 for the account")]),
        ([], {**_SILENT, "skipCredentialsValidation": False}, [("side", "calls us-east-1 for the account")]),
        ([], {**_SILENT, "skipRequestingAccountId": False}, [("side", "calls us-east-1 for the account")]),
        ([(t.TOPIC, "a", {"aside": 1})], _SILENT, [("side", "calls us-east-1 for 1 resources")]),
        (
            [(t.TOPIC, "a", {"aside": 1}), (t.TOPIC, "b", {"aside": 1})],
            {},
            [("side", "calls us-east-1 for 2 resources")],
        ),
        ([(t.TOPIC, "a", {"region": "us-east-1"})], _SILENT, [("a", "is declared in us-east-1")]),
        ([(t.TOPIC, "a", {"region": "us-west-2"})], _SILENT, []),
        ([("cloudflare:index/record:Record", "a", {"region": "us-east-1"})], _SILENT, []),
        (
            [(t.TOPIC, "a", {"region": "us-east-1"})],
            {},
            [("a", "is declared in us-east-1"), ("side", "calls us-east-1 for the account")],
        ),
    ],
)
def test_a_stack_that_has_taken_over_calls_no_other_region(
    entries: list[Entry], side: Json, said: list[tuple[str, str]]
) -> None:
    """By a provider, by the account that it asks for, or by a resource that names a region."""
    assert _independent(*[(a, b, dict(c)) for a, b, c in entries], **side) == said
    assert _independent(*[(a, b, dict(c)) for a, b, c in entries], active=False, **side) == []


# Replicas of stores

_NO_REPLICA = "has no replica in us-west-2"
_OUTPUT = "${pulumi:pulumi:StackReference::primary#outputs.store}"


@pytest.mark.parametrize(
    ("type_", "replica"),
    [
        (t.RDS_INSTANCE, (t.RDS_INSTANCE, "replicateSourceDb")),
        (t.RDS_CLUSTER, (t.RDS_CLUSTER, "replicationSourceIdentifier")),
        (t.EFS_FILE_SYSTEM, (t.EFS_REPLICATION, "sourceFileSystemId")),
        ("aws:docdb/cluster:Cluster", ("aws:docdb/cluster:Cluster", "globalReplicationGroupId")),
    ],
)
def test_a_store_has_a_replica_that_follows_it(type_: str, replica: tuple[str, str]) -> None:
    """The replica names the store by an output of the primary; another store's replica is not enough."""
    store: Entry = (type_, "store", {})
    outputs = {"store": reference(type_, "store")}
    follows: Entry = (replica[0], "copy", {replica[1]: _OUTPUT})
    strays: Entry = (replica[0], "stray", {replica[1]: "elsewhere"})
    rule = "stateful-replicated"
    assert compared(rule, [store], [follows], outputs=outputs) == []
    assert compared(rule, [store], [strays, follows], outputs=outputs) == []
    assert compared(rule, [store], [strays], outputs=outputs) == [("store", _NO_REPLICA)]
    assert compared(rule, [store], [], outputs=outputs) == [("store", _NO_REPLICA)]
    kept = [] if type_ != t.RDS_INSTANCE else [("store", _NO_REPLICA)]
    assert compared(rule, [store], [], outputs=outputs, standing_by=False) == kept
    assert compared(rule, [store], [follows], outputs=outputs, standing_by=False) == []


@pytest.mark.parametrize(
    ("by_design", "count"),
    [
        ({}, 1),
        ({t.RDS_INSTANCE: "It holds test data."}, 0),
        ({t.RDS_INSTANCE: " "}, 1),
        ({"urn:pulumi:primary::*::store": "It holds test data."}, 0),
        ({"urn:pulumi:primary::*::other": "It holds test data."}, 1),
        ({t.VOLUME: "Volumes are not judged."}, 1),
        ({"zzz": "x", t.RDS_INSTANCE: "It holds test data."}, 0),
    ],
)
def test_a_store_without_a_replica_by_design(by_design: Json, count: int) -> None:
    """By its type or its URN, with a reason that is not empty."""
    found = compared("stateful-replicated", [(t.RDS_INSTANCE, "store", {})], [], byDesign=by_design)
    assert found == [("store", _NO_REPLICA)] * count


def test_readers_of_a_stack_are_no_stores() -> None:
    """A reader follows an instance of its own stack; one that follows another stack's is a store."""
    source: Entry = (t.RDS_INSTANCE, "store", {})
    reader: Entry = (t.RDS_INSTANCE, "reader", {"replicateSourceDb": reference(t.RDS_INSTANCE, "store", "arn")})
    found = compared("stateful-replicated", [source, reader], [])
    assert found == [("store", _NO_REPLICA)]
    protected = "stateful-protected"
    assert _unprotected(protected, source, reader) == ["store"]
    assert _unprotected(protected, (t.RDS_INSTANCE, "reader", {"replicateSourceDb": "elsewhere"})) == ["reader"]
    assert _unprotected(protected, (t.TABLE, "table", {"replicateSourceDb": "x"})) == ["table"]


def _unprotected(rule: str, *entries: Entry, **options: Any) -> list[str]:
    from policy import check
    from policy.catalogue import BY_ID
    from tests.policy import documents as d

    document = d.blueprint(*entries)
    for entry in document["resources"]:
        entry["options"] = options
    report = check.evaluate([document], rules=[BY_ID[rule]])
    assert all(violation.message == "has neither protect nor retainOnDelete" for violation in report.violations)
    return [violation.urn.split("::")[-1] for violation in report.violations]


@pytest.mark.parametrize(
    ("options", "count"),
    [
        ({}, 1),
        ({"protect": False}, 1),
        ({"protect": True}, 0),
        ({"retainOnDelete": True}, 0),
        ({"protect": True, "retainOnDelete": True}, 0),
        ({"protect": False, "retainOnDelete": False}, 1),
    ],
)
def test_a_store_is_protected_or_kept(options: Json, count: int) -> None:
    """Either option keeps the engine from deleting it."""
    assert len(_unprotected("stateful-protected", (t.TABLE, "x", {}), **options)) == count


def test_what_is_accused_is_the_store_itself() -> None:
    """Each finding is of the resource that lacks something."""
    assert accused("order-intake-floor", (t.ECS_SERVICE, "a", {"name": "intake"}), **_NAMES) == [
        ("a", "has no running capacity")
    ]
