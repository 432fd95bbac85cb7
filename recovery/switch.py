"""The switch that decides which region callers of the Trading API are led to.

Neither kind writes a record: records are changed through us-east-1 (AWS Well-Architected REL11-BP04, "Rely on the data
plane and not the control plane during recovery").

- `HealthCheckSwitch`: standby takes over primary. The primary's record depends on health checks of an endpoint in the
  recovery region, which answers 200 only while the standby has taken over. The answer is an item of the control table;
  the standby writes it in its own region. If the endpoint gives no answer, the primary's record stays while the primary
  accepts orders.
- `ArcSwitch`: routing controls of Application Recovery Controller.

A process that stood still and goes on after another takeover must not turn traffic back. The item carries the epoch
under which it was turned, and its write is refused under an older one. Routing controls know no condition: there the
epoch of the lease is looked at right before the call. What remains is a process that stands still between that look and
its call, a moment bounded by nothing but the process; the safety rule keeps one region served, the order intake of the
wrong one refuses orders by its lease, and turning again (`resume`) puts it right.

Clients are passed in, and must end each try in a bounded time (2 s at most). The table's client asks again when it is
throttled (`functions.clients.prompt_client`) and uses the replica that answers; a cluster has other endpoints to ask.
"""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from functions.control_item import KEY_ATTRIBUTE, SORT_ATTRIBUTE
from recovery.errors import RecoveryError

Position = Literal["primary", "standby"]
"""Which region the switch leads to."""
Probe = Callable[[], bool]
"""Asks what the health checkers ask: whether they are told that the standby has taken over."""

ITEM = "traffic_switch"
POSITION_ATTRIBUTE, EPOCH_ATTRIBUTE = "position", "epoch"
TAKEN_OVER, NOT_TAKEN_OVER = 200, 503
"""What the endpoint answers."""
_ON, _OFF = "On", "Off"
_CONDITION_FAILED = "ConditionalCheckFailedException"


class SwitchError(Exception):
    """The switch could not be read or turned; where it stands may not be known. Turning again is safe."""


class SilentEndpointError(SwitchError):
    """The endpoint that the health checkers ask does not answer. They then lead callers to the primary while it accepts
    orders, and else to the standby (`components.recovery.traffic`)."""


class OvertakenError(SwitchError):
    """The right to accept orders has changed hands since: nothing was turned, and nothing is to be."""


class Switch(Protocol):
    """Each method raises SwitchError. Turning to where it stands already changes nothing."""

    def state(self) -> Position:
        """Where it was turned to last."""
        ...

    def turned(self, to: Position, epoch: int) -> bool:
        """Whether it was turned there, under this epoch where it keeps one: what was turned under an older one can be
        turned again by whoever has that."""
        ...

    def turn(self, to: Position, epoch: int) -> None:
        """Turns it for the holder of the lease under `epoch`; raises OvertakenError where there is a newer one."""
        ...

    def verify(self) -> bool:
        """Whether what decides about the records agrees with where it was turned to."""
        ...


class HealthCheckSwitch:
    """An item of the control table, which the recovery region's endpoint shows to the health checkers.

    `dynamodb` is a client of the control table. `probe` asks that endpoint; without one, `verify` looks at
    the item alone.
    """

    def __init__(self, dynamodb: Any, table: str, probe: Probe | None = None) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._probe = probe

    def state(self) -> Position:
        # Before it is turned for the first time nothing is stored, and the primary serves.
        return _position(self._item().get(POSITION_ATTRIBUTE, {}).get("S", "primary"))

    def turned(self, to: Position, epoch: int) -> bool:
        item = self._item()
        position, under = item.get(POSITION_ATTRIBUTE, {}).get("S"), item.get(EPOCH_ATTRIBUTE, {}).get("N")
        return position == to and under == str(epoch)

    def turn(self, to: Position, epoch: int) -> None:
        item = {**_key(), POSITION_ATTRIBUTE: {"S": _position(to)}, EPOCH_ATTRIBUTE: {"N": str(epoch)}}
        try:
            self._dynamodb.put_item(
                TableName=self._table,
                Item=item,
                # The write of the same epoch may be repeated.
                ConditionExpression="attribute_not_exists(#epoch) OR #epoch <= :epoch",
                ExpressionAttributeNames={"#epoch": EPOCH_ATTRIBUTE},
                ExpressionAttributeValues={":epoch": {"N": str(epoch)}},
            )
        except (BotoCoreError, ClientError) as error:
            if isinstance(error, ClientError) and error.response["Error"]["Code"] == _CONDITION_FAILED:
                raise _overtaken(epoch) from error
            raise SwitchError(f"the switch in {self._table} may not have been turned to {to}: {error}") from error

    def verify(self) -> bool:
        """Whether the endpoint agrees with the item. One that does not answer agrees with the primary alone; for the
        standby it raises SilentEndpointError."""
        leads_to_standby = self.state() == "standby"
        try:
            return self._probe is None or self._probe() == leads_to_standby
        except SilentEndpointError:
            if leads_to_standby:
                raise
            return True

    def _item(self) -> Mapping[str, Any]:
        try:
            answer = self._dynamodb.get_item(TableName=self._table, Key=_key(), ConsistentRead=True)
        except (BotoCoreError, ClientError) as error:
            raise SwitchError(f"the switch in {self._table} cannot be read: {error}") from error
        return answer.get("Item", {})


