"""Systems Manager: patch baselines and groups, maintenance window changes and tasks, associations.

https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_Operations.html
Parameters, documents, maintenance windows and their targets are moto's.
"""

from functools import cache
from typing import Any

from moto.ssm.models import FakePatchGroup

from aws_emulator.store import AwsError, Call, Pass, Record, Resource, Service, make
from aws_emulator.store.paging import page
from aws_emulator.store.shapes import project
from aws_emulator.store.tags import read_tags, write_tags

SERVICE = Service("ssm", "https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_Operations.html")
_MISSING = "DoesNotExistException"


def _not_in_use(call: Call, record: Record) -> None:
    identifier = record["BaselineId"]
    if any(group["BaselineId"] == identifier for group in _groups(call).values()):
        raise AwsError("ResourceInUseException", f"Baseline {identifier} is registered for a patch group")
    if identifier in _defaults(call).values():
        raise AwsError("ResourceInUseException", f"Baseline {identifier} is the default baseline")


def _modified(call: Call, record: Record) -> None:
    """`Replace` resets what the request leaves out.

    https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_UpdatePatchBaseline.html
    """
    if record.pop("Replace", False):
        for name in call.input.members:
            if name not in call.params and name not in ("BaselineId", "Name"):
                record.pop(name, None)
        _complete(record)
    record["ModifiedDate"] = make.now()


def _complete(record: Record) -> None:
    defaults = {
        "OperatingSystem": "WINDOWS",
        "ApprovedPatchesComplianceLevel": "UNSPECIFIED",
        "ApprovedPatchesEnableNonSecurity": False,
        "RejectedPatchesAction": "ALLOW_AS_DEPENDENCY",
        "ApprovalRules": {"PatchRules": []},
        "GlobalFilters": {"PatchFilters": []},
        "ApprovedPatches": [],
        "RejectedPatches": [],
        "Sources": [],
    }
    for name, value in defaults.items():
        record.setdefault(name, value)


def _created(_call: Call, record: Record) -> None:
    _complete(record)
    record["ModifiedDate"] = record["CreatedDate"]


def _with_groups(call: Call, record: Record) -> Record:
    groups = [group["PatchGroup"] for group in _groups(call).values() if group["BaselineId"] == record["BaselineId"]]
    return {**record, "PatchGroups": groups}


BASELINE = SERVICE.resource(
    Resource(
        name="patch baseline",
        key=("BaselineId",),
        make={"BaselineId": make.hex_id("pb-"), "CreatedDate": make.now, "tagged as": make.same_as("BaselineId")},
        arn="tagged as",
        tags="Tags",
        create="CreatePatchBaseline",
        read="GetPatchBaseline",
        update="UpdatePatchBaseline",
        delete="DeletePatchBaseline",
        on_create=_created,
        on_update=_modified,
        on_delete=_not_in_use,
        view=_with_groups,
        not_found=_MISSING,
        not_emulated="patches: none is ever approved, found or installed",
    )
)


@cache
def _aws_baselines(region: str) -> dict[str, str]:
    """The baselines that AWS owns in a region, by operating system, as moto lists them."""
    return dict(FakePatchGroup("aws", region).default_associations)


def _defaults(call: Call) -> dict[str, str]:
    return call.store.settings.setdefault("default baselines", dict(_aws_baselines(call.region)))


def _groups(call: Call) -> dict[tuple[str, ...], Record]:
    return call.store.table("patch group")


def _baseline_system(call: Call, identifier: str) -> str:
    for system, owned in _aws_baselines(call.region).items():
        if owned == identifier or owned.endswith(f"/{identifier}"):
            return system
    return BASELINE.find(call, {"BaselineId": identifier})["OperatingSystem"]


@SERVICE.action("RegisterDefaultPatchBaseline")
def _register_default(call: Call) -> Any:
    identifier = call.params["BaselineId"]
    _defaults(call)[_baseline_system(call, identifier)] = identifier
    return {"BaselineId": identifier}


@SERVICE.action("GetDefaultPatchBaseline")
def _get_default(call: Call) -> Any:
    system = call.params.get("OperatingSystem", "WINDOWS")
    return {"BaselineId": _defaults(call)[system], "OperatingSystem": system}


@SERVICE.action("DescribePatchBaselines")
def _describe_baselines(call: Call) -> Any:
    """Own baselines and those of AWS, by the filters NAME_PREFIX, OWNER and OPERATING_SYSTEM."""
    defaults = _defaults(call)
    found = [
        {
            "BaselineId": identifier,
            "BaselineName": f"AWS-{system.title().replace('_', '')}DefaultPatchBaseline",
            "BaselineDescription": f"Default patch baseline for {system} provided by AWS.",
            "OperatingSystem": system,
            "OWNER": "AWS",
        }
        for system, identifier in _aws_baselines(call.region).items()
    ] + [
        {
            "BaselineId": record["BaselineId"],
            "BaselineName": record["Name"],
            "BaselineDescription": record.get("Description"),
            "OperatingSystem": record["OperatingSystem"],
            "OWNER": "Self",
        }
        for record in BASELINE.records(call).values()
    ]
    for wanted in call.params.get("Filters", []):
        found = [item for item in found if _passes(item, wanted["Key"], wanted["Values"])]
    chosen, following = page(call, found)
    identities = [{**item, "DefaultBaseline": item["BaselineId"] in defaults.values()} for item in chosen]
    return {"BaselineIdentities": project(call.output.members["BaselineIdentities"], identities), **following}


