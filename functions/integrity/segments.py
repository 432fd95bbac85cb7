"""Checksums of the segments of a key space, and the tree over them.

A key belongs to the segment that the first bits of its SHA-256 name, in whatever order a store lists its keys. A
segment's checksum is the sum of its entries' SHA-256 modulo 2^256, so it needs no order and 32 bytes however much it
covers: it finds what was lost, doubled or changed by accident; it does not withstand entries designed to collide.
Over the segments stands a Merkle tree, so that two sides compare one root and descend only where they differ.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

_MODULUS = 1 << 256


@dataclass(frozen=True)
class Entry:
    """One item or object: its key, a digest of its content, and when it was last changed, where the store tells.

    `changed_at` is in milliseconds since 1970.
    """

    key: str
    digest: bytes
    changed_at: int | None = None


def segment_of(key: str, depth: int) -> int:
    """Which of the 2^depth segments a key belongs to."""
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:4], "big") >> (32 - depth)


class Segments:
    """Checksums of 2^depth segments, filled entry by entry."""

    def __init__(self, depth: int) -> None:
        if not 1 <= depth <= 20:
            raise ValueError(f"depth {depth} is not between 1 and 20, which are 2 and a million segments")
        self.depth = depth
        self.entries = 0
        self._sums = [0] * (1 << depth)

    def add(self, entry: Entry) -> None:
        digest = hashlib.sha256(entry.key.encode() + b"\x00" + entry.digest).digest()
        position = segment_of(entry.key, self.depth)
        self._sums[position] = (self._sums[position] + int.from_bytes(digest, "big")) % _MODULUS
        self.entries += 1

    def tree(self) -> list[list[bytes]]:
        """Levels from the root, one hash, to the segments, 2^depth of them."""
        level = [checksum.to_bytes(32, "big") for checksum in self._sums]
        levels = [level]
        while len(level) > 1:
            pairs = zip(level[::2], level[1::2], strict=True)
            level = [hashlib.sha256(left + right).digest() for left, right in pairs]
            levels.append(level)
        return levels[::-1]


def differing(one: list[list[bytes]], other: list[list[bytes]]) -> set[int]:
    """The segments in which two trees of one depth differ."""
    return set(_descend(one, other, 0, 0))


def _descend(one: list[list[bytes]], other: list[list[bytes]], level: int, position: int) -> Iterator[int]:
    if one[level][position] == other[level][position]:
        return
    if level == len(one) - 1:
        yield position
        return
    yield from _descend(one, other, level + 1, 2 * position)
    yield from _descend(one, other, level + 1, 2 * position + 1)
