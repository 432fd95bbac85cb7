"""Parameters of the trade history database, the same in both regions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Parameter:
    """One parameter: a static one takes effect with the next start, a dynamic one immediately."""

    name: str
    value: str
    applies: Literal["immediate", "pending-reboot"]


def parameters(max_connections: int) -> tuple[Parameter, ...]:
    """Return the parameters that differ from the defaults of RDS for PostgreSQL, sorted by name.

    `max_connections` is set and does not follow the memory of the instance class: a standby stops replaying if its
    source allows more connections than it does (PostgreSQL manual, 26.4.3), and the recovery region has the smaller
    instance.
    """
    dynamic = {
        # Otherwise a query on a standby is cancelled when vacuum on the source removes rows that it reads.
        "hot_standby_feedback": "1",
        # A session that is idle in a transaction blocks vacuum; with feedback from standbys, it also blocks the
        # source's.
        "idle_in_transaction_session_timeout": "60000",
        "log_connections": "1",
        "log_disconnections": "1",
        "log_lock_waits": "1",
        # Milliseconds: far above every query of the platform, so that the log has only exceptional queries.
        "log_min_duration_statement": "100",
        "log_statement": "ddl",
        "log_temp_files": "0",
        "password_encryption": "scram-sha-256",
        "pg_stat_statements.track": "all",
        # Log changes of schema and rights. Data changes are in the records, and would flood the log.
        "pgaudit.log": "ddl,role",
        "rds.force_ssl": "1",
        "ssl_min_protocol_version": "TLSv1.2",
        "track_io_timing": "1",
    }
    static = {
        "max_connections": str(max_connections),
        "pgaudit.role": "rds_pgaudit",
        "shared_preload_libraries": "pg_stat_statements,pgaudit",
    }
    return tuple(
        Parameter(name, value, "immediate" if name in dynamic else "pending-reboot")
        for name, value in sorted({**dynamic, **static}.items())
    )
