"""Topics of the in-memory AWS answer what they were given."""

from __future__ import annotations


def test_a_topic_answers_its_delivery_status_signature_and_tracing(client):
    role = "arn:aws:iam::123456789012:role/delivery-status"
    given = {
        "SQSFailureFeedbackRoleArn": role,
        "SQSSuccessFeedbackSampleRate": "10",
        "HTTPSuccessFeedbackRoleArn": role,
        "SignatureVersion": "2",
        "TracingConfig": "Active",
    }
    topic = client("sns").create_topic(Name="answers", Attributes={"SignatureVersion": "2"})["TopicArn"]
    for name, value in given.items():
        client("sns").set_topic_attributes(TopicArn=topic, AttributeName=name, AttributeValue=value)
    answered = client("sns").get_topic_attributes(TopicArn=topic)["Attributes"]
    assert {name: answered.get(name) for name in given} == given
    assert "LambdaFailureFeedbackRoleArn" not in answered, "what was not given is not answered"
