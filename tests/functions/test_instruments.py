"""Limit prices by instrument class, option symbols, number forms, and the room that the largest order needs."""

from __future__ import annotations

import json
import re
from itertools import product
from typing import Any

import pytest

from components.settings.streams import StreamSettings
from functions import order_item, order_record, order_trace
from functions.api.document import load
from functions.order_intake import instruments
from functions.order_item import Stamp
from tests.functions.aws import ORDERS, REGION, refused
from tests.functions.conftest import ACCOUNT, LIMIT_ORDER, MARKET_ORDER, Platform, event

DOCUMENT = load()
TABLE = {row["name"]: row for row in DOCUMENT["x-instrument-classes"]}
SYMBOLS = {
    "option": [
        "GOOGL1240119C00150000",
        "F     240119C00015000",
        "F240119C00015000",
        "SPXW  261218P05000000",
        "BRKB  270115C00500000",
        "7     240119P00001000",
    ],
    "future": ["CLK20", "NGF27", "6EZ26", "BRNM2026", "MESH27", "ESZ2031", "HEN33"],
    "spread": ["CLK20-CLM20", "CLM0-CLN0-CLQ0-CLU0", "BZZ6-CLZ6"],
    "other": [
        "BRK.B",
        "AAPL",
        "7203",
        "BTC-USD",
        "EUR/USD",
        "US0378331005",
        "C5",
        "CL",
        "CLK20-AAPL",
        "A",
        # Shares and funds of exchanges whose symbols end in digits: all but their root has the form of a future.
        "XYZ1",
        "USIM5",
        "KLBN4",
        "CMIG4",
        "NFLX34",
        "MXRF11",
        "XYZ1-XYZ2",
        "CLK20-XYZ1",
        # The year of one digit: shares of Xetra and B3 have this form too, HEN3 and SIX2 also the root of a future.
        "HEN3",
        "SIX2",
        "SIX3",
        "CLK0",
        "6EZ6",
        "MESH7",
        # Units and depositary receipts of B3.
        "MESH34",
        "BRNX11",
        "ETHF39",
    ],
}
ROOTS = [root for group in DOCUMENT["x-futures-roots"].values() for root in group]
NAMED = [(name, symbol) for name, symbols in SYMBOLS.items() for symbol in symbols]
AT_OR_BELOW_ZERO = ("-37.63", "0", "0.00", "-0.00000001", "-999999999999.99999999")


def refused_by_name(platform: Platform, field: str, values: dict[str, Any]) -> None:
    status, body = platform.enter({**LIMIT_ORDER, "instrument": "CLK20", **values})
    assert (status, body["code"], body["retryable"]) == (400, "invalid_request", False), values
    assert body["message"].startswith(f"{field}: "), body
    assert not platform.orders()


@pytest.mark.parametrize(("name", "symbol"), NAMED)
def test_the_class_of_an_instrument_is_read_from_its_symbol(name: str, symbol: str) -> None:
    assert instruments.class_of({"instrument": symbol}) == name


def test_the_document_has_a_reason_for_every_class_and_the_last_takes_every_symbol() -> None:
    assert list(TABLE) == list(SYMBOLS)
    assert all(row["reason"] and row["symbols"] and row["limit_price"] in ("any", "positive") for row in TABLE.values())
    assert DOCUMENT["components"]["schemas"]["InstrumentClass"]["enum"] == list(TABLE)
    assert all(re.fullmatch("[A-Z]{4}", venue) for venue in DOCUMENT["x-futures-venues"])
    assert list(TABLE)[-1] == "other"
    longest = "Z" * DOCUMENT["components"]["schemas"]["Instrument"]["maxLength"]
    assert instruments.class_of({"instrument": longest}) == "other"


