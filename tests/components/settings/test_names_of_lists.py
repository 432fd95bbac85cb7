"""Names that a list of settings gives to resources meet no other name of the stack, whatever the list says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from blueprint import Blueprint, record_primary
from components.settings import Settings, SettingsError

# One item in each list, by which the names that it goes into are found.
ITEMS = {
    "orderConsumers": "zq-order",
    "marketDataConsumers": "zq-market",
    "orderSharedReaders": "zq-shared",
    "marketDataSharedReaders": "zq-late",
    "instrumentClasses": "zq-class",
    "apiClients": "zq-client",
    "venues": "ZQ9X",
}
Name = tuple[str, str, str]
"""Types of a resource and its parents, and the name before and after an item."""


@pytest.fixture(scope="module")
def names() -> list[tuple[str, str]]:
    """Types and name of each resource of a stack with these items alone."""
    recorded: Blueprint = record_primary(overrides={key: [item] for key, item in ITEMS.items()})
    return [(urn.rpartition("::")[0], urn.rpartition("::")[2]) for urn in (each.urn for each in recorded.resources)]


def _around(item: str, names: list[tuple[str, str]]) -> list[Name]:
    found: list[Name] = []
    for types, name in names:
        before, there, after = name.partition(item)
        if there:
            found.append((types, before, after))
    return found


def _taken(item: str, names: list[tuple[str, str]]) -> Iterator[list[str]]:
    """Lists by which two resources would have one name: an item of the platform's own, or one that follows another."""
    around = _around(item, names)
    for types, before, after in around:
        for other_types, name in names:
            own = item not in name and other_types == types and name.startswith(before) and name.endswith(after)
            if own and len(name) > len(before) + len(after):
                yield [name[len(before) : len(name) - len(after)]]
        for other_types, other_before, other_after in around:
            if (other_types, other_before) == (types, before) and other_after != after and other_after.endswith(after):
                yield [item, item + other_after.removesuffix(after)]


@pytest.mark.parametrize("key", ITEMS)
def test_an_item_whose_name_is_taken_is_refused_by_its_key(key: str, names: list[tuple[str, str]]) -> None:
    item = ITEMS[key].lower()
    assert _around(item, names) or "Shared" in key, "no resource has the item in its name"
    for given in map(list, {tuple(each) for each in _taken(item, names)}):
        _refused(key, [each.upper() for each in given] if key == "venues" else given)


def _refused(key: str, given: Any) -> None:
    with pytest.raises(SettingsError) as refusal:
        Settings.parse({key: given})
    assert all(line.startswith(f"trading-platform:{key} = ") for line in refusal.value.problems), given
