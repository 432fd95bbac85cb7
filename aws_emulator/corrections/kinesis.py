"""Kinesis Data Streams: tags at creation, and ARNs of consumers.

- CreateStream keeps the tags that it is given.
  https://docs.aws.amazon.com/kinesis/latest/APIReference/API_CreateStream.html
- The ARN of a consumer ends with the time of its creation, as whole seconds since 1970: a consumer that is registered
  again has another ARN.
  https://docs.aws.amazon.com/kinesis/latest/APIReference/API_Consumer.html
"""

from __future__ import annotations

from functools import cache
from typing import Any

from moto.kinesis.models import Consumer
from moto.kinesis.responses import KinesisResponse

from aws_emulator.corrections._patch import around


@cache
def install() -> None:
    around(KinesisResponse, "create_stream", _create_stream)
    around(Consumer, "__init__", _consumer)


def _create_stream(original: Any, response: KinesisResponse) -> Any:
    answer = original(response)
    tags = response._get_param("Tags")
    if tags:
        response.kinesis_backend.add_tags_to_stream(None, response._get_param("StreamName"), tags)
    return answer


def _consumer(original: Any, consumer: Consumer, *args: Any, **kwargs: Any) -> None:
    original(consumer, *args, **kwargs)
    consumer.consumer_arn += f":{int(consumer.created.timestamp())}"
