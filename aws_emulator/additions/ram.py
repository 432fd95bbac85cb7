"""Resource Access Manager: resource shares and their associations.

https://docs.aws.amazon.com/ram/latest/APIReference/API_Operations.html
The store has the shares: moto's lack tags, associations after creation and permissions.
"""

from typing import Any

from aws_emulator.store import AwsError, Call, Record, Resource, Service, make
from aws_emulator.store.paging import page
from aws_emulator.store.tags import read_tags

SERVICE = Service("ram", "https://docs.aws.amazon.com/ram/latest/APIReference/API_Operations.html")
_KINDS = {"resourceArns": "RESOURCE", "principals": "PRINCIPAL", "sources": "SOURCE"}


def _owned(call: Call, record: Record) -> bool:
    """Shares of other accounts there are none; a share that is gone is listed as deleted."""
    tags = call.store.tags.get(record["resourceShareArn"], {})
    wanted = call.params.get("tagFilters", [])
    return call.params["resourceOwner"] == "SELF" and all(
        item["tagKey"] in tags and tags[item["tagKey"]] in item.get("tagValues", [tags[item["tagKey"]]])
        for item in wanted
    )


def _associate_named(call: Call, record: Record) -> None:
    record["associations"] = []
    for member, kind in _KINDS.items():
        for entity in record.pop(member, []):
            _associate(call, record, kind, entity)


SHARE = SERVICE.resource(
    Resource(
        name="resource share",
        key=("resourceShareArn",),
        shapes=("ResourceShare",),
        defaults={"allowExternalPrincipals": True},
        make={
            "identifier": make.uuid_id(),
            "resourceShareArn": make.arn("ram", "resource-share/{identifier}"),
            "owningAccountId": make.account,
            "status": "ACTIVE",
            "creationTime": make.now,
            "lastUpdatedTime": make.now,
            "featureSet": "STANDARD",
        },
        arn="resourceShareArn",
        tags="tags",
        create="CreateResourceShare",
        list="GetResourceShares",
        update="UpdateResourceShare",
        filters={"resourceShareArns": "resourceShareArn", "resourceShareStatus": "status"},
        ignored=("resourceOwner", "tagFilters", "permissionArn", "permissionVersion"),
        selects=_owned,
        names="resourceShareArns",
        on_create=_associate_named,
        not_found="UnknownResourceException",
        not_emulated="access: nothing is visible in another account, an association holds at once",
    )
)


@SERVICE.action("DeleteResourceShare")
def _delete(call: Call) -> Any:
    """A deleted share stays listed, as deleted, with its associations gone."""
    record = SHARE.find(call)
    record["status"] = "DELETED"
    record["lastUpdatedTime"] = make.now()
    for association in record["associations"]:
        association["status"] = "DISASSOCIATED"
    return {"returnValue": True}


def _associate(call: Call, share: Record, kind: str, entity: str) -> Record:
    if kind == "PRINCIPAL" and not share["allowExternalPrincipals"] and entity.isdigit():
        raise AwsError("OperationNotPermittedException", f"{entity} is outside of the organization")
    for association in share["associations"]:
        if (association["associationType"], association["associatedEntity"]) == (kind, entity):
            association["status"] = "ASSOCIATED"
            return association
    association = {
        "resourceShareArn": share["resourceShareArn"],
        "resourceShareName": share["name"],
        "associatedEntity": entity,
        "associationType": kind,
        "status": "ASSOCIATED",
        "creationTime": make.now(),
        "lastUpdatedTime": make.now(),
        "external": kind == "PRINCIPAL" and call.account not in entity,
    }
    share["associations"].append(association)
    return association


@SERVICE.action("AssociateResourceShare")
def _associate_share(call: Call) -> Any:
    share = SHARE.find(call)
    made = [
        _associate(call, share, kind, entity)
        for member, kind in _KINDS.items()
        for entity in call.params.get(member, [])
    ]
    return {"resourceShareAssociations": made}


