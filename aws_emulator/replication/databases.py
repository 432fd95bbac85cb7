"""How far the read replicas of databases are behind. There is no engine here and no data: all of it is modelled.

- A replica in another Region has what its source wrote up to the lag ago. While either Region is lost nothing arrives,
  and the lag of PostgreSQL grows: it is the age of the last transaction that was replayed.
  https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PostgreSQL.Replication.ReadReplicas.Monitor.html
- MySQL and MariaDB tell -1 while replication is not active.
  https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ReadRepl.Monitoring.html
- CloudWatch has it as AWS/RDS ReplicaLag of the replica, in seconds. RDS publishes each minute; here the value is that
  of now, under the minute that has begun.
- What a replica had not received when it is promoted is not in it, and never will be.
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

from aws_emulator.corrections._patch import around
from aws_emulator.replication.transit import Transit

NAMESPACE, METRIC = "AWS/RDS", "ReplicaLag"
_NOT_ACTIVE = -1.0
_GROWS = "postgres"


class DatabaseReplication:
    """The replicas of one account, and what became of them."""

    def __init__(self, transit: Transit, account: str) -> None:
        self._transit = transit
        self._account = account
        self._promoted: list[dict[str, Any]] = []

    def report(self) -> dict[str, Any]:
        """`databases`: {database, region, source_region, lag_seconds} of each replica, the lag as the metric tells it;
        `promoted`, oldest first: {database, region, source_region, behind_seconds, behind_at_loss_seconds}, by how much
        the replica was behind when it was promoted, and when its source was lost, None where it was not."""
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
        """ReplicaLag of a replica."""
        if not replica.engine.startswith(_GROWS) and self._lost_since(replica) is not None:
            return _NOT_ACTIVE
        return self._behind(replica)

    def promoting(self, replica: Any) -> None:
        """A replica is about to stand by itself."""
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
        """Seconds since the source wrote what was received last."""
        lost = self._lost_since(replica)
        return self._transit.lag + (0.0 if lost is None else self._transit.clock() - lost)

    def _lost_since(self, replica: Any) -> float | None:
        return self._transit.lost_since(*{replica.region, _source_region(replica)})


def _source_region(replica: Any) -> str:
    """Within a Region the source is named without its ARN."""
    source = str(replica.source_db_instance_identifier)
    return source.split(":")[3] if source.startswith("arn:") else str(replica.region)


def _replicas(backend: Any) -> Iterator[Any]:
    return (one for one in backend.databases.values() if one.is_replica and one.source_db_instance_identifier)


class ReplicaLag(CloudWatchMetricProvider):
    """The metric of every replica; moto finds its providers by their base class."""

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
    """Publishes the metric of every replica, and notes each promotion, from now on."""

    def promote(original: Any, backend: RDSBackend, db_kwargs: dict[str, Any]) -> Any:
        replica = backend.databases.get(db_kwargs["db_instance_identifier"])
        if replica in _replicas(backend):
            replication.promoting(replica)
        return original(backend, db_kwargs)

    ReplicaLag.replication = replication
    around(RDSBackend, "promote_read_replica", promote)
