"""Objects of buckets that have a replication configuration.

- New versions, and markers of deletions where the rule says so, reach the destination with their version id, creation
  time, metadata, tags and lock; objects under a customer's key only where the rule selects them, under the key that it
  names. A version that is deleted for good is deleted in its own bucket alone; one that is gone before it was sent is
  not sent. What was there before the configuration, replicas, and archived objects are not replicated.
  https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-what-is-isnot-replicated.html
  https://docs.aws.amazon.com/AmazonS3/latest/userguide/delete-marker-replication.html
- Tags, access list and lock of a source that change later follow it; those of a replica go back where the rule of the
  replica's bucket says so. https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-for-metadata-changes.html
- A source is PENDING until it is in every destination, then COMPLETED, or FAILED where a destination cannot take it; a
  lost Region leaves it PENDING. A replica is REPLICA, and PENDING while a change of its own is on the way back.
  https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-status.html
- Both buckets need versions, and the destination object lock where the version is locked; it locks what comes unlocked
  by its own default. https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-requirements.html

Modelled: versions of one key are ordered by creation time, wherever they arrived first. The role is not asked what it
may do, and the events of replication are not sent.
"""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any

from moto.s3 import notifications
from moto.s3.models import FakeDeleteMarker, FakeKey, S3Backend, s3_backends

from aws_emulator.corrections._patch import around
from aws_emulator.replication.rules import Rule, chosen, rules_of
from aws_emulator.replication.transit import Shipment, Transit

STATUS_HEADER = "x-amz-replication-status"
_KMS = ("aws:kms", "aws:kms:dsse")
# GLACIER_IR is replicated like any class that answers at once.
_ARCHIVED = ("GLACIER", "DEEP_ARCHIVE")


@dataclass
class State:
    """How far the replication of one version is: `waiting` counts what is on its way by destination, `changed` is when
    its tags, access list or lock changed last."""

    replica: bool = False
    waiting: Counter[str] = field(default_factory=Counter)
    failed: bool = False
    changed: float = -1.0

    @property
    def status(self) -> str:
        if self.waiting.total():
            return "PENDING"
        if self.replica:
            return "REPLICA"
        return "FAILED" if self.failed else "COMPLETED"


def state_of(version: Any) -> State | None:
    """None for a version that no rule is for."""
    return vars(version).get(_STATE)


_STATE = "replication state"


@dataclass(frozen=True)
class _Written:
    bucket: Any
    version: Any
    at: float


class ObjectReplication:
    """Sends what is written to a bucket to the destinations of its rules. Expects one request at a time."""

    def __init__(self, transit: Transit) -> None:
        self._transit = transit
        self._new: list[_Written] = []
        transit.gather.append(self._send_new)

    def created(self, bucket: Any, version: Any) -> None:
        """A client made a version, or the marker of a deletion. Its rules are looked at when the request is over: a
        request writes the version first and its tags after."""
        self._new.append(_Written(bucket, version, self._transit.clock()))

    def changed(self, bucket: Any, version: Any) -> None:
        """A client changed tags, access list or lock of a version."""
        state = state_of(version)
        if state is None:
            return
        state.changed = now = self._transit.clock()
        for rule in chosen(rules_of(_configuration(bucket)), version.name, _tags(bucket, version)):
            if not state.replica or rule.modifications:
                self._send(rule, _Written(bucket, version, now), self._deliver_change)

    def _send_new(self) -> None:
        new, self._new = self._new, []
        for written in new:
            bucket, version = written.bucket, written.version
            if not bucket.is_versioned:
                continue
            marker = _is_marker(version)
            tags = {} if marker else _tags(bucket, version)
            for rule in chosen(rules_of(_configuration(bucket)), version.name, tags):
                if rule.delete_markers and not rule.tags if marker else _eligible(rule, version):
                    deliver = self._deliver_marker if marker else self._deliver_object
                    self._send(rule, written, deliver)

    def _send(self, rule: Rule, written: _Written, deliver: Callable[[Rule, _Written], None]) -> None:
        bucket, version = written.bucket, written.version
        target = _bucket(bucket, rule.destination)
        region = target.region_name if target else bucket.region_name
        state = vars(version).setdefault(_STATE, State())
        state.waiting[rule.destination] += 1
        self._transit.send(
            Shipment(
                "bucket",
                bucket.name,
                bucket.region_name,
                region,
                written.at,
                written.at + self._transit.lag,
                partial(self._arrived, rule, written, state, deliver),
                rule.within,
            )
        )

    def _arrived(self, rule: Rule, written: _Written, state: State, deliver: Callable[[Rule, _Written], None]) -> None:
        state.waiting[rule.destination] -= 1
        # Whoever deletes a version, or its bucket, before it was sent has nothing sent.
        there = _bucket(written.bucket, written.bucket.name) is written.bucket
        if there and any(one is written.version for one in written.bucket.keys.getlist(written.version.name, [])):
            deliver(rule, written)

    def _deliver_object(self, rule: Rule, written: _Written) -> None:
        source, version = written.bucket, written.version
        target = _bucket(source, rule.destination)
        if target is None or not _takes(target, version, rule):
            vars(version)[_STATE].failed = True
            return
        if _find(target, version) is not None:
            return
        replica = copy.copy(version)
        # Its parts are the source's, and end with it.
        replica.multipart = None
        replica.bucket_name, replica.region_name = target.name, target.region_name
        vars(replica)[_STATE] = State(replica=True, changed=vars(version)[_STATE].changed)
        replica._metadata = copy.deepcopy(version.metadata)
        if rule.storage_class:
            replica.set_storage_class(rule.storage_class)
        _encrypt(replica, target, rule)
        if not _locked(replica) and target.has_default_lock:
            replica.lock_mode, replica.lock_until = target.default_lock_mode, target.default_retention()
        _backend(target).tagger.copy_tags(version.arn, replica.arn)
        _insert(target, replica)
        _announce(target, replica)

    def _deliver_marker(self, rule: Rule, written: _Written) -> None:
        target = _bucket(written.bucket, rule.destination)
        if target is not None and target.is_versioned and _find(target, written.version) is None:
            replica = copy.copy(written.version)
            vars(replica)[_STATE] = State(replica=True)
            _insert(target, replica)

    def _deliver_change(self, rule: Rule, written: _Written) -> None:
        version, target = written.version, _bucket(written.bucket, rule.destination)
        counterpart = _find(target, version) if target is not None else None
        if counterpart is None:
            # Its object has not arrived, and takes the change along.
            return
        here, there = vars(version)[_STATE], vars(counterpart)[_STATE]
        if there.changed >= here.changed:
            return
        there.changed = here.changed
        counterpart.set_acl(version.acl)
        counterpart.lock_mode, counterpart.lock_until = version.lock_mode, version.lock_until
        counterpart.lock_legal_status = version.lock_legal_status
        tagger = _backend(target).tagger
        tagger.delete_all_tags_for_resource(counterpart.arn)
        tagger.copy_tags(version.arn, counterpart.arn)