class EndpointProbe:
    """Asks the recovery region's endpoint as the health checkers do; `timeout` in seconds."""

    def __init__(self, url: str, timeout: float) -> None:
        if not url.startswith(("https://", "http://127.0.0.1:")):
            raise ValueError(f"{url}: the health checkers ask by https alone; name the endpoint so")
        self._url = url
        self._timeout = timeout

    def __call__(self) -> bool:
        try:
            with urllib.request.urlopen(self._url, timeout=self._timeout) as answer:
                status = answer.status
        except urllib.error.HTTPError as error:
            status = error.code
            error.close()
        except OSError as error:
            raise SilentEndpointError(f"{self._url} does not answer: {error}") from error
        if status not in (TAKEN_OVER, NOT_TAKEN_OVER):
            raise SwitchError(
                f"{self._url} answers {status}, neither {TAKEN_OVER} (standby) nor {NOT_TAKEN_OVER} (primary); "
                "look at the log of the switch's API"
            )
        return status == TAKEN_OVER


class ArcSwitch:
    """Two routing controls of one panel: exactly one is on.

    `clients` has a bounded client for each of the cluster's regional endpoints, by region, in the order in which they
    are tried: the recovery region's first, the primary's last (Amazon Application Recovery Controller Developer Guide,
    "Best practices for routing control"). `epoch_now` reads the epoch of the lease; what it raises of RecoveryError
    keeps the controls as they are.
    """

    def __init__(
        self,
        clients: Mapping[str, Any],
        primary_control_arn: str,
        standby_control_arn: str,
        epoch_now: Callable[[], int],
    ) -> None:
        if not clients:
            raise ValueError("a cluster has five endpoints; name at least one")
        self._clients = clients
        self._epoch_now = epoch_now
        # An endpoint that does not answer costs its time once.
        self._answered: str | None = None
        self._controls: Mapping[Position, str] = {"primary": primary_control_arn, "standby": standby_control_arn}

    def state(self) -> Position:
        # With both on, failover records lead to the primary.
        return "primary" if self._control("primary") == _ON else "standby"

    def turned(self, to: Position, epoch: int) -> bool:
        return self.state() == to

    def turn(self, to: Position, epoch: int) -> None:
        on = self._controls[_position(to)]
        # In one call, so that the safety rule (one is on at least) holds at every moment.
        entries = [
            {"RoutingControlArn": arn, "RoutingControlState": _ON if arn == on else _OFF}
            for arn in self._controls.values()
        ]
        self._refuse_if_overtaken(epoch)
        self._anywhere(lambda client: client.update_routing_control_states(UpdateRoutingControlStateEntries=entries))

    def verify(self) -> bool:
        return self._control("primary") != self._control("standby")

    def _refuse_if_overtaken(self, epoch: int) -> None:
        try:
            now = self._epoch_now()
        except RecoveryError as error:
            raise SwitchError(f"whether epoch {epoch} still holds is not known: {error}") from error
        if now > epoch:
            raise _overtaken(epoch)

    def _control(self, position: Position) -> str:
        arn = self._controls[position]
        answer = self._anywhere(lambda client: client.get_routing_control_state(RoutingControlArn=arn))
        return answer["RoutingControlState"]

    def _anywhere(self, call: Callable[[Any], Any]) -> Any:
        """The answer of the first endpoint that gives one. An endpoint that refused may be behind the others, or
        alone in trouble, so the next one is asked whatever the reason was."""
        troubles: list[str] = []
        answered = self._answered
        for region, client in sorted(self._clients.items(), key=lambda entry: entry[0] != answered):
            try:
                found = call(client)
                self._answered = region
                return found
            except (BotoCoreError, ClientError) as error:
                troubles.append(f"{region}: {error}")
        raise SwitchError(f"no endpoint of the cluster did it: {'; '.join(troubles)}")


def by_distance(endpoints: Mapping[str, str], here: str, suspected: str) -> Sequence[tuple[str, str]]:
    """Region and endpoint in the order in which they should be tried: this region's first, the suspected one's last."""
    return sorted(endpoints.items(), key=lambda entry: (entry[0] == suspected, entry[0] != here, entry[0]))


def _overtaken(epoch: int) -> OvertakenError:
    return OvertakenError(f"epoch {epoch} has ended, another takeover came since; `status` says which, then `abort`")


def _key() -> dict[str, dict[str, str]]:
    return {KEY_ATTRIBUTE: {"S": ITEM}, SORT_ATTRIBUTE: {"N": "0"}}


def _position(text: str) -> Position:
    if text == "primary" or text == "standby":
        return text
    raise SwitchError(f"position {text!r} is neither 'primary' nor 'standby'; put the item {ITEM} right by hand")
