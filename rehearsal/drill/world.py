"""The ground of a drill: an in-memory AWS, and where everything in it is."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from botocore.config import Config

from aws_emulator.clients import make
from aws_emulator.outage import INSIDE_APP_ID
from aws_emulator.server import RunningServer
from aws_emulator.standing_by import StandingBy
from components.settings.data import Consistency
from recovery import configuration
from recovery.configuration import Configuration, Site
from rehearsal.client_names import CALLERS

Client = Callable[[str, str], Any]
"""Makes the client of a service in a region."""
_CALL_SECONDS = 10.0
# A function's first event waits until its process has started, which takes seconds on a busy machine.
_INVOKE_SECONDS = 60.0
# More than there are threads that enter orders, file records and look.
_CONNECTIONS = 50


@dataclass(frozen=True)
class World:
    """`outputs` are the recovery stack's exports, by which the runbook's command finds everything."""

    server: RunningServer
    configuration: Configuration
    outputs: Mapping[str, Any]

    @property
    def strong(self) -> bool:
        """Whether an order is in both regions before it is confirmed."""
        return self.outputs.get("ordersConsistency") == Consistency.STRONG

    def client(self, service: str, region: str, inside: str | None = None) -> Any:
        """A client that stands outside every region, or `inside` one."""
        return client_of(self.server, inside)(service, region)

    def variables(self, site: Site, function: str) -> dict[str, str]:
        """The environment of a function that was deployed, given as `name:alias`."""
        name, _, alias = function.partition(":")
        client = self.client("lambda", site.region)
        return client.get_function_configuration(FunctionName=name, Qualifier=alias)["Environment"]["Variables"]

    def standing_by(self, source: Site, replica: Site) -> StandingBy:
        """The roles of the stores with `replica` standing by."""
        return StandingBy(
            source.region,
            replica.region,
            (source.database, replica.database),
            (source.file_system, replica.file_system),
            self.configuration.database_secret,
        )


def of_outputs(server: RunningServer, outputs: Mapping[str, Any]) -> World:
    """The ground that a recovery stack's exports describe. Its switch is not asked through its endpoint: no resolver
    knows its name here."""
    recovery = dict(outputs[configuration.MEMBER])
    recovery["switch"] = {name: value for name, value in recovery["switch"].items() if name != "url"}
    described = {**outputs, configuration.MEMBER: recovery}
    return World(server, configuration.from_outputs(described), described)


def client_of(server: RunningServer, inside: str | None = None) -> Client:
    """Clients of the in-memory AWS, whatever the environment of this process says. One try: what is tried again, and
    how often, is up to whoever asks."""
    return lambda service, region: _client(server.endpoint, inside, service, region)


@cache
def _client(endpoint: str, inside: str | None, service: str, region: str) -> Any:
    """One for all who ask."""
    config = Config(
        connect_timeout=_CALL_SECONDS,
        read_timeout=_INVOKE_SECONDS if service == "lambda" else _CALL_SECONDS,
        retries={"total_max_attempts": 1, "mode": "standard"},
        max_pool_connections=_CONNECTIONS,
        proxies={},
        user_agent_appid=f"{INSIDE_APP_ID}{inside}" if inside else CALLERS,
        s3={"addressing_style": "path"},
    )
    return make(service, region_name=region, endpoint_url=endpoint, config=config)


def wait_until(true: Callable[[], bool], *, what: str, within: float) -> None:
    """Returns once it is true; raises TimeoutError after `within` seconds."""
    end = time.monotonic() + within
    while not true():
        if time.monotonic() > end:
            raise TimeoutError(f"{what} did not come within {within:g} s")
        time.sleep(0.05)
