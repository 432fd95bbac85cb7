"""Drills on the small ground: a real server, the platform's own functions, the runbook's own command."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aws_emulator.server import start
from components.settings.data import Consistency
from functions import control_item
from functions.control_item import ControlItem
from functions.order_item import Item
from rehearsal.drill import small
from rehearsal.drill.drill import Drill
from rehearsal.drill.operator import Finished
from rehearsal.drill.orders import Traffic
from rehearsal.drill.scenario import Loss, scenario
from rehearsal.drill.series import Series, opened
from rehearsal.drill.world import World
from rehearsal.functions import function_checks

pytestmark = pytest.mark.rehearsal

DEAD, CUT_OFF, PLANNED = 0, 10, 5
_PRIVATE = "small-private-lease"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("drill")
    with start(log=folder / "server.log") as server:
        made = small.make(server)
        opened(made, folder)
        yield made


def test_every_function_does_what_it_must_in_both_regions(world: World) -> None:
    world.server.set_lag(0.2)
    assert [check for check in function_checks(world) if check.error] == []
    world.server.set_lag(0)
    assert world.server.replication()["waiting"] == [], "what was held back on purpose is not held for ever"


@pytest.mark.parametrize("seed", [DEAD, PLANNED])
def test_a_drill_passes_and_leaves_the_world_as_it_was(world: World, tmp_path: Path, seed: int) -> None:
    series = Series()
    series.run(world, [seed], tmp_path)
    assert series.broken == []
    (result,) = series.results
    assert result.troubles == []
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


def test_strongly_consistent_tables_lose_no_order_to_a_region_that_dies(tmp_path: Path) -> None:
    with start(log=tmp_path / "server.log") as server:
        series = Series()
        series.run(small.make(server, Consistency.STRONG), [DEAD], tmp_path)
    assert series.problems() == []
    (result,) = series.results
    assert result.strong, "orders stand in tables with one truth"
    assert result.findings.accepted > result.scenario.accepted_first, "both regions accepted orders"
    assert result.findings.lost == ()


class TwoWriters(Drill):
    """Repairs the broken lease as soon as it has been seen, so that the drill can go on."""

    def _returned(self, outside: Traffic) -> tuple[Finished, dict[str, Item]]:
        point_to(self.world, "1")
        return super()._returned(outside)


def test_two_writers_are_found_where_the_lease_is_broken(world: World, tmp_path: Path) -> None:
    """The primary keeps a lease of its own, which nobody can take from it."""
    client = world.client("lambda", small.PRIMARY)
    name = world.configuration.primary.order_intake.partition(":")[0]
    variables = client.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    private_lease(world)
    client.update_function_configuration(
        FunctionName=name, Environment={"Variables": {**variables, "CONTROL_TABLE": _PRIVATE}}
    )
    point_to(world, client.publish_version(FunctionName=name)["Version"])
    wanted = scenario(CUT_OFF, small.STANDBY)
    assert wanted.loss is Loss.CUT_OFF

    result = TwoWriters(world, wanted, tmp_path).run()

    assert result.findings.at_one_time, "the cut-off region went on accepting, and nobody noticed"
    assert all(small.PRIMARY in order for order in result.findings.at_one_time)
    assert any("without the right" in trouble for trouble in result.troubles)


def private_lease(world: World) -> None:
    dynamodb = world.client("dynamodb", small.PRIMARY)
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
    true: Any = world.client("dynamodb", small.STANDBY).get_item(
        TableName=world.configuration.tables.control, Key=control_item.key(), ConsistentRead=True
    )
    held = control_item.from_attributes(true["Item"])
    for_ever = ControlItem(held.holder, held.epoch, held.valid_from, (int(time.time()) + 3_600) * 1000)
    dynamodb.put_item(TableName=_PRIVATE, Item=control_item.to_attributes(for_ever))


def point_to(world: World, version: str) -> None:
    name, _, alias = world.configuration.primary.order_intake.partition(":")
    client = world.client("lambda", small.PRIMARY, inside=small.PRIMARY)
    client.update_alias(FunctionName=name, Name=alias, FunctionVersion=version)
