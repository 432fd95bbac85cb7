"""Whether the region that is to take over can: each thing that is looked at, what was found, and the way out.

Looks at the region that takes over alone. The other one may be gone.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from botocore.exceptions import BotoCoreError, ClientError

from functions import failures, order_item, position_item
from functions.clock import timestamp
from recovery import growth, lease
from recovery.check import Check
from recovery.context import Context
from recovery.errors import NotReadyError, RecoveryError
from recovery.intake import IntakeWakingError
from recovery.journal import Journal, Outcome, Run
from recovery.plan import GIVEN_UP, UNPLANNED, Verb
from recovery.steps.lease import TakeLease
from recovery.switch import SwitchError
from recovery.takeover import NOBODY
from recovery.waiting import as_far_as_they_come


def audit(context: Context) -> list[Check]:
    """The findings of `checks`, whether the region could grow, and whether the journal is whole as far back as its last
    seal. That takes longer with every run, and what a takeover reads of it, the latest run, it checks by itself."""
    return [_checked("journal", _journal, context), *checks(context), *growth.checks(context)]


def checks(context: Context, seconds: float = math.inf) -> list[Check]:
    """Everything that a takeover by the target needs, in the order in which it needs it.

    All is looked at at once: somebody has decided, and waits for the slowest look instead of their sum, and no longer
    than `seconds`. What orders need is missing then; what follows them is not known, and is waited for when its turn
    comes.
    """
    found = as_far_as_they_come([partial(_checked, name, look, context) for name, look in _LOOKS.items()], seconds)
    return [check or _silent(name, seconds) for name, check in zip(_LOOKS, found, strict=True)]


def _silent(name: str, seconds: float) -> Check:
    found = f"not known: no answer within {seconds:.1f} s"
    return Check(name, name not in NEVER_FORCED, found, "see whether it exists and answers")


_NO_ITEM = "doctor"
"""A part of a key. An order's id has a separator."""
NEVER_FORCED = ("lease", "order intake", "traffic switch")
"""Checks that --force cannot override: without these a run stops at once."""

NEEDED_BY_ORDERS = (*NEVER_FORCED, "last run", "cooldown", "tables")
"""Checks that can refuse a failover. The steps after the first accepted order wait for the rest: a database that is
being backed up must not keep orders out."""


NEEDED = {
    **{verb: frozenset(NEEDED_BY_ORDERS) for verb in UNPLANNED},
    Verb.REJOIN: frozenset({"last run", "lease", "tables"}),
}
"""Checks that can refuse a verb; every check where a verb is not listed. A region that stands by again moves no
orders, and its database and files become replicas by the deployment of that run."""


def require(found: list[Check], *, can_be_forced: bool = True) -> None:
    """Raises NotReadyError that names all that is missing, and whether a reason makes it good."""
    missing = tuple(f"{check.name}: {check.found}; {check.way_out}" for check in found if not check.ready)
    if missing:
        lines = "\n  ".join(missing)
        way_out = (
            "fix this, or go on with --force --reason ..." if can_be_forced else "fix this: no reason overrides it"
        )
        raise NotReadyError(f"not ready to take over:\n  {lines}\n{way_out}", missing)


def position(context: Context) -> str:
    """Where traffic leads, or why that is not known."""
    try:
        return context.parts.switch.state()
    except SwitchError as error:
        return f"not known: {error}"


def _checked(name: str, look: Callable[[Context], Check], context: Context) -> Check:
    try:
        found = look(context)
        return replace(found, way_out="") if found.ready else found
    except (BotoCoreError, ClientError) as error:
        return Check(name, False, f"{failures.code(error)}: {error}", "see whether it exists and may be looked at")
    except (RecoveryError, SwitchError, LookupError) as error:
        return Check(name, False, str(error), "see whether it exists and answers")


def _journal(context: Context) -> Check:
    journal = Journal(context.control, context.configuration.tables.control)
    return Check("journal", True, f"{journal.verify()} entries, whole")


def _last_run(context: Context) -> Check:
    last = Journal(context.control, context.configuration.tables.control).tail().run
    if last is None:
        return Check("last run", True, "there was none")
    if last.outcome is None and last.verb not in GIVEN_UP[Verb(context.verb)]:
        return Check("last run", False, f"{begun(last)} has not ended", "`resume` or `abort` it")
    return Check("last run", True, f"{begun(last)} is {last.outcome or 'unfinished, and gives way'}")


def begun(run: Run) -> str:
    """A run by its verb, and who began it when."""
    who = run.began.content.get("holder", "somebody")
    return f"{run.verb} {run.id}, begun by {who} at {timestamp(run.began.at)},"


def _lease(context: Context) -> Check:
    found = lease.read(context.control, context.configuration.tables.control)
    if found is None:
        return Check("lease", False, "was never granted", "`open` grants it to the primary")
    shown = f"{found.holder} holds it under epoch {found.epoch}, until {timestamp(found.valid_until)}"
    if found.holder == context.target.region:
        return Check("lease", False, shown, "this region takes orders already; nothing is to be taken over")
    # Whose run it was that left it to nobody is said by the last run, or forgotten with a journal that was given up.
    return Check("lease", True, shown)


