"""Rules of a bucket's replication configuration.

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
    """One rule.

    `destination`: name of the bucket. `replica_key`: ARN of the key for replicas of objects under KMS. `within`:
    replication time control in seconds, or None.
    """

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
        """Return whether the rule applies to an object."""
        return self.enabled and name.startswith(self.prefix) and all(tags.get(key) == value for key, value in self.tags)


def rules_of(configuration: Mapping[str, Any] | None) -> list[Rule]:
    """Return the rules of a configuration, which is S3's XML as nested dictionaries; empty without a configuration."""
    return [_rule(rule) for rule in _listed((configuration or {}).get("Rule"))]


def chosen(rules: Iterable[Rule], name: str, tags: Mapping[str, str]) -> list[Rule]:
    """Return the rules that apply to an object: for each destination, the rule with the highest priority."""
    found: dict[str, Rule] = {}
    for rule in sorted(rules, key=lambda rule: rule.priority):
        if rule.covers(name, tags):
            found[rule.destination] = rule
    return list(found.values())


def _rule(rule: Mapping[str, Any]) -> Rule:
    # A rule without a filter has the earlier version. Its prefix is a member of the rule, and it replicates delete
    # markers (S3 User Guide, "Backward compatibility considerations for replication configurations").
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
    """Return a list. The parsed XML does not distinguish one element from a list of one."""
    if found is None:
        return []
    return found if isinstance(found, list) else [found]
