from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from moto import mock_aws

from functions.rotation import handler
from functions.rotation.database import PASSWORD_LENGTH, DatabaseMaster
from functions.rotation.steps import Rotation, RotationError

INSTANCE = "trading-primary-trade-history"
STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")
FIRST = {"username": "platform_owner", "password": "first", "dbname": "trades"}


@dataclass
class Rds:
    """An instance that takes a new password over only after a few looks at it."""

    password: str = "first"
    status: str = "available"
    master: str = "platform_owner"
    looks_to_settle: int = 3
    changes: list[str] = field(default_factory=list)
    _looks: int = 0

    def describe_db_instances(self, **named: Any) -> dict[str, Any]:
        assert named == {"DBInstanceIdentifier": INSTANCE}
        self._looks = max(0, self._looks - 1)
        if self.changes and not self._looks:
            self.password = self.changes[-1]
        pending = {"MasterUserPassword": "****"} if self._looks else {}
        found = {
            "DBInstanceStatus": self.status,
            "MasterUsername": self.master,
            "PendingModifiedValues": pending,
        }
        return {"DBInstances": [found]}

    def modify_db_instance(self, **named: Any) -> None:
        assert named["ApplyImmediately"], "the secret must not become current before the password does"
        self.changes.append(named["MasterUserPassword"])
        self._looks = self.looks_to_settle + 1


@dataclass
class World:
    """A secret in the middle of a rotation, and what it is the secret of."""

    secrets: Any
    rds: Rds
    token: str
    seconds_left: float = 600.0
    paused: list[float] = field(default_factory=list)

    def step(self, name: str) -> None:
        self.rotation.run(name, "database", self.token)

    @property
    def rotation(self) -> Rotation:
        return Rotation(
            self.secrets, DatabaseMaster(self.rds, self.secrets, INSTANCE, self._remaining, self.paused.append)
        )

    def _remaining(self) -> float:
        return self.seconds_left - sum(self.paused)

    def current(self) -> dict[str, Any]:
        return json.loads(self.secrets.get_secret_value(SecretId="database", VersionStage="AWSCURRENT")["SecretString"])

    def pending(self) -> dict[str, Any]:
        value = self.secrets.get_secret_value(SecretId="database", VersionStage="AWSPENDING")
        return json.loads(value["SecretString"])


@pytest.fixture
def secrets(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "in-memory")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        yield boto3.client("secretsmanager")


@pytest.fixture
def world(secrets) -> World:
    return _world(secrets, FIRST)


def _world(secrets: Any, content: Any) -> World:
    secrets.create_secret(Name="database", SecretString=json.dumps(content))
    world = World(secrets, Rds(), str(uuid.uuid4()))
    _begin(secrets, world.token)
    return world


def _begin(secrets: Any, token: str) -> None:
    """What RotateSecret does before it calls the function: a version that is pending and empty."""
    from moto.secretsmanager.models import secretsmanager_backends

    secret = secretsmanager_backends["123456789012"]["us-east-1"].secrets["database"]
    secret.versions[token] = {"createdate": 0, "version_id": token, "version_stages": ["AWSPENDING"]}
    secret.rotation_requested = secret.rotation_enabled = True


def test_a_rotation_leaves_a_new_password_in_database_and_secret_alike(world):
    for step in STEPS:
        world.step(step)
    assert world.rds.password != "first", "the database has a new password"
    assert world.current()["password"] == world.rds.password, "the current secret opens the database"
    assert world.current() | {"password": "first"} == FIRST, "everything but the password is kept"
    assert len(world.current()["password"]) == PASSWORD_LENGTH


@pytest.mark.parametrize("repeated", STEPS)
def test_each_step_can_be_repeated(world, repeated):
    for step in STEPS:
        world.step(step)
        if step == repeated:
            before = world.pending() if step != "finishSecret" else None
            world.step(step)
            assert before is None or world.pending() == before, "repeating a step makes no second password"
    assert set(world.rds.changes) == {world.current()["password"]}, "the database saw one password only"


