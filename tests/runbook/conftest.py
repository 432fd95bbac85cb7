"""The commands, on a world in memory."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from recovery.context import Announce
from recovery.executor import Watch
from recovery.operations import Operations
from recovery.round_trip import RoundTrips
from recovery.waiting import Waiter
from runbook import cli
from runbook.outputs import BUDGET
from runbook.session import Session
from runbook.show import Show
from tests.recovery import world as worlds
from tests.recovery.clients import error
from tests.recovery.world import WEST, World

BUDGET_EXPORT = {
    "terms": [{"name": "lease of an old holder that does not answer", "seconds": 6, "source": "setting"}],
    "seconds": 6,
    "detection": {"name": "detection", "seconds": 60, "source": "setting"},
}
Run = Callable[..., Result]


class OnWorld(Session):
    """A session whose clients are the world's."""

    world: World

    def operations(self, watch: Watch, announce: Announce) -> Operations:
        return self.world.operations(configuration=self.configuration, watch=watch, announce=announce)


class Backups:
    """DynamoDB's point-in-time recovery over the fast tables."""

    def __init__(self, tables: Any, now: datetime) -> None:
        self._tables = tables
        self._now = now
        self.restored: dict[str, str] = {}
        self.like_the_live_ones: dict[str, set[str]] = {}

    def describe_continuous_backups(self, TableName: str) -> Any:
        window = {
            "PointInTimeRecoveryStatus": "ENABLED",
            "EarliestRestorableDateTime": self._now - timedelta(days=35),
            "LatestRestorableDateTime": self._now - timedelta(minutes=5),
        }
        return {"ContinuousBackupsDescription": {"PointInTimeRecoveryDescription": window}}

    def restore_table_to_point_in_time(self, SourceTableName: str, TargetTableName: str, **_: Any) -> Any:
        self.restored[TargetTableName] = SourceTableName

    def describe_table(self, TableName: str) -> Any:
        if TableName not in (*self.restored, "orders", "positions", "order-book"):
            raise error("ResourceNotFoundException")
        table = {"TableStatus": "ACTIVE", "TableArn": f"arn:{TableName}"}
        if "stream" in self.like_the_live_ones.get(TableName, ()):
            table |= {"StreamSpecification": {"StreamEnabled": True}, "DeletionProtectionEnabled": True}
        return {"Table": table}

    def update_table(self, TableName: str, StreamSpecification: Any, DeletionProtectionEnabled: bool) -> None:
        made = self.like_the_live_ones.setdefault(TableName, set())
        if "stream" in made:
            raise error("ValidationException", "Table already has an enabled stream")
        assert StreamSpecification == {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
        assert DeletionProtectionEnabled
        made.add("stream")

    def update_continuous_backups(self, TableName: str, PointInTimeRecoverySpecification: Any) -> None:
        assert PointInTimeRecoverySpecification == {"PointInTimeRecoveryEnabled": True}
        self.like_the_live_ones.setdefault(TableName, set()).add("recovery")

    def list_tags_of_resource(self, ResourceArn: str) -> Any:
        return {"Tags": [{"Key": "Owner", "Value": "trading"}, {"Key": "aws:cloudformation:x", "Value": "y"}]}

    def tag_resource(self, ResourceArn: str, Tags: Any) -> None:
        assert Tags == [{"Key": "Owner", "Value": "trading"}], "what begins with aws: is the service's own"
        self.like_the_live_ones.setdefault(ResourceArn.removeprefix("arn:"), set()).add("tags")

    def get_paginator(self, operation: str) -> Any:
        return self

    def paginate(self, TableName: str, **_: Any) -> Any:
        live = self.restored.get(TableName, TableName)
        yield self._tables.scan(TableName=live) if live != "order-book" else {"Items": []}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tables, name)


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "in-memory")
    monkeypatch.setenv("AWS_DEFAULT_REGION", WEST)
    monkeypatch.setenv("COLUMNS", "220")
    monkeypatch.delenv("RUNBOOK_OUTPUTS", raising=False)


@pytest.fixture
def world() -> World:
    return worlds.world()


@pytest.fixture
def exports(tmp_path: Path) -> Path:
    path = tmp_path / "outputs.json"
    path.write_text(json.dumps({**worlds.outputs(), BUDGET: BUDGET_EXPORT}))
    return path


@pytest.fixture
def run(world: World, exports: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command line, without its `python -m runbook`, in this process."""

    def given(outputs: Path | None, stack: str, cwd: Path, command: str | None, as_json: bool) -> cli.Given:
        session = OnWorld(outputs or exports, stack, cwd, command, Waiter(world.clock, world.sleep))
        session.round_trips = RoundTrips(lambda _host, _port, _seconds: None)
        session.world = world
        return cli.Given(session, Show(as_json))

    monkeypatch.setattr(cli, "given", given)
    runner = CliRunner()
    return lambda *words, typed="": runner.invoke(cli.app, list(words), input=typed)


@pytest.fixture
def backups(world: World) -> Backups:
    """Point-in-time recovery in both regions."""
    made = Backups(world.dynamodb[WEST], datetime.fromtimestamp(world.clock() / 1000, UTC))
    for key in list(world.services):
        if key[0] == "dynamodb":
            world.services[key] = made
    return made