def _cooldown(context: Context) -> Check:
    found, cooldown = (
        lease.read(context.control, context.configuration.tables.control),
        context.configuration.timing.cooldown,
    )
    # The first grant is no takeover.
    if found is None or found.epoch == 1:
        return Check("cooldown", True, "no takeover yet")
    if found.holder == NOBODY:
        return Check("cooldown", True, "nobody has taken over")
    last = Journal(context.control, context.configuration.tables.control).tail().run
    if last is not None and last.outcome == Outcome.ABORTED and TakeLease.name not in last.results():
        # It gave the lease back to the region that had it: nothing was taken over.
        return Check("cooldown", True, f"{last.verb} {last.id} was given up before it took over")
    left = found.valid_from + cooldown - context.waiter.clock()
    shown = f"the last takeover was at {timestamp(found.valid_from)}"
    if left > 0:
        return Check("cooldown", False, shown, f"wait {left / 1000:.0f} s, so that the regions do not swap to and fro")
    return Check("cooldown", True, shown)


def _intake(context: Context) -> Check:
    try:
        found = context.intake(context.target).health()
    except IntakeWakingError as error:
        # The question wakes it. The run asks until it answers.
        return Check("order intake", True, f"{error}; it was idle and answers in a minute or two")
    right = found.region == context.target.region
    return Check("order intake", right, f"answers from {found.region}", "correct the exports")


def _switch(context: Context) -> Check:
    position = context.parts.switch.state()
    return Check("traffic switch", True, f"leads to {position}")


def _tables(context: Context) -> Check:
    """By reads of keys that no item has: a takeover must not wait for the control plane, which orders do not need."""
    client, tables = context.clients.here("dynamodb"), context.configuration.tables
    for table, key in ((tables.orders, (order_item.KEY_ATTRIBUTE,)), (tables.positions, position_item.KEY_NAMES)):
        client.get_item(TableName=table, Key={name: {"S": _NO_ITEM} for name in key})
    return Check("tables", True, "orders and positions can be read")


def _database(context: Context) -> Check:
    name = context.target.database
    found = context.clients.here("rds").describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0]
    source = found.get("ReadReplicaSourceDBInstanceIdentifier")
    shown = f"{name} {found['DBInstanceStatus']}, " + (f"replica of {source}" if source else "replicates nothing")
    if not source:
        return Check("database", False, shown, f"make it a replica of {context.source.database} again")
    return Check("database", found["DBInstanceStatus"] == "available", shown, "wait until it is available")


def _secret(context: Context) -> Check:
    name = context.configuration.database_secret
    found = context.clients.here("secretsmanager").describe_secret(SecretId=name)
    current = any("AWSCURRENT" in stages for stages in found.get("VersionIdsToStages", {}).values())
    return Check("secret", current, f"{name} {'has' if current else 'lacks'} a current version", "replicate it here")


def _files(context: Context) -> Check:
    name = context.target.file_system
    found = context.clients.here("efs").describe_file_systems(FileSystemId=name)["FileSystems"][0]
    state = found["LifeCycleState"]
    return Check("files", state in ("available", "updating"), f"{name} {state}", "wait until it is available")


def _engines(context: Context) -> Check:
    """Whether orders would be traded: accepting them needs no engine."""
    name = context.configuration.scale_out.get("engineGroup")
    if not name or context.target != context.configuration.standby:
        return Check("engines", True, "the exports name no group that a takeover starts")
    client = context.clients.here("autoscaling")
    found = client.describe_auto_scaling_groups(AutoScalingGroupNames=[name])["AutoScalingGroups"]
    if not found:
        return Check("engines", False, f"group {name} does not exist", "bring the recovery stack up")
    group, wanted = found[0], int(context.configuration.scale_out["engines"])
    standing = sum(instance["LifecycleState"] == "InService" for instance in group.get("Instances", []))
    shown = f"{standing} in service, a takeover asks for {wanted}, {name} may have {group['MaxSize']}"
    if standing:
        return Check("engines", True, f"{shown}: orders are traded at once")
    ready = 0 < wanted <= group["MaxSize"]
    shown = f"{shown}: orders are accepted at once and traded once an engine stands"
    return Check("engines", ready, shown, "raise elasticEnginesMax or enginesAtTakeover")


def _growth(context: Context) -> Check:
    trouble = context.parts.grow.trouble()
    return Check("scale-out", trouble is None, trouble or "can start", "configure how this region grows")


_LOOKS: dict[str, Callable[[Context], Check]] = {
    "last run": _last_run,
    "lease": _lease,
    "cooldown": _cooldown,
    "order intake": _intake,
    "traffic switch": _switch,
    "tables": _tables,
    "database": _database,
    "secret": _secret,
    "files": _files,
    "engines": _engines,
    "scale-out": _growth,
}
"""By name, in the order in which a takeover needs them."""
