"""How late a database's replica is, where it may also be that it receives nothing at all."""

from __future__ import annotations

# Amazon RDS User Guide, "Monitoring read replication": what ReplicaLag is while replication is not active.
_REPLICATION_STOPPED = -1


def seconds_behind(lag: str, limit: int) -> str:
    """Metric math: `lag`, the id of a query of ReplicaLag in seconds, or `limit` while nothing is received. A replica
    that has stopped is not ahead of its source: it is as late as is too late."""
    return f"IF({lag} <= {_REPLICATION_STOPPED}, {limit}, {lag})"
