"""Security Hub: the account's hub and standards subscriptions.

https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_Operations.html
Moto has the hub too, without its settings; findings and members stay with moto, which learns of the hub.
"""

from typing import Any

from aws_emulator.store import AwsError, Call, Resource, Service, Tagging, make

SERVICE = Service("securityhub", "https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_Operations.html")
_HUB = "hub"
_DEFAULT_STANDARDS = (
    "arn:{partition}:securityhub:{region}::standards/aws-foundational-security-best-practices/v/1.0.0",
    "arn:{partition}:securityhub:::ruleset/cis-aws-foundations-benchmark/v/1.2.0",
)
"""https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_EnableSecurityHub.html"""


def _hub(call: Call) -> dict[str, Any]:
    """The account's hub. Raises InvalidAccessException while Security Hub is not enabled."""
    hub = call.store.settings.get(_HUB)
    if hub is None:
        raise AwsError("InvalidAccessException", f"Account {call.account} is not subscribed to AWS Security Hub")
    return hub


@SERVICE.action("EnableSecurityHub")
def _enable(call: Call) -> Any:
    if _HUB in call.store.settings:
        raise AwsError("ResourceConflictException", "Account is already subscribed to Security Hub")
    arn = call.arn("securityhub", "hub/default")
    call.store.settings[_HUB] = {
        "HubArn": arn,
        "SubscribedAt": make.now().isoformat(timespec="milliseconds"),
        "AutoEnableControls": True,
        "ControlFindingGenerator": call.params.get("ControlFindingGenerator", "SECURITY_CONTROL"),
    }
    call.store.tags[arn] = dict(call.params.get("Tags", {}))
    call.moto("securityhub").enable_security_hub(enable_default_standards=False)
    if call.params.get("EnableDefaultStandards", True):
        for standard in _DEFAULT_STANDARDS:
            _subscribe(call, standard.format(partition=call.partition, region=call.region), {})
    return {}


@SERVICE.action("DescribeHub")
def _describe(call: Call) -> Any:
    hub = _hub(call)
    if call.params.get("HubArn", hub["HubArn"]) != hub["HubArn"]:
        raise AwsError("ResourceNotFoundException", f"No hub was found with ARN {call.params['HubArn']}")
    return hub


@SERVICE.action("UpdateSecurityHubConfiguration")
def _update(call: Call) -> Any:
    _hub(call).update(call.params)
    return {}


@SERVICE.action("DisableSecurityHub")
def _disable(call: Call) -> Any:
    hub = _hub(call)
    call.store.tags.pop(hub["HubArn"])
    del call.store.settings[_HUB]
    SUBSCRIPTION.records(call).clear()
    call.moto("securityhub").disable_security_hub()
    return {}


SERVICE.covers(
    "hub",
    "EnableSecurityHub",
    "DescribeHub",
    "UpdateSecurityHubConfiguration",
    "DisableSecurityHub",
    stored="the settings of the account's hub",
    not_emulated="checks: there are only the findings that are imported",
)

SUBSCRIPTION = SERVICE.resource(
    Resource(
        name="standards subscription",
        key=("StandardsSubscriptionArn",),
        shapes=("StandardsSubscription",),
        list="GetEnabledStandards",
        filters={"StandardsSubscriptionArns": "StandardsSubscriptionArn", "Providers": "Provider"},
        stored="which standards are enabled",
        not_emulated="the controls of a standard",
    )
)


def _subscribe(call: Call, standard: str, inputs: dict[str, str]) -> dict[str, Any]:
    path = standard.split(":", 5)[-1].split("/", 1)[-1]
    record = {
        "StandardsSubscriptionArn": call.arn("securityhub", f"subscription/{path}"),
        "StandardsArn": standard,
        "StandardsInput": inputs,
        "StandardsStatus": "READY",
        "StandardsControlsUpdatable": "READY_FOR_UPDATES",
        "Provider": "AWS",
    }
    return SUBSCRIPTION.add(call, record)


@SERVICE.action("BatchEnableStandards")
def _enable_standards(call: Call) -> Any:
    _hub(call)
    wanted = call.params["StandardsSubscriptionRequests"]
    return {
        "StandardsSubscriptions": [
            _subscribe(call, item["StandardsArn"], item.get("StandardsInput", {})) for item in wanted
        ]
    }


@SERVICE.action("BatchDisableStandards")
def _disable_standards(call: Call) -> Any:
    _hub(call)
    gone = []
    for arn in call.params["StandardsSubscriptionArns"]:
        if (arn,) not in SUBSCRIPTION.records(call):
            raise AwsError("InvalidInputException", f"There is no standards subscription {arn}")
        gone.append({**SUBSCRIPTION.records(call).pop((arn,)), "StandardsStatus": "DELETING"})
    return {"StandardsSubscriptions": gone}


SERVICE.covers(
    "standards subscription, on and off",
    "BatchEnableStandards",
    "BatchDisableStandards",
    stored="which standards are enabled; a subscription is ready at once",
    not_emulated="the controls of a standard",
)
SERVICE.tagging(Tagging(arn="ResourceArn", tags="Tags", keys="TagKeys", answer="Tags"))


def install() -> None:
    """Answer these actions from now on; once is enough."""
    SERVICE.install()
