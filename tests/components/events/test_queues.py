"""The queues."""

from __future__ import annotations

import json

from blueprint import Blueprint, Resource
from blueprint.references import references_in

QUEUE = "aws:sqs/queue:Queue"
POLICY = "aws:sqs/queuePolicy:QueuePolicy"
ALLOW = "aws:sqs/redriveAllowPolicy:RedriveAllowPolicy"
LAST_RESORTS = {
    "quarantine",
    "quarantine-ordered",
    "undelivered-events",
    "undelivered-notifications",
    "failed-invocations",
    "failed-recovery",
}
# By producers and functions with a role of their own, and by no service for itself.
SENT_TO_BY_ROLES = {"account-events", "quarantine-ordered", "failed-invocations"}
FOURTEEN_DAYS = 1_209_600


def sources(stack: Blueprint) -> list[Resource]:
    """Queues that consumers take work from."""
    return [queue for queue in stack.of_type(QUEUE) if not queue.name.endswith("-dlq")]


def test_each_venue_and_each_class_of_instruments_has_a_queue(stack: Blueprint):
    assert {queue.name for queue in sources(stack)} == {
        *("execution-xnys", "execution-xnas", "execution-arcx"),
        *("post-trade-equity", "post-trade-option", "post-trade-future"),
        *("account-events", "trade-reports", "replays"),
        *(LAST_RESORTS if stack.stack == "dr" else LAST_RESORTS - {"failed-recovery"}),
    }


def test_every_queue_delivers_at_once_and_keeps_for_fourteen_days(stack: Blueprint):
    for queue in stack.of_type(QUEUE):
        assert queue.properties["delaySeconds"] == 0, f"{queue.name} delays nothing"
        assert queue.properties["messageRetentionSeconds"] == FOURTEEN_DAYS, f"{queue.name} loses nothing by being late"


def test_every_queue_is_encrypted_and_protected(stack: Blueprint):
    for queue in stack.of_type(QUEUE):
        assert "::streams#arn" in queue.properties["kmsMasterKeyId"]
        assert queue.options.get("protect"), f"{queue.name} holds messages"


def test_what_a_consumer_fails_on_goes_to_the_dead_letter_queue_of_its_queue_alone(stack: Blueprint):
    for queue in sources(stack):
        if queue.name in LAST_RESORTS:
            assert "redrivePolicy" not in queue.properties, f"{queue.name} is the end of the line"
            allowed = json.loads(stack.one(ALLOW, queue.name).properties["redriveAllowPolicy"])
            assert allowed == {"redrivePermission": "denyAll"}
            continue
        redrive = json.loads(queue.properties["redrivePolicy"])
        assert f"::{queue.name}-dlq#arn" in redrive["deadLetterTargetArn"]
        assert redrive["maxReceiveCount"] >= 5, "AWS Lambda asks for five tries, since throttling uses them up"
        allowed = json.loads(stack.one(ALLOW, f"{queue.name}-dlq").properties["redriveAllowPolicy"])
        assert allowed["redrivePermission"] == "byQueue"
        assert [reference.name for reference in references_in(allowed["sourceQueueArns"])] == [queue.name]


def test_no_queue_takes_a_request_in_the_clear(stack: Blueprint):
    policies = {policy.name: json.loads(policy.properties["policy"]) for policy in stack.of_type(POLICY)}
    assert set(policies) == {queue.name for queue in stack.of_type(QUEUE)}, "every queue has a policy"
    for name, policy in policies.items():
        denials = [statement for statement in policy["Statement"] if statement["Effect"] == "Deny"]
        assert [(d["Principal"], d["Condition"]) for d in denials] == [
            ("*", {"Bool": {"aws:SecureTransport": "false"}})
        ]
        for statement in policy["Statement"]:
            if statement["Effect"] == "Allow":
                assert set(statement["Principal"]) == {"Service"}, f"{name} is open to services of AWS alone"
                assert statement["Condition"]["StringEquals"] == {"aws:SourceAccount": "123456789012"}
                assert "aws:SourceArn" in statement["Condition"]["ArnLike"], f"{name} names who may send"


def test_dead_letter_queues_take_nothing_from_services_but_those_of_bus_and_topics(stack: Blueprint):
    for policy in stack.of_type(POLICY):
        allows = [s for s in json.loads(policy.properties["policy"])["Statement"] if s["Effect"] == "Allow"]
        if policy.name.endswith("-dlq") or policy.name in SENT_TO_BY_ROLES:
            assert not allows, f"no service sends to {policy.name}"
        else:
            assert allows, f"something sends to {policy.name}"


def test_the_order_of_each_account_is_kept_at_high_throughput(stack: Blueprint):
    for name in ("account-events", "account-events-dlq", "quarantine-ordered"):
        queue = stack.one(QUEUE, name)
        assert queue.properties["name"].endswith(".fifo")
        assert queue.properties["fifoQueue"] is True
        assert queue.properties["deduplicationScope"] == "messageGroup"
        assert queue.properties["fifoThroughputLimit"] == "perMessageGroupId"
        assert queue.properties["contentBasedDeduplication"] is False, "two like instructions are two instructions"


def test_a_message_is_hidden_for_longer_than_its_consumer_retries(stack: Blueprint):
    assert all(queue.properties["visibilityTimeoutSeconds"] >= 6 * 30 for queue in stack.of_type(QUEUE))


def test_a_region_never_names_a_queue_of_the_other(primary: Blueprint, dr: Blueprint):
    here = {queue.properties["name"] for queue in primary.of_type(QUEUE)}
    assert not here & {queue.properties["name"] for queue in dr.of_type(QUEUE)}
    alone = {queue.name for queue in dr.of_type(QUEUE)} - {queue.name for queue in primary.of_type(QUEUE)}
    assert alone == {"failed-recovery"}, "both regions have the same queues but for that of what takes over"
    assert len(here) == len(dr.of_type(QUEUE)) - len(alone)
