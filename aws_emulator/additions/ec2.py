"""EC2: capacity reservations, account settings of a region, static routes of VPN connections.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Operations.html
Everything else of EC2 is moto's. Tags of reservations are kept with moto's tags, which `CreateTags` changes.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from moto.ec2.models.vpn_connections import VPNConnection
from moto.ec2.utils import EC2_PREFIX_TO_RESOURCE, EC2_RESOURCE_TO_PREFIX

from aws_emulator.store import AwsError, Call, Record, Resource, Service, make
from aws_emulator.store.tags import read_tags, write_tags

SERVICE = Service("ec2", "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Operations.html")
_ID = "CapacityReservationId"


def _reserve(call: Call, record: Record) -> None:
    specifications = record.pop("TagSpecifications", [])
    tags = {}
    for specification in specifications:
        tags |= read_tags(specification.get("Tags"))
    if tags:
        call.moto("ec2").create_tags([record[_ID]], tags)
    record["TotalInstanceCount"] = record.pop("InstanceCount")
    zones = {zone.zone_id: zone.name for zone in call.moto("ec2").describe_availability_zones()}
    names = {name: identifier for identifier, name in zones.items()}
    if "AvailabilityZone" not in record:
        record["AvailabilityZone"] = zones.get(record.get("AvailabilityZoneId", ""))
    if record["AvailabilityZone"] not in names:
        raise call.invalid(f"There is no Availability Zone {record['AvailabilityZone']} in {call.region}")
    record["AvailabilityZoneId"] = names[record["AvailabilityZone"]]
    if (record["EndDateType"] == "limited") != ("EndDate" in record):
        raise AwsError("InvalidParameterCombination", "EndDate goes with the EndDateType 'limited', and only with it")


def _resize(_call: Call, record: Record) -> None:
    if "InstanceCount" in record:
        record["TotalInstanceCount"] = record.pop("InstanceCount")
    if record["EndDateType"] == "unlimited":
        record.pop("EndDate", None)
    record["Return"] = True


def instances_in(ec2: Any, reservation: str) -> int:
    """How many instances of moto's EC2 stand in a reservation; one that is stopped gives its place up.

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-capacity-reservations.html
    """
    return sum(
        getattr(instance, "capacity_reservation_id", None) == reservation and instance.state in ("pending", "running")
        for instance in ec2.all_instances()
    )


def _described(call: Call, record: Record) -> Record:
    ec2 = call.moto("ec2")
    tags = ec2.describe_tags(filters={"resource-id": [record[_ID]]})
    shape = call.operation.service_model.shape_for("TagList")
    left = record["TotalInstanceCount"] - instances_in(ec2, record[_ID]) if record["State"] == "active" else 0
    return {
        **record,
        "AvailableInstanceCount": left,
        "Tags": write_tags(shape, {tag["key"]: tag["value"] for tag in tags}),
    }


def _filtered(call: Call, record: Record) -> bool:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeCapacityReservations.html"""
    tags = read_tags(_described(call, record)["Tags"])
    for wanted in call.params.get("Filters", []):
        name = wanted["Name"]
        if name.startswith("tag:"):
            have = tags.get(name[4:])
        else:
            have = record.get("".join(part.capitalize() for part in name.split("-")))
        if str(have) not in wanted["Values"]:
            return False
    return True


RESERVATION = SERVICE.resource(
    Resource(
        name="capacity reservation",
        key=(_ID,),
        shapes=("CapacityReservation",),
        defaults={
            "Tenancy": "default",
            "EbsOptimized": False,
            "EphemeralStorage": False,
            "EndDateType": "unlimited",
            "InstanceMatchCriteria": "open",
        },
        make={
            _ID: make.hex_id("cr-"),
            "CapacityReservationArn": make.arn("ec2", "capacity-reservation/{CapacityReservationId}"),
            "OwnerId": make.account,
            "State": "active",
            "CreateDate": make.now,
            "StartDate": make.now,
            "ReservationType": "default",
        },
        create="CreateCapacityReservation",
        list="DescribeCapacityReservations",
        update="ModifyCapacityReservation",
        filters={"CapacityReservationIds": _ID},
        ignored=("Filters", "DryRun"),
        selects=_filtered,
        names="CapacityReservationIds",
        on_create=_reserve,
        on_update=_resize,
        view=_described,
        not_found="InvalidCapacityReservationId.NotFound",
        not_emulated="whether instances match it in type, tenancy and zone",
    )
)


@SERVICE.action("CancelCapacityReservation")
def _cancel(call: Call) -> Any:
    """A cancelled reservation stays listed, as cancelled."""
    record = RESERVATION.find(call)
    record.update(State="cancelled", TotalInstanceCount=0)
    return {"Return": True}


SERVICE.covers(
    "capacity reservation, cancel",
    "CancelCapacityReservation",
    stored="the reservation as cancelled",
    not_emulated="cancellation charges",
)

_SETTINGS: dict[str, dict[str, Any]] = {
    "serial console": {"SerialConsoleAccessEnabled": False},
    "snapshots": {"State": "unblocked"},
    "images": {"ImageBlockPublicAccessState": "block-new-sharing"},
}
"""Settings of an account in a region, as they are before anyone changes them.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_EnableSerialConsoleAccess.html
https://docs.aws.amazon.com/ebs/latest/userguide/block-public-access-snapshots.html
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/block-public-access-to-amis.html
"""


def _setting(call: Call, name: str) -> Record:
    return call.store.settings.setdefault(name, dict(_SETTINGS[name]))


@SERVICE.action("EnableSerialConsoleAccess", "DisableSerialConsoleAccess", "GetSerialConsoleAccessStatus")
def _serial_console(call: Call) -> Any:
    setting = _setting(call, "serial console")
    if call.operation.name != "GetSerialConsoleAccessStatus":
        setting["SerialConsoleAccessEnabled"] = call.operation.name == "EnableSerialConsoleAccess"
    return setting