def test_a_listed_root_makes_a_future_and_no_other_does() -> None:
    assert len(set(ROOTS)) == len(ROOTS)
    assert all(re.fullmatch("[A-Z0-9]{2,4}", root) for root in ROOTS)
    for root in ROOTS:
        assert {instruments.class_of({"instrument": root + end}) for end in ("M27", "Z2027")} == {"future"}, root
        assert instruments.class_of({"instrument": f"{root}F7"}) == "other", "a year of one digit proves nothing"
        assert instruments.class_of({"instrument": f"{root}F7-{root}G7"}) == "spread"
    assert {instruments.class_of({"instrument": symbol}) for symbol in ("QQQF7", "ABCDM27", "XYZZ2027")} == {"other"}


@pytest.mark.parametrize(
    ("own", "name"),
    [
        ({"instrument": "HEN3", "instrument_class": "future"}, "future"),
        ({"instrument": "CLK0", "instrument_class": "future"}, "future"),
        ({"instrument": "QQQF7", "instrument_class": "future"}, "future"),
        ({"instrument": "CLK20", "instrument_class": "other"}, "other"),
        ({"instrument": "QQQF7-QQQG7", "instrument_class": "spread"}, "spread"),
        ({"instrument": "CLK20-CLM20", "instrument_class": "other"}, "other"),
        ({"instrument": "HEN3", "venue": "XCME"}, "future"),
        ({"instrument": "MESH34", "venue": "XCME"}, "future"),
        ({"instrument": "QQQF7", "venue": "XEUR"}, "future"),
        ({"instrument": "QQQF7-QQQG7", "venue": "XOSE"}, "spread"),
        ({"instrument": "F240119C00015000", "venue": "XEUR"}, "option"),
        ({"instrument": "AAPL", "venue": "XCME"}, "other"),
        # What the order says comes before its venue.
        ({"instrument": "HEN3", "venue": "XEUR", "instrument_class": "other"}, "other"),
        ({"instrument": "HEN3", "venue": "XETR"}, "other"),
        ({"instrument": "SIX2", "venue": "XNYS"}, "other"),
        ({"instrument": "CLK20", "venue": "XNYM"}, "future"),
    ],
)
def test_what_the_order_says_decides_and_then_its_venue(own: dict[str, str], name: str, platform: Platform) -> None:
    """Of symbols that shares and futures have alike. The price is accepted or refused by that class."""
    assert instruments.class_of(own) == name
    status, body = platform.enter(LIMIT_ORDER | own | {"limit_price": "-0.25"})
    if TABLE[name]["limit_price"] == "any":
        assert status == 201, body
        (record,) = platform.published()
        shown = platform.send("GET", "/orders")[1]["orders"][0]
        for key, value in own.items():
            assert record["order"][key] == shown[key] == value
    else:
        assert (status, body["code"]) == (400, "price_not_allowed")
        assert name in body["message"]
        assert "give instrument_class" in body["message"]


@pytest.mark.parametrize(
    ("symbol", "said"),
    [
        ("AAPL", "future"),
        ("AAPL", "option"),
        ("CLK20", "option"),
        ("CLK20", "spread"),
        ("CLK20-CLM20", "future"),
        ("BTC-USD", "spread"),
        ("F240119C00015000", "other"),
        ("F     240119C00015000", "future"),
        ("CLK20", "share"),
        ("CLK20", ""),
        ("CLK20", None),
        ("CLK20", ["future"]),
    ],
)
def test_a_class_whose_symbols_have_another_form_is_refused(symbol: str, said: Any, platform: Platform) -> None:
    refused_by_name(platform, "instrument_class", {"instrument": symbol, "instrument_class": said, "limit_price": "1"})


def test_an_order_without_a_class_stays_one_that_the_api_takes(platform: Platform) -> None:
    """The field is optional, in orders of either type; a positive price needs no class."""
    for number, order in enumerate((LIMIT_ORDER, MARKET_ORDER)):
        for symbol in ("HEN3", "CLK0", "CLK20"):
            own = {"client_order_id": f"N-{number}-{symbol}", "instrument": symbol}
            assert platform.enter(order | own)[0] == 201
            assert (
                platform.enter(order | own | {"client_order_id": f"C-{number}-{symbol}", "instrument_class": "future"})[
                    0
                ]
                == 201
            )


