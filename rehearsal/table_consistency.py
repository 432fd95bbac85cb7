"""Strong consistency of global tables with AWS providers that do not support the argument.

The AWS provider supports `consistency_mode` and the witness since version 6. An older one creates the replica without
them. An eventually consistent control table would let two regions write, which the drills check. So this module sets
the declared consistency through AWS's own API.
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTable.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from blueprint import Blueprint

_TABLE = "aws:dynamodb/table:Table"
_STRONG = "STRONG"


def complete(declared: Blueprint, client: Callable[[str], Any]) -> list[str]:
    """Make the tables strongly consistent that are declared so and are not yet. `client` returns a client by service.

    Returns a description of each change.
    """
    dynamodb, told = client("dynamodb"), list[str]()
    for table in declared.of_type(_TABLE):
        if not any(replica.get("consistencyMode") == _STRONG for replica in table.properties.get("replicas") or ()):
            continue
        name = table.properties["name"]
        if dynamodb.describe_table(TableName=name)["Table"].get("MultiRegionConsistency") == _STRONG:
            continue
        witness = table.properties.get("globalTableWitness")
        creation = [{"Create": {"RegionName": witness["regionName"]}}] if witness else []
        added = {"GlobalTableWitnessUpdates": creation} if creation else {}
        dynamodb.update_table(TableName=name, MultiRegionConsistency=_STRONG, **added)
        told.append(f"{name}: {_STRONG}" + (f", witness in {witness['regionName']}" if witness else ""))
    return told
