"""Who may ask: users and user groups."""

from aws_emulator.additions.elasticache.service import SERVICE
from aws_emulator.store import Call, Record, Resource, make

_MINIMUM_ENGINE = {"redis": "6.0", "valkey": "7.2"}
"""https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Clusters.RBAC.html"""


def _authenticate(_call: Call, record: Record) -> None:
    """Passwords are counted, not kept."""
    mode = record.pop("AuthenticationMode", {})
    passwords = [*mode.get("Passwords", []), *record.pop("Passwords", [])]
    free = record.pop("NoPasswordRequired", False)
    if mode or passwords or free or "Authentication" not in record:
        wanted = mode.get("Type") or ("no-password-required" if free or not passwords else "password")
        kind = "no-password" if wanted == "no-password-required" else wanted
        record["Authentication"] = {"Type": kind, "PasswordCount": len(passwords)}
    if record.pop("AppendAccessString", None):
        record["AccessString"] = f"{record['AccessString']} {_call.params['AppendAccessString']}"
    record["Engine"] = record["Engine"].lower()
    record["MinimumEngineVersion"] = _MINIMUM_ENGINE[record["Engine"]]


USER = SERVICE.resource(
    Resource(
        name="user",
        key=("UserId",),
        shapes=("User",),
        make={
            "Status": "active",
            "ARN": make.arn("elasticache", "user:{UserId}"),
            "UserGroupIds": lambda _call, _record: [],
        },
        arn="ARN",
        tags="Tags",
        create="CreateUser",
        list="DescribeUsers",
        update="ModifyUser",
        delete="DeleteUser",
        names="UserId",
        ignored=("Filters",),
        deleting={"Status": "deleting"},
        on_create=_authenticate,
        on_update=_authenticate,
        not_found="UserNotFound",
        exists="UserAlreadyExists",
        not_emulated="authentication; passwords are not kept",
    )
)


def _join(call: Call, record: Record) -> None:
    record.setdefault("UserIds", [])
    for name, joins in (("UserIdsToAdd", True), ("UserIdsToRemove", False)):
        for user in record.pop(name, []):
            record["UserIds"] = [other for other in record["UserIds"] if other != user] + [user] * joins
    for user in USER.records(call).values():
        member = user["UserId"] in record["UserIds"]
        others = [group for group in user["UserGroupIds"] if group != record["UserGroupId"]]
        user["UserGroupIds"] = [*others, *([record["UserGroupId"]] if member else [])]
    for user in record["UserIds"]:
        if user != "default":
            USER.find(call, {"UserId": user})
    record["Engine"] = record["Engine"].lower()
    record["MinimumEngineVersion"] = _MINIMUM_ENGINE[record["Engine"]]


def _leave(call: Call, record: Record) -> None:
    _join(call, {**record, "UserIds": []})


SERVICE.resource(
    Resource(
        name="user group",
        key=("UserGroupId",),
        shapes=("UserGroup",),
        make={
            "Status": "active",
            "ARN": make.arn("elasticache", "usergroup:{UserGroupId}"),
        },
        arn="ARN",
        tags="Tags",
        create="CreateUserGroup",
        list="DescribeUserGroups",
        update="ModifyUserGroup",
        delete="DeleteUserGroup",
        names="UserGroupId",
        deleting={"Status": "deleting"},
        on_create=_join,
        on_update=_join,
        on_delete=_leave,
        not_found="UserGroupNotFound",
        exists="UserGroupAlreadyExists",
        not_emulated="authentication",
    )
)
