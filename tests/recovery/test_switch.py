"""The switch is turned in the data plane, can be turned twice, and says where it stands."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from moto import mock_aws

from recovery.lease import LeaseUnavailableError
from recovery.switch import (
    ArcSwitch,
    EndpointProbe,
    HealthCheckSwitch,
    OvertakenError,
    Position,
    SwitchError,
    by_distance,
)
from tests.functions.aws import CONTROL, Client, create_tables, refused

PRIMARY_CONTROL, STANDBY_CONTROL = "arn:primary", "arn:standby"
UNREACHABLE = EndpointConnectionError(endpoint_url="https://lost.example")


@pytest.fixture
def dynamodb(monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "in-memory")
    with mock_aws():
        client = boto3.client("dynamodb", region_name="us-west-2")
        create_tables(client)
        yield Client(client)


class TestHealthCheckSwitch:
    def test_the_primary_serves_before_anything_was_turned(self, dynamodb: Client) -> None:
        switch = HealthCheckSwitch(dynamodb, CONTROL)
        assert switch.state() == "primary", "an empty table leads nobody away from the primary"
        assert switch.verify(), "without an endpoint to ask there is nothing to disagree with"

    @pytest.mark.parametrize("to", ["standby", "primary"])
    def test_turning_twice_is_turning_once(self, dynamodb: Client, to: Position) -> None:
        switch = HealthCheckSwitch(dynamodb, CONTROL)
        switch.turn(to, 2)
        switch.turn(to, 2)
        assert switch.state() == to, "the switch stands where it was turned"

    def test_an_epoch_that_has_ended_turns_nothing(self, dynamodb: Client) -> None:
        HealthCheckSwitch(dynamodb, CONTROL).turn("standby", 2)
        HealthCheckSwitch(dynamodb, CONTROL).turn("primary", 3)
        with pytest.raises(OvertakenError, match="epoch 2 has ended"):
            HealthCheckSwitch(dynamodb, CONTROL).turn("standby", 2)
        assert HealthCheckSwitch(dynamodb, CONTROL).state() == "primary", "a stalled process led traffic back"

    def test_standing_there_under_an_older_epoch_is_not_enough(self, dynamodb: Client) -> None:
        """Or whoever has that epoch could turn it away again."""
        switch = HealthCheckSwitch(dynamodb, CONTROL)
        switch.turn("standby", 2)
        assert switch.turned("standby", 2)
        assert not switch.turned("standby", 4)
        assert not switch.turned("primary", 2)
        switch.turn("standby", 4)
        with pytest.raises(OvertakenError):
            switch.turn("primary", 3)

    def test_an_item_without_an_epoch_can_be_turned(self, dynamodb: Client) -> None:
        """As an earlier version of the program wrote it."""
        key = {"item": {"S": "traffic_switch"}, "sequence": {"N": "0"}}
        dynamodb.put_item(TableName=CONTROL, Item={**key, "position": {"S": "standby"}})
        switch = HealthCheckSwitch(dynamodb, CONTROL)
        assert not switch.turned("standby", 2), "nobody knows under which epoch"
        switch.turn("primary", 3)
        assert switch.turned("primary", 3)

    def test_it_reads_what_was_written_and_not_a_stale_copy(self, dynamodb: Client) -> None:
        HealthCheckSwitch(dynamodb, CONTROL).state()
        assert dynamodb.calls[0][1]["ConsistentRead"] is True, "a stale read would show the old position"

    def test_it_touches_its_own_item_alone(self, dynamodb: Client) -> None:
        HealthCheckSwitch(dynamodb, CONTROL).turn("standby", 2)
        items = dynamodb.scan(TableName=CONTROL)["Items"]
        assert [item["item"]["S"] for item in items] == ["traffic_switch"], "the lease is another item"

    @pytest.mark.parametrize("told", [True, False])
    def test_it_is_verified_by_what_the_health_checkers_are_told(self, dynamodb: Client, told: bool) -> None:
        switch = HealthCheckSwitch(dynamodb, CONTROL, probe=lambda: told)
        switch.turn("standby", 2)
        assert switch.verify() is told, "standby is served once the endpoint says so"
        switch.turn("primary", 3)
        assert switch.verify() is not told, "the primary is served once the endpoint no longer says standby"

    @pytest.mark.parametrize("error", [UNREACHABLE, refused("ReplicatedWriteConflictException")])
    def test_a_failed_call_is_told(self, dynamodb: Client, error: Exception) -> None:
        switch = HealthCheckSwitch(dynamodb, CONTROL)
        dynamodb.before("put_item", error)
        with pytest.raises(SwitchError, match="may not have been turned to standby"):
            switch.turn("standby", 2)
        dynamodb.before("get_item", error)
        with pytest.raises(SwitchError, match="cannot be read"):
            switch.state()

    def test_a_lost_answer_is_no_harm(self, dynamodb: Client) -> None:
        switch = HealthCheckSwitch(dynamodb, CONTROL)
        dynamodb.after("put_item", UNREACHABLE)
        with pytest.raises(SwitchError):
            switch.turn("standby", 2)
        assert switch.state() == "standby", "the write was made though its answer was lost"
        switch.turn("standby", 2)
        assert switch.state() == "standby", "turning again ends in the same place"

    def test_what_somebody_else_wrote_is_not_guessed_at(self, dynamodb: Client) -> None:
        dynamodb.put_item(
            TableName=CONTROL,
            Item={"item": {"S": "traffic_switch"}, "sequence": {"N": "0"}, "position": {"S": "west"}},
        )
        with pytest.raises(SwitchError, match="'west' is neither"):
            HealthCheckSwitch(dynamodb, CONTROL).state()


@pytest.fixture
def endpoint() -> Iterator[tuple[str, list[int]]]:
    """URL of an endpoint, and the one status that it answers."""
    status = [503]

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status[0])
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/switch", status
    server.shutdown()
    server.server_close()
    thread.join()


class TestEndpointProbe:
    def test_it_knows_the_two_answers(self, endpoint: tuple[str, list[int]]) -> None:
        url, status = endpoint
        probe = EndpointProbe(url, 2)
        assert probe() is False, "503 says that the primary serves"
        status[0] = 200
        assert probe() is True, "200 says that the standby has taken over"

    @pytest.mark.parametrize("other", [403, 404, 500])
    def test_any_other_answer_is_an_error(self, endpoint: tuple[str, list[int]], other: int) -> None:
        url, status = endpoint
        status[0] = other
        with pytest.raises(SwitchError, match=f"answers {other}"):
            EndpointProbe(url, 2)()

    def test_silence_is_an_error(self, endpoint: tuple[str, list[int]]) -> None:
        with pytest.raises(SwitchError, match="does not answer"):
            EndpointProbe("http://127.0.0.1:1/switch", 2)()

    def test_it_asks_as_the_health_checkers_do(self) -> None:
        with pytest.raises(ValueError, match="https"):
            EndpointProbe("http://switch.example/", 2)


class Cluster:
    """One endpoint of a cluster of routing controls, whose endpoints share their states."""

    def __init__(self, states: dict[str, str], *, error: Exception | None = None) -> None:
        self.states, self.error, self.calls = states, error, 0

    def get_routing_control_state(self, RoutingControlArn: str) -> dict[str, str]:
        self._asked()
        return {"RoutingControlState": self.states[RoutingControlArn]}

    def update_routing_control_states(
        self,
        UpdateRoutingControlStateEntries: list[dict[str, str]],
    ) -> dict[str, str]:
        self._asked()
        wanted = {
            entry["RoutingControlArn"]: entry["RoutingControlState"] for entry in UpdateRoutingControlStateEntries
        }
        after = self.states | wanted
        if "On" not in after.values():
            raise refused("ConflictException")
        self.states.update(after)
        return {}

    def _asked(self) -> None:
        self.calls += 1
        if self.error:
            raise self.error


@pytest.fixture
def states() -> dict[str, str]:
    return {PRIMARY_CONTROL: "On", STANDBY_CONTROL: "Off"}


def arc(endpoints: dict[str, Cluster], epoch_now: Callable[[], int] = lambda: 2) -> ArcSwitch:
    return ArcSwitch(endpoints, PRIMARY_CONTROL, STANDBY_CONTROL, epoch_now)


REGIONS = ("us-west-2", "ap-northeast-1", "ap-southeast-2", "eu-west-1", "us-east-1")


class TestArcSwitch:
    def test_exactly_one_control_is_on_after_every_turn(self, states: dict[str, str]) -> None:
        switch = arc({region: Cluster(states) for region in REGIONS})
        for to in ("standby", "standby", "primary", "primary"):
            switch.turn(to, 2)
            assert switch.state() == to, "the switch stands where it was turned"
            assert sorted(states.values()) == ["Off", "On"], "one region is served, and only one"
            assert switch.verify(), "the controls say what the switch says"

    @pytest.mark.parametrize("answering", range(len(REGIONS)))
    def test_any_one_endpoint_is_enough(self, states: dict[str, str], answering: int) -> None:
        endpoints = {
            region: Cluster(states, error=None if number == answering else UNREACHABLE)
            for number, region in enumerate(REGIONS)
        }
        switch = arc(endpoints)
        switch.turn("standby", 2)
        assert switch.state() == "standby", "each of the five endpoints is tried"
        assert all(endpoints[region].calls == 0 for region in REGIONS[answering + 1 :]), "the first answer is enough"

    def test_no_endpoint_at_all_is_told_by_name(self, states: dict[str, str]) -> None:
        switch = arc({region: Cluster(states, error=UNREACHABLE) for region in REGIONS})
        with pytest.raises(SwitchError, match=r"us-west-2.*us-east-1"):
            switch.turn("standby", 2)
        assert states[PRIMARY_CONTROL] == "On", "nothing was turned"

    def test_an_epoch_that_has_ended_turns_nothing(self, states: dict[str, str]) -> None:
        endpoint = Cluster(states)
        with pytest.raises(OvertakenError, match="epoch 2 has ended"):
            arc({"us-west-2": endpoint}, epoch_now=lambda: 3).turn("standby", 2)
        assert endpoint.calls == 0, "no control is turned once the right has changed hands"

    def test_an_epoch_that_cannot_be_read_turns_nothing(self, states: dict[str, str]) -> None:
        def silent() -> int:
            raise LeaseUnavailableError("the lease cannot be read")

        with pytest.raises(SwitchError, match="is not known: the lease cannot be read"):
            arc({"us-west-2": Cluster(states)}, epoch_now=silent).turn("standby", 2)
        assert states[STANDBY_CONTROL] == "Off"

    def test_two_controls_that_are_on_do_not_verify(self, states: dict[str, str]) -> None:
        states[STANDBY_CONTROL] = "On"
        switch = arc({"us-west-2": Cluster(states)})
        assert switch.state() == "primary", "failover records lead to the primary while it is on"
        assert not switch.verify(), "somebody turned one control by hand"

    def test_a_cluster_without_endpoints_is_refused(self) -> None:
        with pytest.raises(ValueError, match="five endpoints"):
            arc({})


def test_the_lost_region_is_asked_last_and_this_one_first() -> None:
    endpoints = {region: f"https://{region}.example" for region in sorted(REGIONS)}
    order = [region for region, _ in by_distance(endpoints, "us-west-2", "us-east-1")]
    assert order == list(REGIONS), "the region that is lost costs nothing while any other answers"
