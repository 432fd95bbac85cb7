"""Kinesis Data Streams: CreateStream keeps the tags that it is given.

https://docs.aws.amazon.com/kinesis/latest/APIReference/API_CreateStream.html
"""

from __future__ import annotations

from functools import cache
from typing import Any

from moto.kinesis.responses import KinesisResponse

from rehearsal.aws.corrections._patch import around


@cache
def install() -> None:
    around(KinesisResponse, "create_stream", _create_stream)


def _create_stream(original: Any, response: KinesisResponse) -> Any:
    answer = original(response)
    tags = response._get_param("Tags")
    if tags:
        response.kinesis_backend.add_tags_to_stream(None, response._get_param("StreamName"), tags)
    return answer
