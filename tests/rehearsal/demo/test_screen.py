"""What the demo shows of one moment."""

from __future__ import annotations

import io

from rich.console import Console

from recovery.journal import Entry, Kind, Run
from rehearsal.demo.__main__ import page, scenario_of
from rehearsal.demo.observation import Observation, RegionView, StepView, steps_of
from rehearsal.demo.screen import Lines, rendered
from rehearsal.drill.result import DECIDED, Mark
from rehearsal.drill.scenario import Loss
from tests.rehearsal.drill.test_series import result

EAST = RegionView("us-east-1", is_reachable=False, has_lease=False, accepted=25, per_second=0.0)
WEST = RegionView("us-west-2", is_reachable=True, has_lease=True, accepted=3, per_second=8.0)
STEPS = (StepView("take-lease", True, 0.03), StepView("await-lease", False, 1.5))
MARKS = (Mark(1_000, "begin"), Mark(2_000, "us-east-1 dead"), Mark(2_400, DECIDED))


def seen(recovered_after: float | None = None, marks: tuple[Mark, ...] = MARKS) -> Observation:
    return Observation(marks, (EAST, WEST), "failover", STEPS, 3.0, recovered_after, 2)


def shown(observation: Observation) -> str:
    console = Console(file=io.StringIO(), width=120, force_terminal=False)
    console.print(rendered(observation))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_the_screen_shows_the_lost_region_and_the_lease_holder() -> None:
    text = shown(seen())
    assert "LOST" in text
    assert "has the lease" in text
    assert "8.0 orders/s" in text
    assert "25 accepted" in text
    assert "await-lease" in text


def test_the_bar_counts_until_the_first_accepted_order_and_stops_there() -> None:
    assert "30 s" in shown(seen())
    assert "3.00 s" in shown(seen())
    stopped = shown(seen(recovered_after=2.25))
    assert "2.25 s" in stopped
    assert "3.00 s" not in stopped


def test_events_are_shown_as_sentences() -> None:
    assert seen(marks=MARKS[:2]).headline == "Region us-east-1 is lost"
    assert seen().headline == "The operator confirms the failover"
    assert seen(marks=(*MARKS, Mark(9_000, "us-east-1 back"))).headline == (
        "Region us-east-1 is back; the runbook fails back"
    )
    assert seen(marks=()).headline == "The stacks start"


def test_plain_output_has_each_event_once() -> None:
    console = Console(file=io.StringIO(), width=120, force_terminal=False)
    lines = Lines(console)
    for observation in (seen(marks=MARKS[:2]), seen(), seen(recovered_after=2.25), seen(recovered_after=2.25)):
        lines.show(observation)
    assert isinstance(console.file, io.StringIO)
    assert console.file.getvalue().splitlines() == [
        "Orders flow to the primary region",
        "Region us-east-1 is lost",
        "  failover: take-lease done in 0.03 s",
        "The operator confirms the failover",
        "First order accepted 2.25 s after the decision",
    ]


def test_steps_come_from_intents_and_results_of_the_journal() -> None:
    def entry(kind: Kind, step: str, at: int) -> Entry:
        return Entry(1, "r", "failover", kind, step, at, "{}", "", "")

    run = Run((entry(Kind.INTENT, "a", 1_000), entry(Kind.RESULT, "a", 1_500), entry(Kind.INTENT, "b", 2_000)))
    assert steps_of(run, 2_250) == (StepView("a", True, 0.5), StepView("b", False, 0.25))


def test_the_page_of_a_demo_has_its_limits_and_duration() -> None:
    text = page(result(), 61.0)
    assert "AWS is emulated" in text
    assert "61 s" in text
    assert 'id="recovery-time"' in text


def test_a_demo_has_no_second_fault() -> None:
    wanted = scenario_of(Loss.DEAD)
    assert (wanted.loss, wanted.kill_at, wanted.fault) == (Loss.DEAD, None, None)
