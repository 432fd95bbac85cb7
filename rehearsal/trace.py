"""A trace of one rehearsal, read from the logs that Terraform and the in-memory AWS write to its build folder.

Spans have three kinds: commands of the engine, operations on resources, and requests to the in-memory AWS. `write`
creates a file in Chrome's trace format, which Perfetto (https://ui.perfetto.dev) and `chrome://tracing` open
(https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU).
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

_REQUEST = re.compile(
    r"(?P<at>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}) \d{3} \S+ (?P<service>\S+) (?P<action>.+) (?P<ms>\d+) ms"
)
_PATH_PARTS = re.compile(r"/[^ ]*")


class Kind(StrEnum):
    """The kind of a span."""

    COMMAND = "command"
    RESOURCE = "resource"
    REQUEST = "request"


@dataclass(frozen=True)
class Span:
    """An operation with its start and duration.

    `track` is the stack or the server. `begun` is in seconds since 1970. `type` and `action` are a resource type with
    create, update, delete or read, or a service with an API action.
    """

    kind: Kind
    track: str
    type: str
    action: str
    name: str
    begun: float
    seconds: float

    @property
    def ended(self) -> float:
        """End in seconds since 1970."""
        return self.begun + self.seconds


@dataclass(frozen=True)
class Total:
    """All spans with the same kind, type and action: their total `seconds` and the `longest` one."""

    kind: Kind
    type: str
    action: str
    count: int
    seconds: float
    longest: float


def spans_of(build: Path) -> list[Span]:
    """Return every span in the logs of a build folder, by start time; empty without logs."""
    found = list(_requests(build / "server.log"))
    for log in sorted(build.glob("*/*.log")):
        found += _engine(log)
    return sorted(found, key=lambda span: span.begun)


def totals(spans: Iterable[Span]) -> list[Total]:
    """Return totals by kind, type and action, the largest first."""
    by: dict[tuple[Kind, str, str], list[float]] = defaultdict(list)
    for span in spans:
        by[span.kind, span.type, span.action].append(span.seconds)
    found = [Total(*key, len(taken), sum(taken), max(taken)) for key, taken in by.items()]
    return sorted(found, key=lambda total: -total.seconds)


def waiting(command: Span, spans: Iterable[Span]) -> float:
    """Return the seconds of a command without requests to the server: Terraform's own work and the provider's
    pauses."""
    busy, reached = 0.0, command.begun
    for span in spans:
        if span.kind is Kind.REQUEST and span.ended > reached and span.begun < command.ended:
            begun = max(span.begun, reached)
            reached = min(span.ended, command.ended)
            busy += max(0.0, reached - begun)
    return command.seconds - busy


def write(spans: Sequence[Span], file: Path) -> None:
    """Write a file in Chrome's trace format: complete events, in microseconds from the first span."""
    first = min((span.begun for span in spans), default=0.0)
    processes = {track: number for number, track in enumerate(dict.fromkeys(span.track for span in spans), start=1)}
    events: list[dict[str, Any]] = [
        {"ph": "M", "name": "process_name", "pid": number, "args": {"name": track}}
        for track, number in processes.items()
    ]
    for span, lane in _in_lanes(spans):
        events.append(
            {
                "ph": "X",
                "name": span.name,
                "cat": f"{span.kind},{span.type},{span.action}",
                "pid": processes[span.track],
                "tid": lane,
                "ts": round((span.begun - first) * 1e6),
                "dur": round(span.seconds * 1e6),
                "args": {"type": span.type, "action": span.action},
            }
        )
    file.write_text(json.dumps({"traceEvents": events, "displayTimeUnit": "ms"}), encoding="utf-8")


def _in_lanes(spans: Sequence[Span]) -> Iterator[tuple[Span, int]]:
    """Return each span with a thread number on which spans do not overlap."""
    free: dict[str, list[float]] = defaultdict(list)
    for span in spans:
        lanes = free[span.track]
        lane = next((number for number, until in enumerate(lanes) if until <= span.begun), len(lanes))
        lanes[lane : lane + 1] = [span.ended]
        yield span, lane


def _requests(log: Path) -> Iterator[Span]:
    """Return the requests from the server's log, which has one line per answered request."""
    if not log.exists():
        return
    with log.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            noted = _REQUEST.match(line)
            if noted:
                seconds = int(noted["ms"]) / 1000
                ended = datetime.strptime(noted["at"], "%Y-%m-%d %H:%M:%S,%f").timestamp()
                service, action = noted["service"], _PATH_PARTS.sub("/...", noted["action"])
                yield Span(Kind.REQUEST, "server", service, action, f"{service} {action}", ended - seconds, seconds)


def _engine(log: Path) -> Iterator[Span]:
    """Return commands and operations on resources from Terraform's log.

    A version event starts a command. Resources have events for start and end.
    """
    stack, command = log.parent.name, log.stem
    begun: dict[tuple[str, str], float] = {}
    first = last = 0.0
    with log.open(encoding="utf-8") as lines:
        for line in lines:
            try:
                event = json.loads(line)
                at, kind = datetime.fromisoformat(event["@timestamp"]).timestamp(), event.get("type", "")
            except (ValueError, KeyError):
                continue
            if kind == "version":
                if first:
                    yield _command(stack, command, first, last)
                first, begun = at, {}
            last = at
            if kind in ("apply_start", "refresh_start"):
                begun[kind.split("_")[0], event["hook"]["resource"]["addr"]] = at
            elif kind in ("apply_complete", "apply_errored", "refresh_complete"):
                resource, step = event["hook"]["resource"], kind.split("_")[0]
                since = begun.pop((step, resource["addr"]), at)
                action = event["hook"].get("action", "read") if step == "apply" else "read"
                yield Span(Kind.RESOURCE, stack, resource["resource_type"], action, resource["addr"], since, at - since)
    if first:
        yield _command(stack, command, first, last)


def _command(stack: str, command: str, begun: float, ended: float) -> Span:
    return Span(Kind.COMMAND, stack, "terraform", command, f"terraform {command} {stack}", begun, ended - begun)
