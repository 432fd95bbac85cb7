"""Every rule of the pack, in the order of its services."""

from __future__ import annotations

from policy.rule import Rule
from policy.rules import (
    alarms,
    audit,
    cluster_access,
    containers,
    delivery,
    detection,
    dynamodb,
    efs,
    functions,
    hosts,
    iam,
    interfaces,
    keys,
    kubernetes,
    messaging,
    network,
    placement,
    rds,
    recovery,
    s3,
    sharing,
    streams,
    trust,
)

_MODULES = (
    network,
    hosts,
    placement,
    kubernetes,
    cluster_access,
    containers,
    rds,
    dynamodb,
    efs,
    s3,
    streams,
    messaging,
    functions,
    interfaces,
    keys,
    audit,
    detection,
    alarms,
    delivery,
    iam,
    trust,
    sharing,
    recovery,
)

RULES: tuple[Rule, ...] = tuple(rule for module in _MODULES for rule in module.RULES.rules)
BY_ID: dict[str, Rule] = {rule.id: rule for rule in RULES}
