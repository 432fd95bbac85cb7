"""SQS queues and SNS topics."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from policy import tokens as t
from policy.resource_policies import OF_QUEUES, OF_TOPICS, granted_by
from policy.resources import Resource
from policy.rule import Parameter, Parameters, Rules
from policy.rules.keys_of import missing_customer_key
from policy.stack import Stack

RULES = Rules("SQS and SNS")

_TWO_WEEKS = 14 * 24 * 3600
# SQS Developer Guide, "Amazon SQS message quotas" and "High throughput for FIFO queues": calls per second and action
# without high throughput, and with it by region; 2,400 where the region is not listed; entries of one batch.
_FIFO_CALLS = 300
_FIFO_HIGH_CALLS = {
    "us-east-1": 70_000,
    "us-west-2": 70_000,
    "eu-west-1": 70_000,
    "us-east-2": 19_000,
    "eu-central-1": 19_000,
    "ap-northeast-1": 9_000,
    "eu-west-2": 4_500,
}
_FIFO_HIGH_ELSEWHERE = 2_400


@RULES.joined(
    t.QUEUE,
    id="queue-encrypted",
    title="Queues are encrypted with a customer-managed key",
    remediation="Set kmsMasterKeyId to the streams key.",
    needs=("kmsMasterKeyId",),
)
def queue_encrypted(queue: Resource, stack: Stack, _: Parameters) -> Iterator[str]:
    """With the SQS-managed key everyone who may receive messages can read them."""
    if reason := missing_customer_key(queue, stack, "kmsMasterKeyId"):
        yield reason


@RULES.resource(
    *OF_QUEUES,
    id="queue-not-public",
    title="Queue policies do not admit everyone",
    remediation="Name principals, or tie the grant to your account with aws:SourceAccount.",
    needs=((t.QUEUE_POLICY, "policy"),),
)
def queue_not_public(queue: Resource, _: Parameters) -> Iterator[str]:
    """A policy is judged even if its queue is not in the plan. `service-for-own-account` judges service principals."""
    for statement in granted_by(queue):
        if statement.anyone:
            yield f"{statement.label} lets anybody {', '.join(statement.actions)}"


_POINTERS = (
    (t.QUEUE, "redrivePolicy"),
    (t.REDRIVE_POLICY, "redrivePolicy"),
    (t.FUNCTION, "deadLetterConfig"),
    ("aws:cloudwatch/eventTarget:EventTarget", "deadLetterConfig"),
    ("aws:sns/topicSubscription:TopicSubscription", "redrivePolicy"),
    ("aws:scheduler/schedule:Schedule", "target"),
    ("aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig", "destinationConfig"),
    (t.EVENT_SOURCE_MAPPING, "destinationConfig"),
)


@RULES.joined(
    t.QUEUE,
    id="queue-dead-letter",
    title="Queues have a dead-letter queue",
    remediation="Set redrivePolicy to a dead-letter queue, or let something use this one as such.",
    needs=("redrivePolicy",),
    parameters={"ends": Parameter("array", [], "Queues at which the way ends, by name; * for a part.", items="string")},
)
def dead_letter(queue: Resource, stack: Stack, parameters: Parameters) -> Iterator[str]:
    """Without one a message that always fails is received again and again.

    In a FIFO queue it blocks its message group.
    """
    apart = stack.attached(queue, t.REDRIVE_POLICY, "queueUrl")
    if any((policy.document("redrivePolicy") or {}).get("deadLetterTargetArn") for policy in apart):
        return
    if queue.has("redrivePolicy"):
        if not (queue.document("redrivePolicy") or {}).get("deadLetterTargetArn"):
            yield "its redrive policy names no queue"
        return
    if any(fnmatchcase(queue.text("name"), pattern) for pattern in parameters["ends"]):
        return
    if not any(stack.attached(queue, type_, path) for type_, path in _POINTERS):
        yield "has no dead-letter queue and is not one"


@RULES.resource(
    t.QUEUE,
    id="queue-retention",
    title="Queues keep messages for 14 days",
    remediation="Set messageRetentionSeconds to 1209600.",
    needs=("messageRetentionSeconds",),
)
def queue_retention(queue: Resource, _: Parameters) -> Iterator[str]:
    """After a takeover consumers process the messages that remain from the other region."""
    seconds = queue.number("messageRetentionSeconds") or 345_600
    if seconds < _TWO_WEEKS:
        yield f"keeps messages for {seconds / 86400:g} days"


@RULES.resource(
    t.QUEUE,
    id="queue-zero-delay",
    title="Queues have no delivery delay",
    remediation="Set delaySeconds to 0.",
    needs=("delaySeconds",),
)
def queue_delay(queue: Resource, _: Parameters) -> Iterator[str]:
    """DelaySeconds delays every message by that time."""
    if delay := queue.number("delaySeconds"):
        yield f"delays each message by {delay:g} s"


@RULES.joined(
    t.QUEUE,
    id="fifo-rate",
    title="The expected rate is within the limits of the FIFO queue's mode",
    remediation="Use high throughput (deduplicationScope messageGroup, fifoThroughputLimit perMessageGroupId), "
    "larger batches, or more queues.",
    needs=("fifoThroughputLimit", "deduplicationScope"),
    parameters={
        "loads": Parameter(
            "object",
            {},
            "Peak of each ordered queue by name (* for a part): messagesPerSecond, groupMessagesPerSecond of the "
            "busiest message group, and how many messages a batch carries.",
            fields=("messagesPerSecond", "groupMessagesPerSecond", "batch"),
            needed=True,
        )
    },
)
def fifo_rate(queue: Resource, stack: Stack, parameters: Parameters) -> Iterator[str]:
    """The limit is 300 calls per second without high throughput.

    With high throughput it depends on the region, and is 300 for each message group.
    """
    name = queue.text("name")
    load = next((load for pattern, load in parameters["loads"].items() if fnmatchcase(name, pattern)), None)
    if load is None:
        return
    high = (
        queue.text("fifoThroughputLimit") == "perMessageGroupId" and queue.text("deduplicationScope") == "messageGroup"
    )
    calls = _FIFO_HIGH_CALLS.get(stack.region_of(queue), _FIFO_HIGH_ELSEWHERE) if high else _FIFO_CALLS
    batch = int(load["batch"])
    for what, rate, limit in (
        ("messages", load["messagesPerSecond"], calls * batch),
        ("messages of one group", load["groupMessagesPerSecond"], _FIFO_CALLS * batch),
    ):
        if rate > limit:
            yield f"must take {rate:g} {what} a second; its mode takes {limit}"


@RULES.joined(
    t.TOPIC,
    id="topic-encrypted",
    title="Topics are encrypted with a customer-managed key",
    remediation="Set kmsMasterKeyId to the streams key.",
    needs=("kmsMasterKeyId",),
)
def topic_encrypted(topic: Resource, stack: Stack, _: Parameters) -> Iterator[str]:
    """Topics carry reports of trades."""
    if reason := missing_customer_key(topic, stack, "kmsMasterKeyId"):
        yield reason


@RULES.resource(
    *OF_TOPICS,
    id="topic-not-public",
    title="Topic policies do not admit everyone",
    remediation="Name principals, or tie the grant to your account with aws:SourceAccount.",
    needs=((t.TOPIC_POLICY, "policy"),),
)
def topic_not_public(topic: Resource, _: Parameters) -> Iterator[str]:
    """A policy is judged even if its topic is not in the plan. `service-for-own-account` judges service principals."""
    for statement in granted_by(topic):
        if statement.anyone:
            yield f"{statement.label} lets anybody {', '.join(statement.actions)}"


@RULES.resource(
    t.TOPIC_SUBSCRIPTION,
    id="subscription-tls",
    title="Topics deliver to HTTPS endpoints only",
    remediation="Subscribe the endpoint by https.",
    needs=("protocol",),
)
def subscription_tls(subscription: Resource, _: Parameters) -> Iterator[str]:
    """With the protocol http messages and the confirmation token are sent unencrypted."""
    if subscription.text("protocol").lower() == "http" or str(subscription.peek("endpoint")).startswith("http://"):
        yield "delivers over plain HTTP"


@RULES.resource(
    t.EVENT_ARCHIVE,
    id="event-archive-retention",
    title="Event archives keep events for at least 30 days",
    remediation="Set retentionDays to 30 or more, or to 0 to keep events for ever.",
    needs=("retentionDays",),
    parameters={"days": Parameter("integer", 30, "Days for which events are kept at least.", minimum=1)},
)
def archive_retention(archive: Resource, parameters: Parameters) -> Iterator[str]:
    """A retention of 0, or none, keeps events without limit (EventBridge API, CreateArchive)."""
    days = archive.number("retentionDays")
    if days and days < parameters["days"]:
        yield f"keeps events for {days:g} days"