def _configuration(bucket: Any) -> Any:
    return getattr(bucket, "replication", None)


def _backend(bucket: Any) -> Any:
    return s3_backends[bucket.account_id][bucket.partition]


def _bucket(beside: Any, name: str) -> Any:
    """A bucket of the same account, None where there is none."""
    return _backend(beside).buckets.get(name)


def _tags(bucket: Any, version: Any) -> dict[str, str]:
    return _backend(bucket).tagger.get_tag_dict_for_resource(version.arn)


def _is_marker(version: Any) -> bool:
    return isinstance(version, FakeDeleteMarker)


def _eligible(rule: Rule, version: Any) -> bool:
    encrypted = version.encryption in _KMS
    return version.storage_class not in _ARCHIVED and (rule.encrypted_objects or not encrypted)


def _locked(version: Any) -> bool:
    return bool(version.lock_mode or version.lock_legal_status == "ON")


def _takes(target: Any, version: Any, rule: Rule) -> bool:
    """Whether a destination can hold a replica: versions, locks, and a key of its own Region."""
    if not target.is_versioned or (_locked(version) and not target.object_lock_enabled):
        return False
    if version.encryption not in _KMS:
        return True
    key = (rule.replica_key or "").split(":")
    return len(key) > 3 and key[3] == target.region_name


def _encrypt(replica: Any, target: Any, rule: Rule) -> None:
    if replica.encryption in _KMS:
        replica.kms_key_id = rule.replica_key
    elif replica.encryption is None and target.encryption:
        default = target.encryption["Rule"]["ApplyServerSideEncryptionByDefault"]
        replica.encryption, replica.kms_key_id = default["SSEAlgorithm"], default.get("KMSMasterKeyID")


def _find(target: Any, version: Any) -> Any:
    """The version of the same id, None where it has not arrived."""
    versions = target.keys.getlist(version.name, [])
    return next((one for one in versions if one.version_id == version.version_id), None)


def _insert(target: Any, version: Any) -> None:
    versions = [*target.keys.getlist(version.name, []), version]
    target.keys.setlist(version.name, sorted(versions, key=lambda one: (one.last_modified, one.version_id)))


def _announce(target: Any, replica: Any) -> None:
    """A replica is an object that was created, to whoever is told of such."""
    created = notifications.S3NotificationEvent.OBJECT_CREATED_PUT_EVENT
    notifications.send_event(target.account_id, created, target, replica)


@cache
def install(replication: ObjectReplication) -> None:
    """Notes every write of a client from now on, and answers the status with each object."""

    def put(original: Any, backend: Any, bucket_name: str, *args: Any, **kwargs: Any) -> Any:
        version = original(backend, bucket_name, *args, **kwargs)
        replication.created(backend.get_bucket(bucket_name), version)
        return version

    def mark_deleted(original: Any, backend: Any, bucket_name: str, key_name: str) -> Any:
        marker = original(backend, bucket_name, key_name)
        replication.created(backend.get_bucket(bucket_name), marker)
        return marker

    def change(original: Any, backend: Any, bucket_name: str, key_name: str, *args: Any, **kwargs: Any) -> Any:
        answer = original(backend, bucket_name, key_name, *args, **kwargs)
        # What is not named is the current version.
        version_id = kwargs.get("version_id") or (args[0] if args and isinstance(args[0], str) else None)
        replication.changed(
            backend.get_bucket(bucket_name), backend.get_object(bucket_name, key_name, version_id=version_id)
        )
        return answer

    def tag(original: Any, backend: Any, key: Any, *args: Any, **kwargs: Any) -> Any:
        answer = original(backend, key, *args, **kwargs)
        replication.changed(backend.get_bucket(key.bucket_name), key)
        return answer

    around(S3Backend, "put_object", put)
    around(S3Backend, "_set_delete_marker", mark_deleted)
    around(S3Backend, "put_object_tagging", tag)
    for operation in ("delete_object_tagging", "put_object_retention", "put_object_legal_hold", "put_object_acl"):
        around(S3Backend, operation, change)
    headers: Any = FakeKey.response_dict

    def with_status(version: Any) -> dict[str, Any]:
        state = state_of(version)
        return {**headers.fget(version), **({STATUS_HEADER: state.status} if state else {})}

    FakeKey.response_dict = property(with_status)  # type: ignore[method-assign] # pyright: ignore
