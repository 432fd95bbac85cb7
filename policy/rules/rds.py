"""The relational database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from policy import tokens as t
from policy.resources import Resource
from policy.rule import Parameter, Parameters, Rules
from policy.rules.keys_of import missing_customer_key
from policy.stack import Stack
from policy.values import NotEvaluatedError

RULES = Rules("RDS")

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WEEK = timedelta(weeks=1)


def is_replica(instance: Resource) -> bool:
    """Whether it follows another instance or cluster, and so takes from it what it does not say itself."""
    return instance.has("replicationSourceIdentifier" if instance.type == t.RDS_CLUSTER else "replicateSourceDb")


def is_reader(instance: Resource, stack: Stack) -> bool:
    """Whether it follows an instance of its own stack."""
    return is_replica(instance) and stack.declared(instance, "replicateSourceDb", t.RDS_INSTANCE) is not None


@RULES.joined(
    t.RDS_INSTANCE,
    t.RDS_CLUSTER,
    id="rds-customer-key",
    title="Databases are encrypted with a customer-managed key",
    remediation="Set storageEncrypted to true and kmsKeyId to the database key of the region.",
    needs=("storageEncrypted", "kmsKeyId"),
)
def customer_key(instance: Resource, stack: Stack, _: Parameters) -> Iterator[str]:
    """Encryption cannot be enabled later: an unencrypted instance must be copied."""
    if not instance.flag("storageEncrypted"):
        yield "is not encrypted"
    elif reason := missing_customer_key(instance, stack, "kmsKeyId"):
        yield reason


@RULES.resource(
    t.RDS_INSTANCE,
    id="rds-multi-az",
    title="Databases have a standby in another zone",
    remediation="Set multiAz to true.",
    needs=("multiAz",),
)
def multi_az(instance: Resource, _: Parameters) -> Iterator[str]:
    """Read replicas are not judged: they are copies of their source."""
    if not is_replica(instance) and not instance.flag("multiAz"):
        yield "has no standby in another zone"


@RULES.resource(
    t.RDS_INSTANCE,
    t.RDS_CLUSTER_INSTANCE,
    id="rds-private",
    title="Databases are not publicly accessible",
    remediation="Set publiclyAccessible to false.",
    needs=("publiclyAccessible",),
)
def private(instance: Resource, _: Parameters) -> Iterator[str]:
    """Clients connect from within the VPC."""
    if instance.flag("publiclyAccessible"):
        yield "has a public address"


@RULES.joined(
    t.RDS_INSTANCE,
    t.RDS_CLUSTER,
    id="rds-deletion-protection",
    title="Databases have deletion protection",
    remediation="Set deletionProtection to true.",
    needs=("deletionProtection",),
)
def deletion_protection(instance: Resource, stack: Stack, _: Parameters) -> Iterator[str]:
    """Deletion protection also applies outside Pulumi.

    Read replicas hold no data of their own and are not judged: RDS refuses to delete a protected replica, which a
    smaller stack must do.
    """
    if not instance.flag("deletionProtection") and not is_reader(instance, stack):
        yield "has no deletion protection"


@RULES.resource(
    t.RDS_INSTANCE,
    t.RDS_CLUSTER,
    id="rds-backups",
    title="Databases are backed up for at least 30 days",
    remediation="Set backupRetentionPeriod to 30 or more.",
    needs=("backupRetentionPeriod",),
    parameters={"days": Parameter("integer", 30, "Days for which backups are kept at least.", minimum=1)},
)
def backups(instance: Resource, parameters: Parameters) -> Iterator[str]:
    """Errors at the end of a month are often found in the next month. Replicas use the backups of their source."""
    days = instance.number("backupRetentionPeriod") or 0
    if not is_replica(instance) and days < parameters["days"]:
        yield f"is backed up for {days:g} days"


def parameters_of(instance: Resource, stack: Stack) -> dict[str, str] | None:
    """The database parameters that an instance runs with, None when it names no group of this stack."""
    cluster = instance.type == t.RDS_CLUSTER
    path = "dbClusterParameterGroupName" if cluster else "parameterGroupName"
    name = instance.peek(path)
    if isinstance(name, str) and name.startswith("default."):
        return None
    group = stack.in_plan(instance, path, t.RDS_CLUSTER_PARAMETERS if cluster else t.RDS_PARAMETERS)
    if group is None:
        return None
    return {str(entry.get("name")): str(entry.get("value")) for entry in group.items("parameters")}


# RDS User Guide: `rds.force_ssl` for PostgreSQL and SQL Server, `require_secure_transport` for MySQL and MariaDB.
_FORCES_TLS = ("rds.force_ssl", "require_secure_transport")
# RDS User Guide, "Requiring an SSL connection to a PostgreSQL DB instance": rds.force_ssl is 1 by default from
# version 15 on. Db2 and Oracle force TLS by an option or a port, not by a parameter.
_FORCED_FROM = 15
_WITHOUT_PARAMETER = ("db2", "oracle", "custom-oracle")


@RULES.joined(
    t.RDS_INSTANCE,
    t.RDS_CLUSTER,
    id="rds-tls-forced",
    title="Databases accept only TLS connections",
    remediation="Set rds.force_ssl (require_secure_transport for MySQL) to 1 in its parameter group.",
    needs=("parameterGroupName", (t.RDS_PARAMETERS, "parameters")),
)
def tls_forced(instance: Resource, stack: Stack, _: Parameters) -> Iterator[str]:
    """If the server accepts both, a misconfigured client sends data unencrypted.

    PostgreSQL forces TLS by default from version 15 on. Db2 and Oracle have no parameter for it and are not judged.
    """
    engine = _engine(instance, stack)
    if engine.startswith(_WITHOUT_PARAMETER):
        return
    values = parameters_of(instance, stack)
    by_default = _forces_by_default(engine, instance, stack)
    if values is None:
        if not by_default:
            yield "uses AWS's default parameters"
        return
    given = [values[name].lower() for name in _FORCES_TLS if name in values]
    if (given and not any(value in ("1", "on", "true") for value in given)) or (not given and not by_default):
        yield "accepts connections without TLS"


def _engine(instance: Resource, stack: Stack) -> str:
    """The engine, of a replica its source's where that is in the plan."""
    engine = instance.text("engine")
    if not engine and is_replica(instance) and instance.type == t.RDS_INSTANCE:
        source = next((s for s in stack.targets(instance, "replicateSourceDb") if isinstance(s, Resource)), None)
        return source.text("engine") if source is not None else ""
    return engine


