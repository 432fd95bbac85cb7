"""API Gateway stages and load balancers: what the world connects to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from policy import tokens as t
from policy.resources import Resource
from policy.rule import Parameter, Parameters, Rules
from policy.stack import Stack

RULES = Rules("API Gateway and load balancers")

# API Gateway Developer Guide, "Security policies": those that end at TLS 1.2.
_API_TLS = re.compile(r"^(TLS_1_2|SecurityPolicy_TLS1[23]_)")

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "x-amazon-apigateway-any-method")
# Elastic Load Balancing, "Security policies": those that end at TLS 1.2.
_TLS = re.compile(r"^ELBSecurityPolicy-(TLS13-1-[23]|TLS-1-2|FS-1-2)")


@RULES.resource(
    t.REST_API,
    t.API_METHOD,
    t.HTTP_ROUTE,
    id="api-authorised",
    title="Every method of the API asks who calls",
    remediation="Give the operation `security`, or set authorization; list what is open on purpose in `open`.",
    needs=("body", (t.API_METHOD, "authorization")),
    parameters={
        "open": Parameter(
            "array",
            ["/health", "/switch"],
            "Paths that anybody may call, as Route 53's health checkers must.",
            items="string",
        )
    },
    fsbp="APIGateway.8",
    pci="7.2.1, 8.2.1",
    nist="AC-3, IA-2",
)
def authorised(api: Resource, parameters: Parameters) -> Iterator[str]:
    """One forgotten method is a door."""
    if api.type == t.API_METHOD:
        if api.text("authorization") in ("", "NONE") and api.text("httpMethod") != "OPTIONS":
            yield "asks for no authorisation"
        return
    if api.type == t.HTTP_ROUTE:
        method, _, path = api.text("routeKey").rpartition(" ")
        open_ = path in parameters["open"] or method == "OPTIONS"
        if api.text("authorizationType") in ("", "NONE") and not open_:
            yield "asks for no authorisation"
        return
    document = api.document("body") or {}
    everywhere = document.get("security")
    for path, item in (document.get("paths") or {}).items():
        for method, operation in item.items() if path not in parameters["open"] else ():
            if method in _METHODS and not _asks(operation, everywhere):
                yield f"{method.upper()} {path} asks for no authorisation"


def _asks(operation: Any, everywhere: Any) -> bool:
    security = operation.get("security", everywhere)
    return bool(security) and all(bool(requirement) for requirement in security)


@RULES.joined(
    t.API_STAGE,
    t.HTTP_STAGE,
    id="api-logged",
    title="The API logs calls and errors",
    remediation="Set accessLogSettings of the stage, and MethodSettings with loggingLevel ERROR or INFO.",
    needs=("accessLogSettings.destinationArn", (t.API_METHOD_SETTINGS, "settings.loggingLevel")),
    fsbp="APIGateway.1, APIGateway.9",
    pci="10.2.1",
    nist="AU-2, AU-12",
)
def logged(stage: Resource, stack: Stack, _: Parameters) -> Iterator[str]:
    """The access log says who called; the execution log says why it failed."""
    if not stage.has("accessLogSettings.destinationArn"):
        yield "logs no calls"
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
    title="The API is traced",
    remediation="Set xrayTracingEnabled to true.",
    needs=("xrayTracingEnabled",),
    fsbp="APIGateway.3",
    nist="SI-4",
)
def traced(stage: Resource, _: Parameters) -> Iterator[str]:
    """A trace begins where the order arrives."""
    if not stage.flag("xrayTracingEnabled"):
        yield "is not traced"


@RULES.joined(
    t.API_STAGE,
    id="api-behind-firewall",
    title="The API stands behind a web firewall",
    remediation="Declare an aws.wafv2.WebAclAssociation of the stage.",
    needs=((t.WEB_ACL_ASSOCIATION, "resourceArn"),),
    fsbp="APIGateway.4",
    pci="6.4.2",
    nist="AC-4, SC-5",
)
def behind_firewall(stage: Resource, stack: Stack, _: Parameters) -> Iterator[str]:
    """It sheds what would otherwise be paid for by the order path."""
    if not stack.attached(stage, t.WEB_ACL_ASSOCIATION, "resourceArn"):
        yield "no firewall stands before it"


@RULES.resource(
    t.LISTENER,
    id="listener-tls",
    title="Listeners use TLS 1.2 or later, and redirect plain HTTP",
    remediation="Set sslPolicy to one that ends at TLS 1.2; let port 80 redirect to HTTPS.",
    needs=("protocol", "sslPolicy"),
    parameters={
        "plain": Parameter(
            "array", [], "Ports on which a network load balancer may pass plain TCP on.", items="integer"
        ),
    },
    fsbp="ELB.1, ELB.17",
    pci="4.2.1",
    nist="SC-8, SC-23",
)
def listener_tls(listener: Resource, parameters: Parameters) -> Iterator[str]:
    """Older versions are forbidden by PCI DSS; a plain listener answers in clear."""
    protocol = listener.text("protocol")
    if protocol in ("HTTPS", "TLS"):
        policy = listener.text("sslPolicy")
        if not _TLS.match(policy):
            yield f"its policy {policy or '(the default)'} allows TLS before 1.2"
    elif protocol == "HTTP":
        for action in listener.items("defaultActions"):
            if action.get("type") != "redirect" or (action.get("redirect") or {}).get("protocol") != "HTTPS":
                yield "answers plain HTTP without a redirect"
    elif (listener.number("port") or 0) not in parameters["plain"]:
        yield f"passes {protocol or 'plain traffic'} on unencrypted"


@RULES.resource(
    t.API_DOMAIN,
    id="api-domain-tls",
    title="The API's own name takes TLS 1.2 or later",
    remediation="Set securityPolicy to TLS_1_2, or to a policy of TLS 1.3.",
    needs=("securityPolicy",),
    pci="4.2.1",
    nist="SC-8, SC-23",
)
def api_domain_tls(domain: Resource, _: Parameters) -> Iterator[str]:
    """Left out, it is what AWS has made the default when the name was created."""
    policy = domain.text("securityPolicy")
    if not _API_TLS.match(policy):
        yield f"its security policy {policy or '(the default)'} may allow TLS before 1.2"


@RULES.joined(
    t.LOAD_BALANCER,
    id="balancer-multi-zone",
    title="Load balancers stand in two zones at least",
    remediation="Give it subnets of two or more zones.",
    needs=("subnets", (t.SUBNET, "availabilityZone")),
    fsbp="ELB.13",
    nist="CP-10, SC-5",
)
def multi_zone(balancer: Resource, stack: Stack, _: Parameters) -> Iterator[str]:
    """A lost zone must not take the way in with it."""
    path = "subnets" if balancer.has("subnets") else "subnetMappings"
    zones = {
        (subnet.text("availabilityZone") or subnet.text("availabilityZoneId"))
        if isinstance(subnet, Resource)
        else subnet.value
        for subnet in stack.targets(balancer, path, t.SUBNET)
    }
    if len(zones) < 2:
        yield f"stands in {', '.join(zones) or 'no zone'} alone"


@RULES.resource(
    t.LOAD_BALANCER,
    id="balancer-logged",
    title="Load balancers log their connections",
    remediation="Set accessLogs.enabled and a bucket.",
    needs=("accessLogs.enabled",),
    fsbp="ELB.5",
    pci="10.2.1",
    nist="AU-12",
)
def balancer_logged(balancer: Resource, _: Parameters) -> Iterator[str]:
    """Who was there when it happened?"""
    if not balancer.flag("accessLogs.enabled"):
        yield "logs nothing"


@RULES.resource(
    t.LOAD_BALANCER,
    id="balancer-deletion-protection",
    title="Load balancers cannot be deleted by mistake",
    remediation="Set enableDeletionProtection to true.",
    needs=("enableDeletionProtection",),
    fsbp="ELB.6",
    nist="CP-10",
)
def balancer_protected(balancer: Resource, _: Parameters) -> Iterator[str]:
    """Its name and addresses do not come back."""
    if not balancer.flag("enableDeletionProtection"):
        yield "may be deleted by one call"