@pytest.mark.parametrize("name", SYMBOLS)
def test_a_price_at_or_below_zero_is_taken_by_the_class_of_the_instrument(platform: Platform, name: str) -> None:
    for number, (symbol, price) in enumerate(product(SYMBOLS[name], AT_OR_BELOW_ZERO)):
        own = {"client_order_id": f"N-{number}", "instrument": symbol, "limit_price": price}
        status, body = platform.enter(LIMIT_ORDER | own)
        if TABLE[name]["limit_price"] == "any":
            assert status == 201, body
            path = {"client_order_id": f"N-{number}"}
            assert platform.send("GET", "/orders/{client_order_id}", path=path)[1]["limit_price"] == price
            assert price in [record["order"]["limit_price"] for record in platform.published()]
        else:
            assert (status, body["code"], body["retryable"]) == (400, "price_not_allowed", False)
            assert all(text in body["message"] for text in ("limit_price: ", symbol, price, "future"))
            assert not platform.orders()


def test_the_quantity_of_a_future_stays_above_zero(platform: Platform) -> None:
    for quantity in ("0", "-1", "0.00000000"):
        refused_by_name(platform, "quantity", {"limit_price": "-37.63", "quantity": quantity})


@pytest.mark.parametrize("order", [LIMIT_ORDER, MARKET_ORDER], ids=["limit", "market"])
def test_an_option_symbol_is_accepted_and_kept_without_spaces(platform: Platform, order: dict[str, str]) -> None:
    """Two spellings of one option would be two positions. The table, the stream and the answers have one."""
    for number, symbol in enumerate(SYMBOLS["option"]):
        platform.clock.advance(1)
        status, body = platform.enter(order | {"client_order_id": f"N-{number}", "instrument": symbol})
        assert status == 201, body
        kept = symbol.replace(" ", "")
        assert platform.send("GET", "/orders")[1]["orders"][0]["instrument"] == kept
        assert kept in {record["order"]["instrument"] for record in platform.published()}
        assert not any(" " in record["order"]["instrument"] for record in platform.published())


def test_the_padded_and_the_plain_symbol_of_an_option_name_one_order(platform: Platform) -> None:
    first = platform.enter(LIMIT_ORDER | {"instrument": "F     240119C00015000"})
    for again in ("F240119C00015000", "F     240119C00015000"):
        assert platform.enter(LIMIT_ORDER | {"instrument": again}) == first
    assert len(platform.orders()) == 1


def test_a_repeat_of_an_order_that_was_stored_with_padding_is_the_same_order() -> None:
    """Orders of an older version of the function have their symbols as entered."""
    padded, plain = ({**LIMIT_ORDER, "instrument": symbol} for symbol in ("F     240119C00015000", "F240119C00015000"))
    assert order_item.fingerprint("A", padded) == order_item.fingerprint("A", plain)


def stored_before(platform: Platform, **own: str) -> dict[str, str]:
    """An order that an older version of the function stored, under rules that were other ones then."""
    order = {**LIMIT_ORDER, **own}
    accepted = Stamp(platform.clock(), REGION, 1, platform.clock() + 5_000)
    item = {**order_item.entered(ACCOUNT, order, accepted), **order}
    platform.dynamodb.put_item(TableName=ORDERS, Item=order_item.to_attributes(item))
    return order


def test_an_order_that_was_stored_with_padding_is_shown_and_published_without(platform: Platform) -> None:
    """What is left of an older version must not become a second position: not by the repeat of the order, by its
    cancellation or by a look at it."""
    order = stored_before(platform, instrument="F     240119C00015000")
    one = {"client_order_id": order["client_order_id"]}
    shown = [platform.send("GET", "/orders/{client_order_id}", path=one)[1]]
    shown += platform.send("GET", "/orders")[1]["orders"]
    assert platform.enter(order)[0] == 201
    assert platform.cancel(order["client_order_id"])[0] == 202
    published = platform.published()
    assert {record["kind"] for record in published} == {"new", "cancel"}
    found = [*(each["instrument"] for each in shown), *(record["order"]["instrument"] for record in published)]
    assert set(found) == {"F240119C00015000"}


