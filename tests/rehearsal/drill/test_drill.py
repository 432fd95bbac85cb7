"""Drills on the minimal fixture: a real server, the platform's own functions, the runbook's own command."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from aws_emulator.server import start
from components.settings.data import Consistency
from functions import control_item
from functions.control_item import ControlItem
from functions.order_item import Item
from rehearsal.drill import minimal_fixture
from rehearsal.drill.drill import Drill
from rehearsal.drill.operator import Finished
from rehearsal.drill.orders import Traffic
from rehearsal.drill.scenario import Loss, scenario
from rehearsal.drill.series import Series
from rehearsal.drill.testbed import Testbed
from rehearsal.functions import function_checks

pytestmark = pytest.mark.rehearsal

DEAD, CUT_OFF, PLANNED = 0, 10, 5
_PRIVATE = "small-private-lease"


def test_every_function_works_in_both_regions(testbed: Testbed) -> None:
    testbed.server.set_lag(0.2)
    assert [check for check in function_checks(testbed) if check.error] == []
    testbed.server.set_lag(0)
    assert testbed.server.replication()["waiting"] == [], "what was held back on purpose is not held for ever"


@pytest.mark.parametrize("seed", [DEAD, PLANNED])
def test_a_drill_passes_and_restores_the_testbed(testbed: Testbed, tmp_path: Path, seed: int) -> None:
    series = Series()
    series.run(testbed, [seed], tmp_path)
    assert series.broken == []
    (result,) = series.results
    assert result.problems == []
    assert result.findings.accepted > 0
    assert result.findings.max_writers_per_epoch == 1
    assert result.objects.written > 0
    assert result.objects.compared >= result.objects.written
    assert result.promotion is not None
    if result.scenario.loss is Loss.PLANNED:
        assert result.findings.lost == (), "a switchover loses nothing"
        assert result.objects.lost == (), "nor any record"
        assert (result.promotion.behind, result.promotion.behind_at_loss) == (result.scenario.lag, None)
    else:
        assert result.promotion.behind > result.scenario.lag, "nothing arrives from a region that is dead"
        assert result.promotion.behind_at_loss == result.scenario.lag


def test_strongly_consistent_tables_lose_no_order(tmp_path: Path) -> None:
    with start(log=tmp_path / "server.log") as server:
        series = Series()
        series.run(minimal_fixture.make(server, Consistency.STRONG), [DEAD], tmp_path)
    assert series.problems() == []
    (result,) = series.results
    assert result.strong, "orders stand in tables with one truth"
    assert result.findings.accepted > result.scenario.accepted_first, "both regions accepted orders"
    assert result.findings.lost == ()


class TwoWriters(Drill):
    """Repairs the broken lease as soon as it has been seen, so that the drill can go on."""

    def _fail_back(self, outside: Traffic) -> tuple[Finished, dict[str, Item]]:
        point_to(self.testbed, "1")
        return super()._fail_back(outside)


def test_a_drill_finds_two_writers_under_a_broken_lease(testbed: Testbed, tmp_path: Path) -> None:
    """The primary keeps a lease of its own, which nobody can take from it."""
    client = testbed.client("lambda", minimal_fixture.PRIMARY)
    name = testbed.configuration.primary.order_intake.partition(":")[0]
    variables = client.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    private_lease(testbed)
    client.update_function_configuration(
        FunctionName=name, Environment={"Variables": {**variables, "CONTROL_TABLE": _PRIVATE}}
    )
    point_to(testbed, client.publish_version(FunctionName=name)["Version"])
    wanted = scenario(CUT_OFF, minimal_fixture.STANDBY)
    assert wanted.loss is Loss.CUT_OFF

    result = TwoWriters(testbed, wanted, tmp_path).run()

    assert result.findings.at_one_time, "the cut-off region went on accepting, and nobody noticed"
    assert all(minimal_fixture.PRIMARY in order for order in result.findings.at_one_time)
    assert any("without the lease" in problem for problem in result.problems)


def private_lease(testbed: Testbed) -> None:
    dynamodb = testbed.client("dynamodb", minimal_fixture.PRIMARY)
    dynamodb.create_table(
        TableName=_PRIVATE,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[
            {"AttributeName": "item", "KeyType": "HASH"},
            {"AttributeName": "sequence", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": "item", "AttributeType": "S"},
            {"AttributeName": "sequence", "AttributeType": "N"},
        ],
    )
    true: Any = testbed.client("dynamodb", minimal_fixture.STANDBY).get_item(
        TableName=testbed.configuration.tables.control, Key=control_item.key(), ConsistentRead=True
    )
    held = control_item.from_attributes(true["Item"])
    for_ever = ControlItem(held.holder, held.epoch, held.valid_from, (int(time.time()) + 3_600) * 1000)
    dynamodb.put_item(TableName=_PRIVATE, Item=control_item.to_attributes(for_ever))


def point_to(testbed: Testbed, version: str) -> None:
    name, _, alias = testbed.configuration.primary.order_intake.partition(":")
    client = testbed.client("lambda", minimal_fixture.PRIMARY, inside=minimal_fixture.PRIMARY)
    client.update_alias(FunctionName=name, Name=alias, FunctionVersion=version)
