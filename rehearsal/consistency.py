"""Strong consistency of global tables, where the provider at hand is older than the argument.

The AWS provider knows `consistency_mode` and the witness since its version 6. An older one makes the replica without
them, and a control table of two truths would let two regions write: the drills stand on it. So the table is told by
AWS's own API what its declaration says.
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTable.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from blueprint import Blueprint

_TABLE = "aws:dynamodb/table:Table"
_STRONG = "STRONG"


def complete(declared: Blueprint, client: Callable[[str], Any]) -> list[str]:
    """Makes the tables strongly consistent that are declared so and are not; `client` gives one by service.

    Answers what was set, in words.
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
