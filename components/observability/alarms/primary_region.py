"""Alarms that the recovery stack declares in the primary's region, about replication to the recovery region."""

from __future__ import annotations

from collections.abc import Iterator

from components.observability import aws_metrics as published
from components.observability.alarms.spec import Alarm, highest
from components.observability.monitored_layers import MonitoredLayers
from components.observability.series import of_aws
from components.settings import Settings
from components.settings.root import Role

# Seconds. EFS replicates within minutes (EFS User Guide, "Replicating EFS file systems": mostly within a minute, 15
# minutes for file systems that change little). The file system holds only monitoring data.
_FILES_LAG_SECONDS = 3600


def operations_topic(settings: Settings) -> str:
    """ARN of the primary's topic: an alarm can notify only in its own region."""
    general = settings.general
    return f"arn:aws:sns:{general.primary_region}:{general.account_id}:{settings.name_in(Role.PRIMARY, 'operations')}"


def alarms(layers: MonitoredLayers) -> Iterator[Alarm]:
    """The lag of the shared files, which EFS publishes in the source's region."""
    if layers.primary_file_system is not None:
        yield highest(
            "files-lag",
            f"The replica of the shared files is {_FILES_LAG_SECONDS // 60} minutes behind.",
            of_aws(published.FILES_LAG, layers.primary_file_system, layers.stores.files.id),
            _FILES_LAG_SECONDS,
        ).for_minutes(10)
