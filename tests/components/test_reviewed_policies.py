"""Policies of roles that no layer's own golden file holds: together with those, every one of a stack has been read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.components.security.graph import ROLE, ROLE_POLICY, document
from tests.golden import Golden

ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
LAYERS = ("iam", "function", "pod", "recovery")


def held(golden: Golden, role: str) -> dict[str, set[str]]:
    """Names of the roles and of their policies that the files of layers hold."""
    files = [golden.folder / f"{layer}-policies-{role}.json" for layer in LAYERS]
    read: list[dict[str, Any]] = [json.loads(file.read_text(encoding="utf-8")) for file in files if file.exists()]
    return {part: {name for content in read for name in content[part]} for part in ("trust", "permissions")}


@pytest.mark.parametrize("role", ["primary", "dr"])
def test_no_policy_of_a_role_is_unread(role: str, request: pytest.FixtureRequest, golden: Golden):
    stack, elsewhere = request.getfixturevalue(role), held(golden, role)
    golden.matches(
        f"other-policies-{role}",
        {
            "trust": {
                each.name: document(each, "assumeRolePolicy")
                for each in stack.of_type(ROLE)
                if each.name not in elsewhere["trust"]
            },
            "attached": {each.name: each.properties["policyArn"] for each in stack.of_type(ATTACHMENT)},
            "permissions": {
                each.name: document(each)
                for each in stack.of_type(ROLE_POLICY)
                if each.name not in elsewhere["permissions"]
            },
        },
    )
