"""Zones: those that the settings name must offer the instance types, the database classes and EKS."""

from __future__ import annotations

from collections.abc import Iterator

from aws_facts.zones import WITHOUT_EKS
from preflight import instances
from preflight.account import Account
from preflight.declared import Declared
from preflight.model import Answer, Question, not_asked, ok, stops


class Zones:
    """Reads zones, instance types, database classes and the cluster's subnets; calls ec2:DescribeAvailabilityZones,
    ec2:DescribeInstanceTypeOfferings and rds:DescribeOrderableDBInstanceOptions; stops where a zone lacks one."""

    name = "zone"

    def questions(self, declared: Declared) -> Iterator[Question]:
        for region in declared.regions:
            yield from _types(declared, region)
            yield from _cluster(declared, region)
            yield from _databases(declared, region)


def _types(declared: Declared, region: str) -> Iterator[Question]:
    wanted: dict[str, set[str]] = {}
    for group in instances.launched(declared, region):
        wanted.setdefault(group.type, set()).update(group.zones)
    for type_, zones in sorted(wanted.items()):

        def ask(account: Account, type_: str = type_, zones: frozenset[str] = frozenset(zones)) -> Answer:
            filters = [{"Name": "instance-type", "Values": [type_]}]
            offered = {
                offer["Location"]
                for offer in account.pages(
                    "ec2",
                    region,
                    "describe_instance_type_offerings",
                    "InstanceTypeOfferings",
                    LocationType="availability-zone",
                    Filters=filters,
                )
            }
            missing = sorted(zones - offered)
            found = f"offered in {', '.join(sorted(offered)) or 'no zone'}"
            if not missing:
                return ok(found)
            return stops(found, f"name other availabilityZones than {', '.join(missing)}, or another instance type")

        yield Question(Zones.name, type_, region, f"in {', '.join(sorted(zones)) or 'any zone'}", ask)


def _cluster(declared: Declared, region: str) -> Iterator[Question]:
    clusters = declared.of_type(region, "aws:eks/cluster:Cluster")
    subnets = [subnet for cluster in clusters for subnet in cluster.properties["vpcConfig"]["subnetIds"]]
    zones = {str(found.properties["availabilityZone"]) for subnet in subnets if (found := declared.named(subnet))}
    if not zones:
        return

    def ask(account: Account) -> Answer:
        known = account.call("ec2", region, "describe_availability_zones")["AvailabilityZones"]
        ids = {zone["ZoneName"]: zone["ZoneId"] for zone in known}
        unknown = sorted(zones - set(ids))
        if unknown:
            return stops(f"the account sees {', '.join(sorted(ids))}", f"name other availabilityZones than {unknown}")
        without = sorted(zone for zone in zones if ids[zone] in WITHOUT_EKS)
        found = ", ".join(f"{zone} is {ids[zone]}" for zone in sorted(zones))
        if without:
            free = [zone for zone, id_ in ids.items() if id_ not in WITHOUT_EKS and zone not in zones]
            return stops(found, f"EKS takes no subnet in {', '.join(without)}; name {' or '.join(free)} instead")
        return ok(found)

    yield Question(Zones.name, "EKS control plane", region, f"in {', '.join(sorted(zones))}", ask)


def _databases(declared: Declared, region: str) -> Iterator[Question]:
    seen: set[tuple[str, str, str]] = set()
    for database in declared.of_type(region, "aws:rds/instance:Instance"):
        source = declared.named(database.properties.get("replicateSourceDb"))
        given = {**(dict(source.properties) if source else {}), **database.properties}
        engine, version = given.get("engine") or "postgres", declared.settings.data.db_engine_version
        class_, storage = str(given["instanceClass"]), str(given.get("storageType", "gp3"))
        if (class_, version, storage) in seen:
            continue
        seen.add((class_, version, storage))

        def ask(
            account: Account, engine: str = engine, version: str = version, class_: str = class_, storage: str = storage
        ) -> Answer:
            options = account.pages(
                "rds",
                region,
                "describe_orderable_db_instance_options",
                "OrderableDBInstanceOptions",
                Engine=engine,
                EngineVersion=version,
                DBInstanceClass=class_,
                Vpc=True,
            )
            if not options and account.emulated:
                return not_asked("the in-memory AWS knows no classes of this version")
            zones = {z["Name"] for o in options if o.get("StorageType") == storage for z in o["AvailabilityZones"]}
            named = set(declared.settings.network.availability_zones) if region == declared.region else zones
            found = f"offered in {', '.join(sorted(zones)) or 'no zone'}"
            if len(zones & named) >= 2:
                return ok(found)
            return stops(found, "choose another dbInstanceClass, dbEngineVersion or dbStorageType")

        yield Question(Zones.name, f"{class_}, {engine} {version}, {storage}", region, "in two zones or more", ask)
