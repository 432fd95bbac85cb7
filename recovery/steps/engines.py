"""Engines of the region that takes over: an accepted order is traded only once one of them stands.

They are started directly after the first accepted order, by the fleet's own group and not by a deployment: a deployment
waits for the database, and takes minutes longer. The later deployment keeps what runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from functions import epoch_notes, failures
from recovery.context import Context
from recovery.errors import StepFailedError
from recovery.journal import Facts
from recovery.steps.lease import TakeLease
from recovery.steps.step import Stage, Step, Wait
from recovery.steps.traffic import ProveOrder

_MINUTE = 60_000
_POLL = 5_000
_STANDS_WITHIN = 30 * _MINUTE
_IN_SERVICE = "InService"
_NO_GROUP = {"note": "the exports name no group of engines: the deployment of scale-out starts them"}


class StartEngines(Step):
    """Asks for `scaleOut.engines` engines at least. A fleet that has more keeps them."""

    name = "start-engines"
    does = "start engines in the new region, before anything else grows"
    stage = Stage.AFTER
    needs = (ProveOrder.name,)

    def observe(self, context: Context) -> Facts:
        group = _group(context)
        return {"desired": group["DesiredCapacity"], "most": group["MaxSize"]} if group else {}

    def done(self, context: Context, intended: Facts) -> bool:
        group = _group(context)
        return group is None or group["DesiredCapacity"] >= _wanted(context, group)

    def act(self, context: Context, intended: Facts) -> None:
        group = _group(context)
        if group is None:
            return
        name, wanted = group["AutoScalingGroupName"], _wanted(context, group)
        try:
            _client(context).set_desired_capacity(
                AutoScalingGroupName=name, DesiredCapacity=wanted, HonorCooldown=False
            )
        except (BotoCoreError, ClientError) as error:
            raise _failed(name, error) from error

    def verify(self, context: Context, intended: Facts) -> Facts:
        group = _group(context)
        if group is None:
            return _NO_GROUP
        if not self.done(context, intended):
            raise StepFailedError(f"group {group['AutoScalingGroupName']} did not keep its new size; then `resume`")
        return {"group": group["AutoScalingGroupName"], "desired": group["DesiredCapacity"]}


class AwaitEngines(Wait):
    """From here on an accepted order is traded. The report gives this time beside that of the first accepted order."""

    name = "await-engines"
    does = "wait for the first engine that is in service"
    stage = Stage.AFTER
    needs = (StartEngines.name,)

    def verify(self, context: Context, intended: Facts) -> Facts:
        if _group(context) is None:
            return _NO_GROUP
        if not _wanted(context, _group(context) or {}):
            return {"in_service": 0, "note": "no engine is asked for: enginesAtTakeover = 0"}

        def standing() -> Facts | None:
            instances = (_group(context) or {}).get("Instances", [])
            serving = sum(instance["LifecycleState"] == _IN_SERVICE for instance in instances)
            return {"in_service": serving} if serving else None

        found = context.waiter.until(standing, what="an engine in service", within=_STANDS_WITHIN, every=_POLL)
        note_engines(context)
        return found


def note_engines(context: Context) -> None:
    """From here on order intake accepts immediate orders, where the setting had refused them."""
    epoch, table = context.result(TakeLease.name)["epoch"], context.configuration.tables.control
    try:
        epoch_notes.write(context.control, table, epoch_notes.Note.ENGINES, epoch, context.waiter.clock())
    except (BotoCoreError, ClientError) as error:
        raise StepFailedError(
            f"table {table}: an engine stands and cannot be noted ({error}); then `resume`"
        ) from error


def _wanted(context: Context, group: Mapping[str, Any]) -> int:
    """As many as the exports say, and no more than the group may have."""
    return min(int(context.configuration.scale_out.get("engines", 0)), int(group.get("MaxSize", 0)))


def _group(context: Context) -> Mapping[str, Any] | None:
    """The group of engines of the region that takes over; None where the exports name none, or it is not there."""
    name = context.configuration.scale_out.get("engineGroup")
    if not name:
        return None
    try:
        found = _client(context).describe_auto_scaling_groups(AutoScalingGroupNames=[name])["AutoScalingGroups"]
    except (BotoCoreError, ClientError) as error:
        raise _failed(name, error) from error
    return found[0] if found else None


def _client(context: Context) -> Any:
    return context.clients.here("autoscaling")


def _failed(group: str, error: Exception) -> StepFailedError:
    return StepFailedError(f"group {group}: {failures.code(error)}: {error}; put it right, then `resume`")
