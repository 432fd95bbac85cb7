"""The floor of the engines' fleet is raised in trading hours, and neither on holidays nor after an early close."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blueprint import Blueprint
from components.latency.market_spans import calendars_end, raised_spans
from components.settings import Settings, SettingsError, calendars
from functions.market_hours.plan import HORIZON, HOURS_PATH, Hours
from tests.components.security.graph import statements

FUNCTION, SCHEDULE = "aws:lambda/function:Function", "aws:scheduler/schedule:Schedule"
ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
NEW_YORK = ZoneInfo("America/New_York")


def spans_on(day: str, zone: ZoneInfo = NEW_YORK, **given: Any) -> list[tuple[str, str]]:
    """Local start and end of the spans that end on a day."""
    settings = Settings.parse({"dbMaintenanceWindow": "sat:20:00-sat:21:00", **given})
    local = [tuple(datetime.fromtimestamp(at * 60, zone) for at in span) for span in raised_spans(settings)]
    return [(f"{start:%a %H:%M}", f"{end:%a %H:%M}") for start, end in local if end.date() == date.fromisoformat(day)]


@pytest.mark.parametrize(
    ("day", "given", "spans"),
    [
        pytest.param("2026-11-30", {}, [("Mon 09:00", "Mon 16:30")], id="a usual day"),
        pytest.param("2026-11-26", {}, [], id="Thanksgiving"),
        pytest.param("2026-11-27", {}, [("Fri 09:00", "Fri 13:30")], id="the early close after it"),
        pytest.param("2026-11-28", {}, [], id="a Saturday"),
        pytest.param("2027-03-15", {}, [("Mon 09:00", "Mon 16:30")], id="the first day of summer time"),
        pytest.param("2026-12-24", {"marketOpen": "04:00", "marketClose": "20:00"}, [("Thu 03:30", "Thu 17:30")],
                     id="late trading goes on as long after the early close as after the usual one"),
        pytest.param("2026-11-27", {"marketClose": "15:00"}, [("Fri 09:00", "Fri 13:30")],
                     id="a desk that stops before the usual close"),
        pytest.param("2026-11-27", {"marketClose": "12:00"}, [("Fri 09:00", "Fri 12:30")],
                     id="a desk that stops before the early close"),
        pytest.param("2026-11-26", {"marketCalendars": ["24/7"]}, [("Thu 09:00", "Thu 16:30")],
                     id="a market without holidays"),
        pytest.param("2026-11-26", {"marketCalendars": ["XNYS", "XLON"]}, [("Thu 09:00", "Thu 16:30")],
                     id="another venue trades"),
        pytest.param("2026-11-27", {"marketCalendars": ["XNYS", "XLON"]}, [("Fri 09:00", "Fri 16:30")],
                     id="another venue closes at its usual time"),
        pytest.param("2026-12-24", {"marketCalendars": ["XNYS", "CMES"]}, [("Thu 09:00", "Thu 13:30")],
                     id="all close early, at the last of their early closes"),
        pytest.param("2026-11-30", {"marketDays": ["TUE"]}, [], id="no day of the settings"),
        pytest.param("2026-11-27", {"marketOpen": "14:00"}, [], id="the session would open after the early close"),
    ],
)  # fmt: skip
def test_a_session_is_that_of_the_calendar(day: str, given: dict[str, Any], spans: list[tuple[str, str]]):
    assert spans_on(day, **given) == spans


FUTURES = {
    "marketOpen": "18:00",
    "marketClose": "17:00",
    "marketCalendars": ["CMES", "XNYS"],
    "marketOpenLeadMinutes": 10,
    "marketCloseLagMinutes": 10,
}


@pytest.mark.parametrize(
    ("day", "spans"),
    [
        ("2026-11-30", [("Sun 17:50", "Mon 17:10")]),
        ("2026-12-01", [("Mon 17:50", "Tue 17:10")]),
        # Thanksgiving belongs to CMES alone, which closes at 12:00 in Chicago.
        ("2026-11-26", [("Wed 17:50", "Thu 13:10")]),
        ("2026-12-25", []),
    ],
)
def test_a_session_over_midnight_belongs_to_the_day_on_which_it_closes(day: str, spans: list[tuple[str, str]]):
    assert spans_on(day, **FUTURES) == spans


TOKYO = ZoneInfo("Asia/Tokyo")
OSAKA = {
    "marketTimeZone": "Asia/Tokyo",
    "marketOpen": "08:45",
    "marketClose": "06:00",
    "marketTradingDay": "open",
    "marketCalendars": ["XTKS"],
    "venues": ["XOSE"],
    "marketOpenLeadMinutes": 15,
    "marketCloseLagMinutes": 15,
    "dbMaintenanceWindow": "sun:03:00-sun:04:00",
    "patchDay": "SUN",
    "drillDay": "SUN",
}


@pytest.mark.parametrize(
    ("day", "given", "spans"),
    [
        pytest.param("2026-11-28", {}, [("Fri 08:30", "Sat 06:15")], id="the night of Friday ends on Saturday"),
        pytest.param("2026-11-30", {}, [], id="nothing trades from Sunday to Monday morning"),
        pytest.param("2026-12-01", {}, [("Mon 08:30", "Tue 06:15")], id="a usual day"),
        # Coming of Age Day: Monday 11 January 2027.
        pytest.param("2027-01-09", {}, [("Fri 08:30", "Sat 06:15")], id="the night before a long weekend"),
        pytest.param("2027-01-12", {}, [], id="the night of a holiday"),
        pytest.param("2027-01-13", {}, [("Tue 08:30", "Wed 06:15")], id="the day after the holiday"),
        # Labor Thanksgiving Day: Monday 23 November 2026. Emperor's Birthday: Tuesday 23 February 2027.
        pytest.param("2026-11-24", {}, [], id="the night of another holiday"),
        pytest.param("2027-02-23", {}, [("Mon 08:30", "Tue 06:15")], id="a night that ends on a holiday is held"),
        pytest.param("2027-02-24", {}, [], id="a night that would open on a holiday is not"),
        pytest.param("2026-12-05", {"marketOpen": "17:00"}, [("Fri 16:45", "Sat 06:15")], id="a desk of nights alone"),
        # XHKG closes at noon on Christmas Eve; its night session of that day has no early close of its own.
        pytest.param(
            "2026-12-25", {"marketTimeZone": "Asia/Hong_Kong", "marketOpen": "17:15", "marketClose": "03:00",
                           "marketCalendars": ["XHKG"], "venues": ["XHKF"]},
            [("Thu 17:00", "Fri 03:15")], id="an early close does not shorten the night after it"),
    ],
)  # fmt: skip
def test_a_night_session_belongs_to_the_day_on_which_it_opens(
    day: str, given: dict[str, Any], spans: list[tuple[str, str]]
):
    """Asian futures markets trade on the night after a trading day, also where the next day is a holiday."""
    zone = ZoneInfo("Asia/Hong_Kong") if "Asia/Hong_Kong" in given.values() else TOKYO
    assert spans_on(day, zone, **{**OSAKA, **given}) == spans


@pytest.mark.parametrize(
    ("trading_day", "first", "last"),
    [("close", ("Sun 18:00", "Mon 00:00"), ("Thu 18:00", "Fri 00:00")),
     ("open", ("Mon 18:00", "Tue 00:00"), ("Fri 18:00", "Sat 00:00"))],
)  # fmt: skip
def test_a_session_that_closes_at_midnight_closes_on_the_next_day(
    trading_day: str, first: tuple[str, str], last: tuple[str, str]
):
    """An evening of CME belongs to the next day, the evening of a desk of shares to its own."""
    given = {"marketOpen": "18:00", "marketClose": "00:00", "marketTradingDay": trading_day, "venues": ["XCME"],
             "marketCalendars": ["24/7"], "marketOpenLeadMinutes": 0, "marketCloseLagMinutes": 0}  # fmt: skip
    days = ("2026-12-07", "2026-12-08") if trading_day == "close" else ("2026-12-08", "2026-12-12")
    found = [span for day in days for span in spans_on(day, **given)]
    assert found[0] == first
    assert spans_on("2026-12-11" if trading_day == "close" else "2026-12-12", **given)[-1] == last


@pytest.mark.parametrize(
    ("day", "spans"),
    [
        # Eurex opens at 01:10 in Frankfurt. Good Friday 2027 is 26 March, Easter Monday 29 March.
        ("2027-03-25", [("Wed 20:10", "Thu 17:00")]),
        ("2027-03-26", []),
        ("2027-03-29", []),
        ("2027-03-30", [("Mon 20:10", "Tue 17:00")]),
    ],
)
def test_the_trading_day_decides_where_a_desk_west_of_the_exchange_opens_on_the_evening_before(
    day: str, spans: list[tuple[str, str]]
):
    given = {
        "marketOpen": "20:10",
        "marketClose": "17:00",
        "marketCalendars": ["XEUR"],
        "venues": ["XEUR"],
        "marketOpenLeadMinutes": 0,
        "marketCloseLagMinutes": 0,
    }
    assert spans_on(day, **given) == spans


def test_a_session_within_a_day_is_the_same_with_either_trading_day():
    assert spans_on("2026-11-30", marketTradingDay="open") == spans_on("2026-11-30", marketTradingDay="close") != []


def test_windows_of_the_week_follow_the_trading_day_of_a_night_session():
    """Osaka's week runs from Monday 08:45 to Saturday 06:00. Counted by the day of the close, it would begin on Sunday
    at 08:45 and end on Friday at 06:00: patching on Saturday morning would meet the night of Friday."""
    given = {**OSAKA, "patchDay": "SAT", "patchStart": "01:00", "patchHours": 2}
    with pytest.raises(SettingsError, match=r"patchStart = '01:00'.* overlaps the trading hours of FRI"):
        Settings.parse(given)
    closing = {"marketTradingDay": "close", "dbMaintenanceWindow": "sat:03:00-sat:04:00", "drillDay": "SAT"}
    assert Settings.parse({**given, **closing})


def test_sessions_without_a_pause_between_them_are_one_span():
    """The lead and the lag of half an hour fill the daily pause, but not that after an early close."""
    given = {**FUTURES, "marketOpenLeadMinutes": 30, "marketCloseLagMinutes": 30}
    assert spans_on("2026-12-04", **given) == [("Sun 17:30", "Fri 17:30")]
    assert spans_on("2026-11-26", **given) == [("Sun 17:30", "Thu 13:30")]


CHICAGO = ZoneInfo("America/Chicago")


@pytest.mark.parametrize("day", ["2026-11-26", "2026-11-27"])
def test_futures_that_close_before_the_librarys_session_end_at_the_early_close(day: str):
    """CME trades to 16:00 in Chicago, and the library's session ends at 17:00. Its early close is 12:00 in either."""
    given = {
        "marketTimeZone": "America/Chicago",
        "marketOpen": "17:00",
        "marketClose": "16:00",
        "marketCalendars": ["CMES"],
        "venues": ["XCME"],
        "marketCloseLagMinutes": 0,
    }
    ((_, end),) = spans_on(day, CHICAGO, **given)
    assert end.endswith("12:00")


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    name=st.sampled_from(["CMES", "IEPA", "XNYS", "XLON", "XETR", "XTSE", "XASX", "XHKG", "XPAR", "XSGO"]),
    market_zone=st.sampled_from([None, "America/New_York", "Europe/London", "America/Chicago"]),
    minutes=st.integers(-180, 300),
)
def test_a_session_never_ends_before_the_close_of_the_library(name: str, market_zone: str | None, minutes: int):
    """For every early close of the library and each close that a desk sets: the session ends at the early close, at the
    desk's own close where that is earlier, and later by the same time where the desk trades after the usual close."""
    library = pytest.importorskip("exchange_calendars").get_calendar(name, start="2026-07-01", end="2027-12-31")
    zone = ZoneInfo(market_zone or str(library.tz))
    usual = datetime(2027, 3, 3, library.close_times[-1][1].hour, library.close_times[-1][1].minute, tzinfo=library.tz)
    closes = usual.astimezone(zone) + timedelta(minutes=minutes)
    opens = closes - timedelta(hours=20 if library.open_offset else 6)
    spans = raised_spans(
        Settings.parse(
            {
                "marketTimeZone": zone.key,
                "marketOpen": f"{opens:%H:%M}",
                "marketClose": f"{closes:%H:%M}",
                "marketCalendars": [name],
                "venues": ["XXXX"],
                "marketOpenLeadMinutes": 0,
                "marketCloseLagMinutes": 0,
                "patchDay": "SAT",
                "patchStart": "20:00",
                "dbMaintenanceWindow": "sun:03:00-sun:04:00",
            }
        )
    )
    ends = {end for _, end in spans}
    for session in library.early_closes:
        early = int(library.closes[session].timestamp()) // 60
        usual_clock = [close for since, close in library.close_times if since is None or since <= session][-1]
        at_usual = int(datetime.combine(session.date(), usual_clock, library.tz).timestamp()) // 60
        own = int(datetime.combine(session.date(), closes.time(), zone).timestamp()) // 60
        expected = min(own, early + max(0, own - at_usual))
        assert expected in ends or not any(abs(end - expected) < 12 * 60 for end in ends), session


