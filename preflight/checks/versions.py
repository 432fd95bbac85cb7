"""Versions that the stack pins: the database engine, the cache, Kubernetes and its add-ons."""

from __future__ import annotations

from collections.abc import Iterator

from preflight.account import Account
from preflight.declared import Declared
from preflight.model import Answer, Question, not_asked, ok, stops, warns


class Versions:
    """Reads pinned versions; calls rds:DescribeDBEngineVersions, elasticache:DescribeCacheEngineVersions,
    eks:DescribeClusterVersions and eks:DescribeAddonVersions; stops where AWS no longer offers one, and warns where
    Kubernetes is in extended support."""

    name = "version"

    def questions(self, declared: Declared) -> Iterator[Question]:
        for region in declared.regions:
            if declared.of_type(region, "aws:rds/instance:Instance"):
                yield _database(region, "postgres", declared.settings.data.db_engine_version)
            for cache in declared.of_type(region, "aws:elasticache/replicationGroup:ReplicationGroup"):
                yield _cache(region, str(cache.properties["engine"]), str(cache.properties["engineVersion"]))
            for cluster in declared.of_type(region, "aws:eks/cluster:Cluster"):
                kubernetes = str(cluster.properties["version"])
                yield _kubernetes(region, kubernetes)
                for addon in declared.of_type(region, "aws:eks/addon:Addon"):
                    name, version = str(addon.properties["addonName"]), addon.properties.get("addonVersion")
                    if version:
                        yield _addon(region, kubernetes, name, str(version))


def _database(region: str, engine: str, version: str) -> Question:
    def ask(account: Account) -> Answer:
        major = version.partition(".")[0]
        found = [
            entry["EngineVersion"]
            for entry in account.pages("rds", region, "describe_db_engine_versions", "DBEngineVersions", Engine=engine)
            if entry["EngineVersion"].partition(".")[0] == major and entry.get("Status", "available") == "available"
        ]
        return _among(version, found, "dbEngineVersion")

    return Question(Versions.name, f"RDS {engine}", region, version, ask)


def _cache(region: str, engine: str, version: str) -> Question:
    def ask(account: Account) -> Answer:
        entries = account.pages(
            "elasticache", region, "describe_cache_engine_versions", "CacheEngineVersions", Engine=engine
        )
        return _among(version, [entry["EngineVersion"] for entry in entries], "cacheEngineVersion")

    return Question(Versions.name, f"ElastiCache {engine}", region, version, ask)


def _kubernetes(region: str, version: str) -> Question:
    def ask(account: Account) -> Answer:
        known = {
            entry["clusterVersion"]: entry.get("versionStatus", "")
            for entry in account.pages("eks", region, "describe_cluster_versions", "clusterVersions")
        }
        status = known.get(version, "")
        if status == "EXTENDED_SUPPORT":
            newest = max(known, key=_order)
            return warns("in extended support, at a higher price", f"plan kubernetesVersion = {newest!r}")
        return _among(version, [name for name, state in known.items() if state != "UNSUPPORTED"], "kubernetesVersion")

    return Question(Versions.name, "EKS Kubernetes", region, version, ask)


def _addon(region: str, kubernetes: str, name: str, version: str) -> Question:
    def ask(account: Account) -> Answer:
        if account.emulated:
            return not_asked("the in-memory AWS keeps one version of each add-on")
        addons = account.pages(
            "eks", region, "describe_addon_versions", "addons", kubernetesVersion=kubernetes, addonName=name
        )
        found = [entry["addonVersion"] for addon in addons for entry in addon["addonVersions"]]
        return _among(version, found, "the add-on's version for this kubernetesVersion")

    return Question(Versions.name, f"EKS add-on {name}", region, version, ask)


def _among(version: str, found: list[str], key: str) -> Answer:
    if version in found:
        return ok("offered")
    newest = sorted(set(found), key=_order, reverse=True)[:3]
    if not newest:
        return stops("not offered in any version", f"set {key} to what the region offers")
    return stops(f"not offered; the newest are {', '.join(newest)}", f"set {key} to one of those")


def _order(version: str) -> list[tuple[int, str]]:
    """Versions in their order: numbers as numbers."""
    parts = version.replace("-", ".").split(".")
    return [(int(digits), part) if (digits := "".join(filter(str.isdigit, part))) else (0, part) for part in parts]
