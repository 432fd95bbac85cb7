"""The budget of recovery is a sum of named terms, each of which grows with its settings."""

from __future__ import annotations

import json
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recovery.budget import CALLS_TO_TURN, RTO_SECONDS, Budget, SwitchKind, Times, budget

FAST = Times(
    switch=SwitchKind.HEALTH_CHECK,
    decision=2,
    call=0.25,
    lease=5,
    margin=0.5,
    recheck=0.2,
    look=0.5,
    interval=10,
    threshold=1,
    propagation=3,
    ttl=5,
    cold_start=2,
    first_order=2,
    engines=300,
    observed_every=60,
    observations=2,
)
seconds = st.floats(min_value=0, max_value=600, allow_nan=False).map(lambda number: round(number, 3))
times = st.builds(
    Times,
    switch=st.sampled_from(SwitchKind),
    decision=seconds,
    call=seconds,
    lease=seconds,
    margin=seconds,
    recheck=seconds,
    look=seconds,
    interval=st.sampled_from([10.0, 30.0]),
    threshold=st.integers(1, 10),
    propagation=seconds,
    ttl=seconds,
    cold_start=seconds,
    first_order=seconds,
    engines=seconds,
    observed_every=st.sampled_from([10.0, 60.0]),
    observations=st.integers(1, 10),
)

_BEFORE = ("switch", "engines", "observed_every", "observations")
# The lease ends and order intake opens while clients learn of the switch.
_BESIDE = ("lease", "margin", "recheck", "look")
_SPENT = [field.name for field in fields(Times) if field.name not in _BEFORE]


def test_fast_settings_keep_the_objective() -> None:
    found = budget(FAST)
    assert found.seconds == pytest.approx(26.75), (
        "2 to begin, 1 epoch, 1 journal, 0.5 switch, 10 checks, 3 propagation, 5 record, 2 cold start, 2.25 order"
    )
    assert sum(term.seconds for term in found.beside) == pytest.approx(7.8), "5 lease, 0.5 clocks, 1.05 look, 1.25"
    assert found.kept, "what is below the objective keeps it"


def test_the_usual_arithmetic_of_dns_breaks_the_objective() -> None:
    found = budget(replace(FAST, threshold=3, ttl=60))
    assert not found.kept, "three checks and a record of a minute take 90 s by themselves"


@given(times)
def test_the_sum_is_that_of_its_terms_and_detection_is_not_in_it(given_times: Times) -> None:
    found = budget(given_times)
    assert found.seconds == pytest.approx(sum(term.seconds for term in found.terms)), (
        "the budget is what its terms add up to"
    )
    assert found.detection not in found.terms, "detection comes before the decision"
    slower = budget(replace(given_times, observations=given_times.observations + 1))
    assert slower.seconds == found.seconds, "slower detection changes nothing between decision and first order"
    assert slower.detection.seconds > found.detection.seconds, "slower detection is reported as such"


@given(
    times,
    st.sampled_from(_SPENT),
)
def test_no_time_is_free(given_times: Times, name: str) -> None:
    longer = replace(given_times, **{name: getattr(given_times, name) + 1})
    assert budget(longer).seconds >= budget(given_times).seconds - 1e-6, f"a longer {name} makes no recovery shorter"
    sums = [budget(these).second_disaster_seconds for these in (longer, given_times)]
    assert sums[0] > sums[1], f"a longer {name} makes recovery longer where nothing passes at the same time"


@given(times)
def test_an_accepted_order_is_traded_once_an_engine_stands(given_times: Times) -> None:
    """Both times are given: the objective is that of the accepted order."""
    found = budget(given_times)
    assert found.tradable_seconds == pytest.approx(found.seconds + given_times.engines)
    slower = budget(replace(given_times, engines=given_times.engines + 60))
    assert slower.seconds == found.seconds
    assert slower.tradable_seconds > found.tradable_seconds


@given(times, st.sampled_from(_BESIDE))
def test_the_lease_ends_while_clients_learn_of_the_switch(given_times: Times, name: str) -> None:
    """It counts once it takes longer than health checks, name servers and resolvers together."""
    noticed = given_times.interval * given_times.threshold + given_times.propagation + given_times.ttl
    found = budget(given_times)
    beside = sum(term.seconds for term in found.beside)
    longer = budget(replace(given_times, **{name: getattr(given_times, name) + 1}))
    expected = max(0.0, beside + 1 - noticed) - max(0.0, beside - noticed)
    assert longer.seconds - found.seconds == pytest.approx(expected, abs=1e-6)


@given(times)
def test_in_a_second_disaster_the_lease_ends_before_clients_learn_of_it(given_times: Times) -> None:
    """The lost region cannot answer that the primary takes over: health checkers see it once the primary accepts."""
    found = budget(given_times)
    shorter = min(
        sum(term.seconds for term in found.beside),
        given_times.interval * given_times.threshold + given_times.propagation + given_times.ttl,
    )
    assert found.second_disaster_seconds == pytest.approx(found.seconds + shorter, abs=1e-6)


@given(times)
def test_every_term_says_where_it_comes_from(given_times: Times) -> None:
    found = budget(given_times)
    names = [term.name for term in (*found.terms, *found.beside)]
    assert len(set(names)) == len(names), "no term is counted twice"
    sources = [term.source for term in (*found.terms, *found.beside, found.detection)]
    assert all(sources), "a number without a source is a guess"
    assert all(term.name in found.explained() for term in found.terms), "the explanation names every term"


@given(times)
def test_routing_controls_cost_one_endpoint_that_does_not_answer(given_times: Times) -> None:
    by_check = budget(replace(given_times, switch=SwitchKind.HEALTH_CHECK)).seconds
    by_control = budget(replace(given_times, switch=SwitchKind.ROUTING_CONTROL)).seconds
    further = CALLS_TO_TURN[SwitchKind.ROUTING_CONTROL] - CALLS_TO_TURN[SwitchKind.HEALTH_CHECK]
    assert further == 2, "one of the five endpoints may be lost, and the epoch is looked at apart"
    assert by_control == pytest.approx(by_check + further * given_times.call)


@given(times)
def test_the_objective_is_a_limit_that_may_be_reached(given_times: Times) -> None:
    found = budget(given_times)
    assert found.kept == (found.seconds <= RTO_SECONDS), "thirty seconds are kept, a little more are not"


def test_all_that_is_given_counts() -> None:
    base = budget(replace(FAST, switch=SwitchKind.ROUTING_CONTROL))
    for field in fields(Times):
        if field.name == "switch":
            continue
        changed = budget(replace(FAST, switch=SwitchKind.ROUTING_CONTROL, **{field.name: 99}))
        assert changed != base, f"{field.name} has no effect on the budget"


@given(times)
def test_an_export_gives_the_same_budget_again(given_times: Times) -> None:
    """Shows that the report page reads the form that the recovery stack exports, through JSON."""
    found = budget(given_times)
    assert Budget.of_json(json.loads(json.dumps(found.as_json()))) == found
