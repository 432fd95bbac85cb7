"""Metric math for the lag of a database's replica, including stopped replication."""

from __future__ import annotations

# Amazon RDS User Guide, "Monitoring read replication": the value of ReplicaLag while replication is not active.
_REPLICATION_STOPPED = -1


def seconds_behind(lag: str, limit: int) -> str:
    """Metric math: `lag`, the id of a query of ReplicaLag in seconds, or `limit` while replication is stopped, so that
    a stopped replica counts as late."""
    return f"IF({lag} <= {_REPLICATION_STOPPED}, {limit}, {lag})"
