"""API Gateway stages and load balancers: what the world connects to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from policy import tokens as t
from policy.resources import Resource
from policy.rule import Parameter, Parameters, Rules
from policy.stack import Stack

RULES = Rules("API Gateway and load balancers")

# API Gateway Developer Guide, "Security policies": those that end at TLS 1.2.
_API_TLS = re.compile(r"^(TLS_1_2|SecurityPolicy_TLS1[23]_)")

# OPTIONS is what browsers ask before a call from another site, and carries no credentials (Fetch standard, "CORS
# protocol").
_METHODS = ("get", "put", "post", "delete", "head", "patch", "x-amazon-apigateway-any-method")
# Elastic Load Balancing, "Security policies": those that end at TLS 1.2.
_TLS = re.compile(r"^ELBSecurityPolicy-(TLS13-1-[23]|TLS-1-2|FS-1-2)")


@RULES.resource(
    t.REST_API,
    t.HTTP_API,
    t.API_METHOD,
    t.HTTP_ROUTE,
    id="api-authorised",
    title="Every API method has an authorizer",
    remediation="Give the operation `security`, or set authorization; list what is open on purpose in `open`.",
    needs=("body", (t.API_METHOD, "authorization")),
    parameters={
        "open": Parameter(
            "array",
            [],
            "Paths that anybody may call, as Route 53's health checkers must.",
            items="string",
        )
    },
)
def authorised(api: Resource, parameters: Parameters) -> Iterator[str]:
    """An API key identifies a usage plan and authenticates nobody (API Gateway Developer Guide, "Usage plans").

    A security scheme counts if it has an authorizer or is AWS Signature. OPTIONS is not judged: browsers send CORS
    preflight requests without credentials.
    """
    if api.type == t.API_METHOD:
        if api.text("authorization") in ("", "NONE") and api.text("httpMethod") != "OPTIONS":
            yield "requires no authorisation"
        return
    if api.type == t.HTTP_ROUTE:
        method, _, path = api.text("routeKey").rpartition(" ")
        open_ = path in parameters["open"] or method == "OPTIONS"
        if api.text("authorizationType") in ("", "NONE") and not open_:
            yield "requires no authorisation"
        return
    document = api.document("body") or {}
    everywhere = document.get("security")
    components = document.get("components") or {}
    schemes = {**(document.get("securityDefinitions") or {}), **(components.get("securitySchemes") or {})}
    for path, item in (document.get("paths") or {}).items():
        for method, operation in item.items() if path not in parameters["open"] else ():
            if method in _METHODS and (problem := _problem(operation, everywhere, schemes)):
                yield f"{method.upper()} {path} {problem}"


def _problem(operation: Any, everywhere: Any, schemes: Mapping[str, Any]) -> str | None:
    """Why an operation may be called by anybody: of its alternatives the weakest counts."""
    security = operation.get("security", everywhere)
    if not security or not all(bool(requirement) for requirement in security):
        return "requires no authorisation"
    for requirement in security:
        missing = [name for name in requirement if name not in schemes]
        if missing:
            return f"names the scheme {', '.join(missing)}, which is not defined"
        if not any(_authorises(schemes[name]) for name in requirement):
            return f"asks for {', '.join(requirement)} alone, which authorises nobody"
    return None


def _authorises(scheme: Any) -> bool:
    """Whether API Gateway verifies a scheme: by an authorizer, a user pool, or AWS's signature."""
    if not isinstance(scheme, Mapping):
        return False
    verified = str(scheme.get("x-amazon-apigateway-authtype", "")).lower()
    return bool(scheme.get("x-amazon-apigateway-authorizer")) or verified in ("awssigv4", "cognito_user_pools")


