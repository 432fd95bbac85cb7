"""The queues of execution, settlement and recovery consumers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from components.events.access import Sender, arn, bus_name, bus_rules, own_rules
from components.events.queue import Queue, QueueArgs, QueueKind
from components.layer import Layer
from components.settings import Settings


@dataclass(frozen=True)
class QueuesArgs:
    """`key_arn` is the key of the class STREAMS."""

    settings: Settings
    key_arn: pulumi.Input[str]


class Queues(Layer):
    """The queues of order events and of failures.

    `execution` has one queue for each venue, for accepted orders. `post_trade` has one for each instrument class, for
    executions. `account_events` is FIFO: its message group is the account, its deduplication id the producer's.
    `trade_reports` subscribes to the topic of executions, and `replays` receives events that are replayed from the
    archive. `quarantine` holds events without a route and messages that the redrive gave up; `ordered_quarantine` holds
    those of FIFO queues, whose dead-letter queues must be FIFO too. `undelivered_events` and
    `undelivered_notifications` are the dead-letter queues of the bus with its rules, and of the topics' subscriptions.
    """

    execution: dict[str, Queue]
    post_trade: dict[str, Queue]
    account_events: Queue
    trade_reports: Queue
    replays: Queue
    quarantine: Queue
    ordered_quarantine: Queue
    undelivered_events: Queue
    undelivered_notifications: Queue

    def __init__(self, name: str, args: QueuesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("events:Queues", name, opts)
        self._args = args
        settings = args.settings
        rules = [bus_rules(settings)]
        self.execution = {venue: self._queue(f"execution-{venue.lower()}", rules) for venue in settings.streams.venues}
        self.post_trade = {
            class_: self._queue(f"post-trade-{class_}", rules) for class_ in settings.streams.instrument_classes
        }
        self.account_events = self._queue("account-events", kind=QueueKind.FIFO)
        self.trade_reports = self._queue("trade-reports", [_topic(settings, "executions")])
        self.replays = self._queue("replays", rules)
        self.quarantine = self._queue("quarantine", rules, QueueKind.STANDARD_WITHOUT_DLQ)
        self.ordered_quarantine = self._queue("quarantine-ordered", kind=QueueKind.FIFO_WITHOUT_DLQ)
        bus = Sender("FromBusItself", "events", arn(settings, "events", f"event-bus/{bus_name(settings)}"))
        undelivering = [*rules, bus, own_rules(settings)]
        self.undelivered_events = self._queue("undelivered-events", undelivering, QueueKind.STANDARD_WITHOUT_DLQ)
        topics = [_topic(settings, topic) for topic in ("executions", "risk", "operations")]
        self.undelivered_notifications = self._queue(
            "undelivered-notifications", topics, QueueKind.STANDARD_WITHOUT_DLQ
        )
        self.register_outputs({"quarantineUrl": self.quarantine.queue.url})

    @property
    def redrivable(self) -> list[Queue]:
        """All queues with a dead-letter queue of their own, from which the redrive can move messages back."""
        return [
            *self.execution.values(),
            *self.post_trade.values(),
            self.account_events,
            self.trade_reports,
            self.replays,
        ]

    @property
    def dead_letters(self) -> list[Queue]:
        """Queues without an automatic consumer: their messages wait for the redrive or for an operator."""
        return [self.quarantine, self.ordered_quarantine, self.undelivered_events, self.undelivered_notifications]

    def quarantine_of(self, queue: Queue) -> Queue:
        """The queue to which the redrive moves messages of `queue` that it gives up."""
        return self.ordered_quarantine if queue is self.account_events else self.quarantine

    def _queue(self, name: str, senders: Sequence[Sender] = (), kind: QueueKind = QueueKind.STANDARD) -> Queue:
        args = QueueArgs(self._args.settings, self._args.key_arn, kind, senders)
        return Queue(name, args, self.child)


def _topic(settings: Settings, topic: str) -> Sender:
    sid = f"From{topic.capitalize()}Topic"
    return Sender(sid, "sns", arn(settings, "sns", settings.name(topic)))
