"""Lag of the database's replica when a takeover promoted it.

The in-memory AWS runs no database engine. The lag is modelled (`aws_emulator.replication.databases`), and so is the
data loss that follows from it.
"""

from __future__ import annotations

from dataclasses import dataclass

from recovery.configuration import Site
from rehearsal.drill.testbed import Testbed


@dataclass(frozen=True)
class Promotion:
    """Lag of a promoted replica, in seconds.

    `behind` is the lag at the promotion, `behind_at_loss` the lag when the source was lost: the replica lacks the
    writes of that many last seconds. Without a loss `behind_at_loss` is None, and the replica lacks the writes of the
    last `behind` seconds before the promotion, if any.
    """

    behind: float
    behind_at_loss: float | None


def count(testbed: Testbed) -> int:
    """Return the number of promoted replicas so far."""
    return len(testbed.server.replication()["promoted"])


def of(testbed: Testbed, site: Site, since: int) -> Promotion | None:
    """Return the promotion of a site's database after the first `since` promotions, or None."""
    for entry in testbed.server.replication()["promoted"][since:]:
        if (entry["database"], entry["region"]) == (site.database, site.region):
            return Promotion(entry["behind_seconds"], entry["behind_at_loss_seconds"])
    return None