def _passes(identity: Record, key: str, values: list[str]) -> bool:
    if key == "NAME_PREFIX":
        return identity["BaselineName"].startswith(tuple(values))
    return identity["OWNER" if key == "OWNER" else "OperatingSystem"] in values


@SERVICE.action("RegisterPatchBaselineForPatchGroup")
def _register_group(call: Call) -> Any:
    identifier, group = call.params["BaselineId"], call.params["PatchGroup"]
    system = _baseline_system(call, identifier)
    existing = _groups(call).get((group, system))
    if existing and existing["BaselineId"] != identifier:
        raise AwsError("AlreadyExistsException", f"Patch group {group} has another baseline for {system}")
    _groups(call)[(group, system)] = {"PatchGroup": group, "BaselineId": identifier, "OperatingSystem": system}
    return {"BaselineId": identifier, "PatchGroup": group}


@SERVICE.action("DeregisterPatchBaselineForPatchGroup")
def _deregister_group(call: Call) -> Any:
    identifier, group = call.params["BaselineId"], call.params["PatchGroup"]
    _groups(call).pop((group, _baseline_system(call, identifier)), None)
    return {"BaselineId": identifier, "PatchGroup": group}


@SERVICE.action("GetPatchBaselineForPatchGroup")
def _baseline_of_group(call: Call) -> Any:
    system = call.params.get("OperatingSystem", "WINDOWS")
    group = _groups(call).get((call.params["PatchGroup"], system))
    baseline = group["BaselineId"] if group else _defaults(call)[system]
    return {"BaselineId": baseline, "PatchGroup": call.params["PatchGroup"], "OperatingSystem": system}


@SERVICE.action("DescribePatchGroups")
def _describe_groups(call: Call) -> Any:
    chosen, following = page(call, list(_groups(call).values()))
    mappings = []
    for group in chosen:
        own = BASELINE.records(call).get((group["BaselineId"],), {})
        identity = {
            "BaselineId": group["BaselineId"],
            "BaselineName": own.get("Name"),
            "OperatingSystem": group["OperatingSystem"],
            "BaselineDescription": own.get("Description"),
            "DefaultBaseline": group["BaselineId"] in _defaults(call).values(),
        }
        mappings.append({"PatchGroup": group["PatchGroup"], "BaselineIdentity": identity})
    return {"Mappings": project(call.output.members["Mappings"], mappings), **following}


SERVICE.covers(
    "patch group and default baseline",
    "RegisterDefaultPatchBaseline",
    "GetDefaultPatchBaseline",
    "DescribePatchBaselines",
    "RegisterPatchBaselineForPatchGroup",
    "DeregisterPatchBaselineForPatchGroup",
    "GetPatchBaselineForPatchGroup",
    "DescribePatchGroups",
    stored="which baseline holds for which group and operating system; AWS's own baselines as moto lists them",
    not_emulated="patching",
)


@SERVICE.action("GetMaintenanceWindowTask")
def _window_task(call: Call) -> Any:
    return project(call.output, _task(call))


def _task(call: Call) -> Record:
    tasks = call.moto("ssm").get_maintenance_window(call.params["WindowId"]).tasks
    task = tasks.get(call.params["WindowTaskId"])
    if task is None:
        raise AwsError(_MISSING, f"Maintenance window task {call.params['WindowTaskId']} does not exist")
    return task.to_json()


@SERVICE.action("DescribeMaintenanceWindowTargets", "DescribeMaintenanceWindowTasks")
def _window_items(call: Call) -> Any:
    """Targets or tasks of a window, by any member of theirs that a filter names."""
    window = call.moto("ssm").get_maintenance_window(call.params["WindowId"])
    member, items = ("Tasks", window.tasks) if "Tasks" in call.output.members else ("Targets", window.targets)
    found = [item.to_json() for item in items.values()]
    for wanted in call.params.get("Filters", []):
        found = [item for item in found if str(item.get(wanted["Key"])) in wanted.get("Values", [])]
    chosen, following = page(call, found)
    return {member: project(call.output.members[member], chosen), **following}


