"""CodeStar Notifications: notification rules.

https://docs.aws.amazon.com/codestar-notifications/latest/APIReference/API_Operations.html
"""

from typing import Any

from aws_emulator.store import AwsError, Call, Record, Resource, Service, Tagging, make
from aws_emulator.store.paging import page

SERVICE = Service(
    "codestar-notifications",
    "https://docs.aws.amazon.com/codestar-notifications/latest/APIReference/API_Operations.html",
)


def _unlike_others(call: Call, record: Record) -> None:
    for other in RULE.records(call).values():
        if other["Name"] == record["Name"]:
            raise AwsError("ResourceAlreadyExistsException", f"There is a rule named {record['Name']}")
    _touch(call, record)


def _touch(_call: Call, record: Record) -> None:
    record["LastModifiedTimestamp"] = make.now()


def _seen(_call: Call, record: Record) -> Record:
    return {
        **record,
        "EventTypes": [{"EventTypeId": identifier} for identifier in record["EventTypeIds"]],
        "Targets": [{**target, "TargetStatus": "ACTIVE"} for target in record["Targets"]],
    }


def _filtered(call: Call, record: Record) -> bool:
    have = {
        "EVENT_TYPE_ID": record["EventTypeIds"],
        "CREATED_BY": [record["CreatedBy"]],
        "RESOURCE": [record["Resource"]],
        "TARGET_ADDRESS": [target["TargetAddress"] for target in record["Targets"]],
    }
    return all(item["Value"] in have[item["Name"]] for item in call.params.get("Filters", []))


RULE = SERVICE.resource(
    Resource(
        name="notification rule",
        key=("Arn",),
        shapes=("NotificationRuleSummary",),
        defaults={"Status": "ENABLED"},
        make={
            "Id": make.hex_id("", 40),
            "Arn": make.arn("codestar-notifications", "notificationrule/{Id}"),
            "CreatedBy": lambda call, _record: f"arn:{call.partition}:iam::{call.account}:root",
            "CreatedTimestamp": make.now,
        },
        arn="Arn",
        tags="Tags",
        create="CreateNotificationRule",
        read="DescribeNotificationRule",
        list="ListNotificationRules",
        update="UpdateNotificationRule",
        ignored=("Filters",),
        selects=_filtered,
        on_create=_unlike_others,
        on_update=_touch,
        view=_seen,
        not_emulated="notifications: none is ever sent; event types are not checked against a list",
    )
)


@SERVICE.action("DeleteNotificationRule")
def _delete(call: Call) -> Any:
    """Deleting what is not there succeeds, as in AWS."""
    arn = call.params["Arn"]
    RULE.records(call).pop((arn,), None)
    call.store.tags.pop(arn, None)
    return {"Arn": arn}


def _targets(call: Call) -> dict[str, Record]:
    return {target["TargetAddress"]: target for rule in RULE.records(call).values() for target in rule["Targets"]}


@SERVICE.action("ListTargets")
def _list_targets(call: Call) -> Any:
    chosen, following = page(call, [{**target, "TargetStatus": "ACTIVE"} for target in _targets(call).values()])
    return {"Targets": list(chosen), **following}


@SERVICE.action("DeleteTarget")
def _delete_target(call: Call) -> Any:
    address = call.params["TargetAddress"]
    if address in _targets(call) and not call.params.get("ForceUnsubscribeAll"):
        raise AwsError("ValidationException", f"Rules still notify {address}")
    for rule in RULE.records(call).values():
        rule["Targets"] = [target for target in rule["Targets"] if target["TargetAddress"] != address]
    return {}


@SERVICE.action("Subscribe", "Unsubscribe")
def _subscribe(call: Call) -> Any:
    rule = RULE.find(call)
    subscribes = call.operation.name == "Subscribe"
    address = call.params["Target"]["TargetAddress"] if subscribes else call.params["TargetAddress"]
    others = [target for target in rule["Targets"] if target["TargetAddress"] != address]
    rule["Targets"] = [*others, call.params["Target"]] if subscribes else others
    return {"Arn": rule["Arn"]}


SERVICE.covers(
    "notification rule, targets",
    "DeleteNotificationRule",
    "ListTargets",
    "DeleteTarget",
    "Subscribe",
    "Unsubscribe",
    stored="which rule notifies which target",
    not_emulated="notifications",
)
SERVICE.tagging(Tagging(arn="Arn", tags="Tags", keys="TagKeys", answer="Tags"))


def install() -> None:
    """Answer these actions from now on; once is enough."""
    SERVICE.install()
