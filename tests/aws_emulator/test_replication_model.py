"""Two buckets that replicate to each other, whatever is written, deleted and lost at whatever lag, on a clock of the
test's own."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from moto.s3.models import FakeKey, S3Backend, s3_backends

from aws_emulator.outage import SERVED, Mode, Outages
from aws_emulator.replication.objects import ObjectReplication, state_of
from aws_emulator.replication.transit import Transit

ACCOUNT, REGIONS = "123456789012", ("us-east-1", "us-west-2")
KEYS = st.sampled_from(["a", "b"])
REGION = st.sampled_from(REGIONS)


class BothWays(RuleBasedStateMachine):
    """`written` holds when each version was made, in which Region; a version seen elsewhere must have had its time."""

    @initialize(lag=st.sampled_from([0.0, 1.0, 5.0]), markers=st.booleans())
    def begin(self, lag: float, markers: bool) -> None:
        self.now = 100.0
        self.outages = Outages(lambda: self.now)
        self.transit = Transit(self.outages, lambda: self.now, lag)
        self.replication = ObjectReplication(self.transit)
        self.markers = markers
        # moto's own backend, with buckets whose names no other example has.
        self.backend: S3Backend = s3_backends[ACCOUNT]["aws"]
        self.buckets: dict[str, Any] = {}
        names = {region: f"{region}-{uuid4()}" for region in REGIONS}
        for region, other in zip(REGIONS, reversed(REGIONS), strict=True):
            bucket = self.backend.create_bucket(names[region], region)
            bucket.versioning_status = "Enabled"
            bucket.replication = {  # type: ignore[attr-defined]
                "Rule": {
                    "Status": "Enabled",
                    "Filter": None,
                    "DeleteMarkerReplication": {"Status": "Enabled" if markers else "Disabled"},
                    "Destination": {"Bucket": f"arn:aws:s3:::{names[other]}"},
                }
            }
            self.buckets[region] = bucket
        self.written: dict[str, tuple[str, float, bool]] = {}
        self.removed: set[tuple[str, str]] = set()
        self.lost_at: dict[str, float] = {}

    def _note(self, region: str, version: Any, marker: bool) -> None:
        self.written[version.version_id] = (region, self.now, marker)
        self.replication.created(self.buckets[region], version)

    @rule(region=REGION, key=KEYS)
    def put(self, region: str, key: str) -> None:
        self.transit.settle()
        self._note(region, self.backend.put_object(self.buckets[region].name, key, b"x"), marker=False)

    @rule(region=REGION, key=KEYS)
    def delete(self, region: str, key: str) -> None:
        self.transit.settle()
        if key in self.buckets[region].keys:
            marker = self.backend._set_delete_marker(self.buckets[region].name, key)
            self._note(region, marker, marker=True)

    @rule(region=REGION, key=KEYS)
    def delete_for_good(self, region: str, key: str) -> None:
        self.transit.settle()
        bucket = self.buckets[region]
        current = bucket.keys.get(key)
        if current is not None:
            self.backend.delete_object(bucket.name, key, version_id=current.version_id)
            self.removed.add((region, current.version_id))

    @rule(region=REGION, mode=st.sampled_from(Mode))
    def lose(self, region: str, mode: Mode) -> None:
        self.outages.set(region, mode)
        self.lost_at.setdefault(region, self.now)

    @rule(region=REGION)
    def give_back(self, region: str) -> None:
        self.outages.set(region, SERVED)
        self.lost_at.pop(region, None)

    @rule(seconds=st.sampled_from([0.5, 1.0, 10.0]))
    def wait(self, seconds: float) -> None:
        self.transit.settle()
        self.now += seconds

    @rule()
    def catch_up(self) -> None:
        """With both Regions back for longer than the lag, each has everything that was not deleted for good."""
        for region in REGIONS:
            self.give_back(region)
        self.now += self.transit.lag
        self.transit.settle()
        assert self.transit.report()["waiting"] == []
        for region, other in zip(REGIONS, reversed(REGIONS), strict=True):
            here, there = self._versions(region), self._versions(other)
            for version_id in here.keys() - there.keys():
                source, _, marker = self.written[version_id]
                kept_here = source == region and marker and not self.markers
                # A version that is deleted for good in its own region stays in the other.
                assert kept_here or (other, version_id) in self.removed
        for key in ("a", "b"):
            currents = [self.buckets[region].keys.get(key) for region in REGIONS]
            if self.markers and not self.removed:
                assert len({current.version_id for current in currents if current}) <= 1, "both show the same object"

    @invariant()
    def nothing_arrives_early_or_over_a_cut_or_twice(self) -> None:
        if not hasattr(self, "transit"):
            return
        self.transit.settle()
        for region in REGIONS:
            listed = [one for versions in self.buckets[region].keys.lists() for one in versions[1]]
            assert len({one.version_id for one in listed}) == len(listed), "no version is there twice"
            for version in listed:
                source, at, _ = self.written[version.version_id]
                if source != region:
                    due = at + self.transit.lag
                    assert due <= self.now
                    assert (
                        all(due < lost for lost in self.lost_at.values()) or version.version_id in self.arrived_before
                    )
        self._remember()

    @property
    def arrived_before(self) -> set[str]:
        return vars(self).setdefault("_arrived", set())

    def _remember(self) -> None:
        for region in REGIONS:
            self.arrived_before.update(
                version_id for version_id in self._versions(region) if self.written[version_id][0] != region
            )

    @invariant()
    def the_status_says_where_a_version_is(self) -> None:
        if not hasattr(self, "transit"):
            return
        for region, other in zip(REGIONS, reversed(REGIONS), strict=True):
            there = self._versions(other)
            for version_id, version in self._versions(region).items():
                source, _, marker = self.written[version_id]
                state = state_of(version)
                if marker:
                    continue
                assert state is not None
                if source != region:
                    assert state.status == "REPLICA"
                elif state.status == "COMPLETED":
                    assert version_id in there or (other, version_id) in self.removed
                else:
                    assert state.status == "PENDING"
                    assert version_id not in there

    def _versions(self, region: str) -> dict[str, Any]:
        return {one.version_id: one for _, versions in self.buckets[region].keys.lists() for one in versions}

    def teardown(self) -> None:
        for bucket in vars(self).get("buckets", {}).values():
            for version in (one for _, versions in bucket.keys.lists() for one in versions):
                if isinstance(version, FakeKey):
                    version.dispose()
            del self.backend.buckets[bucket.name]


BothWays.TestCase.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
TestBothWays = BothWays.TestCase
