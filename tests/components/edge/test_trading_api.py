"""C7: the Trading API."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from blueprint import Blueprint, record_dr, record_primary
from blueprint.references import references_in
from blueprint.secrets import Secret, revealed
from components.edge.api_document import GATEWAY_RESPONSES
from components.settings import SettingsError
from functions.api.document import load, operations
from tests.components.security.graph import document

API = "aws:apigateway/restApi:RestApi"
STAGE = "aws:apigateway/stage:Stage"
DEPLOYMENT = "aws:apigateway/deployment:Deployment"
METHODS = "aws:apigateway/methodSettings:MethodSettings"
KEY = "aws:apigateway/apiKey:ApiKey"
PLAN = "aws:apigateway/usagePlan:UsagePlan"
PLAN_KEY = "aws:apigateway/usagePlanKey:UsagePlanKey"
PERMISSION = "aws:lambda/permission:Permission"
ASSOCIATION = "aws:wafv2/webAclAssociation:WebAclAssociation"


def imported(stack: Blueprint) -> dict[str, Any]:
    """The document as API Gateway gets it."""
    return json.loads(stack.one(API, "trading-api").properties["body"])


def test_every_operation_of_the_document_goes_to_order_intake_of_this_region(stack: Blueprint):
    document, region = imported(stack), stack.outputs["region"]
    side = "primary" if stack.stack == "primary" else "dr"
    assert set(operations(document)) == set(operations(load()))
    for method, path in operations(document).values():
        integration = document["paths"][path][method]["x-amazon-apigateway-integration"]
        assert integration["uri"] == (
            f"arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/"
            f"arn:aws:lambda:{region}:123456789012:function:trading-{side}-order-intake:live/invocations"
        )
        timeout = stack.one("aws:lambda/function:Function", "order-intake").properties["timeout"]
        assert timeout * 1000 < integration["timeoutInMillis"] <= 29_000, "the gateway hears the function out"


def test_every_request_is_validated_by_the_gateway(stack: Blueprint):
    document = imported(stack)
    validator = document["x-amazon-apigateway-request-validators"][document["x-amazon-apigateway-request-validator"]]
    assert validator == {"validateRequestBody": True, "validateRequestParameters": True}


def test_every_operation_but_the_health_check_needs_a_token_and_a_key(stack: Blueprint):
    document = imported(stack)
    for name, (method, path) in operations(document).items():
        security = document["paths"][path][method].get("security", document["security"])
        assert security == ([] if name == "getHealth" else [{"tradingToken": [], "apiKey": []}])


def test_tokens_are_verified_by_a_function_of_this_region(stack: Blueprint):
    scheme = imported(stack)["components"]["securitySchemes"]["tradingToken"]
    assert scheme["x-amazon-apigateway-authtype"] == "custom"
    authorizer = scheme["x-amazon-apigateway-authorizer"]
    assert f":{stack.outputs['region']}:" in authorizer["authorizerUri"]
    assert "-authorizer:live/" in authorizer["authorizerUri"]
    assert authorizer["authorizerResultTtlInSeconds"] == 60


def test_what_the_gateway_answers_by_itself_is_an_error_of_the_document():
    error = load()["components"]["schemas"]["Error"]["properties"]
    for kind, response in GATEWAY_RESPONSES.items():
        template = response.as_dict()["responseTemplates"]["application/json"]
        answer = json.loads(template.replace("$context.error.messageString", '"what the gateway found"'))
        assert set(answer) == {"code", "message", "retryable"}
        assert answer["code"] in error["code"]["enum"], f"{kind}: clients know no code {answer['code']}"
        assert bool(response.as_dict().get("responseParameters")) == answer["retryable"], (
            f"{kind}: who may repeat is told when"
        )


def test_clients_know_every_status_that_the_gateway_answers_by_itself():
    paths = load()["paths"]
    # No operation is called where there is none.
    statuses = {response.status for kind, response in GATEWAY_RESPONSES.items() if response.code != "not_found"}
    for name, (method, path) in operations(load()).items():
        operation = paths[path][method]
        told = {int(status) for status in operation["responses"]}
        # Without a token and a key nobody is refused for theirs; without a body none is too large or of another type.
        unasked = ({401} if operation.get("security") == [] else set()) | (
            set() if "requestBody" in operation else {413, 415}
        )
        assert statuses - unasked <= told, f"{name}: clients are not told of {sorted(statuses - unasked - told)}"


def test_an_answer_that_was_lost_on_the_way_is_not_called_a_refusal():
    for kind in ("INTEGRATION_FAILURE", "INTEGRATION_TIMEOUT", "DEFAULT_5XX"):
        assert GATEWAY_RESPONSES[kind].code == "outcome_unknown", "the order may have been stored"


def test_a_changed_document_is_deployed(stack: Blueprint):
    body = stack.one(API, "trading-api").properties["body"]
    triggers = stack.one(DEPLOYMENT, "trading-api").properties["triggers"]
    assert triggers == {"document": hashlib.sha256(body.encode()).hexdigest()}
    assert not list(references_in(body)), "the document is known before anything is made"


def test_the_stage_is_traced_logged_in_json_and_behind_the_firewall(stack: Blueprint):
    stage = stack.one(STAGE, "trading-api")
    assert stage.properties["xrayTracingEnabled"] is True
    access = stage.properties["accessLogSettings"]
    fields = json.loads(access["format"])
    assert {"requestId", "account", "status", "responseLatency"} <= set(fields)
    assert not any("authorizer.claims" in v or "header" in v.lower() for v in fields.values()), "tokens are not logged"
    for name in ("api-access", "api-execution"):
        group = stack.one("aws:cloudwatch/logGroup:LogGroup", name)
        assert "::logs#arn" in group.properties["kmsKeyId"]
        assert group.properties["retentionInDays"] == 365
    association = stack.one(ASSOCIATION, "trading-api")
    assert next(references_in(association.properties["resourceArn"])).type == STAGE


def test_the_stage_waits_until_the_gateway_may_log(stack: Blueprint):
    account = stack.one("aws:apigateway/account:Account", "api-logs")
    assert account.urn in stack.one(STAGE, "trading-api").dependencies


def test_the_gateway_is_asked_for_nothing_it_does_not_send_when_it_takes_its_roles(stack: Blueprint):
    roles = [document(role, "assumeRolePolicy") for role in stack.of_type("aws:iam/role:Role")]
    own = [trust for trust in roles if trust["Statement"][0]["Principal"] == {"Service": "apigateway.amazonaws.com"}]
    assert own
    assert all("Condition" not in trust["Statement"][0] for trust in own)


def test_where_a_landing_zone_manages_the_account_its_logging_role_is_left_alone():
    stack = record_primary({"accountBaseline": False})
    assert not stack.of_type("aws:apigateway/account:Account")


def test_the_rate_is_limited_and_bodies_are_not_logged(stack: Blueprint):
    settings = stack.one(METHODS, "trading-api").properties["settings"]
    assert (settings["throttlingRateLimit"], settings["throttlingBurstLimit"]) == (10_000, 5_000)
    assert settings["dataTraceEnabled"] is False
    assert settings["metricsEnabled"] is True
    assert stack.one(PLAN, "clients").properties["throttleSettings"] == {"rateLimit": 200, "burstLimit": 400}


def test_the_gateway_calls_for_this_api_alone(stack: Blueprint):
    for name, tail in (("api-order-intake", "/v1/*/*"), ("api-authorizer", "/authorizers/*")):
        permission = stack.one(PERMISSION, name).properties
        assert permission["principal"] == "apigateway.amazonaws.com"
        assert permission["sourceArn"] == f"${{{API}::trading-api#executionArn}}{tail}"
        assert "sourceAccount" not in permission, "the ARN names the account, which the gateway need not send beside it"
        assert permission["qualifier"] == "live", "the gateway calls the alias, so that is what it is let in to"


def test_a_client_has_one_key_in_both_regions(primary: Blueprint, dr: Blueprint, dr_active: Blueprint):
    made = primary.one(KEY, "desk").properties["value"]
    assert isinstance(made, Secret), "the key is kept out of previews and logs"
    assert next(references_in(revealed(made))).name == "api-key-desk"
    for stack in (dr, dr_active):
        taken = stack.one(KEY, "desk").properties["value"]
        assert isinstance(taken, Secret)
        assert next(references_in(revealed(taken))).path == "outputs.apiKeys.desk"
        assert not [r for r in stack.of_type("random:index/randomPassword:RandomPassword") if "api-key" in r.name]


def test_the_primary_exports_the_keys_as_secrets(primary: Blueprint):
    assert isinstance(primary.outputs["apiKeys"]["desk"], Secret)
    assert "[secret]" in json.dumps(primary.as_json()["outputs"]["apiKeys"])


def test_a_key_is_a_secret_in_whatever_the_provider_answers_it(stack: Blueprint):
    """The plan's keys answer the value again, which the provider's schema does not call sensitive."""
    for resource in [*stack.of_type(KEY), *stack.of_type(PLAN_KEY)]:
        assert "value" in resource.options.get("additionalSecretOutputs", ()), f"{resource.urn} keeps the key in clear"


def test_a_client_that_the_primary_does_not_know_is_refused_by_name(primary: Blueprint):
    with pytest.raises(SettingsError, match=r"apiClients = 'fund': is not a client of the primary \(desk\)"):
        record_dr(primary, overrides={"apiClients": ["desk", "fund"]})


def test_the_api_of_a_region_that_takes_over_is_the_one_that_stood_by(dr: Blueprint, dr_active: Blueprint):
    for stack_type in (API, STAGE, DEPLOYMENT, METHODS, PLAN, KEY, PERMISSION):
        standing, active = ([r.as_json() for r in stack.of_type(stack_type)] for stack in (dr, dr_active))
        assert standing == active, f"{stack_type}: the way of an order waits for no change"


@pytest.mark.parametrize("role", ["primary", "dr"])
def test_the_imported_document_is_as_reviewed(role: str, request: pytest.FixtureRequest, golden):
    golden.matches(f"trading-api-{role}", imported(request.getfixturevalue(role)))