OLDER_RULES = [
    {"instrument": "CLK0", "limit_price": "-37.63"},
    {"instrument": "AAPL", "limit_price": "0"},
    {"instrument": "SPXW261318P05000000"},
]


@pytest.mark.parametrize("own", OLDER_RULES, ids=lambda own: own["instrument"])
def test_a_repeat_of_an_order_that_was_accepted_by_an_older_rule_is_answered_again(
    own: dict[str, str], platform: Platform
) -> None:
    """The order is live: a client that reads a refusal of its repeat would enter it under another name."""
    order = stored_before(platform, **own)
    assert platform.enter(order)[0] == 201
    assert [record["client_order_id"] for record in platform.published()] == [order["client_order_id"]]


@pytest.mark.parametrize("own", OLDER_RULES, ids=lambda own: own["instrument"])
def test_another_order_of_the_same_name_is_refused_by_the_rules_of_today(
    own: dict[str, str], platform: Platform
) -> None:
    order = stored_before(platform, **own)
    status, body = platform.enter({**order, "quantity": "7"})
    assert (status, body["code"] in ("price_not_allowed", "invalid_request")) == (400, True)
    assert platform.enter({**order, "client_order_id": "A-99"})[0] == 400
    assert len(platform.orders()) == 1


def test_a_refused_order_is_not_refused_for_good_while_the_table_does_not_answer(platform: Platform) -> None:
    """Whether it repeats an accepted order is not known then, and a client takes 400 for the end of it."""
    platform.dynamodb.before("get_item", refused("ThrottlingException"))
    status, body = platform.enter({**LIMIT_ORDER, "limit_price": "0"})
    assert (status, body["code"], body["retryable"]) == (503, "unavailable", True)


BAD_SYMBOLS = (
    *("F    240119C00015000", "F      240119C00015000", "GOOGL1 240119C00150000", "F     240119X00015000"),
    *("F     240119C0001500", "F 240119C00015000", " F    240119C00015000", "F     240119C00015000 "),
    *("AAPL ", " AAPL", "A B", "Z" * 22, "BRK.B\n", "f240119C00015000", "Ａ", ""),
)


def test_a_symbol_of_another_form_is_refused_by_name(platform: Platform) -> None:
    for symbol in BAD_SYMBOLS:
        refused_by_name(platform, "instrument", {"instrument": symbol})


BAD_NUMBERS: list[Any] = [
    *("1e5", "1E+5", "1.5e-3", "NaN", "nan", "Infinity", "-Infinity", "inf", "+1", "--1", "- 1", "-", "", ".", "1."),
    *(".5", "01", "00", "1,000", "1_000", "0x10", " 1", "1 ", "1\n", "\t1", "1\u00a0", "1\u200b", "−1", "٣", "１"),
    *("1.123456789", "1234567890123", "9" * 40, "1.2.3", "½", "1\x00", "$1", "-0", "-0.0"),
    *(1, 1.5, -1, True, None, [], {}, ["1"], float("nan"), float("inf"), float("-inf")),
]


@pytest.mark.parametrize("field", ["quantity", "limit_price"])
def test_a_number_in_another_form_is_refused_by_name(platform: Platform, field: str) -> None:
    for number in BAD_NUMBERS:
        refused_by_name(platform, field, {field: number})


def test_a_number_that_no_float_holds_is_refused_by_name(platform: Platform) -> None:
    for raw in ("1e400", "-1e400", "NaN", "-Infinity", "1" * 400):
        status, body = platform.enter(json.dumps(LIMIT_ORDER | {"quantity": "@"}).replace('"@"', raw))
        assert (status, body["code"]) == (400, "invalid_request")
        assert body["message"].startswith("quantity: ")


def test_a_negative_price_may_be_repeated_with_trailing_zeros(platform: Platform) -> None:
    order = LIMIT_ORDER | {"instrument": "CLK20", "limit_price": "-37.6"}
    first = platform.enter(order)
    assert platform.enter(order | {"limit_price": "-37.600"}) == first
    assert platform.enter(order | {"limit_price": "37.6"})[1]["code"] == "conflicting_order"


