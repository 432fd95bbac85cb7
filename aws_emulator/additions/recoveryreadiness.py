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


def _plain(name: str, title: str, path: str, members: dict[str, Any]) -> Resource:
    """A type of this service: all four are named, tagged, listed and changed alike."""
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
            not_emulated="the readiness of anything",
            **members,
        )
    )


def _scopes(call: Call, record: Record) -> Record:
    arn = record["CellArn"]
    parents = [item["CellArn"] for item in CELL.records(call).values() if arn in item["Cells"]]
    groups = [item["RecoveryGroupArn"] for item in GROUP.records(call).values() if arn in item["Cells"]]
    return {**record, "ParentReadinessScopes": [*parents, *groups]}


def _known_set(call: Call, record: Record) -> None:
    SET.find(call, {"ResourceSetName": record["ResourceSet"]})


def _numbered(_call: Call, record: Record) -> None:
    for number, item in enumerate(record["Resources"], start=1):
        item.setdefault("ComponentId", str(number))
        if not item.get("DnsTargetResource"):
            item.pop("DnsTargetResource", None)


def _unchecked(call: Call, record: Record) -> None:
    if any(check["ResourceSet"] == record["ResourceSetName"] for check in CHECK.records(call).values()):
        raise AwsError("ConflictException", "A readiness check uses this resource set")


CELL = _plain("cell", "Cell", "cell", {"defaults": {"Cells": []}, "view": _scopes})
GROUP = _plain("recovery group", "RecoveryGroup", "recovery-group", {"defaults": {"Cells": []}})
SET = _plain(
    "resource set",
    "ResourceSet",
    "resource-set",
    {"on_create": _numbered, "on_update": _numbered, "on_delete": _unchecked},
)
CHECK = _plain(
    "readiness check",
    "ReadinessCheck",
    "readiness-check",
    {"inputs": {"ResourceSetName": "ResourceSet"}, "on_create": _known_set, "on_update": _known_set},
)


@SERVICE.action("GetReadinessCheckStatus", "GetCellReadinessSummary", "GetRecoveryGroupReadinessSummary")
def _readiness(call: Call) -> Any:
    """Nothing is checked here, so nothing is known."""
    {"GetReadinessCheckStatus": CHECK, "GetCellReadinessSummary": CELL}.get(str(call.operation.name), GROUP).find(call)
    return {"Readiness": "UNKNOWN"}


SERVICE.covers(
    "readiness",
    "GetReadinessCheckStatus",
    "GetCellReadinessSummary",
    "GetRecoveryGroupReadinessSummary",
    stored="nothing",
    not_emulated="checks: readiness is always unknown",
)
SERVICE.tagging(Tagging(list="ListTagsForResources", arn="ResourceArn", tags="Tags", keys="TagKeys", answer="Tags"))


def install() -> None:
    """Answer these actions from now on; once is enough."""
    SERVICE.install()
