"""S3: the notification configuration of a bucket includes its EventBridge configuration.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketNotificationConfiguration.html
moto stores this configuration and sends the events, but omits it from the answer.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import xmltodict
from moto.s3.responses import S3Response

from aws_emulator.corrections._patch import replace_method

_ROOT = "NotificationConfiguration"


@cache
def install() -> None:
    replace_method(S3Response, "get_bucket_notification", _with_event_bridge)


def _with_event_bridge(original: Any, response: Any) -> Any:
    answer = original(response)
    kept = response.backend.get_bucket_notification_configuration(response.bucket_name)
    if kept is None or kept.event_bridge is None:
        return answer
    status, headers, body = answer
    document = xmltodict.parse(body)
    document[_ROOT] = {**(document[_ROOT] or {}), "EventBridgeConfiguration": None}
    return status, headers, xmltodict.unparse(document)
