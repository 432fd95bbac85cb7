"""Schemathesis: requests made from the OpenAPI document, valid and invalid, against order intake in this process."""

from __future__ import annotations

import copy
import os
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    positive_data_acceptance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from functions.api.document import load, operations
from tests.functions.aws import POSITIONS
from tests.functions.conftest import ACCOUNT, LIMIT_ORDER, Platform
from tests.functions.gateway import Gateway

DOCUMENT = load()
SEED = 20260102
# So many valid and as many invalid requests for each operation; more by CONTRACT_EXAMPLES.
EXAMPLES = int(os.environ.get("CONTRACT_EXAMPLES", "25"))
CONFORMANCE = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
# What no schema says: whether a class of instruments trades at a price, whether this API gave out a token, whether an
# order exists, whether its name is taken.
BEYOND_SCHEMAS = (
    "limit_price: must be above zero",
    "instrument_class: must be a class",
    "next_token: was not given out",
    "instrument: must have a root",
    "instrument: must expire on a day",
)
# An unknown query parameter is ignored, as the gateway ignores it.
CONFIG = {"generation": {"allow-extra-parameters": False}}
CREDENTIALS = {"Authorization": "Bearer token", "x-api-key": "client"}
QUIET = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        *((name, GenerationMode.POSITIVE) for name in operations(DOCUMENT)),
        # Nothing of a request for the health can be wrong: it has neither parameters nor a body.
        *((name, GenerationMode.NEGATIVE) for name in operations(DOCUMENT) if name != "getHealth"),
    ],
)
def test_every_answer_is_one_that_the_document_promises(platform: Platform, name: str, mode: GenerationMode) -> None:
    platform.enter()
    platform.enter({**LIMIT_ORDER, "client_order_id": "A-18"})
    position = {"account_id": {"S": ACCOUNT}, "instrument": {"S": "CLK20-CLM20"}, "quantity": {"N": "-0.5"}}
    platform.dynamodb.put_item(TableName=POSITIONS, Item=position)
    document = copy.deepcopy(DOCUMENT)
    if mode is GenerationMode.NEGATIVE:
        # Most invalid requests would lack credentials, and end at the gateway; another test asks for them.
        del document["security"]
    schema = schemathesis.openapi.from_dict(document, config=SchemathesisConfig.from_dict(CONFIG))
    schema.app = Gateway(DOCUMENT, platform.application)
    method, path = operations(DOCUMENT)[name]
    answers: list[int] = []

    @QUIET
    @seed(SEED)
    @given(case=schema[path][method.upper()].as_strategy(generation_mode=mode))
    def check(case: Any) -> None:
        platform.hold()
        response = case.call(headers=CREDENTIALS)
        answers.append(response.status_code)
        case.validate_response(response, checks=[*CONFORMANCE, *_by_mode(mode, response)])

    check()
    if mode is GenerationMode.NEGATIVE:
        assert 400 in answers, "no request came as far as order intake"
        assert 401 not in answers, "a request ended at the gateway for its credentials"
    elif name not in ("getOrder", "cancelOrder"):
        assert min(answers) < 300, "no valid request was accepted"


def _by_mode(mode: GenerationMode, response: Any) -> list[Any]:
    if mode is GenerationMode.NEGATIVE:
        return [negative_data_rejection]
    beyond = response.status_code == 400 and response.json()["message"].startswith(BEYOND_SCHEMAS)
    return [] if beyond else [positive_data_acceptance]


def test_the_gateway_of_these_tests_asks_for_credentials_and_json(platform: Platform) -> None:
    schema = schemathesis.openapi.from_dict(copy.deepcopy(DOCUMENT), config=SchemathesisConfig.from_dict(CONFIG))
    schema.app = Gateway(DOCUMENT, platform.application)
    order = schema["/orders"]["POST"].Case(body=dict(LIMIT_ORDER), media_type="application/json")
    assert order.call(headers=CREDENTIALS).status_code == 201
    assert order.call(headers={"x-api-key": "client"}).status_code == 401
    assert schema["/health"]["GET"].Case().call().status_code == 200
