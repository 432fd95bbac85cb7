"""Moves failed trades from a dead-letter queue back to the queue they came from.

SQS can do so itself (StartMessageMoveTask), at a set rate too, but it counts nothing: a poison message goes round for
ever. Here each message carries how often it was moved, and after `max_tries` it goes to the quarantine queue.

Each message is sent first and deleted then. So none is lost: until the send is confirmed the message stays where it
is, whatever fails. It may be there twice, if the send was made but its answer was lost, or if the delete failed:
that is SQS's own at-least-once delivery. Consumers drop the copy by the attribute `redrive_id`, the id that the message
had when it first failed and keeps from then on. FIFO queues drop it themselves within five minutes, by a deduplication
id made of that and the number of the try.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from functions import failures
from functions.environment import SettingError
from functions.redrive.pace import Pace

ID_ATTRIBUTE = "redrive_id"
TRIES_ATTRIBUTE = "redrive_tries"
REASON_ATTRIBUTE = "quarantine_reason"
# SQS Developer Guide, "Amazon SQS message quotas".
_MAX_ATTRIBUTES = 10
_BATCH = 10


@dataclass(frozen=True)
class Route:
    """Where failed messages lie, where they belong, and where poison goes; queue URLs."""

    dead_letters: str
    source: str
    quarantine: str

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any]) -> Route:
        """From the keys dead_letters, source, quarantine; raises SettingError."""
        names = ("dead_letters", "source", "quarantine")
        if set(mapping) != set(names) or not all(isinstance(mapping[name], str) for name in names):
            raise SettingError(f"ROUTES holds {dict(mapping)!r}; each entry needs the queue URLs {', '.join(names)}")
        if len({mapping[name] for name in names}) != len(names):
            raise SettingError(f"ROUTES holds {dict(mapping)!r}, which leads a queue to itself; name three queues")
        if len({mapping[name].endswith(".fifo") for name in names}) != 1:
            raise SettingError(f"ROUTES holds {dict(mapping)!r}; a FIFO queue's others must be FIFO queues too")
        return cls(**{name: mapping[name] for name in names})


@dataclass
class Moved:
    """What became of the messages of one route."""

    redriven: int = 0
    quarantined: int = 0
    not_moved: int = 0
    trouble: str | None = None


class Redrive:
    """Works on one route at a time."""

    def __init__(self, sqs: Any, max_tries: int) -> None:
        self._sqs = sqs
        self._max_tries = max_tries

    def run(self, route: Route, pace: Pace) -> Moved:
        """Moves messages until the dead-letter queue gives none or the time is up; never raises for a queue."""
        moved = Moved()
        # What could not be moved shows up again once its visibility time-out has passed: a run does not go in rings.
        seen: set[str] = set()
        blocked: set[str] = set()
        while not pace.time_is_up():
            try:
                messages = self._receive(route)
            except (BotoCoreError, ClientError) as error:
                moved.trouble = f"{route.dead_letters}: {failures.code(error)}: {error}"
                break
            fresh = [message for message in messages if message["MessageId"] not in seen]
            if not fresh:
                break
            for message in fresh:
                seen.add(message["MessageId"])
                if not self._move(route, message, pace, moved, blocked):
                    return moved
        return moved

    def _receive(self, route: Route) -> list[dict[str, Any]]:
        answer = self._sqs.receive_message(
            QueueUrl=route.dead_letters,
            MaxNumberOfMessages=_BATCH,
            MessageAttributeNames=["All"],
            MessageSystemAttributeNames=["All"],
            WaitTimeSeconds=0,
        )
        return answer.get("Messages", [])

    def _move(self, route: Route, message: dict[str, Any], pace: Pace, moved: Moved, blocked: set[str]) -> bool:
        """Moves one message; false when the time is up."""
        group = message.get("Attributes", {}).get("MessageGroupId")
        if group in blocked:
            # An earlier message of its group stayed behind, and this one must not overtake it.
            moved.not_moved += 1
            return True
        if not pace.step():
            return False
        reason = self._poison(message)
        try:
            self._send(route.quarantine if reason else route.source, message, reason)
        except (BotoCoreError, ClientError) as error:
            moved.not_moved += 1
            moved.trouble = f"message {message['MessageId']}: {failures.code(error)}: {error}"
            if group:
                blocked.add(group)
            return True
        if reason:
            moved.quarantined += 1
        else:
            moved.redriven += 1
        self._delete(route, message, moved)
        return True

    def _poison(self, message: Mapping[str, Any]) -> str | None:
        """Why a message must not go back, if so."""
        attributes = message.get("MessageAttributes", {})
        tries = attributes.get(TRIES_ATTRIBUTE, {}).get("StringValue", "0")
        if not (tries.isascii() and tries.isdigit()):
            return f"{TRIES_ATTRIBUTE} is no number"
        if int(tries) >= self._max_tries:
            return f"failed again after {tries} tries"
        if len(attributes.keys() | {ID_ATTRIBUTE, TRIES_ATTRIBUTE}) > _MAX_ATTRIBUTES:
            return "has no attribute left to count its tries in"
        return None

    def _send(self, queue: str, message: Mapping[str, Any], reason: str | None) -> None:
        attributes = {name: _as_sent(value) for name, value in message.get("MessageAttributes", {}).items()}
        identity = attributes.get(ID_ATTRIBUTE, {}).get("StringValue", message["MessageId"])
        tries = attributes.get(TRIES_ATTRIBUTE, {}).get("StringValue", "0")
        if reason is None:
            tries = str(int(tries) + 1)
            attributes[ID_ATTRIBUTE] = {"DataType": "String", "StringValue": identity}
            attributes[TRIES_ATTRIBUTE] = {"DataType": "Number", "StringValue": tries}
        elif len(attributes) < _MAX_ATTRIBUTES:
            attributes[REASON_ATTRIBUTE] = {"DataType": "String", "StringValue": reason}
        system = message.get("Attributes", {})
        parameters: dict[str, Any] = {
            "QueueUrl": queue,
            "MessageBody": message["Body"],
            "MessageAttributes": attributes,
        }
        if "MessageGroupId" in system:
            parameters["MessageGroupId"] = system["MessageGroupId"]
        if queue.endswith(".fifo"):
            parameters["MessageDeduplicationId"] = f"{identity}-{tries}"
        if "AWSTraceHeader" in system:
            parameters["MessageSystemAttributes"] = {
                "AWSTraceHeader": {"DataType": "String", "StringValue": system["AWSTraceHeader"]}
            }
        self._sqs.send_message(**parameters)

    def _delete(self, route: Route, message: Mapping[str, Any], moved: Moved) -> None:
        try:
            self._sqs.delete_message(QueueUrl=route.dead_letters, ReceiptHandle=message["ReceiptHandle"])
        except (BotoCoreError, ClientError) as error:
            moved.trouble = f"message {message['MessageId']} was moved but not deleted: {failures.code(error)}: {error}"


def _as_sent(attribute: Mapping[str, Any]) -> dict[str, Any]:
    """What was received also says which kinds of value an attribute has none of; those may not be sent."""
    return {key: value for key, value in attribute.items() if key in ("DataType", "StringValue", "BinaryValue")}
