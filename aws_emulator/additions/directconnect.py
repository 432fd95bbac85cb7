"""Direct Connect: gateways and their associations with transit gateways and virtual private gateways.

https://docs.aws.amazon.com/directconnect/latest/APIReference/API_Operations.html
Gateways are global: each region sees them. Connections and LAGs are moto's.
"""

from typing import Any

from aws_emulator.store import AwsError, Call, Pass, Record, Resource, Service, make
from aws_emulator.store.tags import read_tags, write_tags

SERVICE = Service(
    "directconnect",
    "https://docs.aws.amazon.com/directconnect/latest/APIReference/API_Operations.html",
    everywhere=True,
)
_ERROR = "DirectConnectClientException"
_DEFAULT_ASN = 64512
"""https://docs.aws.amazon.com/directconnect/latest/APIReference/API_CreateDirectConnectGateway.html"""

_ALLOWED = "allowedPrefixesToDirectConnectGateway"


def _no_associations(call: Call, record: Record) -> None:
    gateway = record["directConnectGatewayId"]
    if any(item["directConnectGatewayId"] == gateway for item in ASSOCIATION.records(call).values()):
        raise AwsError(_ERROR, f"Direct Connect Gateway {gateway} has associated gateways; remove those first")


GATEWAY = SERVICE.resource(
    Resource(
        name="gateway",
        key=("directConnectGatewayId",),
        shapes=("DirectConnectGateway",),
        inputs={"newDirectConnectGatewayName": "directConnectGatewayName"},
        defaults={"amazonSideAsn": _DEFAULT_ASN},
        make={
            "directConnectGatewayId": make.uuid_id(),
            "directConnectGatewayState": "available",
            "ownerAccount": make.account,
            "arn": make.arn("directconnect", "dx-gateway/{directConnectGatewayId}", regional=False),
        },
        arn="arn",
        tags="tags",
        create="CreateDirectConnectGateway",
        list="DescribeDirectConnectGateways",
        update="UpdateDirectConnectGateway",
        delete="DeleteDirectConnectGateway",
        deleting={"directConnectGatewayState": "deleting"},
        on_delete=_no_associations,
        not_found=_ERROR,
        not_emulated="virtual interfaces and traffic; the gateway is available at once",
    )
)


def _associate(call: Call, record: Record) -> None:
    """Take the gateway of the association from EC2: only one that exists there can be associated."""
    GATEWAY.find(call)
    gateway = record.pop("gatewayId", None) or record.get("virtualGatewayId")
    ec2 = call.moto("ec2")
    if gateway in ec2.transit_gateways:
        kind = "transitGateway"
        if not record.get("addAllowedPrefixesToDirectConnectGateway"):
            raise call.invalid("An association with a transit gateway needs allowed prefixes")
    elif gateway in ec2.vpn_gateways:
        kind = "virtualPrivateGateway"
        record["virtualGatewayId"] = gateway
        record["virtualGatewayRegion"] = call.region
        record["virtualGatewayOwnerAccount"] = call.account
    else:
        raise call.invalid(f"Gateway {gateway} does not exist in {call.region}")
    record["associatedGateway"] = {
        "id": gateway,
        "type": kind,
        "ownerAccount": call.account,
        "region": call.region,
    }
    record["associatedGatewayId"] = gateway
    record[_ALLOWED] = record.pop("addAllowedPrefixesToDirectConnectGateway", [])


def _change_prefixes(_call: Call, record: Record) -> None:
    removed = record.pop("removeAllowedPrefixesToDirectConnectGateway", [])
    added = record.pop("addAllowedPrefixesToDirectConnectGateway", [])
    kept = [prefix for prefix in record[_ALLOWED] if prefix not in removed and prefix not in added]
    record[_ALLOWED] = [*kept, *added]


def _by_gateways(call: Call) -> str:
    """A delete names the association, or both of its gateways."""
    named = call.params.get("associationId")
    if named:
        return named
    wanted = (call.params.get("directConnectGatewayId"), call.params.get("virtualGatewayId"))
    for record in ASSOCIATION.records(call).values():
        if (record["directConnectGatewayId"], record["associatedGatewayId"]) == wanted:
            return record["associationId"]
    raise AwsError(_ERROR, f"No association of {wanted[0]} with {wanted[1]}")


ASSOCIATION = SERVICE.resource(
    Resource(
        name="gateway association",
        key=("associationId",),
        shapes=("DirectConnectGatewayAssociation",),
        make={
            "associationId": make.uuid_id(),
            "associationState": "associated",
            "directConnectGatewayOwnerAccount": make.account,
        },
        create="CreateDirectConnectGatewayAssociation",
        list="DescribeDirectConnectGatewayAssociations",
        update="UpdateDirectConnectGatewayAssociation",
        on_create=_associate,
        on_update=_change_prefixes,
        not_found=_ERROR,
        not_emulated="routes: allowed prefixes are kept, not advertised",
    )
)


@SERVICE.action("DeleteDirectConnectGatewayAssociation")
def _delete_association(call: Call) -> Any:
    record = ASSOCIATION.find(call, {"associationId": _by_gateways(call)})
    del ASSOCIATION.records(call)[(record["associationId"],)]
    return ASSOCIATION.answer(call, {**record, "associationState": "disassociating"})


@SERVICE.action("DescribeDirectConnectGatewayAttachments", "DescribeDirectConnectGatewayAssociationProposals")
def _none_of_these(call: Call) -> Any:
    """There are no virtual interfaces to attach and no other accounts to propose anything."""
    return {next(name for name, member in call.output.members.items() if member.type_name == "list"): []}


SERVICE.covers(
    "gateway association, other",
    "DeleteDirectConnectGatewayAssociation",
    "DescribeDirectConnectGatewayAttachments",
    "DescribeDirectConnectGatewayAssociationProposals",
    stored="nothing",
    not_emulated="virtual interface attachments and proposals between accounts: their lists are empty",
)


@SERVICE.action("DescribeTags", "TagResource", "UntagResource")
def _tags(call: Call) -> Any:
    """Tags of gateways; those of connections and LAGs are moto's."""
    arns = call.params.get("resourceArns") or [call.params["resourceArn"]]
    if any(arn not in call.store.tags for arn in arns):
        raise Pass
    if call.operation.name == "DescribeTags":
        shape = call.output.members["resourceTags"].member.members["tags"]
        return {"resourceTags": [{"resourceArn": arn, "tags": write_tags(shape, call.store.tags[arn])} for arn in arns]}
    tags = call.store.tags[arns[0]]
    tags.update(read_tags(call.params.get("tags")))
    for key in call.params.get("tagKeys", []):
        tags.pop(key, None)
    return {}


SERVICE.covers(
    "tags", "DescribeTags", "TagResource", "UntagResource", stored="tags by ARN", not_emulated="tag policies"
)


def install() -> None:
    """Answer these actions from now on; once is enough."""
    SERVICE.install()