@pytest.mark.parametrize("given", [{}, FUTURES, {"marketTimeZone": "Asia/Tokyo", "marketCalendars": ["XTKS", "XNYS"]}])
def test_spans_are_in_order_apart_and_of_all_the_table(given: dict[str, Any]):
    settings = Settings.parse({"dbMaintenanceWindow": "sat:20:00-sat:21:00", **given})
    spans = raised_spans(settings)
    assert all(start < end for start, end in spans)
    gaps = [other[0] - one[1] for one, other in pairwise(spans)]
    assert min(gaps) > 0
    assert max(gaps) < HORIZON, "within the horizon the next raising is always known"
    first, last = calendars.first_and_last()
    assert (spans[-1][1] - spans[0][0]) / 1440 > (last - first).days - 7


def test_after_a_calendar_ends_its_weekdays_are_trading_days():
    """The Shanghai exchange publishes its holidays year by year; afterwards holidays raise the floor."""
    given = {"marketCalendars": ["XSHG", "XNYS"], "marketTimeZone": "Asia/Shanghai"}
    assert (
        spans_on("2026-10-01", ZoneInfo("Asia/Shanghai"), **{**given, "venues": ["XSHG"], "marketCalendars": ["XSHG"]})
        == []
    )
    assert spans_on(
        "2027-10-01", ZoneInfo("Asia/Shanghai"), **{**given, "venues": ["XSHG"], "marketCalendars": ["XSHG"]}
    )
    ends = datetime.fromtimestamp(calendars_end(Settings.parse(given)) * 60, ZoneInfo("Asia/Shanghai"))
    assert ends.date() == date(2027, 1, 1)


