"""How a run calls the region that takes over, and the one that is left."""

from __future__ import annotations

import pytest
from botocore.retryhandler import create_exponential_delay_function

from recovery import clients
from recovery.configuration import from_outputs
from tests.recovery.world import EAST, WEST, outputs


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")


def test_a_throttled_call_of_the_control_table_is_asked_again_within_a_second() -> None:
    made = clients.insistent("dynamodb", WEST)
    assert made.meta.config.retries == {"mode": "legacy", "total_max_attempts": 5}
    # The delays that botocore's own table gives to DynamoDB in this mode.
    delay = create_exponential_delay_function(0.05, 2)
    assert sum(delay(attempts=attempt) for attempt in range(1, 5)) < 1


@pytest.mark.parametrize(("service", "limit"), [("dynamodb", 0.25), ("sts", 0.25), ("lambda", 2.25)])
def test_what_the_budget_counts_for_a_call_holds_a_try(service: str, limit: float) -> None:
    made = clients.prompt(from_outputs(outputs()).timing)(service, WEST)
    config = made.meta.config
    assert config.read_timeout == pytest.approx(limit), "an answer is awaited for so long"
    assert config.retries["total_max_attempts"] > 1, "late is better than stopped"
    assert config.retries["mode"] == "legacy", "the SDK's other modes wait for seconds"


def test_a_run_asks_its_control_table_and_order_intake_promptly_and_all_else_patiently() -> None:
    asked: list[tuple[str, str]] = []

    def factory(kind: str) -> clients.Factory:
        return lambda service, _region: asked.append((kind, service))

    made = clients.Clients(WEST, EAST, factory("patient"), factory("there"), make_prompt=factory("prompt"))
    for call in (made.prompt, made.at):
        call("dynamodb", WEST)
    assert asked == [("prompt", "dynamodb"), ("patient", "dynamodb")]


def test_a_call_of_the_region_that_is_left_is_tried_once() -> None:
    made = clients.single_try("dynamodb", EAST)
    assert made.meta.config.retries["total_max_attempts"] == 1
    assert made.meta.config.connect_timeout + made.meta.config.read_timeout <= clients.CUT_MILLISECONDS / 1000
