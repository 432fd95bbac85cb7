"""Parameters of the trade history database, the same in both regions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Parameter:
    """One parameter: static ones take effect with the next start, dynamic ones at once."""

    name: str
    value: str
    applies: Literal["immediate", "pending-reboot"]


def parameters(max_connections: int) -> tuple[Parameter, ...]:
    """What differs from the defaults of RDS for PostgreSQL, sorted by name.

    `max_connections` is set rather than left to follow the memory of the instance class: a standby stops
    replaying when its source allows more connections than it does itself (PostgreSQL manual, 26.4.3), and the
    recovery region's instance is the smaller one.
    """
    dynamic = {
        # A query on a standby is otherwise cancelled by what vacuum has removed on the source since it began.
        "hot_standby_feedback": "1",
        # Whoever waits in an open transaction holds back vacuum, and with feedback from standbys the source's too.
        "idle_in_transaction_session_timeout": "60000",
        "log_connections": "1",
        "log_disconnections": "1",
        "log_lock_waits": "1",
        # 100 ms: far above any query of the platform, so that what is logged is worth reading.
        "log_min_duration_statement": "100",
        "log_statement": "ddl",
        "log_temp_files": "0",
        "password_encryption": "scram-sha-256",
        "pg_stat_statements.track": "all",
        # Who changed the schema or a right; what was written is in the records, and would flood the log.
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
