"""Route 53: private hosted zones, and health checks that keep the whole of their configuration.

- A zone that is created with a VPC is private, whatever the configuration says.
  https://docs.aws.amazon.com/Route53/latest/APIReference/API_CreateHostedZone.html
- A health check comes back as it was configured, alarm and all; an update changes what it names and raises the version.
  https://docs.aws.amazon.com/Route53/latest/APIReference/API_CreateHealthCheck.html
  https://docs.aws.amazon.com/Route53/latest/APIReference/API_UpdateHealthCheck.html
"""

from __future__ import annotations

from functools import cache
from typing import Any

from moto.core.responses import ActionResult
from moto.route53.models import HealthCheck
from moto.route53.responses import Route53

from aws_emulator.corrections._patch import around

_WITHOUT_ENDPOINT = {"CALCULATED", "CLOUDWATCH_METRIC", "RECOVERY_CONTROL"}
_NOT_CONFIGURATION = {"HealthCheckId", "HealthCheckVersion", "ResetElements"}


@cache
def install() -> None:
    around(Route53, "create_hosted_zone", _create_zone)
    around(Route53, "create_health_check", _create_health_check)
    around(Route53, "update_health_check", _update_health_check)
    described = HealthCheck.health_check_config.fget
    if described is None:
        raise AttributeError("HealthCheck.health_check_config is no longer a property that can be read")
    HealthCheck.health_check_config = property(  # type: ignore[method-assign,assignment]
        lambda check: _configuration(check, described(check))
    )


def _create_zone(original: Any, response: Route53) -> ActionResult:
    if response._get_param("VPC"):
        response.params["HostedZoneConfig"] = {**response.params.get("HostedZoneConfig", {}), "PrivateZone": True}
    return original(response)


def _configuration(check: HealthCheck, defaults: dict[str, Any]) -> dict[str, Any]:
    """Only a check of an endpoint has an address, a port and an interval."""
    of_endpoint = check.type_ not in _WITHOUT_ENDPOINT
    kept = defaults if of_endpoint else {name: defaults[name] for name in ("Type", "Inverted", "Disabled")}
    return kept | vars(check).get("configured", {})


def _create_health_check(original: Any, response: Route53) -> ActionResult:
    answer = original(response)
    answer.result["HealthCheck"].configured = dict(response._get_param("HealthCheckConfig"))
    return answer


def _update_health_check(original: Any, response: Route53) -> ActionResult:
    answer = original(response)
    check = answer.result["HealthCheck"]
    changed = {key: value for key, value in response.params.items() if key not in _NOT_CONFIGURATION}
    reset = set(response._get_param("ResetElements", []))
    configured = vars(check).get("configured", {}) | changed
    check.configured = {key: value for key, value in configured.items() if key not in reset}
    check.health_check_version += 1
    return answer
