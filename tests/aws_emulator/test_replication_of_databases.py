"""Read replicas of databases: the lag that CloudWatch has, and what is told of a promotion. All of it is modelled."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aws_emulator import server
from aws_emulator.outage import SERVED, Mode, Outages
from aws_emulator.replication.databases import DatabaseReplication
from aws_emulator.replication.transit import Transit
from aws_emulator.server import RunningServer
from tests.aws_emulator.conftest import clients_of

EAST, WEST = "us-east-1", "us-west-2"


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with server.start(log=tmp_path_factory.mktemp("aws") / "server.log") as running:
        yield running


def metric(running: RunningServer, database: str) -> list[float]:
    now = datetime.now(UTC)
    answer = clients_of(running)("cloudwatch", WEST).get_metric_statistics(
        Namespace="AWS/RDS",
        MetricName="ReplicaLag",
        Dimensions=[{"Name": "DBInstanceIdentifier", "Value": database}],
        StartTime=now - timedelta(minutes=5),
        EndTime=now + timedelta(seconds=1),
        Period=60,
        Statistics=["Maximum"],
    )
    return [point["Maximum"] for point in answer["Datapoints"]]


def test_a_replica_publishes_its_lag_until_it_is_promoted_with_it(aws: RunningServer) -> None:
    client = clients_of(aws)
    source = client("rds", EAST).create_db_instance(
        DBInstanceIdentifier="trades",
        DBInstanceClass="db.t3.micro",
        Engine="postgres",
        AllocatedStorage=20,
        MasterUsername="trading",
        MasterUserPassword="in-memory-only",
        BackupRetentionPeriod=1,
    )["DBInstance"]["DBInstanceArn"]
    west = client("rds", WEST)
    west.create_db_instance_read_replica(DBInstanceIdentifier="trades-copy", SourceDBInstanceIdentifier=source)
    aws.set_lag(3.0)
    assert metric(aws, "trades-copy") == [3.0]
    assert metric(aws, "trades") == [], "the source is no replica"
    aws.set_outage(EAST, "dead")
    (grown,) = metric(aws, "trades-copy")
    assert grown > 3.0
    west.promote_read_replica(DBInstanceIdentifier="trades-copy")
    (promoted,) = aws.replication()["promoted"]
    assert (promoted["database"], promoted["region"], promoted["source_region"]) == ("trades-copy", WEST, EAST)
    assert promoted["behind_seconds"] >= grown
    assert promoted["behind_at_loss_seconds"] == 3.0
    assert metric(aws, "trades-copy") == [], "a promoted database follows nobody"
    assert aws.replication()["databases"] == []


@given(
    lag=st.floats(0, 900),
    engine=st.sampled_from(["postgres", "mysql"]),
    steps=st.lists(st.tuples(st.sampled_from([EAST, WEST]), st.sampled_from([SERVED, *Mode]), st.floats(0, 600))),
)
def test_the_lag_grows_by_the_clock_while_either_region_is_lost_and_is_the_links_otherwise(
    lag: float, engine: str, steps: list[tuple[str, str, float]]
) -> None:
    now = [1_000.0]
    outages = Outages(lambda: now[0])
    replication = DatabaseReplication(Transit(outages, lambda: now[0], lag), "123456789012")
    arn = f"arn:aws:rds:{EAST}:123456789012:db:trades"
    replica: Any = SimpleNamespace(region=WEST, engine=engine, source_db_instance_identifier=arn)
    lost: dict[str, float] = {}
    for region, mode, seconds in steps:
        outages.set(region, mode)
        if mode == SERVED:
            lost.pop(region, None)
        else:
            lost.setdefault(region, now[0])
        now[0] += seconds
        expected = lag + (now[0] - min(lost.values()) if lost else 0.0)
        assert replication.metric(replica) == pytest.approx(-1.0 if lost and engine == "mysql" else expected)
