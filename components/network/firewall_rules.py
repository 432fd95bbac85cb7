"""The rules of the web ACL: AWS's managed groups, a rate limit for each caller, and checks of the order's form.

Together they take about 1,260 of the 1,500 capacity units that a web ACL has without extra charge (WAF Developer Guide,
"AWS Managed Rules rule groups list").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pulumi_aws import wafv2 as waf

from components.recovery.switch_document import PATH, STAGE

# An order is flat JSON of a few hundred bytes; its longest field is the client's reference.
_LONGEST_FIELD_BYTES = 512
_METHODS_WITH_BODY = ("POST", "PUT", "PATCH")
_RATE_WINDOW_SECONDS = 60
# A health checker asks each of the switch's two paths every ten seconds, which is 12 requests a minute from one
# address. Several checkers may share an address.
_SWITCH, _SWITCH_REQUESTS_PER_MINUTE = f"/{STAGE}{PATH}", 120

_MANAGED = (
    "AWSManagedRulesAmazonIpReputationList",
    "AWSManagedRulesCommonRuleSet",
    "AWSManagedRulesKnownBadInputsRuleSet",
    "AWSManagedRulesSQLiRuleSet",
)
_ANONYMOUS = "AWSManagedRulesAnonymousIpList"

_AS_IS = [waf.WebAclRuleStatementSizeConstraintStatementTextTransformationArgs(priority=0, type="NONE")]


@dataclass(frozen=True)
class Limits:
    """Limits: requests a minute from one address, bytes of a body, and whether anonymous callers are blocked or
    counted.

    WAF inspects the first 8,192 bytes of a body behind a load balancer (WAF Developer Guide, "Oversize request
    components"). Larger bodies are blocked, because WAF does not inspect the rest.
    """

    requests_per_minute: int
    max_body_bytes: int
    block_anonymous: bool


def rules(limits: Limits) -> list[waf.WebAclRuleArgs]:
    """All rules, by priority: cheap and certain rules first, rules that inspect the body last."""
    return [
        _blocking(0, "rate-per-address", _rate(limits.requests_per_minute)),
        _blocking(4, "switch-rate-per-address", _rate(_SWITCH_REQUESTS_PER_MINUTE, _path_begins_with(_SWITCH))),
        _blocking(1, "order-body-size", _body_larger_than(limits.max_body_bytes)),
        _blocking(2, "order-body-type", _and(_has_body(), _not(_is_json()))),
        _blocking(3, "order-body-content", _and(_has_body(), _malformed_or_bloated())),
        *(_managed(10 + index, group, block=True) for index, group in enumerate(_MANAGED)),
        _managed(20, _ANONYMOUS, block=limits.block_anonymous),
    ]


def _blocking(priority: int, name: str, statement: waf.WebAclRuleStatementArgs) -> waf.WebAclRuleArgs:
    return waf.WebAclRuleArgs(
        name=name,
        priority=priority,
        action=waf.WebAclRuleActionArgs(block=waf.WebAclRuleActionBlockArgs()),
        statement=statement,
        visibility_config=_visible(name),
    )


def _managed(priority: int, group: str, *, block: bool) -> waf.WebAclRuleArgs:
    # The override action "none" keeps each rule's own action.
    override = (
        waf.WebAclRuleOverrideActionArgs(none=waf.WebAclRuleOverrideActionNoneArgs())
        if block
        else waf.WebAclRuleOverrideActionArgs(count=waf.WebAclRuleOverrideActionCountArgs())
    )
    return waf.WebAclRuleArgs(
        name=group,
        priority=priority,
        override_action=override,
        statement=waf.WebAclRuleStatementArgs(
            managed_rule_group_statement=waf.WebAclRuleStatementManagedRuleGroupStatementArgs(
                vendor_name="AWS", name=group
            )
        ),
        visibility_config=_visible(group),
    )


def _visible(name: str) -> waf.WebAclRuleVisibilityConfigArgs:
    return waf.WebAclRuleVisibilityConfigArgs(
        cloudwatch_metrics_enabled=True, metric_name=name, sampled_requests_enabled=True
    )


_Scope = waf.WebAclRuleStatementRateBasedStatementScopeDownStatementArgs


def _rate(requests_per_minute: int, scope: _Scope | None = None) -> waf.WebAclRuleStatementArgs:
    """Requests from one address, of those in `scope` or of all."""
    return waf.WebAclRuleStatementArgs(
        rate_based_statement=waf.WebAclRuleStatementRateBasedStatementArgs(
            limit=requests_per_minute,
            aggregate_key_type="IP",
            evaluation_window_sec=_RATE_WINDOW_SECONDS,
            scope_down_statement=scope,
        )
    )


def _path_begins_with(path: str) -> _Scope:
    match = waf.WebAclRuleStatementRateBasedStatementScopeDownStatementByteMatchStatementArgs
    field = waf.WebAclRuleStatementRateBasedStatementScopeDownStatementByteMatchStatementFieldToMatchArgs
    transformation = waf.WebAclRuleStatementRateBasedStatementScopeDownStatementByteMatchStatementTextTransformationArgs
    uri_path = waf.WebAclRuleStatementRateBasedStatementScopeDownStatementByteMatchStatementFieldToMatchUriPathArgs
    return _Scope(
        byte_match_statement=match(
            positional_constraint="STARTS_WITH",
            search_string=path,
            field_to_match=field(uri_path=uri_path()),
            text_transformations=[transformation(priority=0, type="NONE")],
        )
    )


def _body_larger_than(size: int) -> waf.WebAclRuleStatementArgs:
    return waf.WebAclRuleStatementArgs(
        size_constraint_statement=waf.WebAclRuleStatementSizeConstraintStatementArgs(
            comparison_operator="GT",
            size=size,
            field_to_match=waf.WebAclRuleStatementSizeConstraintStatementFieldToMatchArgs(
                body=waf.WebAclRuleStatementSizeConstraintStatementFieldToMatchBodyArgs(oversize_handling="MATCH")
            ),
            text_transformations=_AS_IS,
        )
    )


def _malformed_or_bloated() -> waf.WebAclRuleStatementArgs:
    """Match a body that is not JSON, or that has a longer key or value than any order needs."""
    return waf.WebAclRuleStatementArgs(
        size_constraint_statement=waf.WebAclRuleStatementSizeConstraintStatementArgs(
            comparison_operator="GT",
            size=_LONGEST_FIELD_BYTES,
            field_to_match=waf.WebAclRuleStatementSizeConstraintStatementFieldToMatchArgs(
                json_body=waf.WebAclRuleStatementSizeConstraintStatementFieldToMatchJsonBodyArgs(
                    match_scope="ALL",
                    invalid_fallback_behavior="MATCH",
                    oversize_handling="MATCH",
                    match_pattern=waf.WebAclRuleStatementSizeConstraintStatementFieldToMatchJsonBodyMatchPatternArgs(
                        all=waf.WebAclRuleStatementSizeConstraintStatementFieldToMatchJsonBodyMatchPatternAllArgs()
                    ),
                )
            ),
            text_transformations=_AS_IS,
        )
    )


def _has_body() -> waf.WebAclRuleStatementArgs:
    return _or([_header_or_method("EXACTLY", method, "NONE") for method in _METHODS_WITH_BODY])


def _is_json() -> waf.WebAclRuleStatementArgs:
    return _header_or_method("STARTS_WITH", "application/json", "LOWERCASE", header="content-type")


def _header_or_method(
    position: str, text: str, transformation: str, header: str | None = None
) -> waf.WebAclRuleStatementArgs:
    match = waf.WebAclRuleStatementByteMatchStatementFieldToMatchArgs
    field = (
        match(single_header=waf.WebAclRuleStatementByteMatchStatementFieldToMatchSingleHeaderArgs(name=header))
        if header
        else match(method=waf.WebAclRuleStatementByteMatchStatementFieldToMatchMethodArgs())
    )
    return waf.WebAclRuleStatementArgs(
        byte_match_statement=waf.WebAclRuleStatementByteMatchStatementArgs(
            positional_constraint=position,
            search_string=text,
            field_to_match=field,
            text_transformations=[
                waf.WebAclRuleStatementByteMatchStatementTextTransformationArgs(priority=0, type=transformation)
            ],
        )
    )


def _and(*statements: waf.WebAclRuleStatementArgs) -> waf.WebAclRuleStatementArgs:
    return waf.WebAclRuleStatementArgs(
        and_statement=waf.WebAclRuleStatementAndStatementArgs(statements=list(statements))
    )


def _or(statements: Sequence[waf.WebAclRuleStatementArgs]) -> waf.WebAclRuleStatementArgs:
    return waf.WebAclRuleStatementArgs(or_statement=waf.WebAclRuleStatementOrStatementArgs(statements=list(statements)))


def _not(statement: waf.WebAclRuleStatementArgs) -> waf.WebAclRuleStatementArgs:
    return waf.WebAclRuleStatementArgs(not_statement=waf.WebAclRuleStatementNotStatementArgs(statement=statement))
