"""Plans that are right, and that a rule once refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from policy import tokens as t
from tests.policy.changes import Change, changed, new, set_
from tests.policy.judging import evaluate
from tests.policy.sample_platform import ref

Json = dict[str, Any]
_AUTHORIZER = {
    "type": "apiKey",
    "name": "Authorization",
    "in": "header",
    "x-amazon-apigateway-authtype": "custom",
    "x-amazon-apigateway-authorizer": {"type": "token", "authorizerUri": "arn:aws:apigateway:us-east-1:lambda:path/x"},
}
_OPEN_API = {
    "paths": {"/orders": {"options": {}, "put": {"security": [{"authorizer": []}]}}},
    "components": {"securitySchemes": {"authorizer": _AUTHORIZER}},
}


def _database(**properties: Any) -> Change:
    return new(
        t.RDS_INSTANCE,
        "made-other",
        storageEncrypted=True,
        kmsKeyId=ref(t.KEY, "key"),
        multiAz=True,
        **properties,
    )


@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        (
            "balancer-multi-zone",
            [
                set_(t.SUBNET, "made-app-a", "availabilityZone"),
                set_(t.SUBNET, "made-app-a", "availabilityZoneId", "use1-az1"),
                set_(t.SUBNET, "made-app-b", "availabilityZone"),
                set_(t.SUBNET, "made-app-b", "availabilityZoneId", "use1-az2"),
            ],
        ),
        (
            "balancer-multi-zone",
            [set_(t.SUBNET, f"made-app-{zone}", "availabilityZone") for zone in "ab"],
        ),
        ("api-authorised", [set_(t.REST_API, "made-api", "body", json.dumps(_OPEN_API))]),
        (
            "tenancy-as-declared",
            [new(t.CAPACITY_RESERVATION, "made-batch", instanceType="m7i.large", tenancy="default")],
        ),
        ("rds-tls-forced", [_database(engine="db2-se")]),
        ("rds-tls-forced", [_database(engine="oracle-ee")]),
        ("rds-tls-forced", [_database(engine="postgres", engineVersion="16.4")]),
        ("rds-tls-forced", [_database(engine="postgres", parameterGroupName="default.postgres15")]),
        ("listener-tls", [set_(t.LISTENER, "made-https", "protocol", "UDP")]),
        ("listener-tls", [set_(t.LISTENER, "made-https", "protocol"), set_(t.LISTENER, "made-https", "port")]),
    ],
)
def test_a_right_plan_is_let_through(rule: str, changes: list[Change], made: list[Json]) -> None:
    assert rule not in {violation.rule.id for violation in evaluate(changed(made, changes)).violations}


@pytest.mark.parametrize(
    "database",
    [
        _database(engine="postgres", engineVersion="14.12"),
        _database(engine="postgres", parameterGroupName="default.postgres14"),
        _database(engine="mysql", engineVersion="8.4.5"),
    ],
)
def test_a_default_that_takes_plain_connections_is_refused(database: Change, made: list[Json]) -> None:
    assert "rds-tls-forced" in {v.rule.id for v in evaluate(changed(made, [database])).violations}