@SERVICE.action("DisassociateResourceShare")
def _disassociate_share(call: Call) -> Any:
    share = SHARE.find(call)
    gone = []
    for member, kind in _KINDS.items():
        for entity in call.params.get(member, []):
            for association in share["associations"]:
                if (association["associationType"], association["associatedEntity"]) == (kind, entity):
                    association["status"] = "DISASSOCIATED"
                    gone.append(association)
    return {"resourceShareAssociations": gone}


@SERVICE.action("GetResourceShareAssociations")
def _associations(call: Call) -> Any:
    wanted = {
        "associationType": call.params["associationType"],
        "associatedEntity": call.params.get("resourceArn") or call.params.get("principal"),
        "status": call.params.get("associationStatus"),
    }
    shares = call.params.get("resourceShareArns")
    for arn in shares or []:
        SHARE.find(call, {"resourceShareArn": arn})
    found = [
        association
        for share in SHARE.records(call).values()
        if not shares or share["resourceShareArn"] in shares
        for association in share["associations"]
        if all(value is None or association[name] == value for name, value in wanted.items())
    ]
    chosen, following = page(call, found)
    return {"resourceShareAssociations": list(chosen), **following}


def _live(call: Call, kind: str) -> list[Record]:
    if call.params["resourceOwner"] != "SELF":
        return []
    shares = call.params.get("resourceShareArns")
    return [
        association
        for share in SHARE.records(call).values()
        if not shares or share["resourceShareArn"] in shares
        for association in share["associations"]
        if association["associationType"] == kind and association["status"] == "ASSOCIATED"
    ]


@SERVICE.action("ListPrincipals")
def _principals(call: Call) -> Any:
    found = [
        {
            **{name: item[name] for name in ("resourceShareArn", "creationTime", "lastUpdatedTime", "external")},
            "id": item["associatedEntity"],
        }
        for item in _live(call, "PRINCIPAL")
        if item["associatedEntity"] in call.params.get("principals", [item["associatedEntity"]])
    ]
    chosen, following = page(call, found)
    return {"principals": list(chosen), **following}


@SERVICE.action("ListResources")
def _resources(call: Call) -> Any:
    found = [
        {
            "arn": item["associatedEntity"],
            "resourceShareArn": item["resourceShareArn"],
            "status": "AVAILABLE",
            "creationTime": item["creationTime"],
            "lastUpdatedTime": item["lastUpdatedTime"],
        }
        for item in _live(call, "RESOURCE")
        if item["associatedEntity"] in call.params.get("resourceArns", [item["associatedEntity"]])
    ]
    chosen, following = page(call, found)
    return {"resources": list(chosen), **following}


@SERVICE.action("ListResourceSharePermissions")
def _permissions(call: Call) -> Any:
    """The permissions that the request named; those that AWS would add by resource type are not made up."""
    share = SHARE.find(call)
    named = [
        {"arn": arn, "name": arn.rsplit("/", 1)[-1], "status": "ASSOCIATED"} for arn in share.get("permissionArns", [])
    ]
    return {"permissions": named}


SERVICE.covers(
    "resource share association",
    "DeleteResourceShare",
    "AssociateResourceShare",
    "DisassociateResourceShare",
    "GetResourceShareAssociations",
    "ListPrincipals",
    "ListResources",
    "ListResourceSharePermissions",
    stored="which resources and principals each share has",
    not_emulated="access, and the default permissions of resource types",
)


@SERVICE.action("TagResource", "UntagResource")
def _tag(call: Call) -> Any:
    arn = call.params.get("resourceShareArn") or call.params.get("resourceArn")
    if arn not in call.store.tags:
        raise AwsError("UnknownResourceException", f"Resource share {arn} does not exist")
    call.store.tags[arn].update(read_tags(call.params.get("tags")))
    for key in call.params.get("tagKeys", []):
        call.store.tags[arn].pop(key, None)
    return {}


SERVICE.covers("tags", "TagResource", "UntagResource", stored="tags by ARN", not_emulated="tag policies")


def install() -> None:
    """Answer these actions from now on; once is enough."""
    SERVICE.install()
