"""EC2: CreateDhcpOptions keeps the tags that it is given.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateDhcpOptions.html
"""

from __future__ import annotations

from functools import cache
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.responses.dhcp_options import DHCPOptions

from aws_emulator.corrections._patch import around


@cache
def install() -> None:
    around(DHCPOptions, "create_dhcp_options", _create)


def _create(original: Any, response: DHCPOptions) -> ActionResult:
    answer = original(response)
    answer.result["DhcpOptions"].add_tags(response._parse_tag_specification().get("dhcp-options", {}))
    return answer
