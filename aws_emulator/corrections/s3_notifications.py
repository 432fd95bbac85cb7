"""S3: a bucket that tells EventBridge of its objects says so when it is asked.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketNotificationConfiguration.html
moto keeps the configuration and acts on it, but leaves it out of the answer.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import xmltodict
from moto.s3.responses import S3Response

from aws_emulator.corrections._patch import around

_ROOT = "NotificationConfiguration"


@cache
def install() -> None:
    around(S3Response, "get_bucket_notification", _with_event_bridge)


def _with_event_bridge(original: Any, response: Any) -> Any:
    answer = original(response)
    kept = response.backend.get_bucket_notification_configuration(response.bucket_name)
    if kept is None or kept.event_bridge is None:
        return answer
    status, headers, body = answer
    document = xmltodict.parse(body)
    document[_ROOT] = {**(document[_ROOT] or {}), "EventBridgeConfiguration": None}
    return status, headers, xmltodict.unparse(document)