@RULES.joined(
    t.API_STAGE,
    t.HTTP_STAGE,
    id="api-logged",
    title="API stages have access logs and execution logs",
    remediation="Set accessLogSettings of the stage, and MethodSettings with loggingLevel ERROR or INFO.",
    needs=("accessLogSettings.destinationArn", (t.API_METHOD_SETTINGS, "settings.loggingLevel")),
)
def logged(stage: Resource, stack: Stack, _: Parameters) -> Iterator[str]:
    """The access log shows who called; the execution log shows why a call failed."""
    if not stage.has("accessLogSettings.destinationArn"):
        yield "has no access logs"
    if stage.type == t.HTTP_STAGE:
        return
    settings = [
        setting
        for api in stack.targets(stage, "restApi", t.REST_API)
        if isinstance(api, Resource)
        for setting in stack.attached(api, t.API_METHOD_SETTINGS, "restApi")
        if setting.text("stageName") == stage.text("stageName")
    ]
    if not any(setting.text("settings.loggingLevel") in ("ERROR", "INFO") for setting in settings):
        yield "logs no errors"


@RULES.resource(
    t.API_STAGE,
    id="api-traced",
    title="API stages have tracing",
    remediation="Set xrayTracingEnabled to true.",
    needs=("xrayTracingEnabled",),
)
def traced(stage: Resource, _: Parameters) -> Iterator[str]:
    """The trace of an order begins at the API."""
    if not stage.flag("xrayTracingEnabled"):
        yield "is not traced"


@RULES.joined(
    t.API_STAGE,
    id="api-behind-firewall",
    title="API stages have a web ACL",
    remediation="Declare an aws.wafv2.WebAclAssociation of the stage.",
    needs=((t.WEB_ACL_ASSOCIATION, "resourceArn"),),
)
def behind_firewall(stage: Resource, stack: Stack, _: Parameters) -> Iterator[str]:
    """A web ACL drops floods and malformed requests before they reach the order path."""
    if not stack.attached(stage, t.WEB_ACL_ASSOCIATION, "resourceArn"):
        yield "has no web ACL"


@RULES.resource(
    t.LISTENER,
    id="listener-tls",
    title="Listeners use TLS 1.2 or later, and redirect HTTP",
    remediation="Set sslPolicy to one that ends at TLS 1.2; let port 80 redirect to HTTPS.",
    needs=("protocol", "sslPolicy"),
    parameters={
        "plain": Parameter(
            "array", [], "Ports on which a network load balancer may pass plain TCP on.", items="integer"
        ),
    },
)
def listener_tls(listener: Resource, parameters: Parameters) -> Iterator[str]:
    """PCI DSS forbids older versions. Listeners of UDP, QUIC and of Gateway Load Balancers have no TLS setting."""
    protocol = listener.text("protocol")
    if protocol in ("HTTPS", "TLS"):
        policy = listener.text("sslPolicy")
        if not _TLS.match(policy):
            yield f"its policy {policy or '(the default)'} allows TLS before 1.2"
    elif protocol == "HTTP":
        for action in listener.items("defaultActions") or [{}]:
            if action.get("type") != "redirect" or (action.get("redirect") or {}).get("protocol") != "HTTPS":
                yield "answers plain HTTP without a redirect"
    elif protocol in _WITHOUT_TLS or (not protocol and listener.number("port") is None):
        return
    elif listener.number("port") not in parameters["plain"]:
        yield f"passes {protocol or 'plain traffic'} on unencrypted"


# Elastic Load Balancing, "Listeners for your Network Load Balancers"; the listener of a gateway load balancer has
# neither a protocol nor a port.
_WITHOUT_TLS = ("UDP", "TCP_UDP", "GENEVE", "QUIC", "TCP_QUIC")


@RULES.resource(
    t.API_DOMAIN,
    id="api-domain-tls",
    title="Custom domain names of APIs require TLS 1.2 or later",
    remediation="Set securityPolicy to TLS_1_2, or to a policy of TLS 1.3.",
    needs=("securityPolicy",),
)
def api_domain_tls(domain: Resource, _: Parameters) -> Iterator[str]:
    """Without a security policy API Gateway uses the default at the time of creation."""
    policy = domain.text("securityPolicy")
    if not _API_TLS.match(policy):
        yield f"its security policy {policy or '(the default)'} may allow TLS before 1.2"


