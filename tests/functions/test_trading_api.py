"""The document, what is made from it, and the function that answers by it."""

from __future__ import annotations

from typing import Any

import pytest
from openapi_schema_validator import OAS30Validator
from openapi_spec_validator import validate

from components.edge.api_document import GATEWAY_RESPONSES
from functions import order_item
from functions.api import generate
from functions.api.document import DocumentError, gateway_dialect, load, operations, with_integrations
from functions.order_intake.answers import PROBLEMS
from tests.functions.aws import POSITIONS, refused
from tests.functions.conftest import ACCOUNT, LIMIT_ORDER, MARKET_ORDER, Platform

DOCUMENT = load()
INTEGRATIONS = {name: {"type": "aws_proxy", "uri": f"arn:{name}"} for name in operations(DOCUMENT)}
AUTHORIZERS = {"tradingToken": {"x-amazon-apigateway-authtype": "cognito_user_pools"}}
ONE = {"path": {"client_order_id": "A-17"}}


def schema(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}", "components": DOCUMENT["components"]}


def conforms(method: str, resource: str, status: int, body: Any) -> None:
    response = DOCUMENT["paths"][resource][method.lower()]["responses"][str(status)]
    if "$ref" in response:
        response = DOCUMENT["components"]["responses"][response["$ref"].rpartition("/")[2]]
    wanted = response["content"]["application/json"]["schema"]
    OAS30Validator({**wanted, "components": DOCUMENT["components"]}).validate(body)


def test_for_the_gateway_each_operation_names_the_parameters_of_its_path():
    item = gateway_dialect(DOCUMENT)["paths"]["/orders/{client_order_id}"]
    assert set(item) == {"get", "delete"}
    for operation in item.values():
        assert operation["parameters"] == [{"$ref": "#/components/parameters/ClientOrderId"}]


def test_the_document_is_valid_openapi() -> None:
    validate(DOCUMENT)


def test_the_validators_are_made_from_the_document_as_it_is() -> None:
    wanted = generate.validators_source()
    assert generate.VALIDATORS_PATH.read_text() == wanted, "run python -m functions.api.generate"


def test_the_examples_of_the_document_are_valid_orders() -> None:
    content = DOCUMENT["paths"]["/orders"]["post"]["requestBody"]["content"]["application/json"]
    for example in content["examples"].values():
        OAS30Validator(schema("Order")).validate(example["value"])


def test_every_object_of_the_document_is_closed() -> None:
    for name, found in DOCUMENT["components"]["schemas"].items():
        if found.get("type") == "object":
            assert found["additionalProperties"] is False, f"{name} lets unknown keys through"


def test_every_text_of_the_document_has_a_limit() -> None:
    def texts(node: Any, path: str) -> list[str]:
        if isinstance(node, list):
            return [found for value in node for found in texts(value, path)]
        if not isinstance(node, dict):
            return []
        own = [path] if node.get("type") == "string" and not {"enum", "maxLength"} & node.keys() else []
        return own + [found for key, value in node.items() for found in texts(value, f"{path}.{key}")]

    assert not texts(DOCUMENT, "")


def test_every_throttled_answer_says_when_to_repeat_it() -> None:
    throttled = {"$ref": "#/components/responses/Throttled"}
    for method, path in operations(DOCUMENT).values():
        assert DOCUMENT["paths"][path][method]["responses"]["429"] == throttled
    response = DOCUMENT["components"]["responses"]["Throttled"]
    assert list(response["headers"]) == ["Retry-After"]
    for kind in ("THROTTLED", "QUOTA_EXCEEDED"):
        sent = GATEWAY_RESPONSES[kind].as_dict()
        assert sent["statusCode"] == "429"
        assert list(sent["responseParameters"]) == ["gatewayresponse.header.Retry-After"], "the document names them all"


def test_every_text_that_a_caller_sends_has_a_pattern_and_a_limit() -> None:
    for name in ("ClientOrderId", "Instrument", "Venue", "PositiveDecimal", "SignedDecimal"):
        assert {"pattern", "maxLength"} <= DOCUMENT["components"]["schemas"][name].keys()


