"""Transit gateway: attachments, their tags, and the default route table.

- Tags of a VPC attachment are given under the resource type `transit-gateway-attachment`.
  https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateTransitGatewayVpcAttachment.html
- A gateway made without default association or propagation has no default route table for it, and its attachments are
  not associated or propagated by themselves.
  https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_TransitGatewayRequestOptions.html
- A route names its attachments, of which there may be several.
  https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_TransitGatewayRoute.html
- An attachment propagates to as many route tables as are told to learn from it, and is told to stop for each by itself.
  https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DisableTransitGatewayRouteTablePropagation.html
- An association, the default one too, can be taken back; a deleted attachment leaves its route tables, and
  can still be seen as deleted.
  https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DisassociateTransitGatewayRouteTable.html
"""

from __future__ import annotations

from functools import cache
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.exceptions import DuplicateTransitGatewayAttachmentError, InvalidTransitGatewayID
from moto.ec2.models.transit_gateway import TransitGateway
from moto.ec2.models.transit_gateway_attachments import (
    TransitGatewayAttachment,
    TransitGatewayAttachmentBackend,
    TransitGatewayVpcAttachment,
)
from moto.ec2.models.transit_gateway_route_tables import TransitGatewayRelations, TransitGatewayRouteTableBackend
from moto.ec2.responses.transit_gateway_attachments import TransitGatewayAttachment as AttachmentResponse

from aws_emulator.corrections._patch import around


@cache
def install() -> None:
    around(TransitGateway, "__init__", _make_gateway)
    around(AttachmentResponse, "create_transit_gateway_vpc_attachment", _tag_vpc_attachment)
    around(TransitGatewayAttachmentBackend, "create_transit_gateway_vpc_attachment", _attach_vpc)
    around(TransitGatewayAttachmentBackend, "create_transit_gateway_vpn_attachment", _attach_vpn)
    around(TransitGatewayAttachmentBackend, "delete_transit_gateway_vpc_attachment", _detach_vpc)
    around(TransitGatewayRouteTableBackend, "create_transit_gateway_route", _route)
    around(TransitGatewayRouteTableBackend, "disable_transit_gateway_route_table_propagation", _stop_propagating)
    TransitGatewayAttachment.association = property(_association)  # type: ignore[method-assign,assignment]


def _make_gateway(original: Any, gateway: TransitGateway, *args: Any, **kwargs: Any) -> None:
    original(gateway, *args, **kwargs)
    table = gateway.default_route_table
    associates = gateway.options["DefaultRouteTableAssociation"] == "enable"
    propagates = gateway.options["DefaultRouteTablePropagation"] == "enable"
    table.default_association_route_table, table.default_propagation_route_table = associates, propagates
    if not associates:
        del gateway.options["AssociationDefaultRouteTableId"]
    if not propagates:
        del gateway.options["PropagationDefaultRouteTableId"]
    if not (associates or propagates):
        del gateway.ec2_backend.transit_gateways_route_tables[table.id]
        gateway.default_route_table = None


def _tag_vpc_attachment(original: Any, response: AttachmentResponse) -> ActionResult:
    answer = original(response)
    tags = response._parse_tag_specification().get("transit-gateway-attachment", {})
    answer.result["TransitGatewayVpcAttachment"].add_tags(tags)
    return answer


def _attach_vpc(
    _original: Any,
    backend: Any,
    transit_gateway_id: str,
    vpc_id: str,
    subnet_ids: list[str],
    tags: dict[str, str] | None = None,
    options: dict[str, str] | None = None,
) -> TransitGatewayVpcAttachment:
    gateway = backend.transit_gateways.get(transit_gateway_id)
    if gateway is None:
        raise InvalidTransitGatewayID(
            transit_gateway_id, f"Transit Gateway {transit_gateway_id} was deleted or does not exist."
        )
    taken = {"transit-gateway-id": [transit_gateway_id], "vpc-id": [vpc_id]}
    attached = backend.describe_transit_gateway_vpc_attachments(filters=taken)
    if any(attachment.state != "deleted" for attachment in attached):
        raise DuplicateTransitGatewayAttachmentError(transit_gateway_id)
    attachment: Any = TransitGatewayVpcAttachment(
        backend, transit_gateway=gateway, tags=tags, vpc_id=vpc_id, subnet_ids=subnet_ids, options=options
    )
    backend.transit_gateway_attachments[attachment.id] = attachment
    _join_default_tables(backend, gateway, attachment)
    return attachment


def _attach_vpn(
    original: Any, backend: Any, vpn_id: str, transit_gateway_id: str, tags: dict[str, str] | None = None
) -> TransitGatewayAttachment:
    attachment = original(backend, vpn_id, transit_gateway_id, tags)
    _join_default_tables(backend, backend.transit_gateways[transit_gateway_id], attachment)
    return attachment


def _join_default_tables(backend: Any, gateway: TransitGateway, attachment: TransitGatewayAttachment) -> None:
    attachment.transit_gateway_route_table = gateway.default_route_table
    if gateway.options["DefaultRouteTableAssociation"] == "enable":
        backend.associate_transit_gateway_route_table(attachment.id, gateway.default_route_table.id)
    if gateway.options["DefaultRouteTablePropagation"] == "enable":
        backend.enable_transit_gateway_route_table_propagation(attachment.id, gateway.default_route_table.id)


def _route(original: Any, backend: TransitGatewayRouteTableBackend, *args: Any, **kwargs: Any) -> dict[str, Any]:
    route = original(backend, *args, **kwargs)
    if isinstance(route.get("transitGatewayAttachments"), dict):
        route["transitGatewayAttachments"] = [route["transitGatewayAttachments"]]
    return route


def _stop_propagating(
    original: Any, backend: Any, transit_gateway_attachment_id: str, transit_gateway_route_table_id: str
) -> TransitGatewayRelations:
    held = backend.transit_gateway_propagations.get(transit_gateway_attachment_id)
    # The backend remembers one table for each attachment: the last.
    if held is not None and held.transit_gateway_route_table_id == transit_gateway_route_table_id:
        return original(backend, transit_gateway_attachment_id, transit_gateway_route_table_id)
    backend.disable_route_table_propagation(transit_gateway_attachment_id, transit_gateway_route_table_id)
    return TransitGatewayRelations(
        backend, transit_gateway_attachment_id, transit_gateway_route_table_id, state="disabled"
    )


def _association(attachment: TransitGatewayAttachment) -> dict[str, str] | None:
    held = attachment._association_data
    if attachment.state != "available" or not held:
        return None
    return {"State": held["state"], "TransitGatewayRouteTableId": held["transitGatewayRouteTableId"]}


def _detach_vpc(original: Any, backend: Any, transit_gateway_attachment_id: str) -> TransitGatewayAttachment:
    attachment = original(backend, transit_gateway_attachment_id)
    backend.transit_gateway_attachments[transit_gateway_attachment_id] = attachment
    for table in backend.transit_gateways_route_tables.values():
        table.route_table_associations.pop(transit_gateway_attachment_id, None)
        table.route_table_propagation = [
            held
            for held in table.route_table_propagation
            if held.transitGatewayAttachmentId != transit_gateway_attachment_id
        ]
    backend.transit_gateway_associations.pop(transit_gateway_attachment_id, None)
    backend.transit_gateway_propagations.pop(transit_gateway_attachment_id, None)
    return attachment
