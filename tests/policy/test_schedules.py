"""The longest pause that a schedule expression leaves between two runs."""

from __future__ import annotations

import pytest

from policy.schedules import longest_pause


@pytest.mark.parametrize(
    ("expression", "days"),
    [
        ("cron(0 12 * * ? *)", 1),
        ("cron(0 8 1 * ? *)", 31),
        ("cron(0 8 1 */3 ? *)", 93),
        ("cron(0 8 1 3/6 ? *)", 186),
        ("cron(0 8 L * ? *)", 31),
        ("cron(0 8 15W * ? *)", 33),
        ("cron(0 8 1/10 * ? *)", 10),
        ("cron(0 8 1,15 JAN,JUL ? *)", 186),
        ("cron(0 8 ? * MON *)", 7),
        ("cron(0 8 ? * MON-FRI *)", 3),
        ("cron(0 8 ? * 2#1 *)", 35),
        ("cron(0 8 ? * 6L *)", 35),
        ("cron(0 8 ? * L *)", 7),
        ("cron(0 8 1 1 ? *)", 372),
        ("cron(0 8 1 1 ? 2027)", float("inf")),
    ],
)
def test_the_pause_is_the_longest_that_the_fields_allow(expression: str, days: float) -> None:
    """Months count as 31 days, so that a pause is never understated."""
    assert longest_pause(expression) == days


@pytest.mark.parametrize("text", ["", "rate(3 days)", "cron(0 8 1 * ?)", "cron(0 8 x * ? *)", "cron(0 8 40 * ? *)"])
def test_what_is_no_cron_expression_has_no_pause(text: str) -> None:
    """Five fields, a name that is no day, and a day that no month has are not read as a schedule."""
    assert longest_pause(text) is None
