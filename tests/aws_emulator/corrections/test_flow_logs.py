from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

OPTIONS = {"FileFormat": "parquet", "HiveCompatiblePartitions": True, "PerHourPartition": True}


@pytest.fixture
def ec2(client):
    return client("ec2", "us-east-1")


@pytest.fixture
def vpc(ec2):
    return ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]


@pytest.fixture
def bucket(client):
    client("s3", "us-east-1").create_bucket(Bucket="flow-logs-of-a-test")
    return "arn:aws:s3:::flow-logs-of-a-test"


def _log(ec2, vpc, destination, **more):
    return ec2.create_flow_logs(
        ResourceType="VPC",
        ResourceIds=[vpc],
        TrafficType="ALL",
        LogDestinationType="s3",
        LogDestination=destination,
        **more,
    )


def _found(ec2, answer):
    return ec2.describe_flow_logs(FlowLogIds=answer["FlowLogIds"])["FlowLogs"][0]


def test_flow_logs_go_into_a_folder_of_a_bucket(ec2, vpc, bucket):
    answer = _log(ec2, vpc, f"{bucket}/flow-logs")
    assert answer["Unsuccessful"] == []
    assert _found(ec2, answer)["LogDestination"] == f"{bucket}/flow-logs"


def test_flow_logs_keep_how_their_files_are_written(ec2, vpc, bucket):
    answer = _log(ec2, vpc, f"{bucket}/in-columns", DestinationOptions=OPTIONS)
    assert _found(ec2, answer)["DestinationOptions"] == OPTIONS


def test_a_second_log_into_the_same_folder_is_refused(ec2, vpc, bucket):
    _log(ec2, vpc, f"{bucket}/once")
    with pytest.raises(ClientError, match="FlowLogAlreadyExists"):
        _log(ec2, vpc, f"{bucket}/once")


def test_a_bucket_that_does_not_exist_is_refused(ec2, vpc):
    answer = _log(ec2, vpc, "arn:aws:s3:::no-such-bucket-of-a-test/flow-logs")
    assert "does not exist" in answer["Unsuccessful"][0]["Error"]["Message"]
