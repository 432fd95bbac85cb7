"""A bucket's replication configuration, read as what it wants of each object.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_ReplicationRule.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-add-config.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

_ENABLED = "Enabled"


@dataclass(frozen=True)
class Rule:
    """`destination` is a bucket's name; `replica_key` the ARN of the key that replicas of objects under KMS get;
    `within` is the time agreed for it in seconds (replication time control), None without."""

    destination: str
    enabled: bool
    priority: int = 0
    prefix: str = ""
    tags: tuple[tuple[str, str], ...] = ()
    delete_markers: bool = False
    encrypted_objects: bool = False
    modifications: bool = False
    replica_key: str | None = None
    storage_class: str | None = None
    within: float | None = None

    def covers(self, name: str, tags: Mapping[str, str]) -> bool:
        """Whether an object is among those that the rule is for."""
        return self.enabled and name.startswith(self.prefix) and all(tags.get(key) == value for key, value in self.tags)


def rules_of(configuration: Mapping[str, Any] | None) -> list[Rule]:
    """The rules of a configuration as S3's XML has it, parsed to nested dictionaries; none without one."""
    return [_rule(rule) for rule in _listed((configuration or {}).get("Rule"))]


def chosen(rules: Iterable[Rule], name: str, tags: Mapping[str, str]) -> list[Rule]:
    """The rules that an object follows: of those with one destination, the one of the highest priority."""
    found: dict[str, Rule] = {}
    for rule in sorted(rules, key=lambda rule: rule.priority):
        if rule.covers(name, tags):
            found[rule.destination] = rule
    return list(found.values())


def _rule(rule: Mapping[str, Any]) -> Rule:
    # Without a filter it is a rule of the earlier version, whose prefix stands in it and which replicates the markers
    # of deletions (S3 User Guide, "Backward compatibility considerations for replication configurations").
    earlier = "Filter" not in rule
    filtered = rule.get("Filter") or {}
    both = filtered.get("And") or filtered
    selection, destination = rule.get("SourceSelectionCriteria") or {}, rule["Destination"]
    time = destination.get("ReplicationTime") or {}
    return Rule(
        destination=destination["Bucket"].rpartition(":")[2],
        enabled=_enabled(rule),
        priority=int(rule.get("Priority") or 0),
        prefix=(rule.get("Prefix") if earlier else both.get("Prefix")) or "",
        tags=tuple((tag["Key"], tag.get("Value") or "") for tag in _listed(both.get("Tag"))),
        delete_markers=earlier or _enabled(rule.get("DeleteMarkerReplication")),
        encrypted_objects=_enabled(selection.get("SseKmsEncryptedObjects")),
        modifications=_enabled(selection.get("ReplicaModifications")),
        replica_key=(destination.get("EncryptionConfiguration") or {}).get("ReplicaKmsKeyID"),
        storage_class=destination.get("StorageClass"),
        within=60.0 * int(time["Time"]["Minutes"]) if _enabled(time) else None,
    )


def _enabled(part: Mapping[str, Any] | None) -> bool:
    return (part or {}).get("Status") == _ENABLED


def _listed(found: Any) -> list[Any]:
    """XML tells one element from a list of one nowhere."""
    if found is None:
        return []
    return found if isinstance(found, list) else [found]
