"""The testbed of drills."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from aws_emulator.server import start
from rehearsal.drill import minimal_fixture
from rehearsal.drill.series import grant_first_lease
from rehearsal.drill.testbed import Testbed


@pytest.fixture(scope="module")
def testbed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Testbed]:
    """The minimal fixture on a server of the module's own. The primary holds the lease."""
    folder = tmp_path_factory.mktemp("drill")
    with start(log=folder / "server.log") as server:
        made = minimal_fixture.make(server)
        grant_first_lease(made, folder)
        yield made
