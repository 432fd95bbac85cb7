"""A trace holds what the logs of a rehearsal say: commands, resources and requests, with waits between them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rehearsal.page.trace import trace
from rehearsal.trace import Kind, Span, spans_of, totals, waiting, write

BEGUN = datetime(2026, 11, 28, 9, 0, 0, tzinfo=UTC).timestamp()


def at(second: float) -> str:
    return datetime.fromtimestamp(BEGUN + second, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def hook(type_: str, name: str, action: str = "create") -> dict[str, object]:
    return {"resource": {"addr": f"{type_}.{name}", "resource_type": type_}, "action": action}


@pytest.fixture
def build(tmp_path: Path) -> Path:
    """Two applies of one stack in one log, and a server that answered two requests, one in local time at second 3."""
    (tmp_path / "primary").mkdir()
    events = [
        {"type": "version", "@timestamp": at(0)},
        {"type": "apply_start", "@timestamp": at(1), "hook": hook("aws_vpc", "vpc")},
        {"type": "apply_complete", "@timestamp": at(3), "hook": hook("aws_vpc", "vpc")},
        {"type": "version", "@timestamp": at(10)},
        {"type": "refresh_start", "@timestamp": at(11), "hook": hook("aws_vpc", "vpc")},
        {"type": "refresh_complete", "@timestamp": at(12), "hook": hook("aws_vpc", "vpc")},
    ]
    lines = ["Warning: no event", *map(json.dumps, events)]
    (tmp_path / "primary" / "apply.log").write_text("\n".join(lines) + "\n")
    stamp = datetime.fromtimestamp(BEGUN + 2).strftime("%Y-%m-%d %H:%M:%S,000")
    (tmp_path / "server.log").write_text(
        f"{stamp} 200 us-east-1 ec2 CreateVpc 500 ms\n{stamp} 404 us-east-1 s3 GET /some-bucket 250 ms attempt 2\n"
    )
    return tmp_path


def test_spans_are_commands_resources_and_requests(build: Path) -> None:
    """A log that two commands wrote holds two commands; a path of a request is left out of its action."""
    found = {
        (span.kind, span.type, span.action, round(span.begun - BEGUN, 2), span.seconds) for span in spans_of(build)
    }
    assert found == {
        (Kind.COMMAND, "terraform", "apply", 0.0, 3.0),
        (Kind.COMMAND, "terraform", "apply", 10.0, 2.0),
        (Kind.RESOURCE, "aws_vpc", "create", 1.0, 2.0),
        (Kind.RESOURCE, "aws_vpc", "read", 11.0, 1.0),
        (Kind.REQUEST, "ec2", "CreateVpc", 1.5, 0.5),
        (Kind.REQUEST, "s3", "GET /...", 1.75, 0.25),
    }


def test_waiting_time_is_the_time_without_requests(build: Path) -> None:
    """Requests that overlap count once."""
    spans = spans_of(build)
    first = next(span for span in spans if span.kind is Kind.COMMAND)
    assert waiting(first, spans) == pytest.approx(2.5)


def test_totals_are_by_type_and_action(build: Path) -> None:
    """The largest first."""
    assert totals(spans_of(build))[0].seconds == 5.0
    (create,) = [total for total in totals(spans_of(build)) if total.action == "create"]
    assert (create.count, create.seconds, create.longest) == (1, 2.0, 2.0)


def test_trace_file_has_chromes_format_and_spans_of_a_lane_do_not_overlap(build: Path, tmp_path: Path) -> None:
    """Complete events with microseconds; spans that overlap stand on threads of their own."""
    write(spans_of(build), tmp_path / "trace.json")
    events = json.loads((tmp_path / "trace.json").read_text())["traceEvents"]
    complete = [event for event in events if event["ph"] == "X"]
    assert len(complete) == 6
    assert min(event["ts"] for event in complete) == 0
    lanes: dict[tuple[int, int], int] = {}
    for event in sorted(complete, key=lambda event: event["ts"]):
        lane = event["pid"], event["tid"]
        assert lanes.get(lane, 0) <= event["ts"]
        lanes[lane] = event["ts"] + event["dur"]


def test_the_page_shows_tables_and_a_picture(build: Path) -> None:
    """Names are escaped; a build without logs has no section."""
    body = trace([*spans_of(build), Span(Kind.RESOURCE, "primary", "<b>", "create", "x", BEGUN, 9.0)]).body
    assert "aws_vpc create: 2.0 s" in body
    assert "<b>" not in body
    assert spans_of(build / "none") == []