@SERVICE.action(
    "EnableSnapshotBlockPublicAccess", "DisableSnapshotBlockPublicAccess", "GetSnapshotBlockPublicAccessState"
)
def _snapshots(call: Call) -> Any:
    setting = _setting(call, "snapshots")
    if call.operation.name != "GetSnapshotBlockPublicAccessState":
        setting["State"] = call.params.get("State", "unblocked")
    return setting


@SERVICE.action("EnableImageBlockPublicAccess", "DisableImageBlockPublicAccess", "GetImageBlockPublicAccessState")
def _images(call: Call) -> Any:
    setting = _setting(call, "images")
    if call.operation.name != "GetImageBlockPublicAccessState":
        setting["ImageBlockPublicAccessState"] = call.params.get("ImageBlockPublicAccessState", "unblocked")
    return setting


@SERVICE.action("GetInstanceMetadataDefaults")
def _metadata_defaults(call: Call) -> Any:
    return {"AccountLevel": {**call.store.settings.get("metadata", {}), "ManagedBy": "account"}}


@SERVICE.action("ModifyInstanceMetadataDefaults")
def _change_metadata_defaults(call: Call) -> Any:
    """`no-preference`, and -1 for the hop limit, take a default away.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyInstanceMetadataDefaults.html
    """
    defaults = call.store.settings.setdefault("metadata", {})
    for name, value in call.params.items():
        if value in ("no-preference", -1):
            defaults.pop(name, None)
        elif name != "DryRun":
            defaults[name] = value
    return {"Return": True}


_DEFAULT_EBS_KEY = "alias/aws/ebs"
"""https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_GetEbsDefaultKmsKeyId.html"""


@SERVICE.action("GetEbsDefaultKmsKeyId", "ModifyEbsDefaultKmsKeyId", "ResetEbsDefaultKmsKeyId")
def _ebs_key(call: Call) -> Any:
    settings = call.store.settings
    if call.operation.name == "ResetEbsDefaultKmsKeyId":
        settings.pop("ebs key", None)
    elif call.operation.name == "ModifyEbsDefaultKmsKeyId":
        key = call.moto("kms").describe_key(call.params["KmsKeyId"])
        settings["ebs key"] = key.arn
    return {"KmsKeyId": settings.get("ebs key", _DEFAULT_EBS_KEY)}


SERVICE.covers(
    "settings of the region",
    "EnableSerialConsoleAccess",
    "DisableSerialConsoleAccess",
    "GetSerialConsoleAccessStatus",
    "EnableSnapshotBlockPublicAccess",
    "DisableSnapshotBlockPublicAccess",
    "GetSnapshotBlockPublicAccessState",
    "EnableImageBlockPublicAccess",
    "DisableImageBlockPublicAccess",
    "GetImageBlockPublicAccessState",
    "GetInstanceMetadataDefaults",
    "ModifyInstanceMetadataDefaults",
    "GetEbsDefaultKmsKeyId",
    "ModifyEbsDefaultKmsKeyId",
    "ResetEbsDefaultKmsKeyId",
    stored="serial console access, public access blocks, instance metadata defaults, the default EBS key",
    not_emulated="their effect on snapshots, images, instances and volumes",
)


@SERVICE.action("CreateVpnConnectionRoute", "DeleteVpnConnectionRoute")
def _vpn_route(call: Call) -> Any:
    """Kept where moto's description of the connection takes its routes from."""
    connection = call.moto("ec2").vpn_connections.get(call.params["VpnConnectionId"])
    cidr = call.params["DestinationCidrBlock"]
    if connection is None:
        named = call.params["VpnConnectionId"]
        raise AwsError("InvalidVpnConnectionID.NotFound", f"The vpnConnection ID '{named}' does not exist")
    routes = [route for route in getattr(connection, "routes", []) if route["DestinationCidrBlock"] != cidr]
    if call.operation.name == "CreateVpnConnectionRoute":
        routes.append({"DestinationCidrBlock": cidr, "Source": "Static", "State": "available"})
    elif len(routes) == len(getattr(connection, "routes", [])):
        raise AwsError("InvalidRoute.NotFound", f"The connection has no route to {cidr}")
    connection.routes = routes
    return None


SERVICE.covers(
    "VPN connection route",
    "CreateVpnConnectionRoute",
    "DeleteVpnConnectionRoute",
    stored="the static routes, with moto's connection",
    not_emulated="routing",
)


_PREFIXES = {"capacity-reservation": "cr", "placement-group": "pg"}
"""Identifiers that moto's `CreateTags` does not take for identifiers."""

_ROUTE_FILTER = "route.destination-cidr-block"


def _filter_by_route(original: Callable[..., Any]) -> Callable[..., Any]:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVpnConnections.html"""

    @wraps(original)
    def get_filter_value(self: Any, filter_name: str, method_name: str | None = None) -> Any:
        if filter_name == _ROUTE_FILTER:
            return [route["DestinationCidrBlock"] for route in getattr(self, "routes", [])]
        return original(self, filter_name, method_name)

    setattr(get_filter_value, _ROUTE_FILTER, True)
    return get_filter_value


def install() -> None:
    """Answer these actions from now on; once is enough."""
    SERVICE.install()
    for resource, prefix in _PREFIXES.items():
        EC2_RESOURCE_TO_PREFIX.setdefault(resource, prefix)
        EC2_PREFIX_TO_RESOURCE.setdefault(prefix, resource)
    if not hasattr(VPNConnection.get_filter_value, _ROUTE_FILTER):
        VPNConnection.get_filter_value = _filter_by_route(VPNConnection.get_filter_value)