def test_a_rotation_that_is_begun_again_keeps_the_password_it_has_already_set(world):
    for step in ("createSecret", "setSecret", *STEPS):
        world.step(step)
    assert set(world.rds.changes) == {world.current()["password"]}


def test_the_old_password_stays_current_until_the_database_has_taken_the_new_one_over(world):
    world.step("createSecret")
    world.step("setSecret")
    assert world.current()["password"] == "first"
    world.step("testSecret")
    assert world.rds.password == world.pending()["password"], "the test ends only when the new password is valid"


def test_a_database_that_does_not_take_the_password_over_in_time_fails_the_test(world):
    world.rds.looks_to_settle = 1000
    world.step("createSecret")
    world.step("setSecret")
    with pytest.raises(RotationError, match=f"{INSTANCE} has not taken the new password over in time"):
        world.step("testSecret")
    assert world.current()["password"] == "first", "the secret stays as it was"


def test_a_database_that_is_busy_is_left_alone(world):
    world.step("createSecret")
    world.rds.status = "backing-up"
    with pytest.raises(RotationError, match="backing-up"):
        world.step("setSecret")
    assert not world.rds.changes


def test_a_secret_of_another_user_changes_no_password(world):
    world.step("createSecret")
    world.rds.master = "somebody_else"
    with pytest.raises(RotationError, match=r"'platform_owner'.*'somebody_else'"):
        world.step("setSecret")
    assert not world.rds.changes


def test_setting_before_creating_is_refused(world):
    with pytest.raises(RotationError, match="createSecret comes first"):
        world.step("setSecret")


def test_a_version_that_is_not_pending_is_refused(world, secrets):
    stranger = str(uuid.uuid4())
    with pytest.raises(RotationError, match=f"{stranger} is no version"):
        world.rotation.run("createSecret", "database", stranger)


def test_a_secret_without_rotation_is_refused(secrets):
    secrets.create_secret(Name="database", SecretString=json.dumps(FIRST))
    world = World(secrets, Rds(), str(uuid.uuid4()))
    with pytest.raises(RotationError, match="not enabled"):
        world.step("createSecret")


def test_a_step_that_does_not_exist_is_refused(world):
    with pytest.raises(RotationError, match="'dropSecret' is none of createSecret"):
        world.step("dropSecret")


@pytest.mark.parametrize("content", ["plain text", {"password": "hidden"}, ["hidden"]])
def test_a_secret_of_another_form_is_refused_without_quoting_it(secrets, content):
    world = _world(secrets, content)
    with pytest.raises(RotationError) as refused:
        world.step("createSecret")
    assert "hidden" not in str(refused.value)
    assert "plain text" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_the_logs_hold_no_password(world, caplog):
    caplog.set_level("DEBUG", logger="functions")
    for step in STEPS:
        world.step(step)
    assert caplog.text, "each step is logged"
    assert "first" not in caplog.text
    assert world.current()["password"] not in caplog.text


def test_the_function_says_which_variable_it_lacks(monkeypatch):
    monkeypatch.delenv("DATABASE_INSTANCE", raising=False)
    with pytest.raises(RotationError, match="DATABASE_INSTANCE"):
        handler.handle({"Step": "createSecret", "SecretId": "x", "ClientRequestToken": "y"}, SimpleNamespace())


def test_the_function_rotates_the_instance_that_its_environment_names(world, monkeypatch):
    monkeypatch.setenv("DATABASE_INSTANCE", INSTANCE)
    monkeypatch.setattr(handler.time, "sleep", lambda seconds: None)
    clients = {"secretsmanager": world.secrets, "rds": world.rds}
    monkeypatch.setattr(handler.boto3, "client", lambda service, **_: clients[service])
    context = SimpleNamespace(get_remaining_time_in_millis=lambda: 600_000)
    for step in STEPS:
        handler.handle({"Step": step, "SecretId": "database", "ClientRequestToken": world.token}, context)
    assert world.current()["password"] == world.rds.password != "first"