def _forces_by_default(engine: str, instance: Resource, stack: Stack) -> bool:
    """Whether the default parameters force TLS; the version may stand in the name of the default group."""
    if engine not in ("postgres", ""):
        return False
    version = instance.text("engineVersion").partition(".")[0]
    group = instance.peek("parameterGroupName")
    if isinstance(group, str) and group.startswith("default.postgres"):
        version = group.removeprefix("default.postgres")
    return version.isdigit() and int(version) >= _FORCED_FROM


@RULES.joined(
    t.RDS_INSTANCE,
    t.RDS_CLUSTER,
    id="rds-final-snapshot",
    title="Databases take a final snapshot before deletion",
    remediation="Set skipFinalSnapshot to false and give finalSnapshotIdentifier.",
    needs=("skipFinalSnapshot",),
)
def final_snapshot(instance: Resource, stack: Stack, _: Parameters) -> Iterator[str]:
    """RDS deletes automated backups with the instance. Replicas hold no data of their own and are not judged."""
    if instance.flag("skipFinalSnapshot") and not is_replica(instance):
        yield "takes no final snapshot"


# RDS User Guide, "IAM database authentication": engines that have it.
_IAM_ENGINES = ("postgres", "mysql", "mariadb", "aurora")


@RULES.resource(
    t.RDS_INSTANCE,
    t.RDS_CLUSTER,
    id="rds-iam-login",
    title="Databases accept IAM authentication",
    remediation="Set iamDatabaseAuthenticationEnabled to true.",
    needs=("iamDatabaseAuthenticationEnabled",),
)
def iam_login(instance: Resource, _: Parameters) -> Iterator[str]:
    """An IAM token is valid for 15 minutes, a password until it is changed.

    Engines without IAM authentication are not judged, nor are replicas without the setting, which take it from their
    source.
    """
    engine = instance.text("engine")
    if engine and not engine.startswith(_IAM_ENGINES):
        return
    silent = is_replica(instance) and instance.peek("iamDatabaseAuthenticationEnabled") is None
    if not silent and not instance.flag("iamDatabaseAuthenticationEnabled"):
        yield "accepts only passwords"


@RULES.resource(
    t.RDS_INSTANCE,
    t.RDS_CLUSTER,
    id="rds-logs-exported",
    title="Databases export their logs",
    remediation="Set enabledCloudwatchLogsExports to the logs of the engine, such as postgresql.",
    needs=("enabledCloudwatchLogsExports",),
)
def logs_exported(instance: Resource, _: Parameters) -> Iterator[str]:
    """RDS deletes logs on the instance after some days, and with the instance.

    A replica takes the setting from its source.
    """
    silent = is_replica(instance) and instance.peek("enabledCloudwatchLogsExports") is None
    if not silent and not instance.items("enabledCloudwatchLogsExports"):
        yield "exports no logs"


