"""Route 53 Application Recovery Controller, readiness: cells, recovery groups, resource sets, readiness checks.

https://docs.aws.amazon.com/recovery-readiness/latest/api/resources.html
"""

from typing import Any

from aws_emulator.store import AwsError, Call, Record, Resource, Service, Tagging, make

SERVICE = Service(
    "route53-recovery-readiness",
    "https://docs.aws.amazon.com/recovery-readiness/latest/api/resources.html",
    everywhere=True,
)


def _simple_type(name: str, title: str, path: str, members: dict[str, Any]) -> Resource:
    """Declare a type of this service. All four types share the actions for tags, lists and changes."""
    return SERVICE.resource(
        Resource(
            name=name,
            key=(f"{title}Name",),
            shapes=(f"{title}Output",),
            make={f"{title}Arn": make.arn("route53-recovery-readiness", f"{path}/{{{title}Name}}", regional=False)},
            arn=f"{title}Arn",
            tags="Tags",
            create=f"Create{title}",
            read=f"Get{title}",
            list=f"List{title}s",
            update=f"Update{title}",
            delete=f"Delete{title}",
            exists="ConflictException",
            not_emulated="readiness",
            **members,
        )
    )


def _scopes(call: Call, record: Record) -> Record:
    arn = record["CellArn"]
    parents = [item["CellArn"] for item in CELL.records(call).values() if arn in item["Cells"]]
    groups = [item["RecoveryGroupArn"] for item in GROUP.records(call).values() if arn in item["Cells"]]
    return {**record, "ParentReadinessScopes": [*parents, *groups]}


def _require_set(call: Call, record: Record) -> None:
    SET.find(call, {"ResourceSetName": record["ResourceSet"]})


def _numbered(_call: Call, record: Record) -> None:
    for number, item in enumerate(record["Resources"], start=1):
        item.setdefault("ComponentId", str(number))
        if not item.get("DnsTargetResource"):
            item.pop("DnsTargetResource", None)


def _require_unused(call: Call, record: Record) -> None:
    if any(check["ResourceSet"] == record["ResourceSetName"] for check in CHECK.records(call).values()):
        raise AwsError("ConflictException", "A readiness check uses this resource set")


CELL = _simple_type("cell", "Cell", "cell", {"defaults": {"Cells": []}, "view": _scopes})
GROUP = _simple_type("recovery group", "RecoveryGroup", "recovery-group", {"defaults": {"Cells": []}})
SET = _simple_type(
    "resource set",
    "ResourceSet",
    "resource-set",
    {"on_create": _numbered, "on_update": _numbered, "on_delete": _require_unused},
)
CHECK = _simple_type(
    "readiness check",
    "ReadinessCheck",
    "readiness-check",
    {"inputs": {"ResourceSetName": "ResourceSet"}, "on_create": _require_set, "on_update": _require_set},
)


@SERVICE.action("GetReadinessCheckStatus", "GetCellReadinessSummary", "GetRecoveryGroupReadinessSummary")
def _readiness(call: Call) -> Any:
    """Return the readiness UNKNOWN, because the emulator checks nothing."""
    {"GetReadinessCheckStatus": CHECK, "GetCellReadinessSummary": CELL}.get(str(call.operation.name), GROUP).find(call)
    return {"Readiness": "UNKNOWN"}


SERVICE.covers(
    "readiness",
    "GetReadinessCheckStatus",
    "GetCellReadinessSummary",
    "GetRecoveryGroupReadinessSummary",
    stored="nothing",
    not_emulated="checks: the readiness is always unknown",
)
SERVICE.tagging(Tagging(list="ListTagsForResources", arn="ResourceArn", tags="Tags", keys="TagKeys", answer="Tags"))


def install() -> None:
    """Answer these actions from now on; further calls do nothing."""
    SERVICE.install()
