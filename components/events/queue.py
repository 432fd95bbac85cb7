"""One queue, with the dead-letter queue for messages that its consumers cannot process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

import pulumi
import pulumi_aws as aws

from components.events.access import Sender, allow, deny_without_tls
from components.layer import Layer
from components.security.policies import policy_document
from components.settings import Settings

# SQS Developer Guide, "Amazon SQS message quotas": the longest retention, so that a late consumer loses no message.
RETENTION_SECONDS = 14 * 24 * 3600
# Same guide, "Amazon SQS short and long polling": the longest wait. A waiting consumer receives a message immediately.
_LONG_POLL_SECONDS = 20
# Same guide, "Key management": how long SQS reuses a data key. A call to KMS for each message would be throttled.
_DATA_KEY_SECONDS = 300


class QueueKind(Enum):
    """Kind of a queue: delivery order, and whether it has a dead-letter queue."""

    STANDARD = auto()
    """At-least-once delivery, in best-effort order."""
    FIFO = auto()
    """FIFO: exactly-once processing, in order within each message group."""
    STANDARD_WITHOUT_DLQ = auto()
    """Standard, without a dead-letter queue."""
    FIFO_WITHOUT_DLQ = auto()
    """FIFO, without a dead-letter queue."""

    @property
    def is_fifo(self) -> bool:
        """Whether it is a FIFO queue."""
        return self in (QueueKind.FIFO, QueueKind.FIFO_WITHOUT_DLQ)

    @property
    def has_dlq(self) -> bool:
        """Whether it has a dead-letter queue."""
        return self not in (QueueKind.STANDARD_WITHOUT_DLQ, QueueKind.FIFO_WITHOUT_DLQ)


@dataclass(frozen=True)
class QueueArgs:
    """`key_arn` is the key of the class STREAMS; `senders` are the services that may send to the queue."""

    settings: Settings
    key_arn: pulumi.Input[str]
    kind: QueueKind
    senders: Sequence[Sender] = ()


class Queue(Layer):
    """A queue without delay, with a retention of fourteen days, encrypted, TLS only. `dlq` is None for kinds without a
    dead-letter queue."""

    queue: aws.sqs.Queue
    dlq: aws.sqs.Queue | None

    def __init__(self, name: str, args: QueueArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("events:Queue", name, opts)
        self._args = args
        self.dlq = self._sqs_queue(f"{name}-dlq") if args.kind.has_dlq else None
        self.queue = self._sqs_queue(name, self.dlq)
        self._policy(name, self.queue, args.senders)
        if self.dlq:
            self._policy(f"{name}-dlq", self.dlq, ())
            self._redrive_from(f"{name}-dlq", self.dlq, "byQueue", self.queue)
        else:
            self._redrive_from(name, self.queue, "denyAll")
        self.register_outputs({"url": self.queue.url, "dlqUrl": self.dlq.url if self.dlq else None})

    def _sqs_queue(self, name: str, dlq: aws.sqs.Queue | None = None) -> aws.sqs.Queue:
        streams = self._args.settings.streams
        redrive = (
            pulumi.Output.json_dumps({"deadLetterTargetArn": dlq.arn, "maxReceiveCount": streams.queue_max_receives})
            if dlq
            else None
        )
        physical = self._args.settings.name(name)
        is_fifo = self._args.kind.is_fifo
        high_throughput = is_fifo and streams.fifo_high_throughput
        return aws.sqs.Queue(
            name,
            name=f"{physical}.fifo" if is_fifo else physical,
            delay_seconds=0,
            message_retention_seconds=RETENTION_SECONDS,
            receive_wait_time_seconds=_LONG_POLL_SECONDS,
            visibility_timeout_seconds=streams.queue_visibility_timeout,
            kms_master_key_id=self._args.key_arn,
            kms_data_key_reuse_period_seconds=_DATA_KEY_SECONDS,
            redrive_policy=redrive,
            fifo_queue=True if is_fifo else None,
            # Two orders of an account can have the same content; only the producer can distinguish them, by its
            # deduplication id.
            content_based_deduplication=False if is_fifo else None,
            deduplication_scope="messageGroup" if high_throughput else None,
            fifo_throughput_limit="perMessageGroupId" if high_throughput else None,
            opts=self.stateful,
        )

    def _policy(self, name: str, queue: aws.sqs.Queue, senders: Sequence[Sender]) -> None:
        settings = self._args.settings
        aws.sqs.QueuePolicy(
            name,
            queue_url=queue.url,
            policy=policy_document(
                deny_without_tls("sqs:*", queue.arn),
                *(allow(settings, sender, "sqs:SendMessage", queue.arn) for sender in senders),
            ),
            opts=self.child,
        )

    def _redrive_from(self, name: str, queue: aws.sqs.Queue, permission: str, *sources: aws.sqs.Queue) -> None:
        """Set the queues that can name this one as their dead-letter queue and can receive its messages back."""
        allowed = {"sourceQueueArns": [source.arn for source in sources]} if sources else {}
        aws.sqs.RedriveAllowPolicy(
            name,
            queue_url=queue.url,
            redrive_allow_policy=pulumi.Output.json_dumps({"redrivePermission": permission, **allowed}),
            opts=self.child,
        )