def test_the_function_answers_exactly_the_operations_of_the_document(platform: Platform) -> None:
    wanted = {(method.upper(), path) for method, path in operations(DOCUMENT).values()}
    assert set(platform.application.operations) == wanted


def test_the_error_codes_of_the_function_are_those_of_the_document() -> None:
    assert set(PROBLEMS) == set(DOCUMENT["components"]["schemas"]["Error"]["properties"]["code"]["enum"])


def test_every_answer_conforms_to_the_document(platform: Platform) -> None:
    def sent(method: str, resource: str, wanted: int, **extra: Any) -> dict[str, Any]:
        status, body = platform.send(method, resource, **extra)
        assert status == wanted, body
        conforms(method, resource, status, body)
        return body

    position = {"account_id": {"S": ACCOUNT}, "instrument": {"S": "BTC-USD"}, "quantity": {"N": "-0.5"}}
    platform.dynamodb.put_item(TableName=POSITIONS, Item=position)
    sent("POST", "/orders", 201, body=LIMIT_ORDER)
    sent("POST", "/orders", 400, body={})
    sent("POST", "/orders", 401, body=LIMIT_ORDER, account=None)
    sent("POST", "/orders", 409, body=LIMIT_ORDER | {"side": "SELL"})
    sent("POST", "/orders", 413, body="x" * 5_000)
    platform.kinesis.before("put_record", refused("ThrottlingException"))
    sent("POST", "/orders", 202, body=MARKET_ORDER)
    assert sent("GET", "/orders/{client_order_id}", 200, **ONE)["status"] == "ACCEPTED"
    sent("DELETE", "/orders/{client_order_id}", 202, **ONE)
    assert sent("GET", "/orders/{client_order_id}", 200, **ONE)["status"] == "CANCEL_REQUESTED"
    sent("GET", "/orders/{client_order_id}", 404, path={"client_order_id": "none"})
    sent("GET", "/orders/{client_order_id}", 400, path={"client_order_id": "a b"})
    sent("GET", "/orders", 200)
    assert sent("GET", "/positions", 200)["positions"] == [{"instrument": "BTC-USD", "quantity": "-0.5"}]
    health = sent("GET", "/health", 200)
    assert (health["accepting"], health["epoch"]) == (True, 1)
    platform.hold("us-west-2", epoch=2)
    platform.clock.advance(5_000)
    sent("POST", "/orders", 503, body=LIMIT_ORDER)
    assert sent("GET", "/health", 200)["accepting"] is False
    platform.dynamodb.before("query", refused("ThrottlingException"))
    sent("GET", "/positions", 503)


@pytest.mark.parametrize("status", [order_item.ACCEPTED, order_item.CANCEL_REQUESTED, order_item.REFUSED])
def test_each_status_that_the_platform_sets_conforms_to_the_document(status: str, platform: Platform) -> None:
    """Clients are generated from the document: a status that it does not list ends them."""
    platform.enter()
    platform.dynamodb.update_item(
        TableName="orders",
        Key={"order_id": {"S": "ACC-1#A-17"}},
        UpdateExpression="SET #s = :status",
        ExpressionAttributeNames={"#s": "status"},
        ExpressionAttributeValues={":status": {"S": status}},
    )
    found, body = platform.send("GET", "/orders/{client_order_id}", path=ONE["path"])
    assert body["status"] == status
    conforms("GET", "/orders/{client_order_id}", found, body)


@pytest.mark.parametrize("quantity", [{}, {"quantity": {"S": "many"}}], ids=["missing", "of the wrong type"])
def test_a_malformed_position_is_no_fault_of_the_caller_and_not_asked_for_again(
    platform: Platform, quantity: dict[str, Any]
) -> None:
    item = {"account_id": {"S": ACCOUNT}, "instrument": {"S": "BTC-USD"}, **quantity}
    platform.dynamodb.put_item(TableName=POSITIONS, Item=item)
    status, body = platform.send("GET", "/positions")
    assert (status, body["code"], body["retryable"]) == (500, "internal_error", False)


