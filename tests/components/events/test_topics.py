"""The topics."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from typing import Any

import pytest

from blueprint import Blueprint, Resource, record_primary
from blueprint.references import references_in

TOPIC = "aws:sns/topic:Topic"
SUBSCRIPTION = "aws:sns/topicSubscription:TopicSubscription"
TOPICS = ("executions", "risk", "operations")


def _of_topics(stack: Blueprint, kind: str) -> list[Resource]:
    """Approvals of deployments have a topic of their own, which is not of this layer."""
    return [found for found in stack.of_type(kind) if (found.parent or "").endswith("::topics")]


def test_there_is_a_topic_for_executions_for_risk_and_for_operations(stack: Blueprint):
    assert {topic.name for topic in _of_topics(stack, TOPIC)} == set(TOPICS)


def test_every_topic_is_encrypted_and_signs_with_sha_256(stack: Blueprint):
    for topic in _of_topics(stack, TOPIC):
        assert "::streams#arn" in topic.properties["kmsMasterKeyId"]
        assert topic.properties["signatureVersion"] == 2
        assert topic.properties["tracingConfig"] == "Active"


@pytest.mark.parametrize("protocol", ["sqs", "lambda", "http"])
def test_every_failed_delivery_is_logged_and_a_share_of_the_others(stack: Blueprint, protocol: str):
    for topic in _of_topics(stack, TOPIC):
        assert "sns-delivery-status#arn" in topic.properties[f"{protocol}FailureFeedbackRoleArn"]
        assert "sns-delivery-status#arn" in topic.properties[f"{protocol}SuccessFeedbackRoleArn"]
        assert topic.properties[f"{protocol}SuccessFeedbackSampleRate"] == 10


def test_delivery_logs_are_there_before_the_service_makes_them_unencrypted(stack: Blueprint):
    region = "us-east-1" if stack.stack == "primary" else "us-west-2"
    for topic in _of_topics(stack, TOPIC):
        for suffix, name in (("", f"sns-{topic.name}"), ("/Failure", f"sns-{topic.name}-failure")):
            group = stack.one("aws:cloudwatch/logGroup:LogGroup", name)
            assert group.properties["name"] == f"sns/{region}/123456789012/{topic.properties['name']}{suffix}"
            assert "::logs#arn" in group.properties["kmsKeyId"]
            assert group.urn in topic.dependencies, f"{name} comes before its topic"


def test_only_named_services_of_this_account_publish_and_only_by_tls(stack: Blueprint):
    senders = {}
    for policy in _of_topics(stack, "aws:sns/topicPolicy:TopicPolicy"):
        statements = json.loads(policy.properties["policy"])["Statement"]
        denial, *allowed = statements
        assert (denial["Effect"], denial["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
        for statement in allowed:
            if statement["Principal"]["Service"] != "events.amazonaws.com":
                assert statement["Condition"]["StringEquals"] == {"aws:SourceAccount": "123456789012"}
        senders[policy.name] = {statement["Principal"]["Service"].split(".")[0] for statement in allowed}
    assert senders == {
        "executions": {"events"},
        "risk": {"events", "cloudwatch"},
        "operations": {"events", "cloudwatch", "budgets", "costalerts", "backup"},
    }


def test_what_a_rule_tells_a_topic_gets_there(stack: Blueprint):
    """EventBridge brings no condition key to a topic, and neither account nor source to the topic's key: a statement
    that asks for one admits nothing. EventBridge User Guide, "Amazon SNS permissions"; SNS Developer Guide, "Managing
    Amazon SNS encryption keys and costs"."""
    region = "us-east-1" if stack.stack == "primary" else "us-west-2"
    targets = stack.of_type("aws:cloudwatch/eventTarget:EventTarget")
    told = {r.name for target in targets for r in references_in(target.properties["arn"]) if r.type == TOPIC}
    assert set(TOPICS) <= told
    for name in told:
        topic = stack.one(TOPIC, name)
        policy = stack.one("aws:sns/topicPolicy:TopicPolicy", name).properties["policy"]
        assert ["Condition" in statement for statement in _of_rules(policy)] == [False], name
        (key,) = references_in(topic.properties["kmsMasterKeyId"])
        arn = f"arn:aws:sns:{region}:123456789012:{topic.properties['name']}"
        statements = _of_rules(stack.one(key.type, key.name).properties["policy"])
        assert any(_encrypts_for(statement, arn) for statement in statements), name


def _of_rules(policy: str) -> list[dict[str, Any]]:
    statements = json.loads(policy)["Statement"]
    return [found for found in statements if found.get("Principal") == {"Service": "events.amazonaws.com"}]


def _encrypts_for(statement: dict[str, Any], topic: str) -> bool:
    asked = {key: value for operator in statement["Condition"].values() for key, value in operator.items()}
    return (
        not any(key.startswith("aws:Source") for key in asked)
        and fnmatchcase(topic, asked["kms:EncryptionContext:aws:sns:topicArn"])
        and {"kms:Decrypt", "kms:GenerateDataKey*"} <= set(statement["Action"])
    )


def test_executions_are_queued_for_trade_reports_as_they_are(stack: Blueprint):
    subscription = stack.one(SUBSCRIPTION, "executions-queue")
    assert "::trade-reports#arn" in subscription.properties["endpoint"]
    assert subscription.properties["rawMessageDelivery"] is True


def test_a_notification_that_no_subscriber_takes_is_kept(stack: Blueprint):
    for subscription in _of_topics(stack, SUBSCRIPTION):
        assert "::undelivered-notifications#arn" in subscription.properties["redrivePolicy"]


def test_people_are_told_of_risk_and_of_operations():
    recorded = record_primary(
        {"operationsEmails": ["desk@trading.example"], "operationsEndpoints": ["https://pager.trading.example/hook"]}
    )
    told = {
        (subscription.properties["topic"].split("::")[1].split("#")[0], subscription.properties["protocol"])
        for subscription in _of_topics(recorded, SUBSCRIPTION)
        if subscription.properties["protocol"] != "sqs"
    }
    assert told == {(topic, protocol) for topic in ("risk", "operations") for protocol in ("email", "https")}