def largest_order() -> dict[str, str]:
    """Every field as long as its schema lets it be."""
    schemas = DOCUMENT["components"]["schemas"]
    order = {"type": "LIMIT", "side": "SELL", "time_in_force": "GTC", "instrument_class": "option"}
    texts = {
        "client_order_id": ("ClientOrderId", "Z" * 36),
        "instrument": ("Instrument", "GOOGL1-GOOGL2-GOOGL3X"),
        "quantity": ("PositiveDecimal", "9" * 12 + "." + "9" * 8),
        "limit_price": ("SignedDecimal", "-" + "9" * 12 + "." + "9" * 8),
        "venue": ("Venue", "XNYS"),
    }
    for field, (name, value) in texts.items():
        assert len(value) == schemas[name]["maxLength"]
        assert re.search(schemas[name]["pattern"], value)
        order[field] = value
    return order


def test_the_largest_order_takes_under_a_tenth_of_the_largest_body() -> None:
    size = len(json.dumps(largest_order(), indent=1).encode())
    assert size < 400
    assert size < DOCUMENT["x-max-body-bytes"] / 10


def test_the_default_record_size_has_room_for_the_largest_order() -> None:
    region = "ap-southeast-1"
    trace = order_trace.Trace("1-" + "0" * 8 + "-" + "0" * 24, "0" * 16)
    stamp = Stamp(9_999_999_999_999, region, 999_999, 9_999_999_999_999, trace.header())
    item = order_item.entered("A" * 64, largest_order(), stamp)
    record = order_record.record(item, 1, order_record.Publication(region, 999_999, 9_999_999_999_999))
    assert len(record.data) + len(record.partition_key) <= StreamSettings().order_record_bytes


@pytest.mark.parametrize(
    "symbol",
    [
        *(
            "ABC   261319C00010000",
            "ABC   260230C00010000",
            "ABC261319C00010000",
            "F270229P00010000",
            "F000000C00000001",
        ),
        *("BRK.B261219C00010000", "BRK/B261219C00010000", "A-B261219C00010000", "F261200C00010000"),
    ],
)
def test_a_symbol_that_ends_like_an_option_is_one(symbol: str, platform: Platform) -> None:
    """Its day exists and its root is one of OSI; else a share would be entered that the caller meant as an option."""
    refused_by_name(platform, "instrument", {"instrument": symbol, "limit_price": "1"})


@pytest.mark.parametrize("symbol", ["F280229P00010000", "BRKB  261231C00010000", "BRK.B", "C00010000"])
def test_an_option_with_a_day_that_exists_is_taken(symbol: str, platform: Platform) -> None:
    assert platform.enter({**LIMIT_ORDER, "instrument": symbol, "limit_price": "1"})[0] == 201


@pytest.mark.parametrize(
    ("field", "value", "example"),
    [
        ("limit_price", "-0", '"0" without a sign'),
        ("limit_price", 1, '"10.25"'),
        ("limit_price", "1e3", '"10.25"'),
        ("quantity", "0", '"100"'),
        ("quantity", "1" * 40, '"100"'),
        ("instrument", "aapl", "AAPL"),
        ("instrument", "", "AAPL"),
        ("client_order_id", "a b", "A-17"),
        ("venue", "nyse", "XNYS"),
        ("instrument_class", "equity", "option, future, spread, other"),
    ],
)
def test_a_refusal_says_in_words_what_a_field_takes(field: str, value: Any, example: str, platform: Platform) -> None:
    _, body = platform.enter({**LIMIT_ORDER, field: value})
    assert body["message"].startswith(f"{field}: must be ")
    assert example in body["message"]
    assert "^" not in body["message"]


@pytest.mark.parametrize("body", ["\u00e9", "{}", "{\u00e9", "====", "A"])
def test_a_body_that_is_called_base64_and_is_not_is_refused(body: str, platform: Platform) -> None:
    given = {**event("POST", "/orders", body), "isBase64Encoded": True}
    answer = platform.application.answer(given).answer
    assert (answer.status, answer.body["code"]) == (400, "invalid_request")
