"""Where the hosts of the latency tier stand, on whose hardware, and whether there is room for them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any

from policy import tokens as t
from policy.resources import Resource
from policy.rule import Parameter, Parameters, Rules, Severity
from policy.stack import Stack
from policy.values import NotEvaluatedError, Unknown

RULES = Rules("Latency")

_HOSTS = {
    "hosts": Parameter(
        "array", [], "Names of the launch templates of the latency tier; * for a part.", items="string", needed=True
    )
}
_CLUSTER = "cluster"

# EC2 User Guide, "Placement strategies": cluster groups take current-generation types but burstable ones, Mac
# instances and flex types; of previous generations they take A1, C3, C4, I2, M4, R3 and R4.
_UNPLACEABLE = re.compile(r"^(t\d\w*|mac\d?[\w-]*|[a-z]\d\w*-flex|m[123]|c1|cc[12]|g2|hs1|i2x|cr1|r1)\.")
# Same guide: a partition group takes dedicated instances in at most two partitions.
_DEDICATED_PARTITIONS = 2


def _of_latency_tier(host: Resource, parameters: Parameters) -> bool:
    """Whether a template, or an instance that follows none, is one of those named."""
    if host.type == t.INSTANCE:
        names = [] if host.has("launchTemplate") else [host.text("tags.Name"), host.name]
    else:
        names = [host.text("name") or host.name]
    return any(fnmatchcase(name, pattern) for name in names for pattern in parameters["hosts"])


def _group_of(host: Resource, stack: Stack) -> Resource | None:
    """The group that a host stands in: the one that it names, its template's, or its fleet's."""
    if host.type == t.INSTANCE:
        template = stack.in_plan(host, "launchTemplate", t.LAUNCH_TEMPLATE)
        named = stack.in_plan(host, "placementGroup", t.PLACEMENT_GROUP)
        return named or (_group_of(template, stack) if template is not None else None)
    if (named := stack.in_plan(host, "placement.groupName", t.PLACEMENT_GROUP)) is not None:
        return named
    groups = (stack.in_plan(fleet, "placementGroup", t.PLACEMENT_GROUP) for fleet in _fleets(host, stack))
    return next((group for group in groups if group is not None), None)


def _fleets(template: Resource, stack: Stack) -> list[Resource]:
    return [
        *stack.attached(template, t.AUTOSCALING_GROUP, "launchTemplate"),
        *stack.attached(template, t.AUTOSCALING_GROUP, "mixedInstancesPolicy"),
    ]


@RULES.joined(
    t.LAUNCH_TEMPLATE,
    t.INSTANCE,
    id="latency-tier-cluster-placed",
    title="Hosts of the latency tier are in a cluster placement group",
    remediation="Set placement.groupName to an aws.ec2.PlacementGroup with strategy cluster.",
    needs=("placement.groupName", (t.PLACEMENT_GROUP, "strategy")),
    parameters=_HOSTS,
)
def cluster_placed(template: Resource, stack: Stack, parameters: Parameters) -> Iterator[str]:
    """A single flow reaches 10 Gbit/s inside a cluster placement group and 5 Gbit/s outside (EC2 User Guide, "Network
    bandwidth").
    """
    if not _of_latency_tier(template, parameters):
        return
    group = _group_of(template, stack)
    if group is None:
        yield "its hosts are in no placement group"
    elif group.text("strategy") != _CLUSTER:
        yield f"its hosts are in a group with strategy {group.text('strategy')!r}"


@RULES.joined(
    t.LAUNCH_TEMPLATE,
    t.INSTANCE,
    id="placement-supports-type",
    title="The instance type is supported in a cluster placement group",
    remediation="Choose a current-generation type that is neither burstable nor flex, such as c6in or c7gn.",
    needs=("instanceType",),
)
def supports_type(template: Resource, stack: Stack, _: Parameters) -> Iterator[str]:
    """EC2 refuses the launch of an unsupported type."""
    group = _group_of(template, stack)
    if group is not None and group.text("strategy") == _CLUSTER and _UNPLACEABLE.match(template.text("instanceType")):
        yield f"{template.text('instanceType')} cannot be launched into a cluster placement group"


def _members(group: Resource, stack: Stack) -> list[Resource]:
    return [
        *stack.attached(group, t.LAUNCH_TEMPLATE, "placement.groupName"),
        *stack.attached(group, t.INSTANCE, "placementGroup"),
        *stack.attached(group, t.AUTOSCALING_GROUP, "placementGroup"),
    ]


def _zones(member: Resource, stack: Stack) -> Iterator[str]:
    if member.type == t.CAPACITY_RESERVATION:
        # By name, or by the subnet that is in a zone which settings name by id.
        named = member.peek("availabilityZone")
        for target in stack.resolved(member, "availabilityZone", named, t.SUBNET):
            yield _zone_of(target) if isinstance(target, Resource) else str(target.value)
        return
    if member.type == t.AUTOSCALING_GROUP:
        yield from map(str, member.items("availabilityZones"))
        yield from _zones_of_subnets(member, "vpcZoneIdentifiers", member.peek("vpcZoneIdentifiers"), stack)
        return
    if member.type == t.LAUNCH_TEMPLATE:
        for fleet in _fleets(member, stack):
            yield from _zones(fleet, stack)
        for instance in stack.attached(member, t.INSTANCE, "launchTemplate"):
            yield from _zones(instance, stack)
        for interface in member.items("networkInterfaces"):
            yield from _zones_of_subnets(member, "networkInterfaces", interface.get("subnetId"), stack)
        path = "placement.availabilityZone"
    else:
        yield from _zones_of_subnets(member, "subnetId", member.peek("subnetId"), stack)
        path = "availabilityZone"
    if zone := member.text(path):
        yield zone


def _zones_of_subnets(resource: Resource, path: str, value: Any, stack: Stack) -> Iterator[str]:
    for target in stack.resolved(resource, path, value, t.SUBNET):
        if not isinstance(target, Resource):
            raise NotEvaluatedError(path, f"names a subnet that is not in the plan: {target.value}")
        yield _zone_of(target)


def _zone_of(subnet: Resource) -> str:
    """The zone's name, or its id: a stack names all of its zones in one way."""
    return subnet.text("availabilityZone") or subnet.text("availabilityZoneId")


@RULES.joined(
    t.PLACEMENT_GROUP,
    id="placement-one-zone",
    title="A cluster placement group and its members are in one zone",
    remediation="Launch the group's members into subnets of one zone, and reserve capacity in that zone.",
    needs=(
        (t.SUBNET, "availabilityZone"),
        (t.AUTOSCALING_GROUP, "vpcZoneIdentifiers"),
        (t.CAPACITY_RESERVATION, "availabilityZone"),
    ),
)
def one_zone(group: Resource, stack: Stack, _: Parameters) -> Iterator[str]:
    """A cluster placement group cannot span zones: launches in a second zone fail."""
    if group.text("strategy") != _CLUSTER:
        return
    members = [*_members(group, stack), *stack.attached(group, t.CAPACITY_RESERVATION, "placementGroupArn")]
    zones = {zone for member in members for zone in _zones(member, stack)}
    if len(zones) > 1:
        yield f"its members are in {len(zones)} zones: {', '.join(sorted(zones))}"


@RULES.joined(
    t.LAUNCH_TEMPLATE,
    t.INSTANCE,
    id="tenancy-fits-strategy",
    title="Tenancy is compatible with the placement strategy",
    remediation="Use dedicated or default tenancy with cluster, default with spread, and at most two partitions "
    "with dedicated; dedicated hosts cannot be in a placement group.",
    needs=("placement.tenancy", (t.PLACEMENT_GROUP, "strategy")),
)
def tenancy_fits(host: Resource, stack: Stack, _: Parameters) -> Iterator[str]:
    """EC2 accepts the template and refuses the launch (EC2 User Guide, "Placement group rules and limitations")."""
    group = _group_of(host, stack)
    if group is None:
        return
    tenancy = _tenancy(host, stack)
    strategy = group.text("strategy")
    if tenancy == "host":
        yield "dedicated hosts cannot be in a placement group"
    elif tenancy == "dedicated" and strategy == "spread":
        yield "a spread group takes no dedicated instances"
    elif tenancy == "dedicated" and strategy == "partition":
        count = group.number("partitionCount")
        if count is not None and count > _DEDICATED_PARTITIONS:
            yield f"with dedicated instances a partition group has at most two partitions, not {count:g}"


def _tenancy(host: Resource, stack: Stack) -> str:
    """The tenancy of a host, its template's where it says none; a named host is a dedicated one."""
    if host.type != t.INSTANCE:
        on_host = any(host.has(f"placement.{path}") for path in ("hostId", "hostResourceGroupArn"))
        return "host" if on_host else host.text("placement.tenancy") or "default"
    if any(host.has(path) for path in ("hostId", "hostResourceGroupArn")):
        return "host"
    template = stack.in_plan(host, "launchTemplate", t.LAUNCH_TEMPLATE)
    return host.text("tenancy") or (_tenancy(template, stack) if template is not None else "default")


@RULES.joined(
    t.LAUNCH_TEMPLATE,
    t.INSTANCE,
    t.CAPACITY_RESERVATION,
    id="tenancy-as-declared",
    title="Hosts of the latency tier have the declared tenancy",
    remediation="Set placement.tenancy to the declared tenancy, or change the parameter with it.",
    needs=("placement.tenancy", (t.CAPACITY_RESERVATION, "tenancy")),
    parameters={**_HOSTS, "tenancy": Parameter("string", "dedicated", "Tenancy of the latency tier.")},
)
def tenancy_declared(host: Resource, stack: Stack, parameters: Parameters) -> Iterator[str]:
    """On shared hardware, load of other customers increases tail latency.

    A reservation is judged where the latency tier uses it: by its placement group, its instance type, or its target.
    """
    if host.type == t.CAPACITY_RESERVATION:
        if not _reserved_for_tier(host, stack, parameters):
            return
        tenancy = host.text("tenancy") or "default"
    elif _follows_latency_tier(host, stack, parameters):
        tenancy = _tenancy(host, stack)
    else:
        return
    if tenancy != parameters["tenancy"]:
        yield f"has tenancy {tenancy!r}, not {parameters['tenancy']!r}"


def _follows_latency_tier(host: Resource, stack: Stack, parameters: Parameters) -> bool:
    """Whether a host is of the latency tier by its own name, or by that of the template that it follows."""
    template = stack.in_plan(host, "launchTemplate", t.LAUNCH_TEMPLATE) if host.type == t.INSTANCE else None
    return _of_latency_tier(template or host, parameters)


def _reserved_for_tier(reservation: Resource, stack: Stack, parameters: Parameters) -> bool:
    """Whether a host of the latency tier may run in the reservation."""
    kind = reservation.text("instanceType")
    group = stack.target(reservation, "placementGroupArn", t.PLACEMENT_GROUP)
    for host in stack.of_type(t.LAUNCH_TEMPLATE, t.INSTANCE):
        if not _of_latency_tier(host, parameters):
            continue
        if host.text("instanceType") == kind or (group is not None and _group_of(host, stack) == group):
            return True
    return False


def _running(template: Resource, stack: Stack) -> float:
    """How many hosts stand at least."""
    fleets = sum(fleet.number("minSize") or 0 for fleet in _fleets(template, stack))
    return fleets + len(stack.attached(template, t.INSTANCE, "launchTemplate"))


@RULES.joined(
    t.LAUNCH_TEMPLATE,
    id="capacity-reserved",
    title="Running hosts of the latency tier have reserved capacity",
    remediation="Declare an aws.ec2.CapacityReservation of the same type, tenancy and zone; a recovery region that "
    "has taken over needs its own.",
    needs=(
        "instanceType",
        (t.CAPACITY_RESERVATION, "instanceType"),
        (t.AUTOSCALING_GROUP, "minSize"),
    ),
    parameters=_HOSTS,
)
def capacity_reserved(template: Resource, stack: Stack, parameters: Parameters) -> Iterator[str]:
    """When a region fails, demand for the same instance types rises in the next region.

    A pilot light runs no hosts and needs no reservation. `tenancy-as-declared` judges the tenancy of reservations.
    """
    if not _of_latency_tier(template, parameters) or not (running := _running(template, stack)):
        return
    wanted = template.text("instanceType")
    reserved = sum(
        reservation.number("instanceCount") or 0
        for reservation in stack.of_type(t.CAPACITY_RESERVATION)
        if reservation.text("instanceType") == wanted
    )
    if reserved < running:
        yield f"capacity is reserved for {reserved:g} of {running:g} hosts of type {wanted}"


@RULES.resource(
    t.CAPACITY_RESERVATION,
    id="reservation-stands",
    title="Capacity reservations have no end date and are targeted",
    remediation="Set endDateType to unlimited and instanceMatchCriteria to targeted.",
    needs=("endDateType", "instanceMatchCriteria"),
)
def reservation_stands(reservation: Resource, _: Parameters) -> Iterator[str]:
    """Any instance of the type uses an open reservation, and a reservation with an end date may be gone when it is
    needed.

    The defaults are endDateType unlimited and instanceMatchCriteria open (EC2 API, CreateCapacityReservation).
    """
    if reservation.text("endDateType") == "limited" or reservation.has("endDate"):
        yield "ends at a date"
    if reservation.text("instanceMatchCriteria") != "targeted":
        yield "is open to any instance of its type"


def _in_tier(template: Resource, parameters: Parameters) -> bool:
    """Whether a template is named as of the latency tier, or stands in a placement group."""
    return _of_latency_tier(template, parameters) or template.has("placement.groupName")


@RULES.joined(
    t.LAUNCH_TEMPLATE,
    t.INSTANCE,
    t.AUTOSCALING_GROUP,
    "aws:ec2/spotInstanceRequest:SpotInstanceRequest",
    id="latency-tier-on-demand",
    title="Hosts of the latency tier are on-demand instances of a fixed-performance type",
    remediation="Use on-demand instances of the template's type: no spot, and no overrides with burstable types.",
    needs=("instanceMarketOptions.marketType",),
    # Placement groups mark the tier too, so that the rule works without a configuration.
    parameters={"hosts": replace(_HOSTS["hosts"], needed=False)},
)
def on_demand(host: Resource, stack: Stack, parameters: Parameters) -> Iterator[str]:
    """AWS reclaims a spot instance with two minutes' notice, and a burstable instance slows down when its credits are
    used up.

    A fleet belongs to the tier if its launch template does: by name, or by a placement group.
    """
    if host.type == t.AUTOSCALING_GROUP:
        yield from _mixed(host, stack, parameters)
        return
    placed = host.has("placementGroup") if host.type != t.LAUNCH_TEMPLATE else False
    if not (_in_tier(host, parameters) or placed):
        return
    spot = host.type.endswith(":SpotInstanceRequest") or host.text("instanceMarketOptions.marketType") == "spot"
    if spot:
        yield "is a spot instance"


def _mixed(fleet: Resource, stack: Stack, parameters: Parameters) -> Iterator[str]:
    if fleet.peek("mixedInstancesPolicy") is None:
        return
    path = "mixedInstancesPolicy"
    found = stack.targets(fleet, path, t.LAUNCH_TEMPLATE)
    templates = [template for template in found if isinstance(template, Resource)]
    named = any(fnmatchcase(fleet.text("name") or fleet.name, pattern) for pattern in parameters["hosts"])
    placed = fleet.has("placementGroup") or any(_in_tier(template, parameters) for template in templates)
    if not (placed or named):
        return
    share = fleet.number(f"{path}.instancesDistribution.onDemandPercentageAboveBaseCapacity")
    if share is not None and share < 100:
        yield f"launches {100 - share:g} % of its hosts as spot instances"
    for override in (fleet.peek(f"{path}.launchTemplate") or {}).get("overrides") or ():
        kind = str(override.get("instanceType") or "")
        if kind and _UNPLACEABLE.match(kind):
            yield f"may launch {kind}, which no cluster placement group takes"


@RULES.joined(
    t.PLACEMENT_GROUP,
    id="placement-one-type",
    title="A cluster placement group holds one instance type",
    severity=Severity.ADVISORY,
    remediation="Use the same instanceType for all launch templates of the group.",
    needs=((t.LAUNCH_TEMPLATE, "instanceType"),),
)
def one_type(group: Resource, stack: Stack, _: Parameters) -> Iterator[str]:
    """Mixed types make "insufficient capacity" errors more likely (EC2 User Guide, "Placement strategies")."""
    if group.text("strategy") != _CLUSTER:
        return
    found = {member.text("instanceType") for member in _members(group, stack)} - {""}
    if len(found) > 1:
        yield f"holds {', '.join(sorted(found))}"


@RULES.resource(
    t.LAUNCH_TEMPLATE,
    id="ena-express-explicit",
    title="Launch templates of the latency tier set ENA Express explicitly",
    severity=Severity.ADVISORY,
    remediation="Set networkInterfaces[].enaSrdSpecification.enaSrdEnabled to true or false.",
    needs=("networkInterfaces",),
    parameters=_HOSTS,
)
def ena_express(template: Resource, parameters: Parameters) -> Iterator[str]:
    """ENA Express reduces tail latency under load and adds tens of microseconds when idle, so that the choice must be
    explicit.
    """
    if not _of_latency_tier(template, parameters):
        return
    interfaces = template.items("networkInterfaces")
    if not interfaces or any(not _says_ena_express(interface) for interface in interfaces):
        yield "leaves ENA Express to the instance type"


def _says_ena_express(interface: Mapping[str, object]) -> bool:
    specification = interface.get("enaSrdSpecification")
    if isinstance(specification, Unknown):
        specification.refuse()
    return isinstance(specification, Mapping) and specification.get("enaSrdEnabled") is not None
