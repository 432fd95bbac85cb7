"""The failover function asks people unless it is told to act, and acts by the runbook's own runs."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from functions import metrics
from functions.environment import SettingError
from functions.failover.decision import Decider, OutOfTimeError, UnknownEventError, subject
from functions.failover.handler import build
from recovery.errors import ConfigurationError, LockHeldError, NothingToResumeError
from recovery.journal import Kind, Run, made
from recovery.plan import Verb
from recovery.report import Report, Status, StepReport
from tests.recovery.exports import run_exports

ALARM = "trading-dr-primary-lost"
RAISED = {"detail-type": "CloudWatch Alarm State Change", "detail": {"alarmName": ALARM, "state": {"value": "ALARM"}}}


def report(verb: str, outcome: str = "done", trouble: str | None = None) -> Report:
    steps = (StepReport("promote-database", "after", Status.FAILED if trouble else Status.DONE, trouble=trouble),)
    return Report("r1", verb, "us-east-1", "us-west-2", outcome, steps, 1.0, 0.0, {})


class Runs:
    """Operations of a test: what was begun and resumed."""

    def __init__(self, unfinished: bool = False, error: Exception | None = None) -> None:
        self.unfinished, self.error = unfinished, error
        self.calls: list[str] = []

    def under_way(self) -> Run:
        if not self.unfinished:
            raise NothingToResumeError("no run is unfinished")
        return Run((made(None, run="r1", verb="failover", kind=Kind.BEGAN, step="", at=0, facts={}),))

    def resume(self) -> Report:
        self.calls.append("resume")
        return self._result("failover")

    def begin(self, verb: Verb) -> Report:
        self.calls.append(f"begin {verb}")
        return self._result(verb)

    def _result(self, verb: str) -> Report:
        if self.error:
            raise self.error
        return report(verb)


class Case:
    """A decider and everything it did."""

    def __init__(self, *, automatic: bool = True, holds: bool = True, runs: Any = None) -> None:
        self.runs = runs or Runs()
        self.told: list[tuple[str, str]] = []
        self.counted: list[metrics.Metric] = []
        self.continued = 0
        self.decider = Decider(
            automatic=automatic,
            quorum_alarm=ALARM,
            quorum_holds=lambda: holds,
            operations=lambda: self.runs,
            tell=lambda head, text: self.told.append((head, text)),
            go_on=self._go_on,
            count=self.counted.append,
        )

    def _go_on(self) -> None:
        self.continued += 1


def test_without_leave_to_act_people_are_told_what_to_type() -> None:
    case = Case(automatic=False)
    assert case.decider.decide(RAISED)["decision"] == "asked"
    assert case.runs.calls == [], "nothing was run"
    ((_, text),) = case.told
    assert "python -m runbook failover" in text, "the message names the command"
    assert case.counted == [metrics.FAILOVERS_ASKED_FOR]


def test_with_leave_to_act_the_failover_is_run_once_and_told() -> None:
    case = Case()
    assert case.decider.decide(RAISED)["outcome"] == "done"
    assert case.runs.calls == ["begin failover"]
    assert case.counted == [metrics.FAILOVERS_RUN]
    assert len(case.told) == 1, "people learn of it"


def test_a_repeated_event_takes_up_the_run_that_the_first_began() -> None:
    case = Case(runs=Runs(unfinished=True))
    case.decider.decide(RAISED)
    assert case.runs.calls == ["resume"], "two failovers are one"


@pytest.mark.parametrize("automatic", [True, False])
def test_a_quorum_that_has_passed_moves_nothing(automatic: bool) -> None:
    case = Case(automatic=automatic, holds=False)
    assert case.decider.decide(RAISED)["decision"] == "none"
    assert case.runs.calls == [], "nothing was run"
    assert case.told == [], "nobody is woken for it"


@pytest.mark.parametrize(
    "event",
    [{}, {"detail-type": "CloudWatch Alarm State Change", "detail": {"alarmName": "another"}}, {"resume": "yes"}],
)
def test_an_event_of_another_kind_is_refused(event: dict[str, Any]) -> None:
    case = Case()
    with pytest.raises(UnknownEventError, match="neither a change of trading-dr-primary-lost"):
        case.decider.decide(event)
    assert case.runs.calls == [], "nothing was run"


def test_a_run_that_outlasts_the_function_goes_on_in_the_next() -> None:
    case = Case(runs=Runs(error=OutOfTimeError()))
    assert case.decider.decide(RAISED)["outcome"] == "to be continued"
    assert case.continued == 1, "the function is invoked again"
    case.runs = Runs(unfinished=True)
    assert case.decider.decide({"resume": True})["outcome"] == "done"
    assert case.runs.calls == ["resume"], "it takes the run up"


def test_a_failover_that_is_stopped_is_counted_and_told() -> None:
    case = Case(runs=Runs(error=LockHeldError("the lock is held by anna", "anna")))
    assert case.decider.decide(RAISED) == {
        "decision": "failover",
        "outcome": "stopped",
        "because": "the lock is held by anna",
    }
    assert metrics.FAILOVERS_STOPPED in case.counted
    assert "anna" in case.told[0][1], "people learn why"


def test_a_drill_runs_the_drill_and_is_no_failover() -> None:
    case = Case(automatic=False)
    case.decider.decide({"drill": True})
    assert case.runs.calls == ["begin drill"]
    assert case.counted == [], "no failover is counted"


def test_a_step_in_trouble_is_told_by_name() -> None:
    class Troubled(Runs):
        def _result(self, verb: str) -> Report:
            return report(verb, "incomplete", "RDS does not answer")

    case = Case(runs=Troubled(unfinished=True))
    assert case.decider.decide({"resume": True})["troubles"] == ["promote-database: RDS does not answer"]
    assert "promote-database: RDS does not answer" in case.told[0][1]


def test_a_subject_is_what_sns_takes() -> None:
    assert subject("ü" * 200) == "?" * 99


RECOVERY = run_exports()
VARIABLES = {
    "AUTOMATIC": "true",
    "QUORUM_ALARM": ALARM,
    "OPERATIONS_TOPIC": "arn:topic",
    "RECOVERY": json.dumps(RECOVERY),
}


class Cloud:
    """The clients of this region, by service."""

    def __init__(self, state: str = "ALARM") -> None:
        self.state = state
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def __call__(self, _service: str) -> Cloud:
        return self

    def describe_alarms(self, **parameters: Any) -> dict[str, Any]:
        self.calls.append(("describe_alarms", parameters))
        return {"CompositeAlarms": [{"StateValue": self.state}]}

    def publish(self, **parameters: Any) -> None:
        self.calls.append(("publish", parameters))

    def invoke(self, **parameters: Any) -> None:
        self.calls.append(("invoke", parameters))


def built(variables: dict[str, str], cloud: Cloud, remaining: Callable[[], int] = lambda: 900_000) -> Decider:
    return build(variables, remaining, None, function="f:live", client=cloud, sleep=lambda _seconds: None)


@pytest.mark.parametrize(("state", "holds"), [("ALARM", True), ("OK", False), ("INSUFFICIENT_DATA", False)])
def test_the_quorum_is_asked_of_its_alarm(state: str, holds: bool) -> None:
    cloud = Cloud(state)
    assert built(VARIABLES, cloud).quorum_holds() is holds
    assert cloud.calls[0][1] == {"AlarmNames": [ALARM], "AlarmTypes": ["CompositeAlarm"]}


def test_it_goes_on_by_invoking_itself_without_waiting() -> None:
    cloud = Cloud()
    built(VARIABLES, cloud).go_on()
    assert cloud.calls == [
        ("invoke", {"FunctionName": "f:live", "InvocationType": "Event", "Payload": b'{"resume": true}'})
    ]


def test_it_waits_for_nothing_when_its_time_is_nearly_up() -> None:
    decider = built(VARIABLES, Cloud(), lambda: 29_000)
    with pytest.raises(OutOfTimeError):
        decider.operations().waiter.sleep(100)
    assert built(VARIABLES, Cloud()).operations().waiter.sleep(100) is None


@pytest.mark.parametrize(
    ("changed", "error", "said"),
    [
        ({"AUTOMATIC": "yes"}, SettingError, "neither true nor false"),
        ({"RECOVERY": "{"}, SettingError, "RECOVERY is no JSON"),
        ({"RECOVERY": "{}"}, ConfigurationError, "accountId"),
        ({"QUORUM_ALARM": ""}, SettingError, "QUORUM_ALARM"),
        ({"OPERATIONS_TOPIC": ""}, SettingError, "OPERATIONS_TOPIC"),
    ],
)
def test_what_is_missing_or_wrong_is_named(changed: dict[str, str], error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        built({**VARIABLES, **changed}, Cloud())