@pytest.mark.parametrize(
    ("given", "key", "way_out"),
    [
        ({"marketCalendars": ["XNYSE"]}, "marketCalendars", "did you mean XNYS?"),
        ({"marketCalendars": ["NOWHERE"]}, "marketCalendars", "24/7"),
        ({"marketCalendars": []}, "marketCalendars", "at least 1 item"),
        ({"marketCalendars": ["XNYS", "XNAS"]}, "marketCalendars", "remove one"),
        ({"marketCalendars": ["XLON"]}, "marketCalendars", "add XNYS"),
        ({"venues": ["XNYS", "XLON"]}, "marketCalendars", "add XLON"),
        ({"marketDays": ["FRI", "SAT"]}, "marketDays", "add the calendar that does"),
    ],
)
def test_calendars_that_do_not_fit_are_refused(given: dict[str, Any], key: str, way_out: str):
    with pytest.raises(SettingsError, match=f"trading-platform:{key} = ") as refusal:
        Settings.parse({"dbMaintenanceWindow": "sun:20:00-sun:21:00", **given})
    assert way_out in str(refusal.value)


def test_the_function_has_the_hours_of_the_settings_and_the_floors_of_the_sizes(stack: Blueprint):
    function = stack.one(FUNCTION, "market-hours").properties
    hours = Hours.parse(function["code"]["assets"][HOURS_PATH]["text"])
    assert list(hours.spans) == raised_spans(Settings.parse({}))
    variables = function["environment"]["variables"]
    assert variables["GROUP"] == stack.one("aws:autoscaling/group:Group", "engines").properties["name"]
    assert int(variables["RAISED"]) >= int(variables["LOWERED"])


