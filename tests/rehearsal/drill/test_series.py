"""Statistics of drills, and the problems that make a rehearsal fail."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import pytest

from rehearsal.drill.__main__ import counts, main, table
from rehearsal.drill.audit import Findings, ObjectFindings
from rehearsal.drill.drill import problems_of
from rehearsal.drill.orders import Acceptance
from rehearsal.drill.promotion import Promotion
from rehearsal.drill.result import DECIDED, Mark, Result, Span
from rehearsal.drill.scenario import Loss, Second, scenario
from rehearsal.drill.series import BEYOND_LEASE_SECONDS, Series, quantile
from rehearsal.drill.timeline import timeline

WEST = "us-west-2"


def result(
    seed: int = 0,
    recovery: float = 3.0,
    waited: float = 2.0,
    findings: Findings | None = None,
    objects: ObjectFindings | None = None,
) -> Result:
    wanted = scenario(seed, WEST)
    made = Result(
        scenario=wanted,
        recovery_seconds=recovery,
        lease_seconds=waited,
        steps={"take-lease": 0.1, "await-lease": waited},
        detection_seconds=None if wanted.loss is Loss.PLANNED else 0.4,
        findings=findings or Findings(accepted=10),
        resumed=wanted.second is Second.KILLED,
        refused="busy" if wanted.second is Second.TWO_OPERATORS else None,
        integrity={"entries": {"orders": 10}},
        marks=[Mark(1_000, "begin"), Mark(2_000, "us-east-1 <dead>"), Mark(2_050, DECIDED)],
        spans=[Span("take-lease", 2_100, 2_200), Span("promote-database", 5_100, 7_600)],
        acceptances=[Acceptance("a", "us-east-1", "us-east-1", 1, 1_500, 1_505)],
        objects=objects or ObjectFindings(written=10, compared=10),
        promotion=Promotion(4.0, None if wanted.loss is Loss.PLANNED else 1.0),
    )
    made.problems = problems_of(made)
    return made


def test_report_separates_measured_and_modelled_times() -> None:
    series = Series({"health checks": 10.0, "answers that resolvers keep": 5.0}, 30.0, [result(0), result(2)])
    report = series.as_json()
    assert report["runs"] == 2
    assert {"p50", "p99", "max", "measured", "modelled"} <= report["rto_s"].keys()
    assert report["rto_s"]["modelled"] == {"health checks": 10.0, "answers that resolvers keep": 5.0}
    assert report["rto_s"]["measured"]["lease_wait"]["max"] == 2.0
    assert report["rto_s"]["measured"]["beyond_lease"]["p99"] == pytest.approx(1.0)
    assert {"orders_accepted", "orders_lost", "lag_s"} <= report["rpo"].keys()
    assert report["detection_s"]["modelled"] == 30.0
    assert report["rto_s"]["afterwards"] == {"promote-database": {"p50": 2.5, "p99": 2.5, "max": 2.5}}, (
        "what follows the first accepted order has a clock of its own, and is no part of the recovery time"
    )
    for key in ("duplicates", "max_writers_per_epoch", "resumed_after_kill", "integrity"):
        assert key in report
    assert report["problems"] == []


@pytest.mark.parametrize(
    ("findings", "said"),
    [
        (Findings(10, unnamed=("lost-1",)), "lost-1"),
        (Findings(10, lost=("old-1",), lost_too_early=("old-1",)), "old-1"),
        (Findings(10, misnamed=("known-1",)), "known-1"),
        (Findings(10, duplicates=("twice-1",)), "twice-1"),
        (Findings(10, at_one_time=("late-1 in us-east-1 under epoch 1",)), "late-1"),
        (Findings(10, missing=("gone-1",)), "gone-1"),
        (Findings(10, unpublished=("unseen-1",)), "unseen-1"),
        (Findings(10, max_writers_per_epoch=2), "2 regions accepted"),
    ],
)
def test_each_finding_about_an_order_is_a_problem_with_its_id(findings: Findings, said: str) -> None:
    problems = Series(results=[result(findings=findings)]).problems()
    assert any(said in problem for problem in problems), problems


def test_report_names_lost_records_and_has_the_replica_lag() -> None:
    failover = result(0, objects=ObjectFindings(written=12, lost=("drill/a/o7.json",), compared=12))
    report = Series(results=[failover, result(2)]).as_json()
    rpo = report["rpo"]
    assert (rpo["objects_written"], rpo["objects_lost"], rpo["lost_objects"]) == (22, 1, ["drill/a/o7.json"])
    assert rpo["objects_lost_in_switchovers"] == 0
    assert rpo["database_modelled"]["replica_lag_at_promotion_s"]["max"] == 4.0
    assert rpo["database_modelled"]["writes_lost_s"]["max"] == 1.0, "a switchover loses its source to nobody"
    assert report["integrity"]["objects_compared"] == 22
    assert report["problems"] == []


@pytest.mark.parametrize(
    ("seed", "objects", "said"),
    [
        (2, ObjectFindings(5, lost=("on-its-way",), compared=5), "a switchover lost 1 records: on-its-way"),
        (0, ObjectFindings(5, lost=("old",), lost_too_early=("old",), compared=5), "older than the replication lag"),
        (0, ObjectFindings(5, missing=("gone",), compared=5), "gone"),
        (0, ObjectFindings(5, compared=5, differing=("other",)), "other"),
        (0, ObjectFindings(5, compared=4), "4 records were compared, and 5 were written"),
    ],
)
def test_each_finding_about_a_record_is_a_problem_with_its_key(seed: int, objects: ObjectFindings, said: str) -> None:
    problems = Series(results=[result(seed, objects=objects)]).problems()
    assert any(said in problem for problem in problems), problems


def test_a_takeover_without_a_promoted_database_is_a_problem() -> None:
    assert problems_of(replace(result(), promotion=None)) == ["the replica of the database was not promoted"]


def test_a_change_that_is_not_replicated_is_a_problem() -> None:
    stuck = replace(result(), waiting=("2 of trading-orders to us-west-2",))
    assert any("2 of trading-orders to us-west-2" in trouble for trouble in problems_of(stuck))


def test_a_failover_may_lose_named_orders_and_a_switchover_none() -> None:
    lost = Findings(10, lost=("lost-1",))
    assert Series(results=[result(0, findings=lost)]).problems() == []
    assert any("switchover lost" in problem for problem in Series(results=[result(2, findings=lost)]).problems())


def test_a_slow_takeover_misses_its_target() -> None:
    slow = result(recovery=2.0 + BEYOND_LEASE_SECONDS)
    assert any("99th percentile" in target for target in Series(results=[slow]).missed())
    assert Series(results=[result()]).missed() == []


def test_the_gap_of_a_switchover_comes_from_the_journal() -> None:
    spans = [Span("compare-orders", 0, 900), Span("take-lease", 1_000, 1_200), Span("await-lease", 1_300, 3_500)]
    assert replace(result(2), spans=spans).gap_seconds == pytest.approx(2.5)


def test_two_operators_at_once_are_a_problem() -> None:
    through = replace(result(2), refused=None)
    assert "two operators ran at once" in problems_of(through)


def test_a_drill_that_ended_early_is_a_problem() -> None:
    assert Series(broken=["drill 7: no answer"]).problems() == ["drill ended early: drill 7: no answer"]


def test_quantiles_are_measured_values() -> None:
    values = [float(number) for number in range(1, 101)]
    assert (quantile(values, 0.5), quantile(values, 0.99), quantile(values, 1.0)) == (50.0, 99.0, 100.0)
    assert quantile([7.0], 0.99) == 7.0


def test_fifteen_consecutive_seeds_include_every_pair_of_loss_and_second_fault() -> None:
    pairs = {(one.loss, one.second) for one in (scenario(seed, WEST) for seed in range(15))}
    assert len(pairs) == len(Loss) * len(Second)


def test_a_seed_always_gives_the_same_scenario() -> None:
    assert scenario(11, WEST) == scenario(11, WEST)
    assert scenario(11, WEST) != scenario(26, WEST)


def test_the_picture_is_well_formed_and_shows_steps_orders_and_events() -> None:
    picture = timeline(result())
    ElementTree.fromstring(picture)
    assert "take-lease" in picture
    assert "us-east-1, epoch 1" in picture
    assert "us-east-1 &lt;dead&gt;" in picture
    assert ">0 s<" in picture, "the axis counts from the decision"
    assert "first accepted order" in picture


def test_the_table_adds_up_the_findings() -> None:
    """One row for each kind of loss and second fault; the last row is the sum."""
    found = [
        result(0, findings=Findings(10, lost=("a",), cancelled=2, traded_twice=("b",))),
        result(0, findings=Findings(20, unnamed=("c",), undone=("d",), twice_unnamed=("b",))),
    ]
    assert counts(found) == ("2", "30", "1", "1", "2", "1", "1", "1", str(sum(len(one.problems) for one in found)))
    assert table(found).row_count == 2


def test_an_invalid_number_of_drills_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """Bad input ends the command with exit code 2 and one line about it."""
    for seeds in ("0", "-1", "many"):
        with pytest.raises(SystemExit) as ended:
            main(["--seeds", seeds])
        assert ended.value.code == 2
        assert "--seeds" in capsys.readouterr().err
