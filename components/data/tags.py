"""Tags by which AWS Backup and the snapshot policies select resources."""

from __future__ import annotations

from collections.abc import Mapping

BACKUP_KEY = "Backup"
BACKUP_VALUE = "compliance"
BACKED_UP: Mapping[str, str] = {BACKUP_KEY: BACKUP_VALUE}
"""For resources that AWS Backup keeps in a locked vault and copies to the other region."""

SNAPSHOT_KEY = "Snapshots"
SNAPSHOT_VALUE = "scheduled"
SNAPSHOTTED: Mapping[str, str] = {SNAPSHOT_KEY: SNAPSHOT_VALUE}
"""For volumes with snapshots that are copied to the other region."""