_TIME = r"^([01]\d|2[0-3]):[0-5]\d$"
_HOURS = {
    "days": Parameter("array", list(_DAYS[:5]), "Trading days, as RDS writes them.", items="string"),
    # 09:30 to 16:00 in New York, in summer and in winter time, as UTC.
    "opens": Parameter("string", "13:30", "When trading begins, HH:MM in UTC.", pattern=_TIME),
    "closes": Parameter("string", "21:00", "When trading ends, HH:MM in UTC.", pattern=_TIME),
}


@RULES.resource(
    t.RDS_INSTANCE,
    t.RDS_CLUSTER,
    id="rds-maintenance-window",
    title="The maintenance window is outside trading hours",
    remediation="Set maintenanceWindow to a time at which the markets are closed.",
    needs=("maintenanceWindow",),
    parameters=_HOURS,
)
def maintenance(instance: Resource, parameters: Parameters) -> Iterator[str]:
    """Without a window AWS chooses one at random from an eight-hour block of the region."""
    window = instance.text("preferredMaintenanceWindow" if instance.type == t.RDS_CLUSTER else "maintenanceWindow")
    if not window:
        yield "has no maintenance window, so that AWS chooses one"
        return
    begin, end = _window(window)
    for day in parameters["days"]:
        opens, closes = (_moment(f"{day}:{parameters[key]}") for key in ("opens", "closes"))
        # A window may run over the end of the week.
        if (begin < closes and opens < end) or opens + _WEEK < end:
            yield f"is maintained {window} UTC, during trading hours"
            return


def _window(text: str) -> tuple[timedelta, timedelta]:
    begin, _, end = text.lower().partition("-")
    try:
        first, last = _moment(begin), _moment(end)
    except ValueError:
        raise NotEvaluatedError("maintenanceWindow", f"is no window but {text!r}") from None
    return first, last if last > first else last + _WEEK


def _moment(text: str) -> timedelta:
    """The time since the beginning of the week."""
    day, hour, minute = text.split(":")
    return timedelta(days=_DAYS.index(day), hours=int(hour), minutes=int(minute))


def _counterparts(instance: Resource, primary: Stack, recovery: Stack) -> Sequence[Resource]:
    """Its replicas in the recovery stack; that it has one at all is asked by `stateful-replicated`."""
    others = recovery.of_type(t.RDS_INSTANCE)
    return [other for other in others if instance in primary.referred_by(recovery, other, "replicateSourceDb")]


@RULES.parity(
    t.RDS_INSTANCE,
    id="rds-parameter-parity",
    title="The replica has the database parameters of the primary",
    remediation="Declare the same family and parameters in both stacks.",
    needs=((t.RDS_PARAMETERS, "parameters"),),
)
def parameter_parity(instance: Resource, primary: Stack, recovery: Stack, _: Parameters) -> Iterator[str]:
    """A PostgreSQL replica with a lower max_connections stops replay (PostgreSQL manual, "Hot Standby")."""
    ours = parameters_of(instance, primary)
    for other in _counterparts(instance, primary, recovery):
        theirs = parameters_of(other, recovery)
        if ours != theirs:
            names = sorted(set((ours or {}).items()) ^ set((theirs or {}).items()))
            yield f"{other.urn} differs in {', '.join(sorted({name for name, _ in names})) or 'its parameter group'}"


def _when_active(path: str, what: str) -> Any:
    def check(instance: Resource, primary: Stack, recovery: Stack, _: Parameters) -> Iterator[str]:
        if recovery.standing_by or is_reader(instance, primary):
            return
        for other in _counterparts(instance, primary, recovery):
            ours, theirs = instance.get(path), other.get(path)
            if ours != theirs:
                yield f"{other.urn} has {what} {theirs!r} after it has taken over, the primary has {ours!r}"

    check.__doc__ = f"A database that has taken over must carry the primary's load: it has the same {path}."
    return check


RULES.parity(
    t.RDS_INSTANCE,
    id="rds-class-parity",
    title="A database that has taken over has the instance class of the primary",
    remediation="Take the primary's sizes over when the stack is active.",
    needs=("instanceClass",),
)(_when_active("instanceClass", "class"))

RULES.parity(
    t.RDS_INSTANCE,
    id="rds-multi-az-parity",
    title="A database that has taken over has Multi-AZ as the primary",
    remediation="Take dbMultiAz over from the primary when the stack is active.",
    needs=("multiAz",),
)(_when_active("multiAz", "Multi-AZ"))

RULES.parity(
    t.RDS_INSTANCE,
    id="rds-backup-parity",
    title="A database that has taken over has the backup retention of the primary",
    remediation="Set the same backupRetentionPeriod when the stack is active.",
    needs=("backupRetentionPeriod",),
)(_when_active("backupRetentionPeriod", "a backup retention in days of"))
