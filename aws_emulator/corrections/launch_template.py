"""EC2: the tags of a launch template are not tags that its instances are launched with.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateLaunchTemplate.html: `TagSpecification` is the
template's own, `LaunchTemplateData.TagSpecification` is for what it launches.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from moto.ec2.models.launch_templates import LaunchTemplateVersion

from aws_emulator.corrections._patch import around

_OWN = "launch-template"


@cache
def install() -> None:
    around(LaunchTemplateVersion, "__init__", _make)


def _make(original: Any, version: LaunchTemplateVersion, template: Any, number: int, data: Any, *rest: Any) -> None:
    specifications = data.get("TagSpecifications") or []
    launched = [specification for specification in specifications if specification["ResourceType"] != _OWN]
    if launched:
        data["TagSpecifications"] = launched
    else:
        data.pop("TagSpecifications", None)
    original(version, template, number, data, *rest)
