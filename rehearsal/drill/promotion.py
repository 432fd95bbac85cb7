"""How far the database's replica was behind when a takeover promoted it. There is no engine in the in-memory AWS: the
lag is modelled (`aws_emulator.replication.databases`), and so is what it costs."""

from __future__ import annotations

from dataclasses import dataclass

from recovery.configuration import Site
from rehearsal.drill.world import World


@dataclass(frozen=True)
class Promotion:
    """In seconds. `behind` is the age of what the replica had received last when it was promoted, `behind_at_loss` that
    when its source was lost: the last writes of so many seconds are not in it. None where the source was not lost, and
    then the writes of the last `behind` seconds before the promotion are not, if there were any."""

    behind: float
    behind_at_loss: float | None


def count(world: World) -> int:
    """How many replicas have been promoted so far."""
    return len(world.server.replication()["promoted"])


def of(world: World, site: Site, since: int) -> Promotion | None:
    """The promotion of a site's database after the first `since`; None where there was none."""
    for entry in world.server.replication()["promoted"][since:]:
        if (entry["database"], entry["region"]) == (site.database, site.region):
            return Promotion(entry["behind_seconds"], entry["behind_at_loss_seconds"])
    return None
