"""Questions that the tests of security ask a recorded graph."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from blueprint import Blueprint, Resource

ACCOUNT = "123456789012"
KEY = "aws:kms/key:Key"
REPLICA_KEY = "aws:kms/replicaKey:ReplicaKey"
ALIAS = "aws:kms/alias:Alias"
BUCKET_POLICY = "aws:s3/bucketPolicy:BucketPolicy"
ROLE = "aws:iam/role:Role"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
POLICY = "aws:iam/policy:Policy"

# Where a policy document stands, by resource type.
_DOCUMENTS = ("policy", "assumeRolePolicy")


def region_of(stack: Blueprint) -> str:
    """The region that the stack stands in."""
    return stack.outputs["region"]


def own(stack: Blueprint, *types: str) -> list[Resource]:
    """Resources of these types that belong to the layer of security."""
    return [resource for resource in stack.of_type(*types) if "::trading:security:" in resource.urn]


def document(resource: Resource, prop: str = "policy") -> Any:
    """A policy document, as JSON."""
    return json.loads(resource.properties[prop])


def statements(resource: Resource, prop: str = "policy") -> list[dict[str, Any]]:
    """The statements of a resource's policy."""
    found = document(resource, prop)["Statement"]
    return found if isinstance(found, list) else [found]


def statement(resource: Resource, sid: str, prop: str = "policy") -> dict[str, Any]:
    """The one statement of that sid."""
    (found,) = [each for each in statements(resource, prop) if each["Sid"] == sid]
    return found


def every_statement(stack: Blueprint) -> Iterator[tuple[Resource, dict[str, Any]]]:
    """Each statement of each policy document in the stack, whichever layer wrote it."""
    for resource in stack.resources:
        for prop in _DOCUMENTS:
            text = resource.properties.get(prop)
            if isinstance(text, str) and '"Statement"' in text:
                for each in statements(resource, prop):
                    yield resource, each


def listed(value: Any) -> list[Any]:
    """A policy's value or values."""
    return value if isinstance(value, list) else [value]


def layer_of(stack: Blueprint, resource: Resource) -> str:
    """Type of the component that a resource belongs to."""
    return stack.by_urn[resource.parent or ""].type
