"""Random orders: every one is accepted or refused by name, whatever it holds; none is a fault of order intake."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from benchmarks.order_intake import InstantAws
from functions.api.document import load
from functions.order_intake.answers import PROBLEMS
from functions.order_intake.application import Application
from functions.order_intake.handler import build
from tests import random_inputs
from tests.functions.conftest import LIMIT_ORDER, MARKET_ORDER, VARIABLES, event

EXAMPLES = random_inputs.count(400)
SEED = 16
SCHEMAS = load()["components"]["schemas"]
FIELDS = {
    "client_order_id": "ClientOrderId",
    "instrument": "Instrument",
    "quantity": "PositiveDecimal",
    "limit_price": "SignedDecimal",
    "venue": "Venue",
}
DECIMALS = st.decimals(allow_nan=True, allow_infinity=True).map(str) | st.floats().map(repr) | st.integers().map(str)
PRICES = st.decimals(-(10**12) + 1, 10**12 - 1, places=8).map(lambda value: format(value.normalize(), "f"))
FUTURES = st.builds(
    "{}{}{}".format, st.sampled_from(["CL", "ES", "BRN", "6E"]), st.sampled_from("FGHJKMNQUVXZ"), st.integers(0, 2029)
)
OPTIONS = st.builds(
    "{:<6}{:06d}{}{:08d}".format,
    st.sampled_from(["F", "SPXW", "GOOGL1"]),
    st.integers(0, 10**6 - 1),
    st.sampled_from("CP"),
    st.integers(0, 10**8 - 1),
)
SYMBOLS = (
    FUTURES | OPTIONS | st.builds("{}-{}".format, FUTURES, FUTURES) | st.sampled_from(["BRK.B", "BTC-USD", "7203"])
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
VALID = {
    "client_order_id": st.text("ABCabc019_-", min_size=1, max_size=36),
    "instrument": SYMBOLS,
    "side": st.sampled_from(SCHEMAS["Side"]["enum"]),
    "time_in_force": st.sampled_from(SCHEMAS["TimeInForce"]["enum"]),
    "quantity": PRICES.filter(lambda value: not value.startswith("-") and value.strip("0.") != ""),
    "limit_price": PRICES,
    "venue": st.text("XNYS019", min_size=4, max_size=4) | st.sampled_from(["XCME", "XEUR"]),
    "instrument_class": st.sampled_from(SCHEMAS["InstrumentClass"]["enum"]),
}
ANY_VALUE = DECIMALS | st.text(st.characters(exclude_categories=()), max_size=30) | JSON


@st.composite
def orders(draw: st.DrawFn) -> Any:
    """A valid order, of which some fields may be replaced by anything, left out or added."""
    base = draw(st.sampled_from([LIMIT_ORDER, MARKET_ORDER]))
    order: dict[str, Any] = {key: draw(VALID[key]) if key in VALID else value for key, value in base.items()}
    for key in ("venue", "instrument_class"):
        if draw(st.booleans()):
            order[key] = draw(VALID[key])
    for key in draw(st.lists(st.sampled_from([*VALID, "type"]), max_size=2, unique=True)):
        order[key] = draw(ANY_VALUE)
    if draw(st.integers(0, 9)) == 0:
        order.pop(draw(st.sampled_from(sorted(order))))
    if draw(st.integers(0, 9)) == 0:
        order[draw(st.text(max_size=8))] = draw(JSON)
    return order


BODIES = st.one_of(
    orders().map(json.dumps), orders().map(json.dumps), JSON.map(json.dumps), st.text(max_size=200), st.none()
)


@random_inputs.random_inputs
def test_a_random_order_is_accepted_or_refused_by_name() -> None:
    aws = EmptyAws()
    application: Application = build(VARIABLES, aws, aws)
    seen: dict[int, int] = {}

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
    )
    @random_inputs.seeded(SEED)
    @given(body=BODIES, form=st.sampled_from(["plain", "base64", "called base64"]))
    def check(body: str | None, form: str) -> None:
        # A text that is no UTF-8 cannot be encoded; the gateway hands it on as it is.
        encoded = form == "base64" and body is not None and body.isascii()
        given_ = event("POST", "/orders", body, encoded=encoded)
        given_["isBase64Encoded"] = encoded or form == "called base64"
        # Not by the handler, which would answer for an exception: here it fails the test.
        answer = application.answer(given_).answer
        seen[answer.status] = seen.get(answer.status, 0) + 1
        assert json.loads(answer.proxy()["body"]) == dict(answer.body)
        if answer.status != 201:
            assert answer.status in (400, 413)
            assert PROBLEMS[answer.body["code"]] == (answer.status, answer.body["retryable"])
            assert ": " in answer.body["message"], "the message names no field"
            assert not any(sign in answer.body["message"].split(", not ")[0] for sign in ("pattern", "]{", "(?"))

    check()
    assert seen.get(201), f"no order was accepted: {seen}"
    assert seen.get(400), f"no order was refused: {seen}"
    if EXAMPLES >= 10_000:
        print(f"answers by status: {seen}")


class EmptyAws(InstantAws):
    """Tables without orders and positions, beside a valid lease."""

    def get_item(self, **parameters: Any) -> dict[str, Any]:
        return super().get_item() if parameters["TableName"] == VARIABLES["CONTROL_TABLE"] else {}

    def query(self, **_: Any) -> dict[str, Any]:
        return {"Items": []}


TEXTS = st.text(st.characters(exclude_categories=()), max_size=40)


@random_inputs.random_inputs
@settings(max_examples=EXAMPLES, deadline=None, database=None, phases=[Phase.generate, Phase.shrink])
@random_inputs.seeded(SEED)
@given(
    resource=st.sampled_from(["/orders", "/positions", "/orders/{client_order_id}"]),
    name=st.none() | TEXTS,
    limit=st.none() | st.text(max_size=5) | st.integers(-1, 200).map(str),
    token=st.none() | TEXTS | st.from_regex(r"[A-Za-z0-9_-]{1,80}"),
)
def test_a_random_query_is_answered_by_name(
    resource: str, name: str | None, limit: str | None, token: str | None
) -> None:
    """Identifiers, limits and tokens of any text raise nothing, which would be answered as a fault of the service."""
    aws = EmptyAws()
    application: Application = build(VARIABLES, aws, aws)
    query = {key: value for key, value in (("limit", limit), ("next_token", token)) if value is not None}
    path = {"client_order_id": name} if name is not None else None
    answer = application.answer(event("GET", resource, path=path, query=query)).answer
    assert answer.status in (200, 400, 404)
