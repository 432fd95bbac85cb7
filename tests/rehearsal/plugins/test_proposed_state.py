"""What the core proposes to the provider before a plan."""

from __future__ import annotations

from rehearsal.lowering.schema import Block
from rehearsal.plugins.aws.paths import keep
from rehearsal.plugins.aws.proposed_state import proposed_state
from rehearsal.plugins.aws.values import packed, unpacked, whole
from rehearsal.plugins.wire import UNKNOWN

RULE = {
    "attributes": {
        "port": {"type": "number", "required": True},
        "id": {"type": "string", "computed": True},
    }
}
BLOCK = Block(
    "aws_thing",
    {
        "attributes": {
            "name": {"type": "string", "optional": True},
            "arn": {"type": "string", "computed": True},
            "size": {"type": "number", "optional": True, "computed": True},
            "secret": {"type": "string", "optional": True, "write_only": True},
        },
        "block_types": {
            "rule": {"nesting_mode": "set", "block": RULE},
            "step": {"nesting_mode": "list", "block": RULE},
        },
    },
)
PRIOR = {
    "name": "old",
    "arn": "arn:1",
    "size": 5,
    "secret": None,
    "rule": [{"port": 1, "id": "r1"}, {"port": 2, "id": "r2"}],
    "step": [{"port": 7, "id": "s1"}],
}


def test_computed_attributes_keep_their_prior_value() -> None:
    value = proposed_state(BLOCK, PRIOR, whole(BLOCK, {"name": "new"}))
    assert (value["name"], value["arn"], value["size"]) == ("new", "arn:1", 5)


def test_a_write_only_argument_is_never_in_the_state() -> None:
    assert proposed_state(BLOCK, None, whole(BLOCK, {"secret": "hush"}))["secret"] is None


def test_elements_of_a_set_are_matched_by_content() -> None:
    value = proposed_state(BLOCK, PRIOR, whole(BLOCK, {"rule": [{"port": 2}, {"port": 3}]}))
    assert [rule["id"] for rule in value["rule"]] == ["r2", None]


def test_elements_of_a_list_are_matched_by_index() -> None:
    value = proposed_state(BLOCK, PRIOR, whole(BLOCK, {"step": [{"port": 8}]}))
    assert value["step"] == [{"port": 8, "id": "s1"}]


def test_an_omitted_block_is_empty_and_an_omitted_attribute_is_null() -> None:
    value = whole(BLOCK, {})
    assert (value["rule"], value["step"], value["name"]) == ([], [], None)


def test_an_ignored_path_keeps_the_prior_value() -> None:
    kept = keep(BLOCK, ["name", "steps[0].port"], PRIOR, whole(BLOCK, {"name": "new", "step": [{"port": 8}]}))
    assert kept["name"] == "old"
    assert kept["step"][0]["port"] == 7


def test_unknown_values_are_encoded_as_an_extension() -> None:
    value = {"a": UNKNOWN, "b": [1, UNKNOWN], "c": None}
    assert unpacked(packed(value)) == value
