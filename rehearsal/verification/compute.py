"""Checks of engines, services and load balancers, and of the connections between them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from blueprint import Blueprint, Resource
from blueprint.references import references_in
from rehearsal.verification.clients import Clients
from rehearsal.verification.kinds import Kind
from rehearsal.verification.relations import Identifiers, Relation

_LIVE = [{"Name": "instance-state-name", "Values": ["pending", "running", "stopping", "stopped"]}]
_ACTIVE = [{"Name": "state", "Values": ["active"]}]
# ACM API Reference, ListCertificates: without this filter the API lists only certificates with RSA keys.
_ANY_KEY = {"keyTypes": ["RSA_2048", "RSA_3072", "RSA_4096", "EC_prime256v1", "EC_secp384r1", "EC_secp521r1"]}
_INSTANCE = "aws:ec2/instance:Instance"
_GROUP = "aws:autoscaling/group:Group"
_SERVICE = "aws:ecs/service:Service"


def _given(name: str) -> Callable[[Resource], Any]:
    return lambda resource: resource.properties.get(name)


def _named(resource: Resource) -> Any:
    return (resource.properties.get("tags") or {}).get("Name")


def _listed(service: str, operation: str, key: str, member: str, **asked: Any) -> Callable[[Clients], Iterable[str]]:
    return lambda clients: (item[member] for item in clients.pages(service, operation, key, **asked))


def _name_of(item: dict[str, Any]) -> str:
    return next((tag["Value"] for tag in item.get("Tags", []) if tag["Key"] == "Name"), "")


def _instances(clients: Clients) -> Iterator[dict[str, Any]]:
    for launched in clients.pages("ec2", "describe_instances", "Reservations", Filters=_LIVE):
        yield from launched["Instances"]


def _reservations(clients: Clients) -> Iterator[dict[str, Any]]:
    yield from clients.pages("ec2", "describe_capacity_reservations", "CapacityReservations", Filters=_ACTIVE)


def _services(clients: Clients) -> Iterator[dict[str, Any]]:
    """Return services of every active cluster. The check describes one service per call, because ECS accepts at most
    ten."""
    client = clients.client("ecs")
    for cluster in clients.pages("ecs", "list_clusters", "clusterArns"):
        for service in clients.pages("ecs", "list_services", "serviceArns", cluster=cluster):
            described = client.describe_services(cluster=cluster, services=[service])["services"]
            yield from (found for found in described if found["status"] == "ACTIVE")


def _groups(clients: Clients) -> Iterator[dict[str, Any]]:
    yield from clients.pages("autoscaling", "describe_auto_scaling_groups", "AutoScalingGroups")


def _targets(clients: Clients) -> Iterator[dict[str, Any]]:
    yield from clients.pages("elbv2", "describe_target_groups", "TargetGroups")


def _reached(clients: Clients) -> set[str]:
    """Return ARNs of the target groups to which a listener forwards requests."""
    client = clients.client("elbv2")
    return {
        action["TargetGroupArn"]
        for balancer in clients.pages("elbv2", "describe_load_balancers", "LoadBalancers")
        for listener in client.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
        for rule in client.describe_rules(ListenerArn=listener["ListenerArn"])["Rules"]
        for action in rule["Actions"]
        if "TargetGroupArn" in action
    }


def _declared_in_reserve(primary: Blueprint, dr: Blueprint) -> Identifiers:
    for blueprint in (primary, dr):
        for instance in blueprint.of_type(_INSTANCE):
            if (instance.properties.get("capacityReservationSpecification") or {}).get("capacityReservationTarget"):
                yield _named(instance)


def _found_in_reserve(primary: Clients, dr: Clients) -> Identifiers:
    for clients in (primary, dr):
        reserved = {reservation["CapacityReservationId"] for reservation in _reservations(clients)}
        for instance in _instances(clients):
            if instance.get("CapacityReservationId") in reserved:
                yield _name_of(instance)


def _declared_targets(primary: Blueprint, dr: Blueprint) -> Identifiers:
    for blueprint in (primary, dr):
        for attachment in blueprint.of_type("aws:lb/targetGroupAttachment:TargetGroupAttachment"):
            for reference in references_in(attachment.properties["targetId"]):
                yield _named(blueprint.one(reference.type, reference.name))


def _found_targets(primary: Clients, dr: Clients) -> Identifiers:
    for clients in (primary, dr):
        names = {instance["InstanceId"]: _name_of(instance) for instance in _instances(clients)}
        client = clients.client("elbv2")
        for group in _reached(clients):
            for health in client.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]:
                if health["Target"]["Id"] in names:
                    yield names[health["Target"]["Id"]]


def _declared_fleets(primary: Blueprint, dr: Blueprint) -> Identifiers:
    for blueprint in (primary, dr):
        for group in blueprint.of_type(_GROUP):
            if group.properties.get("targetGroupArns"):
                yield group.properties["name"]


def _found_fleets(primary: Clients, dr: Clients) -> Identifiers:
    for clients in (primary, dr):
        reached = _reached(clients)
        for group in _groups(clients):
            if reached & set(group["TargetGroupARNs"]):
                yield group["AutoScalingGroupName"]


def _declared_services(primary: Blueprint, dr: Blueprint) -> Identifiers:
    for blueprint in (primary, dr):
        for service in blueprint.of_type(_SERVICE):
            if service.properties.get("loadBalancers"):
                yield service.properties["name"]


def _found_services(primary: Clients, dr: Clients) -> Identifiers:
    for clients in (primary, dr):
        reached = _reached(clients)
        for service in _services(clients):
            if reached & {joined["targetGroupArn"] for joined in service["loadBalancers"]}:
                yield service["serviceName"]


COMPUTE_KINDS: tuple[Kind, ...] = (
    Kind("engine", _INSTANCE, _named, lambda clients: map(_name_of, _instances(clients))),
    Kind(
        "capacity reservation",
        "aws:ec2/capacityReservation:CapacityReservation",
        _named,
        lambda clients: map(_name_of, _reservations(clients)),
    ),
    Kind(
        "placement group",
        "aws:ec2/placementGroup:PlacementGroup",
        _given("name"),
        _listed("ec2", "describe_placement_groups", "PlacementGroups", "GroupName"),
    ),
    Kind(
        "launch template",
        "aws:ec2/launchTemplate:LaunchTemplate",
        _given("name"),
        _listed("ec2", "describe_launch_templates", "LaunchTemplates", "LaunchTemplateName"),
    ),
    Kind(
        "fleet of engines",
        _GROUP,
        _given("name"),
        lambda clients: (group["AutoScalingGroupName"] for group in _groups(clients)),
    ),
    Kind(
        "service on Fargate",
        _SERVICE,
        _given("name"),
        lambda clients: (service["serviceName"] for service in _services(clients)),
    ),
    Kind(
        "load balancer",
        "aws:lb/loadBalancer:LoadBalancer",
        _given("name"),
        _listed("elbv2", "describe_load_balancers", "LoadBalancers", "LoadBalancerName"),
    ),
    Kind(
        "target group",
        "aws:lb/targetGroup:TargetGroup",
        _given("name"),
        lambda clients: (group["TargetGroupName"] for group in _targets(clients)),
    ),
    Kind(
        "certificate",
        "aws:acm/certificate:Certificate",
        _given("domainName"),
        _listed("acm", "list_certificates", "CertificateSummaryList", "DomainName", Includes=_ANY_KEY),
    ),
)

COMPUTE_RELATIONS: tuple[Relation, ...] = (
    Relation("engine in its reserved capacity", _declared_in_reserve, _found_in_reserve),
    Relation("engine behind a load balancer", _declared_targets, _found_targets),
    Relation("fleet behind a load balancer", _declared_fleets, _found_fleets),
    Relation("service behind a load balancer", _declared_services, _found_services),
)
