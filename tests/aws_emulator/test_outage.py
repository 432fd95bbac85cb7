from __future__ import annotations

import urllib.request

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ConnectionClosedError

from tests.aws_emulator.conftest import clients_of


def _refused(request) -> bool:
    try:
        request()
    except ConnectionClosedError:
        return True
    return False


@pytest.fixture
def client(own_aws):
    return clients_of(own_aws)


def test_a_dead_region_answers_nobody_and_the_others_answer(own_aws, client):
    own_aws.set_outage("us-east-1", "dead")
    assert _refused(client("sqs", "us-east-1").list_queues), "a request signed for the dead region gets no answer"
    assert _refused(client("iam", "us-east-1").list_roles), "global services signed for us-east-1 are gone with it"
    assert _refused(client("sqs", "us-east-1", inside="us-east-1").list_queues), "nobody is inside a dead region"
    assert not _refused(client("sqs", "us-west-2").list_queues), "the other region lives on"


def test_a_presigned_address_of_a_dead_region_gets_no_answer(own_aws, client):
    address = client("sts", "us-east-1").generate_presigned_url("get_caller_identity")
    assert "X-Amz-Credential" in address, "the address itself carries the signature"
    own_aws.set_outage("us-east-1", "dead")
    with pytest.raises(OSError, match=r"closed|reset"):
        urllib.request.urlopen(address, timeout=20)


def test_a_region_that_is_cut_off_serves_only_those_inside(own_aws, client):
    own_aws.set_outage("us-east-1", "cut-off")
    assert not _refused(client("sqs", "us-east-1", inside="us-east-1").list_queues), "inside, life goes on"
    assert _refused(client("sqs", "us-east-1").list_queues), "nobody gets in"
    assert _refused(client("sqs", "us-east-1", inside="us-west-2").list_queues), "nobody gets in from another region"
    assert _refused(client("sqs", "us-west-2", inside="us-east-1").list_queues), "nobody gets out"
    assert not _refused(client("sqs", "us-west-2").list_queues), "elsewhere nothing changes"


def test_what_was_there_before_the_outage_is_there_after_it(own_aws, client):
    sqs = client("sqs", "us-east-1")
    sqs.create_queue(QueueName="orders")
    own_aws.set_outage("us-east-1", "dead")
    own_aws.restore("us-east-1")
    assert len(sqs.list_queues()["QueueUrls"]) == 1


def test_attempts_to_reach_a_lost_region_are_counted(own_aws, client):
    own_aws.set_outage("us-east-1", "dead")
    for _ in range(2):
        _refused(client("sqs", "us-east-1", inside="us-west-2").list_queues)
    _refused(client("sqs", "us-east-1").list_queues)
    lost = {"region": "us-east-1", "mode": "dead", "service": "sqs"}
    assert own_aws.outages() == {
        "regions": {"us-east-1": "dead"},
        "refused": [
            {**lost, "inside": None, "name": None, "count": 1},
            {**lost, "inside": "us-west-2", "name": "emulator-inside-us-west-2", "count": 2},
        ],
    }


def test_who_asked_for_a_lost_region_is_told_by_the_name_that_it_gives_itself(own_aws):
    own_aws.set_outage("us-east-1", "dead")
    named = Config(user_agent_appid="trading-runbook", retries={"total_max_attempts": 1})
    session = boto3.Session(aws_access_key_id="rehearsal", aws_secret_access_key="rehearsal")
    sqs = session.client("sqs", region_name="us-east-1", endpoint_url=own_aws.endpoint, config=named)
    assert _refused(sqs.list_queues)
    (refused,) = own_aws.outages()["refused"]
    assert (refused["name"], refused["inside"], refused["count"]) == ("trading-runbook", None, 1)


@pytest.mark.parametrize(
    ("region", "mode", "names"),
    [
        ("mars", "dead", "region 'mars'"),
        ("us-east-1", "slow", "mode 'slow' of region us-east-1 must be one of: served, dead, cut-off"),
    ],
)
def test_an_outage_that_cannot_be_is_refused_by_name(in_memory_aws, region, mode, names):
    with pytest.raises(ValueError, match=names):
        in_memory_aws.set_outage(region, mode)
