"""Property values survive the way between engine and plugin."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from rehearsal.plugins.property_paths import at, steps
from rehearsal.plugins.wire import UNKNOWN, Secret, decoded, encoded, holds_unknown, revealed

LEAVES = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text() | st.just(UNKNOWN)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


@settings(deadline=None)
@given(st.dictionaries(st.text(max_size=5), VALUES | st.builds(Secret, VALUES), max_size=4))
def test_decoding_reverses_encoding(properties: dict) -> None:
    assert decoded(encoded(properties)) == properties


def test_a_secret_is_marked_and_can_be_revealed() -> None:
    sent = {"password": Secret("hush")}
    assert isinstance(decoded(encoded(sent))["password"], Secret)
    assert revealed(sent) == {"password": "hush"}


def test_a_nested_unknown_value_is_found() -> None:
    assert holds_unknown({"a": [Secret({"b": UNKNOWN})]})
    assert not holds_unknown({"a": [Secret({"b": "known"})]})


def test_a_path_selects_values_in_lists_and_objects() -> None:
    value = {"identities": [{"oidcs": [{"issuer": "https://x"}]}]}
    assert at(value, steps("identities[0].oidcs[0].issuer")) == "https://x"
    assert at(value, steps("identities[1].oidcs")) is None
    assert at({"identities": UNKNOWN}, steps("identities[0].oidcs")) is UNKNOWN
