"""Application Auto Scaling: tags of scalable targets.

https://docs.aws.amazon.com/autoscaling/application/APIReference/API_RegisterScalableTarget.html
https://docs.aws.amazon.com/autoscaling/application/APIReference/API_TagResource.html (also Untag, ListTagsForResource)
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from moto.applicationautoscaling.models import FakeScalableTarget
from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse
from moto.core.exceptions import JsonRESTError

from aws_emulator.corrections._patch import around, lacking


@cache
def install() -> None:
    around(ApplicationAutoScalingResponse, "register_scalable_target", _register)
    lacking(ApplicationAutoScalingResponse, "tag_resource", _tag)
    lacking(ApplicationAutoScalingResponse, "untag_resource", _untag)
    lacking(ApplicationAutoScalingResponse, "list_tags_for_resource", _list_tags)


def _tags(response: ApplicationAutoScalingResponse, arn: str) -> dict[str, str]:
    targets: list[FakeScalableTarget] = [
        target
        for by_resource in response.applicationautoscaling_backend.targets.values()
        for target in by_resource.values()
        if target.arn == arn
    ]
    if not targets:
        raise JsonRESTError("ResourceNotFoundException", f"No scalable target found for {arn}")
    return vars(targets[0]).setdefault("tags", {})


def _register(original: Any, response: ApplicationAutoScalingResponse) -> str:
    answer = original(response)
    _tags(response, json.loads(answer)["ScalableTargetARN"]).update(response._get_param("Tags") or {})
    return answer


def _tag(response: ApplicationAutoScalingResponse) -> str:
    _tags(response, response._get_param("ResourceARN")).update(response._get_param("Tags"))
    return "{}"


def _untag(response: ApplicationAutoScalingResponse) -> str:
    tags = _tags(response, response._get_param("ResourceARN"))
    for key in response._get_param("TagKeys"):
        tags.pop(key, None)
    return "{}"


def _list_tags(response: ApplicationAutoScalingResponse) -> str:
    return json.dumps({"Tags": _tags(response, response._get_param("ResourceARN"))})
