"""What follows the orders, each with a clock of its own: the database, its credentials and the files.

Requests are made first and waited for later, so that minutes of different services pass at the same time.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from functions import failures
from recovery.context import Context
from recovery.errors import StepFailedError
from recovery.journal import Facts
from recovery.steps.step import Stage, Step, Wait
from recovery.steps.traffic import ProveOrder

_MINUTE = 60_000
_POLL = 5_000
_SMALL_LAG_SECONDS = 5
_LOCAL_ONLY = "LOCAL_CONFIGURATION_ONLY"


class AwaitReplica(Wait):
    """The trade history follows the order streams, which keep a week: a lag of it loses nothing, and takes time to work
    off. So it is looked at before orders are stopped and not while they are."""

    name = "await-replica"
    does = "see that the replica of the trade history is up to date"
    stage = Stage.BEFORE

    def verify(self, context: Context, intended: Facts) -> Facts:
        def small() -> Facts | None:
            lag = self._lag(context)
            if lag is None and context.overridden:
                return {"lag_seconds": None, "note": "no measurement"}
            return {"lag_seconds": lag} if lag is not None and lag <= _SMALL_LAG_SECONDS else None

        what = f"a lag of {context.target.database} of at most {_SMALL_LAG_SECONDS} s by its metric ReplicaLag"
        return context.waiter.until(small, what=what, within=5 * _MINUTE, every=15_000)

    def _lag(self, context: Context) -> float | None:
        now = context.waiter.clock()
        answer = _call(
            context,
            "cloudwatch",
            "get_metric_statistics",
            Namespace="AWS/RDS",
            MetricName="ReplicaLag",
            Dimensions=[{"Name": "DBInstanceIdentifier", "Value": context.target.database}],
            StartTime=datetime.fromtimestamp(now / 1000 - 300, UTC),
            EndTime=datetime.fromtimestamp(now / 1000, UTC),
            Period=60,
            Statistics=["Maximum"],
        )
        points = sorted(answer["Datapoints"], key=lambda point: point["Timestamp"])
        return float(points[-1]["Maximum"]) if points else None


class PromoteDatabase(Step):
    """RDS takes minutes for it and restarts the instance; the request is all that is made here."""

    name = "promote-database"
    does = "ask RDS to promote the replica of the trade history"
    stage = Stage.AFTER
    needs = (ProveOrder.name,)

    def observe(self, context: Context) -> Facts:
        found = _database(context)
        return {"source": found.get("ReadReplicaSourceDBInstanceIdentifier"), "status": found["DBInstanceStatus"]}

    def done(self, context: Context, intended: Facts) -> bool:
        return not _database(context).get("ReadReplicaSourceDBInstanceIdentifier")

    def act(self, context: Context, intended: Facts) -> None:
        name = context.target.database

        def asked() -> bool | None:
            """RDS promotes what is available only; while it modifies, an earlier request may be under way."""
            found = _database(context)
            if not found.get("ReadReplicaSourceDBInstanceIdentifier"):
                return True
            if found["DBInstanceStatus"] != "available":
                return None
            _call(context, "rds", "promote_read_replica", DBInstanceIdentifier=name)
            return True

        context.waiter.until(asked, what=f"database {name} available", within=30 * _MINUTE, every=_POLL)

    def verify(self, context: Context, intended: Facts) -> Facts:
        return {"database": context.target.database, "was_replica_of": intended["source"]}


class AwaitDatabase(Wait):
    name = "await-database"
    does = "wait for the promoted database"
    stage = Stage.AFTER
    needs = (PromoteDatabase.name,)

    def verify(self, context: Context, intended: Facts) -> Facts:
        def available() -> Facts | None:
            found = _database(context)
            replica = found.get("ReadReplicaSourceDBInstanceIdentifier")
            ready = not replica and found["DBInstanceStatus"] == "available"
            return {"database": context.target.database, "status": "available"} if ready else None

        what = f"promotion of {context.target.database}"
        return context.waiter.until(available, what=what, within=40 * _MINUTE, every=_POLL)


class DetachSecret(Step):
    """A replica of a secret can be neither written nor rotated until it stands by itself."""

    name = "detach-secret"
    does = "make the database's secret independent of the region that is left"
    stage = Stage.AFTER
    needs = (ProveOrder.name,)

    def observe(self, context: Context) -> Facts:
        return {"primary_region": _secret(context).get("PrimaryRegion")}

    def done(self, context: Context, intended: Facts) -> bool:
        return _secret(context).get("PrimaryRegion") in (None, context.target.region)

    def act(self, context: Context, intended: Facts) -> None:
        _call(context, "secretsmanager", "stop_replication_to_replica", SecretId=context.configuration.database_secret)

    def verify(self, context: Context, intended: Facts) -> Facts:
        def detached() -> Facts | None:
            return {"secret": context.configuration.database_secret} if self.done(context, intended) else None

        what = f"secret {context.configuration.database_secret} by itself"
        return context.waiter.until(detached, what=what, within=2 * _MINUTE, every=_POLL)


class RotateSecret(Step):
    """Whoever held the old region's credentials holds none of the promoted database. The version's id is the run's, so
    a repeat finds the rotation that was begun."""

    name = "rotate-secret"
    does = "rotate the database's password"
    stage = Stage.AFTER
    needs = (DetachSecret.name, AwaitDatabase.name)

    def done(self, context: Context, intended: Facts) -> bool:
        return "AWSCURRENT" in self._stages(context)

    def act(self, context: Context, intended: Facts) -> None:
        if self._stages(context):
            return
        _call(
            context,
            "secretsmanager",
            "rotate_secret",
            SecretId=context.configuration.database_secret,
            ClientRequestToken=self._version(context),
            RotationLambdaARN=context.target.rotation,
            RotationRules={"AutomaticallyAfterDays": context.configuration.rotation_days},
            RotateImmediately=True,
        )

    def verify(self, context: Context, intended: Facts) -> Facts:
        def rotated() -> Facts | None:
            return {"version": self._version(context)} if self.done(context, intended) else None

        what = f"a new password in {context.configuration.database_secret}"
        return context.waiter.until(rotated, what=what, within=20 * _MINUTE, every=_POLL)

    def _stages(self, context: Context) -> list[str]:
        return _secret(context).get("VersionIdsToStages", {}).get(self._version(context), [])

    def _version(self, context: Context) -> str:
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{context.configuration.database_secret}#{context.run}"))


class DetachFiles(Step):
    """The file system takes writes once nothing is replicated into it."""

    name = "detach-files"
    does = "delete the replication into the shared files"
    stage = Stage.AFTER
    needs = (ProveOrder.name,)

    def observe(self, context: Context) -> Facts:
        found = _replication(context)
        return {"source": found["SourceFileSystemId"] if found else None}

    def done(self, context: Context, intended: Facts) -> bool:
        found = _replication(context)
        return found is None or all(part.get("Status") == "DELETING" for part in found["Destinations"])

    def act(self, context: Context, intended: Facts) -> None:
        source = intended["source"] or (_replication(context) or {}).get("SourceFileSystemId")
        try:
            _call(context, "efs", "delete_replication_configuration", SourceFileSystemId=source)
        except StepFailedError:
            # The other side cannot be told; this one lets go alone (EFS API Reference, DeletionMode).
            _call(
                context, "efs", "delete_replication_configuration", SourceFileSystemId=source, DeletionMode=_LOCAL_ONLY
            )

    def verify(self, context: Context, intended: Facts) -> Facts:
        return {"file_system": context.target.file_system, "was_replica_of": intended["source"]}


class AwaitFiles(Wait):
    name = "await-files"
    does = "wait until the shared files take writes"
    stage = Stage.AFTER
    needs = (DetachFiles.name,)

    def verify(self, context: Context, intended: Facts) -> Facts:
        def writable() -> Facts | None:
            return {"file_system": context.target.file_system} if _replication(context) is None else None

        what = f"end of the replication into {context.target.file_system}"
        return context.waiter.until(writable, what=what, within=20 * _MINUTE, every=_POLL)


def _database(context: Context) -> Mapping[str, Any]:
    name = context.target.database
    return _call(context, "rds", "describe_db_instances", DBInstanceIdentifier=name)["DBInstances"][0]


def _secret(context: Context) -> Mapping[str, Any]:
    return _call(context, "secretsmanager", "describe_secret", SecretId=context.configuration.database_secret)


def _replication(context: Context) -> Mapping[str, Any] | None:
    """The replication into the target's file system, None where there is none."""
    client, name = context.clients.here("efs"), context.target.file_system
    try:
        found = client.describe_replication_configurations(FileSystemId=name)["Replications"]
    except (BotoCoreError, ClientError) as error:
        if failures.code(error) == "ReplicationNotFound":
            return None
        raise _failed("efs describe_replication_configurations", error) from error
    into = [one for one in found if one["SourceFileSystemId"] != name]
    return into[0] if into else None


def _call(context: Context, service: str, operation: str, **parameters: Any) -> Any:
    try:
        return getattr(context.clients.here(service), operation)(**parameters)
    except (BotoCoreError, ClientError) as error:
        raise _failed(f"{service} {operation}", error) from error


def _failed(what: str, error: Exception) -> StepFailedError:
    return StepFailedError(f"{what}: {failures.code(error)}: {error}; put it right, then `resume`")
