"""Schedule expressions of AWS: `rate(...)`, `cron(...)` and `at(...)`.

Sources: Amazon EventBridge User Guide, "Cron expressions reference" and "Rate expressions"; EventBridge Scheduler User
Guide, "Schedule types in EventBridge Scheduler"; AWS Backup Developer Guide, "Backup plan options and configuration".
"""

from __future__ import annotations

import re
from collections.abc import Callable

from aws_emulator.store import Call
from aws_emulator.strict.constraint import Broken, Constraint
from aws_emulator.strict.values import values_at

_UNITS = "minute hour day"
_FORM = re.compile(r"(?P<kind>rate|cron|at)\((?P<content>.+)\)")
_RATE = re.compile(r"(?P<count>[1-9]\d*) (?P<unit>minute|hour|day)(?P<many>s?)")
_AT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
_MONTHS = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split()
_DAYS = "SUN MON TUE WED THU FRI SAT".split()
# Name, lowest and highest number, names, and characters that stand beside `, - * /`.
_FIELDS = (
    ("minutes", 0, 59, [], ""),
    ("hours", 0, 23, [], ""),
    ("day of month", 1, 31, [], "?LW"),
    ("month", 1, 12, _MONTHS, ""),
    ("day of week", 1, 7, _DAYS, "?L#"),
    ("year", 1970, 2199, [], ""),
)


def fault_of(expression: str, kinds: tuple[str, ...]) -> str | None:
    """Why an expression is not one of `kinds` (`rate`, `cron`, `at`); None when it is."""
    form = _FORM.fullmatch(expression)
    if form is None or form["kind"] not in kinds:
        return f"{expression!r} is no {' or '.join(f'{kind}(...)' for kind in kinds)}"
    if form["kind"] == "rate":
        return _rate_fault(form["content"])
    if form["kind"] == "at":
        return None if _AT.fullmatch(form["content"]) else f"{expression!r}: at(yyyy-mm-ddThh:mm:ss) is the form"
    return _cron_fault(form["content"])


def _rate_fault(content: str) -> str | None:
    rate = _RATE.fullmatch(content)
    if rate is None:
        return f"rate({content}): rate(value unit) is the form, with a unit of {_UNITS}, or those with an s"
    if (int(rate["count"]) == 1) == bool(rate["many"]):
        return f"rate({content}): the unit of 1 is singular, and that of other values plural"
    return None


def _cron_fault(content: str) -> str | None:
    fields = content.split()
    if len(fields) != len(_FIELDS):
        return f"cron({content}): {len(fields)} fields, and six are the form"
    if (fields[2] == "?") == (fields[4] == "?"):
        return f"cron({content}): exactly one of day of month and day of week is ?"
    for text, (name, low, high, names, extra) in zip(fields, _FIELDS, strict=True):
        if not all(_fits(part, low, high, names, extra) for part in text.split(",")):
            return f"cron({content}): {text!r} is no {name}"
    return None


def _fits(part: str, low: int, high: int, names: list[str], extra: str) -> bool:
    span, _, step = part.partition("/")
    if step and not (step.isdecimal() and int(step) > 0):
        return False
    if span == "*" or (span in ("?", "L", "LW") and all(letter in extra for letter in span)):
        return True
    if "#" in extra and (nth := re.fullmatch(r"(\w+)#([1-5])", span)):
        return _numbered(nth[1], low, high, names)
    if "W" in extra and (nearest := re.fullmatch(r"(\d+)W", span)):
        return _numbered(nearest[1], low, high, names)
    if "L" in extra and (last := re.fullmatch(r"(\w+?)L", span)):
        return _numbered(last[1], low, high, names)
    return all(_numbered(end, low, high, names) for end in span.split("-", 1))


def _numbered(text: str, low: int, high: int, names: list[str]) -> bool:
    return text.upper() in names or (text.isdecimal() and low <= int(text) <= high)


def _in(path: str, *kinds: str) -> Broken:
    def broken(call: Call) -> str | None:
        faults: Callable[[str], str | None] = lambda text: fault_of(text, kinds)
        found = (faults(str(value)) for value in values_at(call.params, path))
        return next((f"Parameter {path.rpartition('.')[2]} is not valid: {fault}" for fault in found if fault), None)

    return broken


_EVENTS = "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-cron-expressions.html"
_SCHEDULER = "https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html"
CONSTRAINTS = (
    Constraint("schedule of a rule", "events", ("PutRule",), "ValidationException", _EVENTS,
               _in("ScheduleExpression", "rate", "cron")),
    Constraint("schedule", "scheduler", ("CreateSchedule", "UpdateSchedule"), "ValidationException", _SCHEDULER,
               _in("ScheduleExpression", "rate", "cron", "at")),
    Constraint("schedule of a backup plan", "backup", ("CreateBackupPlan", "UpdateBackupPlan"),
               "InvalidParameterValueException",
               "https://docs.aws.amazon.com/aws-backup/latest/devguide/API_BackupRuleInput.html",
               _in("BackupPlan.Rules[].ScheduleExpression", "cron")),
    Constraint("schedule of a scaling action", "application-autoscaling", ("PutScheduledAction",),
               "ValidationException",
               "https://docs.aws.amazon.com/autoscaling/application/APIReference/API_PutScheduledAction.html",
               _in("Schedule", "rate", "cron", "at")),
)  # fmt: skip
