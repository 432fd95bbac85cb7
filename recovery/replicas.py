"""A DynamoDB client of the control table that uses whichever of its regions answers.

The control table is strongly consistent, so every replica gives the same answers and takes the same conditional writes,
as long as two of its three regions stand (DynamoDB Developer Guide, "Global tables: multi-Region strong consistency").
A run therefore needs no particular region for the lease, the lock and the journal. Without this, losing the recovery
region after a failover would leave the platform without a runbook.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from functions import control_item, failures

_READS = ("get_", "describe_", "query")


class Replicas:
    """The first of `clients` that answers a read serves every later call of the process.

    The second client is asked as well once the first has been silent for `patience` seconds, or failed without an
    answer of its own. Each call raises what its client raises; where no replica answers, what the first one raised.
    """

    def __init__(self, clients: Sequence[Callable[[], Any]], patience: float) -> None:
        self._clients = clients
        self._patience = patience
        self._chosen: Any = None
        self._choosing = threading.Lock()

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        if operation.startswith("_"):
            raise AttributeError(operation)
        return lambda **parameters: self._call(operation, parameters)

    def _call(self, operation: str, parameters: Mapping[str, Any]) -> Any:
        if self._chosen is None:
            with self._choosing:
                if self._chosen is None:
                    if operation.startswith(_READS):
                        return self._first_answer(operation, parameters)
                    # A write that is asked of two regions could be applied twice, the second time late.
                    # A read of the data plane: the control plane may fail alone.
                    self._first_answer("get_item", {"TableName": parameters["TableName"], "Key": control_item.key()})
        return getattr(self._chosen, operation)(**parameters)

    def _first_answer(self, operation: str, parameters: Mapping[str, Any]) -> Any:
        answers: queue.SimpleQueue[tuple[Any, Any, BaseException | None]] = queue.SimpleQueue()
        waiting = list(self._clients)
        under_way, first_error = 0, None
        while waiting or under_way:
            if waiting:
                _ask(waiting.pop(0), operation, parameters, answers)
                under_way += 1
            try:
                client, answer, error = answers.get(timeout=self._patience if waiting else None)
            except queue.Empty:
                continue
            under_way -= 1
            if error is None or not failures.is_silent(error):
                self._chosen = client
                if error is not None:
                    raise error
                return answer
            first_error = first_error or error
        assert first_error is not None
        raise first_error


def _ask(
    make: Callable[[], Any], operation: str, parameters: Mapping[str, Any], answers: queue.SimpleQueue[Any]
) -> None:
    """Ask from a thread that nobody has to wait for."""

    def ask() -> None:
        client = None
        try:
            client = make()
            answers.put((client, getattr(client, operation)(**parameters), None))
        except BaseException as error:  # noqa: BLE001 it is raised where it was asked for
            answers.put((client, None, error))

    threading.Thread(target=ask, daemon=True).start()
