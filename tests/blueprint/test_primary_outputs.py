"""The primary's exports as another stack reads them."""

from __future__ import annotations

import json
from typing import Any

from blueprint import Blueprint, record
from blueprint.primary_outputs import as_seen_from_dr, named_again
from blueprint.program import primary_reference

Json = dict[str, Any]


def _answered(value: Any, path: str = "outputs") -> Any:
    """Exports as a cloud would give them: each reference is an ARN of its own."""
    if isinstance(value, dict):
        return {key: _answered(item, f"{path}/{key}") for key, item in value.items()}
    if isinstance(value, list):
        return [_answered(item, f"{path}/{index}") for index, item in enumerate(value)]
    return f"arn:aws:made:us-east-1:123456789012:{path}" if isinstance(value, str) and "${" in value else value


def test_a_stack_recorded_with_real_exports_reads_as_one_recorded_with_references(
    primary: Blueprint, dr: Blueprint
) -> None:
    reference = primary_reference("dr")
    actual = _answered(as_seen_from_dr(reference, primary.outputs))
    document = json.loads(record("dr", stack_outputs={reference: actual}).to_text())
    expected = json.loads(dr.to_text())
    assert document != expected, "what the cloud gave stands in it"
    named = named_again(document, reference, primary.outputs, actual)
    assert named["resources"] == expected["resources"]


def test_an_export_within_a_longer_name_is_left_alone() -> None:
    declared = {"keyId": "${aws:kms/key:Key::made#keyId}", "keyArn": "${aws:kms/key:Key::made#arn}"}
    actual = {"keyId": "mrk-1", "keyArn": "arn:key/mrk-1"}
    document = {"own": "mrk-12", "arn": "arn:key/mrk-1", "grant": "arn:key/mrk-1/*", "id": "mrk-1", "count": 1}
    assert named_again(document, "primary", declared, actual) == {
        "own": "mrk-12",
        "arn": "${pulumi:pulumi:StackReference::primary#outputs.keyArn}",
        "grant": "${pulumi:pulumi:StackReference::primary#outputs.keyArn}/*",
        "id": "${pulumi:pulumi:StackReference::primary#outputs.keyId}",
        "count": 1,
    }


def test_exports_that_need_no_cloud_stay_values() -> None:
    document = {"region": "us-east-1"}
    assert named_again(document, "primary", {"region": "us-east-1"}, {"region": "us-east-1"}) == document
