"""Outputs of the primary's network that the recovery stack reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Self

import pulumi
from pydantic.alias_generators import to_camel


@dataclass(frozen=True)
class NetworkExports:
    """Ids in the primary's region, exported as one object with camelCase keys.

    `app_route_table_ids` has one id for each zone; `group_ids` maps each `Group` to its security group.
    """

    vpc_id: pulumi.Input[str]
    vpc_cidr: pulumi.Input[str]
    app_route_table_ids: pulumi.Output[Sequence[str]]
    app_acl_id: pulumi.Input[str]
    group_ids: pulumi.Input[Mapping[str, pulumi.Input[str]]]
    hub_id: pulumi.Input[str]
    hub_core_routes_id: pulumi.Input[str]
    hub_peer_routes_id: pulumi.Input[str]

    def output(self) -> dict[str, Any]:
        """The object as exported."""
        return {to_camel(field.name): getattr(self, field.name) for field in fields(self)}

    @classmethod
    def of(cls, exported: pulumi.Input[Any]) -> Self:
        """Read the primary's export. A missing entry fails the program."""
        network = pulumi.Output.from_input(exported)
        return cls(**{field.name: network[to_camel(field.name)] for field in fields(cls)})