def test_a_takeover_changes_the_floors_and_no_right(primary: Blueprint, dr: Blueprint, dr_active: Blueprint):
    for graph, floors in ((primary, ("4", "2")), (dr, ("0", "0")), (dr_active, ("4", "2"))):
        variables = graph.one(FUNCTION, "market-hours").properties["environment"]["variables"]
        assert (variables["RAISED"], variables["LOWERED"]) == floors
    for kind in ("aws:iam/role:Role", "aws:iam/rolePolicy:RolePolicy"):
        assert dr.one(kind, "market-hours").properties == dr_active.one(kind, "market-hours").properties


def test_it_may_change_the_minimum_of_the_fleet_and_nothing_else(stack: Blueprint):
    said = {each["Sid"]: each for each in statements(stack.one("aws:iam/rolePolicy:RolePolicy", "market-hours"))}
    group = stack.one("aws:autoscaling/group:Group", "engines").properties["name"]
    for sid in ("PlanTheFloor", "RemoveWhatIsNotPlanned"):
        assert said[sid]["Resource"].endswith(f":autoScalingGroup:*:autoScalingGroupName/{group}")
    assert said["PlanTheFloor"]["Condition"] == {"Null": {"autoscaling:MaxSize": "true"}}
    changing = [
        action
        for each in said.values()
        for action in ([each["Action"]] if isinstance(each["Action"], str) else each["Action"])
        if action.startswith("autoscaling:") and "Describe" not in action
    ]
    assert sorted(changing) == ["autoscaling:DeleteScheduledAction", "autoscaling:PutScheduledUpdateGroupAction"]


