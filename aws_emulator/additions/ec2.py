"""EC2: capacity reservations, account settings of a region, static routes of VPN connections.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Operations.html
moto implements the rest of EC2. Tags of reservations are stored among moto's tags, so that `CreateTags` changes them.
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


def _create_reservation(call: Call, record: Record) -> None:
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
        raise AwsError(
            "InvalidParameterCombination", "EndDate requires EndDateType 'limited', and 'limited' requires EndDate"
        )


def _change_reservation(_call: Call, record: Record) -> None:
    if "InstanceCount" in record:
        record["TotalInstanceCount"] = record.pop("InstanceCount")
    if record["EndDateType"] == "unlimited":
        record.pop("EndDate", None)
    record["Return"] = True


def instances_in(ec2: Any, reservation: str) -> int:
    """Return the number of moto's instances in a reservation. A stopped instance releases its capacity.

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
    """Return whether the filters select a reservation.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeCapacityReservations.html
    """
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
        on_create=_create_reservation,
        on_update=_change_reservation,
        view=_described,
        not_found="InvalidCapacityReservationId.NotFound",
        not_emulated="the match of instances by type, tenancy and zone",
    )
)


@SERVICE.action("CancelCapacityReservation")
def _cancel(call: Call) -> Any:
    """Cancel a reservation; it stays listed as cancelled."""
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
"""Default settings of an account in a region.

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
    """Change the defaults. `no-preference`, and -1 for the hop limit, remove a default.

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
"""Default key of EBS (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_GetEbsDefaultKmsKeyId.html)."""


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
    """Store a route where moto's description of the connection reads its routes."""
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
"""Identifiers that moto's `CreateTags` does not recognise."""

_ROUTE_FILTER = "route.destination-cidr-block"


def _filter_by_route(original: Callable[..., Any]) -> Callable[..., Any]:
    """Add the filter by route to moto's VPN connections.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVpnConnections.html
    """

    @wraps(original)
    def get_filter_value(self: Any, filter_name: str, method_name: str | None = None) -> Any:
        if filter_name == _ROUTE_FILTER:
            return [route["DestinationCidrBlock"] for route in getattr(self, "routes", [])]
        return original(self, filter_name, method_name)

    setattr(get_filter_value, _ROUTE_FILTER, True)
    return get_filter_value


def install() -> None:
    """Answer these actions from now on; further calls do nothing."""
    SERVICE.install()
    for resource, prefix in _PREFIXES.items():
        EC2_RESOURCE_TO_PREFIX.setdefault(resource, prefix)
        EC2_PREFIX_TO_RESOURCE.setdefault(prefix, resource)
    if not hasattr(VPNConnection.get_filter_value, _ROUTE_FILTER):
        VPNConnection.get_filter_value = _filter_by_route(VPNConnection.get_filter_value)
