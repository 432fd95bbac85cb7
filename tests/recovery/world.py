"""Both regions in memory, with one control table, and runbooks that work on them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import boto3
from moto import mock_aws

from functions import control_item, order_item
from functions.control_item import ControlItem
from functions.order_intake.handler import build
from functions.redrive import handler as redrive
from functions.redrive.handler import Work
from recovery import configuration
from recovery.clients import Clients
from recovery.configuration import Configuration
from recovery.context import Parts
from recovery.journal import Journal
from recovery.lock import Lock
from recovery.operations import Operations
from recovery.scale_out import CalledScaleOut, Progress
from recovery.switch import HealthCheckSwitch
from recovery.waiting import Waiter
from tests.functions.aws import CONTROL, ORDERS, POSITIONS, Clock, create_tables
from tests.recovery.clients import (
    Building,
    CloudWatch,
    Databases,
    Engines,
    Files,
    Killer,
    Lambda,
    Mortal,
    Routed,
    Secrets,
    Silent,
    Stream,
    ids,
)
from tests.recovery.exports import ACCOUNT, EAST, LEASE_MILLISECONDS, SECRET, WEST, outputs
from tests.recovery.tables import Tables

__all__ = ("ACCOUNT", "EAST", "LEASE_MILLISECONDS", "SECRET", "WEST", "World", "outputs", "world", "world_on_moto")

KEYS = {
    CONTROL: ("item", "sequence"),
    ORDERS: ("order_id",),
    f"{ORDERS}/{order_item.BY_ACCOUNT_INDEX}": ("account_id", "accepted_at"),
    f"{ORDERS}/{order_item.OUTBOX_INDEX}": ("outbox", "accepted_at"),
    f"{ORDERS}/{order_item.BY_CHANGE_INDEX}": ("change_shard", "changed_at"),
    POSITIONS: ("account_id", "instrument"),
}
"""Keys of the fast tables and of their indexes."""


class Identity:
    """STS: whose credentials these are."""

    account = ACCOUNT

    def get_caller_identity(self) -> Any:
        return {"Account": self.account}


@dataclass
class Grown:
    """What the deployment of the recovery stack did."""

    runs: list[str] = field(default_factory=list)

    def __call__(self, run: str, progress: Progress) -> None:
        progress("growing")
        if run not in self.runs:
            self.runs.append(run)


class World:
    """Two regions with orders flowing into the primary, and the primary's lease."""

    def __init__(self, dynamodb: dict[str, Any]) -> None:
        self.clock = Clock()
        self.killer = Killer()
        self.slept: list[int] = []
        self.dynamodb = dynamodb
        control = self.dynamodb[WEST]
        routed = {region: Routed(client, control, CONTROL) for region, client in self.dynamodb.items()}
        self.streams = {region: Stream() for region in (EAST, WEST)}
        self.applications = {
            region: build(self._variables(region), routed[region], self.streams[region], self.clock)
            for region in (EAST, WEST)
        }
        self.switch = HealthCheckSwitch(Mortal(control, "switch", self.killer), CONTROL)
        self.grown, self.shrunk = Grown(), Grown()
        self.databases = {
            EAST: Databases("primary-trade-history", None),
            WEST: Databases("standby-trade-history", "arn:primary-trade-history"),
        }
        self.secrets = {region: Secrets(SECRET, region, EAST) for region in (EAST, WEST)}
        self.files = {EAST: Files("fs-primary", None), WEST: Files("fs-standby", "fs-primary")}
        self.metrics = CloudWatch()
        self.engines = Engines("standby-engines")
        self.building = Building(self.clock)
        self.services: dict[tuple[str, str], Any] = {}
        self.lost: set[str] = set()
        self.unhurried = False
        """Whether the looks before a run may take as long as a busy machine needs: they are cut by real time."""
        for region in (EAST, WEST):
            self.services |= {
                ("dynamodb", region): routed[region],
                ("rds", region): self.databases[region],
                ("secretsmanager", region): self.secrets[region],
                ("efs", region): self.files[region],
                ("cloudwatch", region): self.metrics,
                ("autoscaling", region): self.engines,
                ("lambda", region): Lambda(self.applications[region], self._redrive(region, routed[region])),
                ("sts", region): Identity(),
                ("codebuild", region): self.building,
                ("s3", region): self.building,
                ("kms", region): self.building,
                ("kinesis", region): self.streams[region],
            }
        self.hold(EAST)

    @property
    def configuration(self) -> Configuration:
        found = configuration.from_outputs(outputs())
        return replace(found, timing=replace(found.timing, decision=60_000)) if self.unhurried else found

    def operations(self, holder: str = "alice", **changes: Any) -> Operations:
        """A runbook of its own, as another process has it."""
        arguments: dict[str, Any] = {
            "configuration": self.configuration,
            "clients": lambda here, there: Clients(here, there, self.client, self.client),
            "parts": lambda _clients: Parts(self.switch, CalledScaleOut(self.grown), CalledScaleOut(self.shrunk)),
            "waiter": Waiter(self.clock, self.sleep),
            "holder": holder,
            "heartbeat": lambda _lock: contextlib.nullcontext(),
            **changes,
        }
        return Operations(**arguments)

    def client(self, service: str, region: str) -> Any:
        if region in self.lost:
            return Silent()
        return Mortal(self.services[service, region], service, self.killer)

    def sleep(self, milliseconds: int) -> None:
        self.slept.append(milliseconds)
        self.clock.advance(milliseconds)

    def hold(self, region: str, epoch: int = 1) -> None:
        """The region takes an order every moment, so its lease has just been extended."""
        now = self.clock()
        item = ControlItem(region, epoch, now - 3_600_000, now + LEASE_MILLISECONDS)
        self.dynamodb[WEST].put_item(TableName=CONTROL, Item=control_item.to_attributes(item))

    def hold_on(self, verb: str) -> None:
        """What traffic does to the lease while nothing else happens."""
        if verb != "open" and self.lease().valid_until < self.clock():
            held = self.lease()
            item = ControlItem(held.holder, held.epoch, held.valid_from, self.clock() + LEASE_MILLISECONDS)
            self.dynamodb[WEST].put_item(TableName=CONTROL, Item=control_item.to_attributes(item))

    def give_back_the_recovery_region(self) -> None:
        """The recovery region is back after a failover to the primary, with all that had waited to be copied."""
        self.lost.clear()
        self.clock.advance(24 * 3_600_000)
        self.replicate(WEST, EAST)
        self.replicate(EAST, WEST)

    def give_back_the_primary(self) -> None:
        """The primary's region is back, its data are replicas of what the recovery region has become."""
        self.clock.advance(24 * 3_600_000)
        self.replicate(EAST, WEST)
        self.replicate(WEST, EAST)
        self.databases[EAST].source = "arn:standby-trade-history"
        self.secrets[EAST].primary_region = WEST
        self.files[EAST].source = "fs-standby"

    def lease(self) -> ControlItem:
        answer = self.dynamodb[WEST].get_item(TableName=CONTROL, Key=control_item.key())
        return control_item.from_attributes(answer["Item"])

    def order(self, name: str, *, accepted_by: str = EAST, arrived: bool = True, epoch: int = 1) -> str:
        """An order that a region accepted just now, and whether the other has it."""
        body = {"client_order_id": name, "instrument": "XYZ", "side": "BUY", "type": "MARKET", "quantity": "1"}
        stamp = order_item.Stamp(self.clock(), accepted_by, epoch, self.clock() + 5_500)
        item = order_item.entered("ACC-1", {**body, "time_in_force": "IOC"}, stamp)
        published = {**item, "published": 1, "outbox": order_item.waiting_shard(item["order_id"])}
        other = WEST if accepted_by == EAST else EAST
        for region in (accepted_by, other) if arrived else (accepted_by,):
            self.dynamodb[region].put_item(TableName=ORDERS, Item=order_item.to_attributes(published))
        return item["order_id"]

    def replicate(self, source: str, target: str) -> None:
        for item in self.dynamodb[source].scan(TableName=ORDERS)["Items"]:
            self.dynamodb[target].put_item(TableName=ORDERS, Item=item)

    def journal(self) -> Journal:
        return Journal(self.dynamodb[WEST], CONTROL)

    def lock(self) -> Lock:
        return Lock(self.dynamodb[WEST], CONTROL, self.clock)

    def accepting(self) -> set[str]:
        """Regions whose order intake accepts now."""
        found = set()
        for region, application in self.applications.items():
            health = application.answer({"httpMethod": "GET", "resource": "/health"}).answer.body
            if health["accepting"]:
                found.add(region)
        return found

    def state(self) -> dict[str, Any]:
        """Everything that a run changes, without what differs from run to run by its name or time."""
        lease = self.lease()
        run = self.journal().tail().run
        return {
            "lease": (lease.holder, lease.epoch),
            "traffic": self.switch.state(),
            "orders": {name.split("-")[0] for name in ids(self.dynamodb[WEST], ORDERS)},
            "databases": {region: (one.source, one.status, one.promotions) for region, one in self.databases.items()},
            "secrets": {
                region: (one.primary_region, one.rotations, sorted(map(tuple, one.versions.values())))
                for region, one in self.secrets.items()
            },
            "engines": self.engines.desired,
            "files": {region: one.source for region, one in self.files.items()},
            "grown": (len(self.grown.runs), len(self.shrunk.runs)),
            "journal": run and (run.verb, run.outcome, sorted(run.results())),
            "lock free": (held := self.lock().read()) is None or held.is_free(self.clock()),
        }

    def _redrive(self, region: str, dynamodb: Any) -> Work:
        variables = {**self._variables(region), "ROUTES": "[]", "SETTLE_SECONDS": "0.001"}
        return redrive.build(
            variables,
            sqs=None,
            dynamodb=dynamodb,
            bounded_dynamodb=dynamodb,
            bounded_kinesis=self.streams[region],
            clock=self.clock,
            sleep=lambda seconds: self.sleep(round(seconds * 1000)),
        )

    def _variables(self, region: str) -> dict[str, str]:
        return {
            "AWS_REGION": region,
            "CONTROL_TABLE": CONTROL,
            "ORDERS_TABLE": ORDERS,
            "POSITIONS_TABLE": POSITIONS,
            "ORDER_STREAM": f"{region}-orders",
        }


def world() -> World:
    """A world on tables that are fast."""
    return World({region: Tables(KEYS) for region in (EAST, WEST)})


@contextlib.contextmanager
def world_on_moto() -> Iterator[World]:
    """A world on moto's tables."""
    with mock_aws():
        clients = {region: boto3.client("dynamodb", region_name=region) for region in (EAST, WEST)}
        for client in clients.values():
            create_tables(client)
        yield World(clients)
