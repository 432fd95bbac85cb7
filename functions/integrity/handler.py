"""Lambda entry of the integrity check: runs on a schedule, after a failover, and by hand.

Environment: PRIMARY_REGION, DR_REGION, REPORT_BUCKET, COMPARISONS (JSON array of {"table": name} and
{"bucket": name, "replica": name, "prefix": optional}, each with "lag_seconds"), CONTROL_TABLE, SEGMENT_DEPTH (default
12, so 4,096 segments of 32 bytes), MAX_LISTED (default 10,000 keys), RESERVE_SECONDS (default 15). An event {"only":
name} runs one. A table with "since_mark": true is compared by its writes since the last comparison that found both
regions equal (`functions.integrity.mark`), and moves that mark; {"whole": true} compares it from its beginning.

The replication lag is typically under a second for a global table, and 15 minutes at most for S3 replication time
control (99.99 %); AWS documents both. A comparison that cannot be finished is reported as failed, never
as equal.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger, Metrics, Tracer
from botocore.exceptions import BotoCoreError, ClientError

from functions import metrics
from functions.clients import patient_client
from functions.clock import Clock, system_clock, timestamp
from functions.environment import Environment, SettingError
from functions.integrity import mark
from functions.integrity.compare import Comparer, Limits, OutOfTimeError, Side, SideUnavailableError
from functions.integrity.objects import BucketSide
from functions.integrity.tables import TableSide

logger = Logger(service=metrics.INTEGRITY)
tracer = Tracer(service=metrics.INTEGRITY, patch_modules=["botocore"])
_sink = Metrics(namespace=metrics.NAMESPACE, service=metrics.INTEGRITY)

_CALL_MILLISECONDS = 10_000
Clients = Callable[[str, str], Any]
"""A client of a service in a region."""


class ReportNotWrittenError(Exception):
    """The report could not be stored; the run fails, so that it is repeated."""


@dataclass(frozen=True)
class Target:
    """What is compared under one name: `sides` gives both regions' copies, from a moment on where `is_marked`."""

    name: str
    sides: Callable[[int | None], tuple[Side, Side]]
    limits: Limits
    is_marked: bool = False


@dataclass(frozen=True)
class Marks:
    """The control table, where the mark of the orders is. Raises SideUnavailableError."""

    dynamodb: Any
    table: str

    def read(self, name: str) -> int:
        try:
            return mark.read(self.dynamodb, self.table, name)
        except (BotoCoreError, ClientError) as error:
            raise SideUnavailableError(f"the mark of {name} cannot be read: {error}") from error

    def advance(self, name: str, until: int) -> None:
        try:
            mark.advance(self.dynamodb, self.table, name, until)
        except (BotoCoreError, ClientError) as error:
            raise SideUnavailableError(f"the mark of {name} cannot be moved: {error}") from error


@dataclass(frozen=True)
class Check:
    """All that one process needs."""

    targets: tuple[Target, ...]
    marks: Marks
    s3: Any
    report_bucket: str
    clock: Clock
    sleep: Callable[[float], None]
    reserve: int


def build(
    variables: Mapping[str, str],
    clients: Clients,
    clock: Clock = system_clock,
    sleep: Callable[[float], None] = time.sleep,
) -> Check:
    """Raises SettingError."""
    environment = Environment(variables)
    regions = environment.text("PRIMARY_REGION"), environment.text("DR_REGION")
    depth, listed = environment.count("SEGMENT_DEPTH", 12), environment.count("MAX_LISTED", 10_000)
    targets = tuple(_target(entry, regions, clients, depth, listed) for entry in environment.objects("COMPARISONS"))
    return Check(
        targets,
        Marks(clients("dynamodb", environment.text("AWS_REGION")), environment.text("CONTROL_TABLE")),
        clients("s3", environment.text("AWS_REGION")),
        environment.text("REPORT_BUCKET"),
        clock,
        sleep,
        environment.milliseconds("RESERVE_SECONDS", 15),
    )


