"""Corrections that the engine may make by itself, and what they change.

Only settings that are changed in place, that cost nothing, and that no client of the resource can notice except as a
refusal of what the rule forbids. Encryption, placement and network settings are no such settings: they replace the
resource, or cut clients off.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from policy.report import Remediated
from policy.resources import Resource
from policy.rule import Remedy, Rule, Scope
from policy.stack import Stack
from policy.values import SIGNATURE_KEY, NotEvaluatedError

if TYPE_CHECKING:
    from policy.configuration import Settings


def _with(inputs: Mapping[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy of the inputs with the value at `path`; a list of one block is entered."""
    key, _, rest = path.partition(".")
    if not rest:
        return {**inputs, key: value}
    inner = inputs.get(key)
    if isinstance(inner, list):
        return {**inputs, key: [_with(inner[0], rest, value)] if len(inner) == 1 else inner}
    if inner is not None and (not isinstance(inner, Mapping) or SIGNATURE_KEY in inner):
        return dict(inputs)
    return {**inputs, key: _with(inner or {}, rest, value)}


def setting(path: str, value: Any) -> Remedy:
    """A remedy that sets one property."""
    return lambda inputs: _with(inputs, path, value)


REMEDIES: dict[str, Remedy] = {
    # EC2 API Reference, ModifyInstanceMetadataOptions: changed in place.
    "imds-v2": setting("metadataOptions.httpTokens", "required"),
    # KMS API Reference, EnableKeyRotation: ciphertexts and key id stay as they are.
    "key-rotation": setting("enableKeyRotation", True),
    "key-deletion-window": setting("deletionWindowInDays", 30),
    # CloudTrail API Reference, UpdateTrail.
    "trail-validated": setting("enableLogFileValidation", True),
    # ECR API Reference, PutImageTagMutability.
    "ecr-immutable": setting("imageTagMutability", "IMMUTABLE"),
    # DynamoDB API Reference, UpdateContinuousBackups and UpdateTable.
    "table-point-in-time-recovery": setting("pointInTimeRecovery.enabled", True),
    "table-deletion-protection": setting("deletionProtectionEnabled", True),
    # Elastic Load Balancing API Reference, ModifyLoadBalancerAttributes.
    "balancer-deletion-protection": setting("enableDeletionProtection", True),
    # Lambda API Reference, UpdateFunctionConfiguration.
    "function-tracing": setting("tracingConfig.mode", "Active"),
}


def remedy_of(rule: Rule) -> Remedy | None:
    """The remedy of a rule on single resources, if it has one."""
    return (rule.remedy or REMEDIES.get(rule.id)) if rule.scope is Scope.RESOURCE else None


def corrected(rule: Rule, resource: Resource, parameters: Mapping[str, Any]) -> dict[str, Any] | None:
    """The inputs after the remedy, None where the resource satisfies the rule, or is not known well enough."""
    remedy = remedy_of(rule)
    if remedy is None or resource.type not in rule.types or rule.missing(parameters):
        return None
    try:
        if next(iter(rule.check(resource, parameters)), None) is None:
            return None
        inputs = remedy(resource.inputs)
        left = next(iter(rule.check(resource.having(inputs), parameters)), None)
    except (NotEvaluatedError, AttributeError, IndexError, KeyError, TypeError, ValueError):
        return None
    return inputs if left is None else None


def remediated(stack: Stack, settings: Settings, rules: Sequence[Rule]) -> tuple[Stack, list[Remediated]]:
    """The stack as it is after the remedies of the rules that are set to `remediate`, and what they change."""
    active = [rule for rule in rules if settings[rule.id].remediate and remedy_of(rule) is not None]
    if not active:
        return stack, []
    made: list[Remediated] = []
    resources = {resource.urn: resource for resource in stack.resources}
    for rule in active:
        for urn, resource in resources.items():
            if resource.external:
                continue
            inputs = corrected(rule, resource, settings[rule.id].parameters)
            if inputs is not None:
                changed = tuple(sorted(key for key in inputs if inputs[key] != resource.inputs.get(key)))
                made.append(Remediated(rule, stack.name, urn, changed))
                resources[urn] = resource.having(inputs)
    return Stack(stack.name, resources.values(), stack.outputs), made
