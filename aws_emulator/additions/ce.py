"""Cost Explorer: anomaly monitors and subscriptions.

https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_Operations_AWS_Cost_Explorer_Service.html
Cost categories and cost queries are moto's.
"""

from typing import Any

from aws_emulator.store import AwsError, Call, Record, Resource, Service, Tagging, make

SERVICE = Service(
    "ce",
    "https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_Operations_AWS_Cost_Explorer_Service.html",
    everywhere=True,
)


def _today(_call: Call, _record: Record) -> str:
    return make.now().date().isoformat()


MONITOR = SERVICE.resource(
    Resource(
        name="anomaly monitor",
        key=("MonitorArn",),
        shapes=("AnomalyMonitor",),
        make={
            "identifier": make.uuid_id(),
            "MonitorArn": make.arn("ce", "anomalymonitor/{identifier}", regional=False),
            "CreationDate": _today,
            "LastUpdatedDate": _today,
            "DimensionalValueCount": 0,
        },
        arn="MonitorArn",
        list="GetAnomalyMonitors",
        update="UpdateAnomalyMonitor",
        delete="DeleteAnomalyMonitor",
        filters={"MonitorArnList": "MonitorArn"},
        names="MonitorArnList",
        not_found="UnknownMonitorException",
        not_emulated="detection: there are never anomalies",
    )
)


@SERVICE.action("CreateAnomalyMonitor")
def _create_monitor(call: Call) -> Any:
    wanted = dict(call.params["AnomalyMonitor"])
    return {"MonitorArn": MONITOR.add(call, wanted, call.params.get("ResourceTags"))["MonitorArn"]}


def _check(call: Call, record: Record) -> None:
    for monitor in record["MonitorArnList"]:
        MONITOR.find(call, {"MonitorArn": monitor})
    for subscriber in record["Subscribers"]:
        subscriber.setdefault("Status", "CONFIRMED")
    if "ThresholdExpression" not in record and "Threshold" not in record:
        raise AwsError("ValidationException", "A subscription needs a threshold")


def _about(call: Call, record: Record) -> bool:
    monitor = call.params.get("MonitorArn")
    return monitor is None or monitor in record["MonitorArnList"]


SUBSCRIPTION = SERVICE.resource(
    Resource(
        name="anomaly subscription",
        key=("SubscriptionArn",),
        shapes=("AnomalySubscription",),
        make={
            "identifier": make.uuid_id(),
            "SubscriptionArn": make.arn("ce", "anomalysubscription/{identifier}", regional=False),
            "AccountId": make.account,
        },
        arn="SubscriptionArn",
        list="GetAnomalySubscriptions",
        update="UpdateAnomalySubscription",
        delete="DeleteAnomalySubscription",
        filters={"SubscriptionArnList": "SubscriptionArn"},
        ignored=("MonitorArn",),
        selects=_about,
        names="SubscriptionArnList",
        on_create=_check,
        on_update=_check,
        not_found="UnknownSubscriptionException",
        not_emulated="sending anything to the subscribers",
    )
)


@SERVICE.action("CreateAnomalySubscription")
def _create_subscription(call: Call) -> Any:
    wanted = dict(call.params["AnomalySubscription"])
    record = SUBSCRIPTION.add(call, wanted, call.params.get("ResourceTags"))
    return {"SubscriptionArn": record["SubscriptionArn"]}


SERVICE.covers(
    "anomaly monitor and subscription, create",
    "CreateAnomalyMonitor",
    "CreateAnomalySubscription",
    stored="the monitor or subscription of the request",
    not_emulated="detection",
)
SERVICE.tagging(
    Tagging(arn="ResourceArn", tags="ResourceTags", keys="ResourceTagKeys", answer="ResourceTags", moto_has=True)
)


def install() -> None:
    """Answer these actions from now on; once is enough."""
    SERVICE.install()
