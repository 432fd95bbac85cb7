"""Small stacks in each form that the check command reads."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]
SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"
RESOURCE = "5cf8f73096256a8f31e491e813e4eb8e"
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
PROVIDER = "urn:pulumi:dev::shop::pulumi:providers:aws::default_7_51_1"
QUEUE, KEY, TRAIL = "aws:sqs/queue:Queue", "aws:kms/key:Key", "aws:cloudtrail/trail:Trail"
INSTANCE = "aws:rds/instance:Instance"


def urn(type_: str, name: str, stack: str = "dev", project: str = "shop") -> str:
    """The URN of a resource at the top."""
    return f"urn:pulumi:{stack}::{project}::{type_}::{name}"


def blueprint(*resources: tuple[str, str, Json], stack: str = "dev", project: str = "shop") -> Json:
    """A blueprint of resources given as type, name and inputs."""
    entries = [
        {
            "urn": urn(type_, name, stack, project),
            "type": type_,
            "name": name,
            "custom": True,
            "properties": inputs,
            "options": {"protect": True},
        }
        for type_, name, inputs in resources
    ]
    return {"stack": stack, "resources": entries, "outputs": {}}


def state(type_: str, name: str, inputs: Json, **fields: Any) -> Json:
    """A resource as the engine's state has it."""
    return {
        "urn": urn(type_, name),
        "custom": True,
        "type": type_,
        "inputs": inputs,
        "parent": urn("pulumi:pulumi:Stack", "shop-dev"),
        "provider": f"{PROVIDER}::f6f1",
        "propertyDependencies": {},
        **fields,
    }


def root() -> Json:
    """The stack's own resource."""
    return {"urn": urn("pulumi:pulumi:Stack", "shop-dev"), "custom": False, "type": "pulumi:pulumi:Stack"}


def export(*states: Json) -> Json:
    """What `pulumi stack export` writes."""
    provider = {"urn": PROVIDER, "custom": True, "id": "f6f1", "type": "pulumi:providers:aws"}
    provider["inputs"] = {"region": "eu-central-1"}
    return {"version": 3, "deployment": {"manifest": {}, "resources": [root(), provider, *states]}}


def preview(*states: Json, op: str = "create", same: int = 0, region: str | None = "eu-central-1") -> Json:
    """What `pulumi preview --json` writes: the default provider is not in it."""
    steps = [{"op": op, "urn": entry["urn"], "newState": entry} for entry in (root(), *states)]
    config = {"aws:region": region} if region else {}
    return {"config": config, "steps": steps, "changeSummary": {op: len(steps), "same": same}}
