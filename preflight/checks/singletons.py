"""What an account or a region has one of, and may have already."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from preflight.account import Account, code_of
from preflight.declared import Declared
from preflight.model import Answer, Question, ok, stops

# The way out where a landing zone manages detection and recording.
_BASELINE = "set accountBaseline = false where a landing zone manages it, or import it into the stack"

_Ask = Callable[[Account, Declared, str], Answer]


class Singletons:
    """Reads the detector, hub, recorder, delivery channel, cost monitor and GitHub's identity provider; calls
    guardduty:ListDetectors, securityhub:DescribeHub, config:DescribeConfigurationRecorders,
    config:DescribeDeliveryChannels, ce:GetAnomalyMonitors and iam:ListOpenIDConnectProviders; stops where one exists
    that is not the stack's own."""

    name = "one of its kind"

    def questions(self, declared: Declared) -> Iterator[Question]:
        for subject, type_, everywhere, ask in _KINDS:
            for region in ("global",) if everywhere else declared.regions:
                if _declares(declared, None if everywhere else region, type_):
                    where = declared.region if everywhere else region
                    yield Question(
                        self.name,
                        subject,
                        region,
                        "none, or the stack's own",
                        lambda account, ask=ask, where=where: ask(account, declared, where),
                    )


def _declares(declared: Declared, region: str | None, type_: str) -> bool:
    return any(not resource.implied for resource in declared.of_type(region, type_))


def _own(declared: Declared, tags: dict[str, str]) -> bool:
    return bool(declared.tags) and declared.tags.items() <= tags.items()


def _detector(account: Account, declared: Declared, region: str) -> Answer:
    found = account.call("guardduty", region, "list_detectors")["DetectorIds"]
    if not found:
        return ok("none")
    tags = account.call("guardduty", region, "get_detector", DetectorId=found[0]).get("Tags", {})
    return ok("the stack's own") if _own(declared, tags) else stops(f"detector {found[0]} exists", _BASELINE)


def _hub(account: Account, declared: Declared, region: str) -> Answer:
    try:
        hub = account.call("securityhub", region, "describe_hub")["HubArn"]
    except account.client("securityhub", region).exceptions.ClientError as error:
        # Security Hub API Reference, DescribeHub: an account that is not subscribed gets InvalidAccessException.
        if code_of(error) in ("InvalidAccessException", "ResourceNotFoundException"):
            return ok("none")
        raise
    tags = account.call("securityhub", region, "list_tags_for_resource", ResourceArn=hub)["Tags"]
    # The provider gives the hub no tags: a hub without any beside a detector of the stack is the stack's own.
    detector = _detector(account, declared, region)
    if _own(declared, tags) or detector.found == "the stack's own":
        return ok("the stack's own")
    return stops(f"{hub} exists", _BASELINE)


def _recorder(account: Account, declared: Declared, region: str) -> Answer:
    found = account.call("config", region, "describe_configuration_recorders")["ConfigurationRecorders"]
    return _by_name(declared, region, [entry["name"] for entry in found], "aws:cfg/recorder:Recorder")


def _channel(account: Account, declared: Declared, region: str) -> Answer:
    found = account.call("config", region, "describe_delivery_channels")["DeliveryChannels"]
    return _by_name(declared, region, [entry["name"] for entry in found], "aws:cfg/deliveryChannel:DeliveryChannel")


def _by_name(declared: Declared, region: str, found: list[str], type_: str) -> Answer:
    own = {str(resource.properties.get("name")) for resource in declared.of_type(region, type_)}
    others = [name for name in found if name not in own]
    if others:
        return stops(f"{', '.join(others)} exists", _BASELINE)
    return ok("the stack's own" if found else "none")


def _monitor(account: Account, declared: Declared, region: str) -> Answer:
    """One monitor of all services (Cost Management User Guide, "Monitor types"); AWS makes one for new users."""
    wanted = declared.of_type(None, "aws:costexplorer/anomalyMonitor:AnomalyMonitor")
    own = {str(monitor.properties["name"]) for monitor in wanted}
    by_service = any(monitor.properties.get("monitorDimension") == "SERVICE" for monitor in wanted)
    monitors: list[dict[str, Any]] = account.call("ce", "us-east-1", "get_anomaly_monitors")["AnomalyMonitors"]
    others = [
        monitor["MonitorName"]
        for monitor in monitors
        if by_service and monitor.get("MonitorDimension") == "SERVICE" and monitor["MonitorName"] not in own
    ]
    if others:
        return stops(f"{others[0]} watches all services already", "set costAnomalyMonitor to its ARN, or to none")
    return ok(f"{len(monitors)} monitors, none in the way")


def _github(account: Account, declared: Declared, region: str) -> Answer:
    urls = {
        str(provider.properties["url"]).removeprefix("https://")
        for provider in declared.of_type(None, "aws:iam/openIdConnectProvider:OpenIdConnectProvider")
        if not provider.implied
    }
    found = account.call("iam", region, "list_open_id_connect_providers")["OpenIDConnectProviderList"]
    for entry in found:
        arn = str(entry["Arn"])
        if any(arn.endswith(f"oidc-provider/{url}") for url in urls):
            tags = account.call("iam", region, "list_open_id_connect_provider_tags", OpenIDConnectProviderArn=arn)[
                "Tags"
            ]
            if not _own(declared, {tag["Key"]: tag["Value"] for tag in tags}):
                return stops(f"{arn} exists", "set createGithubProvider = false")
    return ok("none in the way")


_KINDS: tuple[tuple[str, str, bool, _Ask], ...] = (
    ("GuardDuty detector", "aws:guardduty/detector:Detector", False, _detector),
    ("Security Hub", "aws:securityhub/account:Account", False, _hub),
    ("Config recorder", "aws:cfg/recorder:Recorder", False, _recorder),
    ("Config delivery channel", "aws:cfg/deliveryChannel:DeliveryChannel", False, _channel),
    ("cost anomaly monitor", "aws:costexplorer/anomalyMonitor:AnomalyMonitor", True, _monitor),
    ("GitHub identity provider", "aws:iam/openIdConnectProvider:OpenIdConnectProvider", True, _github),
)
