"""EC2: a security group rule keeps its description whomever it names, a range, another group or a prefix list.

- https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_UserIdGroupPair.html and
  https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_PrefixListId.html have a description each;
  https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_SecurityGroupRule.html answers it.
- https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ReferencedSecurityGroup.html has none.
"""

from __future__ import annotations

from functools import cache
from inspect import signature
from typing import Any

from moto.ec2.models.security_groups import SecurityGroupRule

from aws_emulator.corrections._patch import around


@cache
def install() -> None:
    around(SecurityGroupRule, "__init__", _make)


def _make(original: Any, rule: SecurityGroupRule, *args: Any, **kwargs: Any) -> None:
    given = signature(original).bind(rule, *args, **kwargs).arguments
    named = given.get("source_group") or given.get("prefix_list_id") or {}
    original(rule, *args, **kwargs)
    if "Description" in named:
        rule.ip_range = {**rule.ip_range, "Description": named["Description"]}
