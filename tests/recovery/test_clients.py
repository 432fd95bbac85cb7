"""How a run calls the region that takes over, and the one that is left."""

from __future__ import annotations

import pytest
from botocore.retryhandler import create_exponential_delay_function

from recovery import clients
from tests.recovery.world import EAST, WEST


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


def test_a_call_of_the_region_that_is_left_is_tried_once() -> None:
    made = clients.single_try("dynamodb", EAST)
    assert made.meta.config.retries["total_max_attempts"] == 1
    assert made.meta.config.connect_timeout + made.meta.config.read_timeout <= clients.CUT_MILLISECONDS / 1000
