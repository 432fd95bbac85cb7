"""One queue, with the dead-letter queue that takes what its consumers fail on."""

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

# SQS Developer Guide, "Amazon SQS message quotas": the longest retention. Nothing is lost by being late.
RETENTION_SECONDS = 14 * 24 * 3600
# Same guide, "Amazon SQS short and long polling": the longest wait. A waiting consumer is served at once.
_LONG_POLL_SECONDS = 20
# Same guide, "Key management": how long a data key is used again. A call to KMS for each message would throttle.
_DATA_KEY_SECONDS = 300


class QueueKind(Enum):
    """What a queue promises."""

    STANDARD = auto()
    """At least once, in about the order in which it was sent."""
    ORDERED = auto()
    """Exactly once and in order for each message group."""
    LAST_RESORT = auto()
    """Standard, and the end of the line: it has no dead-letter queue."""
    ORDERED_LAST_RESORT = auto()
    """Ordered, and the end of the line."""

    @property
    def ordered(self) -> bool:
        """Whether it is a FIFO queue."""
        return self in (QueueKind.ORDERED, QueueKind.ORDERED_LAST_RESORT)

    @property
    def last(self) -> bool:
        """Whether it has no dead-letter queue."""
        return self in (QueueKind.LAST_RESORT, QueueKind.ORDERED_LAST_RESORT)


@dataclass(frozen=True)
class QueueArgs:
    """`key_arn` is the key of the class STREAMS; `senders` are the services that may send to the queue."""

    settings: Settings
    key_arn: pulumi.Input[str]
    kind: QueueKind
    senders: Sequence[Sender] = ()


class Queue(Layer):
    """Zero delay, fourteen days, encrypted, by TLS only. `dlq` is None at the end of the line."""

    queue: aws.sqs.Queue
    dlq: aws.sqs.Queue | None

    def __init__(self, name: str, args: QueueArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("events:Queue", name, opts)
        self._args = args
        self.dlq = None if args.kind.last else self._sqs_queue(f"{name}-dlq")
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
        ordered = self._args.kind.ordered
        high_throughput = ordered and streams.fifo_high_throughput
        return aws.sqs.Queue(
            name,
            name=f"{physical}.fifo" if ordered else physical,
            delay_seconds=0,
            message_retention_seconds=RETENTION_SECONDS,
            receive_wait_time_seconds=_LONG_POLL_SECONDS,
            visibility_timeout_seconds=streams.queue_visibility_timeout,
            kms_master_key_id=self._args.key_arn,
            kms_data_key_reuse_period_seconds=_DATA_KEY_SECONDS,
            redrive_policy=redrive,
            fifo_queue=True if ordered else None,
            # Two instructions of an account may well have the same content; only their producer knows them apart.
            content_based_deduplication=False if ordered else None,
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
        """Which queues may name this one as their dead-letter queue, and have messages moved back to them."""
        allowed = {"sourceQueueArns": [source.arn for source in sources]} if sources else {}
        aws.sqs.RedriveAllowPolicy(
            name,
            queue_url=queue.url,
            redrive_allow_policy=pulumi.Output.json_dumps({"redrivePermission": permission, **allowed}),
            opts=self.child,
        )
