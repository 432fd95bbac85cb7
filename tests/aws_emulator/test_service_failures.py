"""One service of one region fails on purpose; the others and the other regions work."""

from __future__ import annotations

import time
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError

from aws_emulator.clients import make
from aws_emulator.server import RunningServer
from aws_emulator.service_failures import Manner, Plane, ServiceFailure
from tests.aws_emulator.conftest import clients_of

EAST, WEST = "us-east-1", "us-west-2"


def table(server: RunningServer, region: str, inside: str | None = None) -> Any:
    return clients_of(server)("dynamodb", region, inside=inside)


@pytest.mark.parametrize(
    ("manner", "error"), [(Manner.ERROR, ClientError), (Manner.UNREACHABLE, ConnectionClosedError)]
)
def test_a_service_that_fails_strikes_every_client_of_its_region_and_nobody_else(
    own_aws: RunningServer, manner: Manner, error: type[Exception]
) -> None:
    """Functions of the region have no way around it; another region and another service answer; the end is the end."""
    own_aws.fail_service(ServiceFailure("dynamodb", EAST, manner))
    for inside in (None, EAST):
        with pytest.raises(error):
            table(own_aws, EAST, inside).list_tables()
    table(own_aws, WEST).list_tables()
    clients_of(own_aws)("kinesis", EAST).list_streams()
    own_aws.mend_services()
    table(own_aws, EAST).list_tables()
    assert [entry["count"] for entry in own_aws.service_failures()["struck"]] == [2]


def test_an_error_without_a_body_is_a_server_error_in_every_protocol(own_aws: RunningServer) -> None:
    """JSON, query, EC2's query and REST: the SDK reads the status, and names it."""
    for service, call in (("kms", "list_keys"), ("sts", "get_caller_identity"), ("ec2", "describe_vpcs")):
        own_aws.fail_service(ServiceFailure(service, EAST, Manner.ERROR))
        with pytest.raises(ClientError) as refused:
            getattr(clients_of(own_aws)(service, EAST), call)()
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
    own_aws.fail_service(ServiceFailure("elasticfilesystem", EAST, Manner.ERROR))
    with pytest.raises(ClientError, match="500"):
        clients_of(own_aws)("efs", EAST).describe_file_systems()


def test_a_silent_service_answers_nobody_until_the_failure_ends(own_aws: RunningServer) -> None:
    """A client waits for as long as it is willing to; the request is not executed."""
    own_aws.fail_service(ServiceFailure("sqs", EAST, Manner.SILENT))
    config = Config(read_timeout=0.3, retries={"total_max_attempts": 1}, proxies={})
    impatient = make("sqs", region_name=EAST, endpoint_url=own_aws.endpoint, config=config)
    with pytest.raises(ReadTimeoutError):
        impatient.create_queue(QueueName="orders")
    own_aws.mend_services()
    assert "QueueUrls" not in clients_of(own_aws)("sqs", EAST).list_queues()


def test_a_slow_service_executes_a_call_later(own_aws: RunningServer) -> None:
    """The delay is the least that the call takes."""
    own_aws.fail_service(ServiceFailure("sns", EAST, Manner.SLOW, seconds=0.4))
    began = time.monotonic()
    clients_of(own_aws)("sns", EAST).create_topic(Name="orders")
    assert time.monotonic() - began >= 0.4


def test_one_zone_of_three_fails_each_third_call(own_aws: RunningServer) -> None:
    own_aws.fail_service(ServiceFailure("kinesis", EAST, Manner.UNREACHABLE, every=3))
    client, answered = clients_of(own_aws)("kinesis", EAST), []
    for _ in range(6):
        try:
            client.list_streams()
            answered.append(True)
        except ConnectionClosedError:
            answered.append(False)
    assert answered == [True, True, False, True, True, False]


def test_a_control_plane_that_fails_spares_the_data_plane(own_aws: RunningServer) -> None:
    """Items are read and written while no table is created or described."""
    table(own_aws, EAST).create_table(
        TableName="plain",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )
    own_aws.fail_service(ServiceFailure("dynamodb", EAST, Manner.ERROR, plane=Plane.CONTROL))
    own_aws.fail_service(ServiceFailure("lambda", EAST, Manner.ERROR, plane=Plane.CONTROL))
    table(own_aws, EAST).put_item(TableName="plain", Item={"id": {"S": "a"}})
    with pytest.raises(ClientError, match="500"):
        table(own_aws, EAST).describe_table(TableName="plain")
    functions = clients_of(own_aws)("lambda", EAST)
    with pytest.raises(ClientError, match="500"):
        functions.list_functions()
    with pytest.raises(functions.exceptions.ResourceNotFoundException):
        functions.invoke(FunctionName="nobody")


def test_tables_do_not_replicate_while_dynamodb_fails_in_one_region(own_aws: RunningServer) -> None:
    """What was written before the failure and had not arrived waits for its end, as with a lost region.

    The other region of a strongly consistent table has a majority with the witness.
    """
    own_aws.set_lag(0.2)
    client = table(own_aws, EAST)
    for name, replica in (
        ("late", {"ReplicaUpdates": [{"Create": {"RegionName": WEST}}]}),
        (
            "strong",
            {
                "ReplicaUpdates": [{"Create": {"RegionName": WEST}}],
                "MultiRegionConsistency": "STRONG",
                "GlobalTableWitnessUpdates": [{"Create": {"RegionName": "us-east-2"}}],
            },
        ),
    ):
        client.create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        )
        client.update_table(TableName=name, **replica)
    client.put_item(TableName="late", Item={"id": {"S": "a"}})
    own_aws.fail_service(ServiceFailure("dynamodb", EAST, Manner.UNREACHABLE))
    time.sleep(0.4)
    west = table(own_aws, WEST)
    assert "Item" not in west.get_item(TableName="late", Key={"id": {"S": "a"}})
    west.put_item(TableName="strong", Item={"id": {"S": "b"}})
    own_aws.mend_services()
    assert "Item" in west.get_item(TableName="late", Key={"id": {"S": "a"}})
    assert "Item" in client.get_item(TableName="strong", Key={"id": {"S": "b"}}, ConsistentRead=True)


@pytest.mark.parametrize(
    "wrong",
    [
        ServiceFailure("kinesis", EAST, "earthquake"),
        ServiceFailure("kinesis", EAST, Manner.SLOW),
        ServiceFailure("kinesis", EAST, Manner.SLOW, seconds=3_600),
        ServiceFailure("kinesis", EAST, Manner.ERROR, seconds=1),
        ServiceFailure("kinesis", EAST, Manner.ERROR, every=0),
        ServiceFailure("kinesis", EAST, Manner.ERROR, plane="air"),
        ServiceFailure("", EAST, Manner.ERROR),
    ],
)
def test_a_malformed_failure_is_refused_and_changes_nothing(own_aws: RunningServer, wrong: ServiceFailure) -> None:
    with pytest.raises(ValueError, match="not a service failure"):
        own_aws.fail_service(wrong)
    assert own_aws.service_failures() == {"failures": [], "struck": []}
