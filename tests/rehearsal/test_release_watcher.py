"""The primary may go as soon as the recovery region has nothing left on the primary's side."""

from __future__ import annotations

import threading

from rehearsal.engines.terraform.release_watcher import ReleaseWatcher


def gone(address: str) -> dict[str, object]:
    return {"type": "apply_complete", "hook": {"resource": {"addr": address}}}


def test_a_stack_without_resources_elsewhere_releases_the_other_at_once() -> None:
    free = threading.Event()
    ReleaseWatcher(set(), free).begin()
    assert free.is_set()


def test_the_other_stack_waits_for_the_last_resource_in_its_region() -> None:
    free = threading.Event()
    watch = ReleaseWatcher({"aws_route.there", "aws_vpc_peering_connection_accepter.there"}, free)
    watch.begin()
    watch(gone("aws_route.there"))
    watch(gone("aws_db_instance.here"))
    assert not free.is_set(), "a resource on the primary's side is still there"
    watch(gone("aws_vpc_peering_connection_accepter.there"))
    assert free.is_set()


def test_a_started_deletion_still_blocks_the_other_stack() -> None:
    free = threading.Event()
    watch = ReleaseWatcher({"aws_route.there"}, free)
    watch({"type": "apply_start", "hook": {"resource": {"addr": "aws_route.there"}}})
    watch({"type": "apply_errored", "hook": {"resource": {"addr": "aws_route.there"}}})
    assert not free.is_set()