def _target(entry: Mapping[str, Any], regions: tuple[str, str], clients: Clients, depth: int, listed: int) -> Target:
    lag = entry.get("lag_seconds")
    if not isinstance(lag, int | float) or isinstance(lag, bool) or lag < 0:
        raise SettingError(f"COMPARISONS holds {dict(entry)!r}; lag_seconds must be a number of seconds")
    limits = Limits(depth, round(lag * 1000), listed)
    primary, replica = regions
    match dict(entry):
        case {"table": str(table), "lag_seconds": _, **rest} if rest in ({}, {"since_mark": True}):
            # Clients are made once in a process, and sides for each moment.
            here, there = clients("dynamodb", primary), clients("dynamodb", replica)
            return Target(
                table,
                lambda since: (TableSide(here, primary, table, since), TableSide(there, replica, table, since)),
                limits,
                is_marked=bool(rest),
            )
        case {"bucket": str(bucket), "replica": str(copy), "lag_seconds": _, **rest} if not rest.keys() - {"prefix"}:
            prefix = str(rest.get("prefix", ""))
            sides = (
                BucketSide(clients("s3", primary), primary, bucket, prefix),
                BucketSide(clients("s3", replica), replica, copy, prefix),
            )
            return Target(f"{bucket}/{prefix}", lambda _since: sides, limits)
    raise SettingError(
        f"COMPARISONS holds {dict(entry)!r}; an entry is a table, or a bucket with its replica and maybe a prefix"
    )


@cache
def check() -> Check:
    """Made once in a process."""
    return build(os.environ, lambda service, region: patient_client(service, _CALL_MILLISECONDS, region))


def run(
    job: Check, event: Mapping[str, Any], remaining_milliseconds: Callable[[], int], sink: Metrics
) -> dict[str, Any]:
    """Compares every target, stores the report and gives it without the lists of keys.

    Raises SettingError for an unknown name, ReportNotWrittenError.
    """
    only = event.get("only")
    targets = [target for target in job.targets if only in (None, target.name)]
    if not targets:
        names = ", ".join(target.name for target in job.targets)
        raise SettingError(f"only = {only!r} is no comparison; choose from {names}")

    def time_is_up(seconds: float) -> bool:
        return remaining_milliseconds() - seconds * 1000 <= job.reserve

    comparer = Comparer(job.clock, job.sleep, time_is_up)
    started = job.clock()
    results = [_result(comparer, job, target, whole=event.get("whole") is True) for target in targets]
    report = {"started_at": timestamp(started), "ended_at": timestamp(job.clock()), "comparisons": results}
    for result in results:
        metrics.publish(sink, metrics.COMPARISONS_FAILED, int(result["failed"] is not None))
        if result["failed"] is None:
            metrics.publish(sink, metrics.DIFFERENCES, len(result["differences"]))
            metrics.publish(sink, metrics.ENTRIES_COMPARED, result["primary_entries"])
        else:
            logger.error("a comparison could not be finished", target=result["target"], detail=result["failed"])
    key = f"integrity/{timestamp(started)[:10]}/{timestamp(started)}.json"
    _store(job, key, report)
    summary = [{**result, "differences": len(result["differences"])} for result in results]
    return {**report, "comparisons": summary, "report": key}


def _result(comparer: Comparer, job: Check, target: Target, *, whole: bool) -> dict[str, Any]:
    began, since = job.clock(), None
    primary, replica = target.sides(None)
    regions = {"target": target.name, "primary": primary.region, "replica": replica.region}
    try:
        if target.is_marked:
            since = 0 if whole else job.marks.read(target.name)
            primary, replica = target.sides(since)
        found = comparer.run(primary, replica, target.limits)
        if since is not None and not found.differences and found.listing_complete:
            job.marks.advance(target.name, mark.after(since, began, target.limits.lag_milliseconds))
    except SideUnavailableError as error:
        return {**regions, "failed": str(error), "differences": {}}
    except OutOfTimeError as error:
        return {**regions, "failed": f"the time was up: {error}", "differences": {}}
    return {**regions, "failed": None, "since": since, "weak": getattr(primary, "weak", 0), **asdict(found)}


def _store(job: Check, key: str, report: Mapping[str, Any]) -> None:
    body = json.dumps(report, indent=2, sort_keys=True).encode()
    try:
        job.s3.put_object(Bucket=job.report_bucket, Key=key, Body=body, ContentType="application/json")
    except (BotoCoreError, ClientError) as error:
        raise ReportNotWrittenError(f"s3://{job.report_bucket}/{key} could not be written: {error}") from error


@logger.inject_lambda_context(clear_state=True)
@tracer.capture_lambda_handler(capture_response=False)
@_sink.log_metrics
def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """One run within the function's time-out."""
    return run(check(), event, context.get_remaining_time_in_millis, _sink)
