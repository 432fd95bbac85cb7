"""Lag of the databases' read replicas. The emulator has no engine and no data: the lag is modelled.

- A replica in another Region has the writes of its source up to the lag ago. While either Region is lost, nothing
  arrives and the lag of PostgreSQL grows: it is the age of the last replayed transaction.
  https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PostgreSQL.Replication.ReadReplicas.Monitor.html
- MySQL and MariaDB report -1 while replication is not active.
  https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ReadRepl.Monitoring.html
- CloudWatch has the lag as AWS/RDS ReplicaLag of the replica, in seconds. RDS publishes each minute. The emulator
  returns the current value with the timestamp of the current minute.
- A promoted replica lacks the writes that had not arrived, permanently.
  https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_PromoteReadReplica.html
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, ClassVar

from moto.cloudwatch.models import MetricDatum
from moto.core.common_models import CloudWatchMetricProvider
from moto.core.utils import utcnow
from moto.rds.models import RDSBackend, rds_backends

from aws_emulator.corrections._patch import replace_method
from aws_emulator.replication.links import ReplicationLinks

NAMESPACE, METRIC = "AWS/RDS", "ReplicaLag"
_NOT_ACTIVE = -1.0
_GROWS = "postgres"


class DatabaseReplication:
    """Replicas and promotions of one account."""

    def __init__(self, links: ReplicationLinks, account: str) -> None:
        self._transit = links
        self._account = account
        self._promoted: list[dict[str, Any]] = []

    def report(self) -> dict[str, Any]:
        """Return `databases` and `promoted`.

        `databases`: {database, region, source_region, lag_seconds} of each replica, with the lag of the metric.
        `promoted`, oldest first: {database, region, source_region, behind_seconds, behind_at_loss_seconds}, the lag at
        the promotion, and the lag at the loss of the source, None without a loss.
        """
        replicas = [
            {
                "database": instance.db_instance_identifier,
                "region": region,
                "source_region": _source_region(instance),
                "lag_seconds": self.metric(instance),
            }
            for region, backend in rds_backends[self._account].items()
            for instance in _replicas(backend)
        ]
        return {"databases": replicas, "promoted": list(self._promoted)}

    def metric(self, replica: Any) -> float:
        """Return ReplicaLag of a replica."""
        if not replica.engine.startswith(_GROWS) and self._lost_since(replica) is not None:
            return _NOT_ACTIVE
        return self._behind(replica)

    def record_promotion(self, replica: Any) -> None:
        """Record the promotion of a replica before it becomes independent."""
        lost = self._lost_since(replica)
        self._promoted.append(
            {
                "database": replica.db_instance_identifier,
                "region": replica.region,
                "source_region": _source_region(replica),
                "behind_seconds": self._behind(replica),
                "behind_at_loss_seconds": None if lost is None else self._transit.lag,
            }
        )

    def _behind(self, replica: Any) -> float:
        """Return the seconds since the source made the last write that the replica received."""
        lost = self._lost_since(replica)
        return self._transit.lag + (0.0 if lost is None else self._transit.clock() - lost)

    def _lost_since(self, replica: Any) -> float | None:
        return self._transit.lost_since(*{replica.region, _source_region(replica)})


def _source_region(replica: Any) -> str:
    """Return the Region of the source. Within a Region the source has no ARN."""
    source = str(replica.source_db_instance_identifier)
    return source.split(":")[3] if source.startswith("arn:") else str(replica.region)


def _replicas(backend: Any) -> Iterator[Any]:
    return (one for one in backend.databases.values() if one.is_replica and one.source_db_instance_identifier)


class ReplicaLag(CloudWatchMetricProvider):
    """The metric of every replica; moto finds metric providers by their base class."""

    replication: ClassVar[DatabaseReplication | None] = None

    @staticmethod
    def get_cloudwatch_metrics(account_id: str, region: str) -> list[Any]:
        replication = ReplicaLag.replication
        if replication is None:
            return []
        return [
            MetricDatum(
                namespace=NAMESPACE,
                name=METRIC,
                value=replication.metric(replica),
                dimensions=[{"Name": "DBInstanceIdentifier", "Value": replica.db_instance_identifier}],
                timestamp=utcnow().replace(second=0, microsecond=0),
                unit="Seconds",
            )
            for replica in _replicas(rds_backends[account_id][region])
        ]


@cache
def install(replication: DatabaseReplication) -> None:
    """Publish the metric of every replica and record each promotion from now on."""

    def promote(original: Any, backend: RDSBackend, db_kwargs: dict[str, Any]) -> Any:
        replica = backend.databases.get(db_kwargs["db_instance_identifier"])
        if replica in _replicas(backend):
            replication.record_promotion(replica)
        return original(backend, db_kwargs)

    ReplicaLag.replication = replication
    replace_method(RDSBackend, "promote_read_replica", promote)