@RULES.joined(
    t.LOAD_BALANCER,
    id="balancer-multi-zone",
    title="Load balancers have subnets in at least two zones",
    remediation="Give it subnets of two or more zones.",
    needs=("subnets", (t.SUBNET, "availabilityZone")),
)
def multi_zone(balancer: Resource, stack: Stack, _: Parameters) -> Iterator[str]:
    """A load balancer in one zone fails with the zone.

    A subnet without a zone in the plan counts as a zone of its own.
    """
    if balancer.text("loadBalancerType") == "gateway":
        return
    path = "subnets" if balancer.has("subnets") else "subnetMappings"
    zones = {
        _zone(subnet) if isinstance(subnet, Resource) else subnet.value
        for subnet in stack.targets(balancer, path, t.SUBNET)
    }
    if len(zones) < 2:
        yield f"has subnets in {', '.join(zones) or 'no zone'} only"


def _zone(subnet: Resource) -> str:
    return subnet.text("availabilityZone") or subnet.text("availabilityZoneId") or subnet.urn


@RULES.resource(
    t.LOAD_BALANCER,
    id="balancer-logged",
    title="Load balancers have access logs",
    remediation="Set accessLogs.enabled and a bucket.",
    needs=("accessLogs.enabled",),
)
def balancer_logged(balancer: Resource, _: Parameters) -> Iterator[str]:
    """An investigation needs the clients and their requests."""
    if not balancer.flag("accessLogs.enabled"):
        yield "logs nothing"


@RULES.resource(
    t.LOAD_BALANCER,
    id="balancer-deletion-protection",
    title="Load balancers have deletion protection",
    remediation="Set enableDeletionProtection to true.",
    needs=("enableDeletionProtection",),
)
def balancer_protected(balancer: Resource, _: Parameters) -> Iterator[str]:
    """A new load balancer gets another DNS name and other addresses."""
    if not balancer.flag("enableDeletionProtection"):
        yield "has no deletion protection"


@RULES.resource(
    t.LOAD_BALANCER,
    id="balancer-strict-headers",
    title="Application load balancers drop invalid headers and requests",
    remediation="Set dropInvalidHeaderFields to true, and desyncMitigationMode to defensive or strictest.",
    needs=("dropInvalidHeaderFields",),
)
def strict_headers(balancer: Resource, _: Parameters) -> Iterator[str]:
    """If load balancer and server interpret a header differently, one request can hide another (HTTP desync)."""
    if balancer.text("loadBalancerType") not in ("", "application"):
        return
    if not balancer.flag("dropInvalidHeaderFields"):
        yield "forwards malformed headers"
    if balancer.text("desyncMitigationMode") == "monitor":
        yield "forwards malformed requests"


@RULES.resource(
    t.WEB_ACL,
    "aws:wafv2/ruleGroup:RuleGroup",
    id="firewall-blocks",
    title="Web ACLs block requests",
    remediation="Give each rule the action block, captcha or challenge, and managed groups overrideAction none; name "
    "those that may count in the parameter `counting`.",
    needs=("rules",),
    parameters={
        "counting": Parameter("array", [], "Names of rules that may count alone; * for a part.", items="string")
    },
)
def firewall_blocks(firewall: Resource, parameters: Parameters) -> Iterator[str]:
    """Rules with the action count let every request pass. They are often left over from a trial."""
    blocking = 0
    for rule in _firewall_rules(firewall):
        action, override = rule.get("action") or {}, rule.get("overrideAction") or {}
        name = str(rule.get("name"))
        counts = "count" in action or "count" in override
        if counts and not any(fnmatchcase(name, pattern) for pattern in parameters["counting"]):
            yield f"rule {name!r} only counts"
        blocking += not counts and "allow" not in action
    closed = "block" in (firewall.peek("defaultAction") or {})
    if not blocking and not closed:
        yield "blocks nothing"


def _firewall_rules(firewall: Resource) -> list[Mapping[str, Any]]:
    """The rules of a firewall; `ruleJson` holds them in the form of the WAFV2 API, whose names begin in upper case."""
    rules = firewall.document("ruleJson")
    return [_lower(rule) for rule in rules] if isinstance(rules, list) else firewall.items("rules")


def _lower(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key[:1].lower() + key[1:]: _lower(item) for key, item in value.items()}
    return value
