"""Lists of orders that are longer than an item of the control table."""

from __future__ import annotations

from typing import Any

from recovery import known_orders, named_orders
from tests.recovery.tables import Tables


def table() -> Tables:
    return Tables({"control": ("item", "sequence")})


def test_a_list_of_any_length_is_kept_in_parts_that_an_item_holds() -> None:
    client = table()
    entries = [{"order_id": f"ACC-1#{number:06}", "note": "x" * 100} for number in range(5_000)]
    count, parts = named_orders.write(client, "control", "run", "step", iter(entries))
    assert (count, parts > 1) == (5_000, True)
    assert list(named_orders.read(client, "control", "run", "step", parts)) == entries
    assert len(named_orders.shown(client, "control", "run", "step", parts)) == named_orders.SHOWN
    sizes = [len(item["content"]["S"]) for item in client.scan("control")["Items"]]
    assert max(sizes) < 400_000, "an item holds 400 KB"


def test_known_orders_are_found_in_any_chunk(monkeypatch: Any) -> None:
    monkeypatch.setattr(known_orders, "_DIGESTS_IN_A_CHUNK", 7)
    client = table()
    ids = [f"ACC-1#{number}" for number in range(50)]
    assert known_orders.write(client, "control", 3, 10, 20, iter(ids)) == 50
    known = known_orders.read(client, "control", 3)
    assert known is not None
    assert (len(known), known.epoch, known.since, known.at) == (50, 3, 10, 20)
    assert all(one in known for one in ids)
    assert "ACC-1#50" not in known


def test_the_window_begins_before_what_arrived_last() -> None:
    window = known_orders.WINDOW_MILLISECONDS
    assert known_orders.since(10 * window, None) == 9 * window
    assert known_orders.since(10 * window, 10 * window + 5) == 9 * window
    assert known_orders.since(10 * window, 4 * window) == 3 * window, "replication was late"
