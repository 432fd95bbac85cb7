"""Resources that the recovery stack releases in a takeover and adopts again in a failback.

Replication from the primary is declared by the recovery stack and retained: with `active` set it leaves the state
without a call, and is still there. Standing by again, the stack would declare it anew and collide with itself: a table
replica, a route, a security group rule that exists already is refused, and a backup plan or lifecycle policy is made
twice. So the state's entries are kept when they are let go of, and put back before they are declared again. Nothing is
imported by hand, and no call is made for it.

An entry holds secrets as the state does: encrypted by the stack's own provider.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from typing import Any

from functions.control_item import KEY_ATTRIBUTE, SORT_ATTRIBUTE

ITEM = "retained_state"
# An item holds 400 KB (DynamoDB quotas).
_CHUNK_BYTES = 350_000

Entry = Mapping[str, Any]
"""A resource of a deployment, as the engine exports it."""


def retained(resources: Sequence[Entry]) -> list[Entry]:
    """The retained resources of a deployment, with the providers that they are made by, in their order."""
    kept = [entry for entry in resources if entry.get("retainOnDelete")]
    providers = {str(entry.get("provider", "")).rpartition("::")[0] for entry in kept}
    return [entry for entry in resources if entry.get("retainOnDelete") or entry["urn"] in providers]


def put_back(resources: Sequence[Entry], kept: Sequence[Entry]) -> list[Entry]:
    """A deployment's resources with those that it had let go of; what is in it already stays as it is."""
    known = {entry["urn"] for entry in resources}
    return [*resources, *(entry for entry in kept if entry["urn"] not in known)]


class RetainedStore:
    """The kept entries, in the control table: item `retained_state`, compressed, in chunks by `sequence`.

    Chunk 0 tells how many there are, and which run let go of them; it comes last.
    """

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def save(self, run: str, kept: Sequence[Entry]) -> None:
        """Keeps the entries that a run lets go of. A run that is taken up again adds to what it kept before."""
        if self._run() == run:
            kept = put_back(kept, self.load())
        if not kept:
            return
        content = gzip.compress(json.dumps(kept).encode(), mtime=0)
        chunks = [content[start : start + _CHUNK_BYTES] for start in range(0, len(content), _CHUNK_BYTES)]
        for number, chunk in enumerate(chunks, start=1):
            self._client.put_item(TableName=self._table, Item={**_key(number), "content": {"B": chunk}})
        head = {**_key(0), "run": {"S": run}, "chunks": {"N": str(len(chunks))}}
        self._client.put_item(TableName=self._table, Item=head)

    def load(self) -> list[Entry]:
        """What was kept; nothing if nothing was."""
        head = self._head()
        if head is None:
            return []
        content = b"".join(bytes(self._chunk(number)) for number in range(1, int(head["chunks"]["N"]) + 1))
        return json.loads(gzip.decompress(content))

    def _run(self) -> str | None:
        head = self._head()
        return head["run"]["S"] if head else None

    def _head(self) -> Mapping[str, Any] | None:
        return self._client.get_item(TableName=self._table, Key=_key(0), ConsistentRead=True).get("Item")

    def _chunk(self, number: int) -> Any:
        answer = self._client.get_item(TableName=self._table, Key=_key(number), ConsistentRead=True)
        return answer["Item"]["content"]["B"]


def _key(number: int) -> dict[str, Any]:
    return {KEY_ATTRIBUTE: {"S": ITEM}, SORT_ATTRIBUTE: {"N": str(number)}}
