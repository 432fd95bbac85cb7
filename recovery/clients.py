"""AWS clients of a run, made so that a region which is gone costs no time.

Calls to the region that takes over retry a few times, since the run depends on them. Those between the decision and the
first order are `prompt`: a try ends within the limit that the budget counts for a call (`recovery.budget`). A call to
the region that is left is cut: it runs in a thread of its own, and whoever asked goes on when the time is up, whatever
the resolver, the connection or the answer is waiting for. Time-outs of the SDK alone are no bound
(`functions.clients`). Once a call was given up that region counts as lost: further calls of the run are refused at
once. Tables are read by many pages, one of which may be slow in a region that is well: such a page is asked for again
before it is given up.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from botocore.exceptions import ConnectionError as BotoConnectionError
from botocore.exceptions import HTTPClientError

from functions.clients import bounded_client, insistent_client, prompt_client
from recovery.budget import SILENT_REGION_SECONDS
from recovery.configuration import Timing
from recovery.errors import RegionLostError
from recovery.replicas import Replicas

CUT_MILLISECONDS = round(SILENT_REGION_SECONDS * 1000)
"""How long any call to the region that is left may take."""
_HERE_MILLISECONDS = 5_000
PAGE_TRIES = 3
"""How often one page of a table of the region that is left is asked for; each time is cut and counted by itself."""

Factory = Callable[[str, str], Any]
"""Makes the client of a service in a region."""
RoundTrip = Callable[[str], int]
"""Milliseconds of a round trip to a region."""


def no_distance(_region: str) -> int:
    """The round trip of a caller inside the region: nothing that counts."""
    return 0


def between(timing: Timing, round_trip: RoundTrip = no_distance) -> Callable[[str, str], Clients]:
    """Makes the clients of a run by the region that takes over and the one that is left."""
    return lambda here, there: Clients(here, there, make_prompt=prompt(timing, round_trip))


def insistent(service: str, region: str) -> Any:
    """A client of the region that takes over: whoever runs it waits for it."""
    return insistent_client(service, _HERE_MILLISECONDS, region)


def prompt(timing: Timing, round_trip: RoundTrip = no_distance) -> Factory:
    """Clients of the region that takes over for the way to the first order: a call of order intake may take what an
    order may and the way there and back, any other what the budget counts for a call. A caller that is far away waits
    a round trip longer."""

    def make(service: str, region: str) -> Any:
        limit = timing.order + timing.call if service == "lambda" else timing.call
        return prompt_client(service, limit + round_trip(region), region)

    return make


def single_try(service: str, region: str) -> Any:
    """A client of the region that is left: one try."""
    return bounded_client(service, CUT_MILLISECONDS, region)


@dataclass
class Reached:
    """What became of calls to the region that is left: `cut` were given up, `refused` were not made any more."""

    answered: int = 0
    cut: int = 0
    refused: int = 0


@dataclass
class Clients:
    """Clients of the region that a run moves to (`here`) and from (`there`), made once each."""

    here_region: str
    there_region: str
    make_here: Factory = insistent
    make_there: Factory = single_try
    cut_milliseconds: int = CUT_MILLISECONDS
    make_prompt: Factory | None = None
    reached: Reached = field(default_factory=Reached)
    _lost: bool = False
    _made: dict[tuple[str, str, bool], Any] = field(default_factory=dict)
    _replicas: dict[tuple[str, ...], Replicas] = field(default_factory=dict)
    # boto3: clients may be shared between threads, and may not be made by two at once.
    _making: threading.Lock = field(default_factory=threading.Lock)

    def here(self, service: str) -> Any:
        """A client of the region that takes over."""
        return self._client(service, self.here_region, self.make_here)

    def at(self, service: str, region: str) -> Any:
        """A client by region, for what stands in the recovery region whichever way a run goes."""
        return self._client(service, region, self.make_here)

    def prompt(self, service: str, region: str) -> Any:
        """The same, for what stands between the decision and the first order."""
        return self._client(service, region, self.make_prompt or self.make_here, prompt=self.make_prompt is not None)

    def control(self, *regions: str) -> Replicas:
        """A client of the control table in the first of `regions` that answers, for the way to the first order."""
        if regions not in self._replicas:
            made = [partial(self.prompt, "dynamodb", region) for region in regions]
            self._replicas[regions] = Replicas(made, self.cut_milliseconds / 1000)
        return self._replicas[regions]

    def cut(self, call: Callable[[], Any]) -> Any:
        """The answer to one call that the run can do without. Raises RegionLostError when none comes in time."""
        answer = _Answer(call)
        if not answer.came_within(self.cut_milliseconds / 1000):
            raise RegionLostError(f"no answer within {self.cut_milliseconds / 1000:g} s")
        if answer.error:
            raise answer.error
        return answer.value

    def there(self, service: str, operation: str, tries: int = 1, **parameters: Any) -> Any:
        """The answer to one call in the region that is left, for which it is asked `tries` times.

        Raises RegionLostError when it does not come in time or the region does not answer; a ClientError of a region
        that does answer is raised as it is.
        """
        if self._lost:
            self.reached.refused += 1
            raise RegionLostError(f"{self.there_region} did not answer before; {service} {operation} was not tried")
        client, error = self._client(service, self.there_region, self.make_there), None
        for _ in range(tries):
            answer = _Answer(lambda: getattr(client, operation)(**parameters))
            if answer.came_within(self.cut_milliseconds / 1000) and not answer.unreachable:
                self.reached.answered += 1
                if answer.error:
                    raise answer.error
                return answer.value
            self.reached.cut += 1
            error = answer.error
        self._lost = True
        raise RegionLostError(f"{self.there_region} does not answer: {service} {operation} was cut") from error

    def remote(self, service: str) -> Remote:
        """A client of the region that is left, for what is handed on; every call of it is `there`."""
        return Remote(self, service)

    def _client(self, service: str, region: str, make: Factory, *, prompt: bool = False) -> Any:
        key = (service, region, prompt)
        with self._making:
            if key not in self._made:
                self._made[key] = make(service, region)
            return self._made[key]


class Remote:
    """Has the operations of a client, and pages them itself."""

    def __init__(self, clients: Clients, service: str) -> None:
        self._clients = clients
        self._service = service

    def get_paginator(self, operation: str) -> RemotePages:
        return RemotePages(self, operation)

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        return lambda **parameters: self._clients.there(self._service, operation, **parameters)


class RemotePages:
    """The pages of an operation of DynamoDB, each of them one call that is cut."""

    def __init__(self, remote: Remote, operation: str) -> None:
        self._call = getattr(remote, operation)

    def paginate(self, **parameters: Any) -> Iterator[Any]:
        start: dict[str, Any] = {}
        while True:
            page = self._call(tries=PAGE_TRIES, **parameters, **start)
            yield page
            if "LastEvaluatedKey" not in page:
                return
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


class _Answer:
    """One call in a thread that nobody has to wait for, not even the end of the process."""

    def __init__(self, call: Callable[[], Any]) -> None:
        self.value: Any = None
        self.error: BaseException | None = None
        self._call = call
        self._came = threading.Event()
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        try:
            self.value = self._call()
        except BaseException as error:  # noqa: BLE001 it is raised where it was asked for
            self.error = error
        self._came.set()

    def came_within(self, seconds: float) -> bool:
        return self._came.wait(seconds)

    @property
    def unreachable(self) -> bool:
        """Whether the error says that nobody answered; a service that answers with an error is there."""
        return isinstance(self.error, BotoConnectionError | HTTPClientError)