_TASK_ATTRIBUTES = {
    "Targets": "targets",
    "TaskArn": "task_arn",
    "ServiceRoleArn": "service_role_arn",
    "TaskParameters": "task_parameters",
    "TaskInvocationParameters": "task_invocation_parameters",
    "Priority": "priority",
    "MaxConcurrency": "max_concurrency",
    "MaxErrors": "max_errors",
    "LoggingInfo": "logging_info",
    "Name": "name",
    "Description": "description",
    "CutoffBehavior": "cutoff_behavior",
}
_TARGET_ATTRIBUTES = {
    "Targets": "targets",
    "OwnerInformation": "owner_information",
    "Name": "name",
    "Description": "description",
}
_WINDOW_ATTRIBUTES = {
    "Name": "name",
    "Description": "description",
    "StartDate": "start_date",
    "EndDate": "end_date",
    "Schedule": "schedule",
    "ScheduleTimezone": "schedule_timezone",
    "ScheduleOffset": "schedule_offset",
    "Duration": "duration",
    "Cutoff": "cutoff",
}


def _change(call: Call, item: Any, attributes: dict[str, str]) -> Any:
    """Change one of moto's objects; `Replace` resets what the request leaves out."""
    for name, attribute in attributes.items():
        if name in call.params or call.params.get("Replace"):
            setattr(item, attribute, call.params.get(name))
    return project(call.output, item.to_json())


@SERVICE.action("UpdateMaintenanceWindow")
def _update_window(call: Call) -> Any:
    if call.params.get("Enabled") is False:
        raise call.invalid("The in-memory AWS keeps maintenance windows enabled")
    return _change(call, call.moto("ssm").get_maintenance_window(call.params["WindowId"]), _WINDOW_ATTRIBUTES)


@SERVICE.action("UpdateMaintenanceWindowTarget")
def _update_target(call: Call) -> Any:
    targets = call.moto("ssm").get_maintenance_window(call.params["WindowId"]).targets
    identifier = call.params["WindowTargetId"]
    if identifier not in targets:
        raise AwsError(_MISSING, f"Maintenance window target {identifier} does not exist")
    return _change(call, targets[identifier], _TARGET_ATTRIBUTES)


@SERVICE.action("UpdateMaintenanceWindowTask")
def _update_task(call: Call) -> Any:
    _task(call)
    tasks = call.moto("ssm").get_maintenance_window(call.params["WindowId"]).tasks
    return _change(call, tasks[call.params["WindowTaskId"]], _TASK_ATTRIBUTES)


SERVICE.covers(
    "maintenance window, changes and tasks",
    "DescribeMaintenanceWindowTargets",
    "DescribeMaintenanceWindowTasks",
    "GetMaintenanceWindowTask",
    "UpdateMaintenanceWindow",
    "UpdateMaintenanceWindowTarget",
    "UpdateMaintenanceWindowTask",
    stored="the changes, in moto's windows",
    not_emulated="the schedule: no task is ever run; a window cannot be disabled",
)


def _associated(_call: Call, record: Record) -> None:
    record.setdefault("DocumentVersion", "$DEFAULT")
    record["AssociationVersion"] = str(int(record.get("AssociationVersion", "0")) + 1)
    record["LastUpdateAssociationDate"] = make.now()


SERVICE.resource(
    Resource(
        name="association",
        key=("AssociationId",),
        shapes=("AssociationDescription", "Association"),
        defaults={"Targets": []},
        make={
            "AssociationId": make.uuid_id(),
            "Date": make.now,
            "Overview": {"Status": "Success", "DetailedStatus": "Success"},
            "tagged as": make.same_as("AssociationId"),
        },
        arn="tagged as",
        tags="Tags",
        create="CreateAssociation",
        read="DescribeAssociation",
        list="ListAssociations",
        update="UpdateAssociation",
        delete="DeleteAssociation",
        on_create=_associated,
        on_update=_associated,
        not_found="AssociationDoesNotExist",
        not_emulated="runs: an association is successful at once and touches no instance",
    )
)


@SERVICE.action("AddTagsToResource", "RemoveTagsFromResource", "ListTagsForResource")
def _tags(call: Call) -> Any:
    """Tags of baselines and associations; those of moto's resources are moto's."""
    if call.params["ResourceType"] not in ("PatchBaseline", "Association"):
        raise Pass
    tags = call.store.tags.get(call.params["ResourceId"])
    if tags is None:
        raise AwsError("InvalidResourceId", f"There is no {call.params['ResourceId']}")
    tags.update(read_tags(call.params.get("Tags")))
    for key in call.params.get("TagKeys", []):
        tags.pop(key, None)
    if call.operation.name != "ListTagsForResource":
        return {}
    return {"TagList": write_tags(call.output.members["TagList"], tags)}


SERVICE.covers(
    "tags",
    "AddTagsToResource",
    "RemoveTagsFromResource",
    "ListTagsForResource",
    stored="tags of baselines and associations",
    not_emulated="tag policies",
)


def install() -> None:
    """Answer these actions from now on; once is enough."""
    SERVICE.install()