def test_a_listing_goes_on_where_it_stopped_newest_first(platform: Platform) -> None:
    for number in range(5):
        platform.clock.advance(10)
        platform.enter({**LIMIT_ORDER, "client_order_id": f"N-{number}"})
    names, query = [], {"limit": "2"}
    while True:
        _, body = platform.send("GET", "/orders", query=query)
        names += [order["client_order_id"] for order in body["orders"]]
        if "next_token" not in body:
            break
        query = {"limit": "2", "next_token": body["next_token"]}
    assert names == [f"N-{number}" for number in reversed(range(5))]
    assert platform.send("GET", "/orders", account="ACC-2")[1]["orders"] == [], "an account sees its own orders only"


@pytest.mark.parametrize(
    "query",
    [
        {"limit": "0"},
        {"limit": "101"},
        {"limit": "x"},
        {"next_token": "!"},
        {"next_token": "AAAA"},
        {"next_token": "_w"},
    ],
)
def test_a_bad_page_is_refused_by_name(platform: Platform, query: dict[str, str]) -> None:
    status, body = platform.send("GET", "/orders", query=query)
    assert (status, body["code"]) == (400, "invalid_request")
    assert next(iter(query)) in body["message"]


def test_an_unknown_operation_is_not_found(platform: Platform) -> None:
    assert platform.send("PATCH", "/orders")[0] == 404


def test_a_cancellation_is_stored_published_once_and_repeated_with_the_same_answer(platform: Platform) -> None:
    platform.enter()
    first = platform.cancel("A-17")
    platform.clock.advance(100)
    assert platform.cancel("A-17") == first
    assert [record["kind"] for record in platform.published()] == ["new", "cancel"]
    assert not platform.is_unpublished()


def test_an_order_that_is_filled_cannot_be_cancelled_and_an_unknown_one_is_not_found(platform: Platform) -> None:
    platform.enter()
    platform.dynamodb.update_item(
        TableName="orders",
        Key={"order_id": {"S": "ACC-1#A-17"}},
        UpdateExpression="SET #s = :filled",
        ExpressionAttributeNames={"#s": "status"},
        ExpressionAttributeValues={":filled": {"S": "FILLED"}},
    )
    assert platform.cancel("A-17")[1]["code"] == "not_cancellable"
    assert platform.cancel("none")[0] == 404
    assert len(platform.orders()) == 1, "cancelling an unknown order makes none"


def test_a_region_without_the_lease_cancels_nothing(platform: Platform) -> None:
    platform.hold("us-west-2")
    assert platform.cancel("A-17")[1]["code"] == "not_accepting"


def test_the_gateway_document_integrates_every_operation_and_stays_valid() -> None:
    prepared = with_integrations(DOCUMENT, INTEGRATIONS, authorizers=AUTHORIZERS)
    for name, (method, path) in operations(prepared).items():
        found = prepared["paths"][path][method]["x-amazon-apigateway-integration"]
        assert found["uri"] == f"arn:{name}"
    assert prepared["components"]["securitySchemes"]["tradingToken"]["x-amazon-apigateway-authtype"]
    assert prepared["x-amazon-apigateway-request-validator"] == "body-and-parameters"
    validate(prepared)
    assert load() == DOCUMENT, "the document itself is left as it is"


def test_the_gateway_refuses_unknown_keys_in_a_dialect_that_it_knows() -> None:
    order = gateway_dialect(DOCUMENT)["components"]["schemas"]["Order"]
    assert order["additionalProperties"] is False
    assert order["properties"]["type"]["enum"] == ["LIMIT", "MARKET"]
    assert "limit_price" in order["properties"]
    assert "limit_price" not in order["required"]
    text = repr(gateway_dialect(DOCUMENT))
    assert not [word for word in ("oneOf", "discriminator", "'examples'") if word in text]


def test_an_operation_without_an_integration_is_refused_by_name() -> None:
    lacking = {name: value for name, value in INTEGRATIONS.items() if name != "enterOrder"}
    with pytest.raises(DocumentError, match="enterOrder"):
        with_integrations(DOCUMENT, lacking, authorizers={})
    with pytest.raises(DocumentError, match="placeOrder"):
        with_integrations(DOCUMENT, {**INTEGRATIONS, "placeOrder": {}}, authorizers={})
    with pytest.raises(DocumentError, match="nobody"):
        with_integrations(DOCUMENT, INTEGRATIONS, authorizers={"nobody": {}})