def test_it_runs_all_day_in_both_regions(stack: Blueprint):
    schedule = stack.one(SCHEDULE, "market-hours").properties
    assert (schedule["scheduleExpression"], schedule["state"]) == ("rate(5 minutes)", "ENABLED")


def test_a_plan_that_is_not_made_and_a_calendar_that_ends_are_noticed(stack: Blueprint):
    unplanned, ends = (stack.one(ALARM, f"market-{name}").properties for name in ("hours-unplanned", "calendars-end"))
    assert (unplanned["metricName"], unplanned["treatMissingData"]) == ("FloorPlanned", "breaching")
    assert (ends["metricName"], ends["comparisonOperator"], ends["threshold"]) == (
        "CalendarDaysLeft",
        "LessThanThreshold",
        60,
    )
    assert all(alarm["alarmActions"] for alarm in (unplanned, ends)), "both notify by themselves"


@pytest.mark.parametrize("name", ["XNYS", "XLON", "CMES", "XTKS", "XETR", "XSHG", "ASEX", "24/7"])
def test_the_table_is_that_of_the_library(name: str):
    """One calendar of each kind: early closes, sessions from the evening before, holidays that are published year by
    year, Orthodox Easter, none at all."""
    generate = pytest.importorskip("components.settings.calendars.generate")
    kept = json.loads(calendars.TABLE_PATH.read_text(encoding="utf-8"))["calendars"][name]
    assert kept == generate.entry(name)


def test_the_table_is_of_the_version_that_is_installed():
    """Another version may know other holidays: `make calendars` writes the table anew."""
    from importlib.metadata import version

    assert calendars.library() == f"exchange_calendars {version('exchange_calendars')}"


def test_the_time_zone_of_a_plan_is_utc():
    settings = Settings.parse({})
    start = next(
        start for start, _ in raised_spans(settings) if start >= datetime(2027, 1, 4, tzinfo=UTC).timestamp() / 60
    )
    assert datetime.fromtimestamp(start * 60, UTC) == datetime(2027, 1, 4, 14, 0, tzinfo=UTC)
