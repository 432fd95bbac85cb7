"""Tokens of listings: what this API gives out, and nothing else, reaches DynamoDB."""

from __future__ import annotations

import base64

import pytest

from tests.functions.aws import POSITIONS
from tests.functions.conftest import ACCOUNT, LIMIT_ORDER, Platform


def encoded(text: str | bytes) -> str:
    data = text if isinstance(text, bytes) else text.encode()
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


BAD_CONTINUATIONS: dict[str, list[str | bytes]] = {
    "/orders": [
        *("9" * 60 + ":x", "9" * 39 + ":x", "9" * 16 + ":x", "-1:x", "+1:x", "1.5:x", "1e3:x", "007:x", "1_0:x"),
        *("١:x", "１:x", " 1:x", "1:", ":x", "x", "1", "1:a#b", "1:a:b", "1:" + "x" * 37, "1:é", "1:x\n", "1 :x"),
        *("NaN:x", "1:x\x00", b"1:\xff", b"\xff\xfe", "1:" + "x" * 300, "BRK.B"),
    ],
    "/positions": [
        *("brk.b", "Z" * 22, "A" * 380, "A B", "A\x00", "A\n", "é", "1767366000000:A-17", b"\xff", " ", "#"),
    ],
}
BAD_TOKENS = ("!", "", "AAAA", "_w", "A", "AAAAA", "x" * 513, "MTp4=", "MTp5 ", "MTp5\n", "ＭＴ")


@pytest.mark.parametrize("resource", BAD_CONTINUATIONS)
def test_a_token_that_nobody_gave_out_is_refused_without_a_call(platform: Platform, resource: str) -> None:
    calls = len(platform.dynamodb.calls)
    for token in [*BAD_TOKENS, *map(encoded, BAD_CONTINUATIONS[resource])]:
        status, body = platform.send("GET", resource, query={"next_token": token})
        assert (status, body["code"], body["retryable"]) == (400, "invalid_request", False), token
        assert body["message"].startswith("next_token: ")
    assert len(platform.dynamodb.calls) == calls


def test_another_spelling_of_a_token_is_refused(platform: Platform) -> None:
    assert platform.send("GET", "/orders", query={"next_token": encoded("1:xyz")})[0] == 200
    spare = encoded("1:xy")
    alternative = spare[:-1] + chr(ord(spare[-1]) + 1)
    assert base64.urlsafe_b64decode(alternative + "==") == b"1:xy"
    assert platform.send("GET", "/orders", query={"next_token": alternative})[0] == 400


def test_the_token_of_another_account_reads_orders_of_the_own_account_alone(platform: Platform) -> None:
    for account in ("ACC-1", "ACC-2"):
        for number in range(3):
            platform.clock.advance(10)
            platform.enter({**LIMIT_ORDER, "client_order_id": f"{account}-{number}"}, account=account)
    token = platform.send("GET", "/orders", query={"limit": "1"}, account="ACC-2")[1]["next_token"]
    status, body = platform.send("GET", "/orders", query={"next_token": token}, account="ACC-1")
    assert status == 200
    assert [order["client_order_id"] for order in body["orders"]] == ["ACC-1-2", "ACC-1-1", "ACC-1-0"]


def test_positions_go_on_where_they_stopped_also_after_a_padded_option(platform: Platform) -> None:
    held = ["BRK.B", "CLK20-CLM20", "F     240119C00015000", "GOOGL1240119C00150000", "Z"]
    for instrument in held:
        item = {"account_id": {"S": ACCOUNT}, "instrument": {"S": instrument}, "quantity": {"N": "1"}}
        platform.dynamodb.put_item(TableName=POSITIONS, Item=item)
    found: list[str] = []
    query = {"limit": "1"}
    while True:
        _, body = platform.send("GET", "/positions", query=query)
        found += [position["instrument"] for position in body["positions"]]
        if "next_token" not in body:
            break
        query = {"limit": "1", "next_token": body["next_token"]}
    assert found == held
