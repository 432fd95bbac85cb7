"""AWS Budgets: budgets with notifications and subscribers.

https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_Operations_AWS_Budgets.html
The store has the whole of it: moto's budgets have no tags, no updates and no subscribers.
"""

from datetime import UTC, datetime
from typing import Any

from aws_emulator.store import AwsError, Call, Record, Resource, Service, Tagging, make
from aws_emulator.store.paging import page

SERVICE = Service(
    "budgets",
    "https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_Operations_AWS_Budgets.html",
    everywhere=True,
)
_FOREVER = datetime(2087, 6, 15, tzinfo=UTC)
"""https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_TimePeriod.html"""
_COST_TYPES = {
    "IncludeTax": True,
    "IncludeSubscription": True,
    "UseBlended": False,
    "IncludeRefund": True,
    "IncludeCredit": True,
    "IncludeUpfront": True,
    "IncludeRecurring": True,
    "IncludeOtherSubscription": True,
    "IncludeSupport": True,
    "IncludeDiscount": True,
    "UseAmortized": False,
}
"""https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_CostTypes.html"""
_NOTHING = {"Amount": "0.0", "Unit": "USD"}


def _complete(call: Call, record: Record) -> None:
    if not any(name in record for name in ("BudgetLimit", "PlannedBudgetLimits", "AutoAdjustData")):
        raise call.invalid("A budget needs a limit")
    record.setdefault("CalculatedSpend", {"ActualSpend": dict(_NOTHING)})
    period = record.setdefault("TimePeriod", {})
    period.setdefault("Start", make.now().replace(day=1, hour=0, minute=0, second=0))
    period.setdefault("End", _FOREVER)
    if record["BudgetType"] == "COST" and "Metrics" not in record:
        record["CostTypes"] = {**_COST_TYPES, **record.get("CostTypes", {})}
    record.setdefault("CostFilters", {})
    record["LastUpdatedTime"] = make.now()


BUDGET = SERVICE.resource(
    Resource(
        name="budget",
        key=("BudgetName",),
        shapes=("Budget",),
        make={
            "notifications": lambda _call, _record: [],
            "arn": make.arn("budgets", "budget/{BudgetName}", regional=False),
        },
        arn="arn",
        read="DescribeBudget",
        list="DescribeBudgets",
        delete="DeleteBudget",
        ignored=("AccountId", "ShowFilterExpression"),
        not_found="NotFoundException",
        exists="DuplicateRecordException",
        on_create=_complete,
        not_emulated="spending: it is always 0, no notification is ever sent; budget actions",
    )
)


@SERVICE.action("CreateBudget")
def _create(call: Call) -> Any:
    record = BUDGET.add(call, dict(call.params["Budget"]), call.params.get("ResourceTags"))
    for wanted in call.params.get("NotificationsWithSubscribers", []):
        _add_notification(call, record, wanted["Notification"], wanted["Subscribers"])
    return {}


@SERVICE.action("UpdateBudget")
def _update(call: Call) -> Any:
    """The new budget replaces the old one; notifications stay."""
    wanted = dict(call.params["NewBudget"])
    record = BUDGET.find(call, wanted)
    kept = {name: record[name] for name in ("notifications", "arn")}
    record.clear()
    record.update(wanted, **kept)
    _complete(call, record)
    return {}


_SAME = ("NotificationType", "ComparisonOperator", "Threshold", "ThresholdType")


def _identity(notification: Record) -> tuple[Any, ...]:
    return tuple({"ThresholdType": "PERCENTAGE", **notification}.get(name) for name in _SAME)


def _add_notification(call: Call, record: Record, notification: Record, subscribers: list[Record]) -> None:
    if any(_identity(item["Notification"]) == _identity(notification) for item in record["notifications"]):
        raise AwsError("DuplicateRecordException", "The budget already has this notification")
    if not subscribers:
        raise call.invalid("A notification needs a subscriber")
    kept = {"ThresholdType": "PERCENTAGE", "NotificationState": "OK", **notification}
    record["notifications"].append({"Notification": kept, "Subscribers": list(subscribers)})


def _notification(call: Call, member: str = "Notification") -> Record:
    wanted = _identity(call.params[member])
    for item in BUDGET.find(call)["notifications"]:
        if _identity(item["Notification"]) == wanted:
            return item
    raise AwsError("NotFoundException", "The budget does not have this notification")


@SERVICE.action("CreateNotification")
def _create_notification(call: Call) -> Any:
    _add_notification(call, BUDGET.find(call), call.params["Notification"], call.params["Subscribers"])
    return {}


@SERVICE.action("UpdateNotification")
def _update_notification(call: Call) -> Any:
    item = _notification(call, "OldNotification")
    item["Notification"] = {**item["Notification"], **call.params["NewNotification"]}
    return {}


@SERVICE.action("DeleteNotification")
def _delete_notification(call: Call) -> Any:
    BUDGET.find(call)["notifications"].remove(_notification(call))
    return {}


@SERVICE.action("DescribeNotificationsForBudget")
def _notifications(call: Call) -> Any:
    chosen, following = page(call, [item["Notification"] for item in BUDGET.find(call)["notifications"]])
    return {"Notifications": list(chosen), **following}


@SERVICE.action("CreateSubscriber")
def _create_subscriber(call: Call) -> Any:
    subscribers = _notification(call)["Subscribers"]
    if call.params["Subscriber"] in subscribers:
        raise AwsError("DuplicateRecordException", "The notification already has this subscriber")
    subscribers.append(call.params["Subscriber"])
    return {}


@SERVICE.action("DeleteSubscriber")
def _delete_subscriber(call: Call) -> Any:
    subscribers = _notification(call)["Subscribers"]
    if call.params["Subscriber"] not in subscribers:
        raise AwsError("NotFoundException", "The notification does not have this subscriber")
    subscribers.remove(call.params["Subscriber"])
    return {}


@SERVICE.action("DescribeSubscribersForNotification")
def _subscribers(call: Call) -> Any:
    chosen, following = page(call, _notification(call)["Subscribers"])
    return {"Subscribers": list(chosen), **following}


SERVICE.covers(
    "budget, notifications and subscribers",
    "CreateBudget",
    "UpdateBudget",
    "CreateNotification",
    "UpdateNotification",
    "DeleteNotification",
    "DescribeNotificationsForBudget",
    "CreateSubscriber",
    "DeleteSubscriber",
    "DescribeSubscribersForNotification",
    stored="the budget with its notifications and their subscribers",
    not_emulated="sending a notification",
)
SERVICE.tagging(
    Tagging(
        arn="ResourceARN",
        tags="ResourceTags",
        keys="ResourceTagKeys",
        answer="ResourceTags",
        not_found="NotFoundException",
    )
)


def install() -> None:
    """Answer these actions from now on; once is enough."""
    SERVICE.install()
