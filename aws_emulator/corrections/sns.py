"""SNS: GetTopicAttributes answers every attribute that the topic was given.

https://docs.aws.amazon.com/sns/latest/api/API_GetTopicAttributes.html
"""

from __future__ import annotations

from functools import cache
from typing import Any

from moto.core.utils import camelcase_to_underscores
from moto.sns.responses import SNSResponse

from aws_emulator.corrections._patch import around

# SNS Developer Guide, "Amazon SNS message delivery status": a role for either outcome, and the share of the
# successes that is logged.
_DELIVERY_STATUS = tuple(
    f"{protocol}{attribute}"
    for protocol in ("Application", "Firehose", "HTTP", "Lambda", "SQS")
    for attribute in ("FailureFeedbackRoleArn", "SuccessFeedbackRoleArn", "SuccessFeedbackSampleRate")
)
_KEPT = (*_DELIVERY_STATUS, "SignatureVersion", "TracingConfig")


@cache
def install() -> None:
    around(SNSResponse, "get_topic_attributes", _get_topic_attributes)


def _get_topic_attributes(original: Any, response: SNSResponse) -> Any:
    answer = original(response)
    topic = response.backend.get_topic(response._get_param("TopicArn"))
    for name in _KEPT:
        value = getattr(topic, camelcase_to_underscores(name), None)
        if value is not None:
            answer.result["Attributes"][name] = value
    return answer
