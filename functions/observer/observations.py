"""Three ways of looking at the primary that fail for different reasons.

- Its API is asked from the recovery region: the path between both regions, and the API itself.
- Route 53's health checkers ask it from around the world. Their verdict is read from the DNS, where they put it
  themselves: two failover records of one name, of which the first is answered while the checkers reach the primary.
  The metrics and the status of a health check are to be had from us-east-1 alone, which may be what is lost.
- The lease in the control table: whether the primary still extends it, which takes a majority of three regions.

An observation that cannot be made is no verdict: it raises ObservationError.
"""

from __future__ import annotations

import socket
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from functions import control_item
from functions.clock import Clock
from functions.control_item import MalformedControlItemError

Resolve = Callable[[str], str]
"""The IPv4 address of a host; raises OSError."""
Ask = Callable[[str], int]
"""The HTTP status of a GET; raises OSError when nobody answers."""


class ObservationError(Exception):
    """Nothing can be said; the text says why."""


def asker(timeout: float) -> Ask:
    """Asks by HTTP, for `timeout` seconds at most."""

    def ask(url: str) -> int:
        try:
            with urllib.request.urlopen(url, timeout=timeout) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            error.close()
            return error.code

    return ask


def unanswered(ask: Ask, url: str) -> bool:
    """Whether the primary's API gives no sign of being well."""
    try:
        return ask(url) != 200
    except OSError:
        return True


def unseen(resolve: Resolve, name: str, seen_address: str, unseen_address: str) -> bool:
    """What the health checkers say, by the address that the name has now."""
    try:
        address = resolve(name)
    except OSError as error:
        raise ObservationError(f"{name} cannot be resolved: {error}") from error
    if address not in (seen_address, unseen_address):
        raise ObservationError(f"{name} is {address}, neither {seen_address} (seen) nor {unseen_address} (unseen)")
    return address == unseen_address


def stale_for(dynamodb: Any, table: str, holder: str, clock: Clock) -> float:
    """Seconds since the lease of `holder` ended without being extended; 0 while it runs, or if another holds it."""
    try:
        answer = dynamodb.get_item(TableName=table, Key=control_item.key(), ConsistentRead=True)
        if "Item" not in answer:
            raise ObservationError(f"{table} holds no lease yet")
        lease = control_item.from_attributes(answer["Item"])
    except (BotoCoreError, ClientError, MalformedControlItemError) as error:
        raise ObservationError(f"the lease in {table} cannot be read: {error}") from error
    return max(0, clock() - lease.valid_until) / 1000 if lease.holder == holder else 0.0


def resolver(name: str) -> str:
    """Asks the resolver of the system."""
    return socket.gethostbyname(name)
