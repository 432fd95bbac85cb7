"""A failover over real requests, with the primary's region dead: what a rehearsal of it starts from."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from aws_emulator import server
from functions import control_item
from functions.clock import system_clock
from functions.control_item import ControlItem
from functions.order_intake.handler import build
from functions.redrive import handler as redrive
from recovery import configuration, parts
from recovery.clients import Clients, insistent
from recovery.configuration import Site
from recovery.context import Parts
from recovery.executor import Moment, Point
from recovery.intake import Intake, InvokedIntake
from recovery.operations import Operations, this_process
from recovery.plan import Verb
from recovery.report import Status
from recovery.scale_out import CalledScaleOut
from recovery.waiting import Waiter
from tests.functions.aws import CONTROL, ORDERS, POSITIONS, create_tables
from tests.recovery.clients import KilledError, Lambda
from tests.recovery.world import EAST, SECRET, WEST, outputs

LEASE_LEFT_MILLISECONDS = 1500


@pytest.fixture
def aws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[server.RunningServer]:
    with server.start(log=tmp_path / "server.log") as running:
        for name, value in running.environment(WEST).items():
            monkeypatch.setenv(name, value)
        yield running


def client(service: str, region: str) -> Any:
    return boto3.client(service, region_name=region)


def functions_of(region: str) -> Lambda:
    """Order intake and the redrive of a region in this process: the server of this test runs no functions."""
    variables = {
        "AWS_REGION": region,
        "CONTROL_TABLE": CONTROL,
        "ORDERS_TABLE": ORDERS,
        "POSITIONS_TABLE": POSITIONS,
        "ORDER_STREAM": f"{region}-orders",
        "ROUTES": "[]",
        "SETTLE_SECONDS": "0.001",
    }
    dynamodb, kinesis = client("dynamodb", region), client("kinesis", region)
    work = redrive.build(
        variables,
        sqs=None,
        dynamodb=dynamodb,
        bounded_dynamodb=dynamodb,
        bounded_kinesis=kinesis,
        clock=system_clock,
        sleep=lambda seconds: None,
    )
    return Lambda(build(variables, dynamodb, kinesis), work)


def platform(path: Path) -> None:
    """What both stacks would have made, and the recovery stack's exports in a file."""
    found = outputs()
    files = {at: client("efs", at).create_file_system(CreationToken=at)["FileSystemId"] for at in (EAST, WEST)}
    for site in ("primary", "standby"):
        region = found["recovery"][site]["region"]
        found["recovery"][site]["fileSystem"] = files[region]
        create_tables(client("dynamodb", region))
        client("kinesis", region).create_stream(StreamName=f"{region}-orders", ShardCount=1)
    destination = [{"Region": WEST, "FileSystemId": files[WEST]}]
    client("efs", EAST).create_replication_configuration(SourceFileSystemId=files[EAST], Destinations=destination)
    database = client("rds", EAST).create_db_instance(
        DBInstanceIdentifier="primary-trade-history",
        Engine="postgres",
        DBInstanceClass="db.r6g.large",
        AllocatedStorage=20,
        MasterUsername="master",
        MasterUserPassword="only-in-memory",
        BackupRetentionPeriod=1,
    )["DBInstance"]
    client("rds", WEST).create_db_instance_read_replica(
        DBInstanceIdentifier="standby-trade-history", SourceDBInstanceIdentifier=database["DBInstanceArn"]
    )
    client("secretsmanager", EAST).create_secret(Name=SECRET, SecretString="{}", AddReplicaRegions=[{"Region": WEST}])
    now = system_clock()
    lease = ControlItem(EAST, 1, now - 3_600_000, now + LEASE_LEFT_MILLISECONDS)
    client("dynamodb", WEST).put_item(TableName=CONTROL, Item=control_item.to_attributes(lease))
    path.write_text(json.dumps(found))


def of_a_dead_process() -> str:
    """Who ran a runbook in a process that is no more."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait(timeout=60)
    return this_process().replace(f"[{os.getpid()}]", f"[{process.pid}]")


def operations(path: Path, holder: str, watch: Any) -> Operations:
    """As a rehearsal makes them: real clients, order intake in this process, growth by a call."""
    found = configuration.from_file(path)

    functions = functions_of(found.standby.region)

    def made_here(service: str, region: str) -> Any:
        return functions if service == "lambda" else insistent(service, region)

    def intake(site: Site) -> Intake:
        return InvokedIntake(functions, site.order_intake, found.account_claim)

    def clients(here: str, there: str) -> Clients:
        return Clients(here, there, made_here)

    switch = parts.switch_of(found, clients(found.standby.region, found.primary.region))
    made = Parts(switch, CalledScaleOut(lambda _run, progress: progress("grown")), intake=intake)
    return Operations(found, clients, lambda _clients: made, Waiter(), holder, watch=watch)


@pytest.mark.rehearsal
def test_with_the_primary_dead_a_killed_failover_is_resumed_and_asks_nothing_of_it(
    aws: server.RunningServer, tmp_path: Path
) -> None:
    path, passed = tmp_path / "outputs.json", {}
    platform(path)
    aws.set_outage(EAST, "dead")

    def killed(moment: Moment) -> None:
        if moment.step.name == "turn-traffic" and moment.point is Point.AFTER_EFFECT:
            raise KilledError(moment.step.name)

    def timed(moment: Moment) -> None:
        passed[moment.step.name, moment.point] = moment.seconds

    with pytest.raises(KilledError):
        operations(path, of_a_dead_process(), killed).begin(Verb.FAILOVER)
    resumed = operations(path, this_process(), timed)
    report = resumed.resume()
    assert report.step("take-lease").status is Status.DONE_BEFORE
    assert report.step("prove-order").status is Status.DONE
    assert passed["prove-order", Point.AFTER_RESULT] >= passed["turn-traffic", Point.BEFORE_INTENT]
    # The in-memory AWS runs no functions, and it is a function that gives the secret its new password.
    assert [step.name for step in report.steps if step.status is not Status.DONE][-1:] == ["rotate-secret"]
    assert report.step("republish-orders").status is Status.DONE
    assert report.step("scale-out").status is Status.DONE
    assert report.reached == {"answered": 0, "cut": 0, "refused": 0}
    assert aws.outages()["refused"] == [], "no request was sent to the region that is gone"
    assert resumed.status()["traffic"] == "standby"
