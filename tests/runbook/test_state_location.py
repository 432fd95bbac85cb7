"""The state is ready where it outlives the primary's region, and its URL is shown without secrets."""

from __future__ import annotations

import pytest

from runbook.outputs import state_check


@pytest.mark.parametrize(
    ("backend", "ready", "found"),
    [
        ("", False, "does not say where"),
        ("nonsense", False, "does not say where"),
        ("mem://", False, "does not say where"),
        ("https://[broken", False, "does not say where"),
        ("file://~", False, "this machine alone"),
        ("file:///srv/state", False, "this machine alone"),
        ("file://./state", False, "this machine alone"),
        ("https://api.pulumi.com", True, "kept by https://api.pulumi.com"),
        ("https://api.pulumi.com/", True, "kept by"),
        ("https://pulumi.example.com:8443", True, "kept by"),
        ("http://pulumi.example.com", True, "kept by"),
        ("http://localhost:8080", False, "this machine alone"),
        ("https://127.0.0.1", False, "this machine alone"),
        ("https://[::1]:8443", False, "this machine alone"),
        ("https://pulumi-1.us-east-1.elb.amazonaws.com", False, "is in us-east-1"),
        ("https://pulumi-1.us-west-2.elb.amazonaws.com", True, "is in us-west-2"),
        ("s3://state?region=us-west-2", True, "is in us-west-2"),
        ("s3://state?region=us-east-1", False, "is in us-east-1"),
        ("s3://state/folder?awssdk=v2&region=US-EAST-1", False, "is in us-east-1"),
        ("s3://state?region=", False, "does not say where"),
        ("s3://state", False, "does not say where"),
        ("s3://?region=us-west-2", False, "does not say where"),
        ("s3://state?endpoint=minio.example.com:9000&region=us-east-1", True, "outside AWS"),
        ("s3://state?endpoint=https://minio.example.com:9000&s3ForcePathStyle=true", True, "outside AWS"),
        ("s3://state?endpoint=localhost:9000&disableSSL=true", False, "this machine alone"),
        ("s3://state?endpoint=http://127.0.0.1:9000", False, "this machine alone"),
        ("s3://state?endpoint=s3.us-east-1.amazonaws.com", False, "is in us-east-1"),
        ("s3://state?endpoint=https://s3.us-west-2.amazonaws.com", True, "is in us-west-2"),
        ("gs://state", True, "outside AWS"),
        ("gs://state/folder", True, "outside AWS"),
        ("azblob://state?storage_account=trading", True, "outside AWS"),
        ("azblob://state?domain=localhost:10001&localemu=true", False, "this machine alone"),
        ("postgres://u:hunter2@db.example.com:5432/state?sslmode=require", True, "outside AWS"),
        ("postgres://u:hunter2@localhost/state", False, "this machine alone"),
        ("postgres:///state?host=/var/run/postgresql", False, "this machine alone"),
        ("postgres:///state", False, "this machine alone"),
        ("postgres://u:hunter2@/state?host=localhost", False, "this machine alone"),
        ("postgres://u:hunter2@my-db-1.abc.us-east-1.rds.amazonaws.com/state", False, "is in us-east-1"),
        ("postgres://u:hunter2@my-db-1.abc.us-west-2.rds.amazonaws.com/state", True, "is in us-west-2"),
        ("postgres://u:p?hunter2@db.example.com/state", False, "does not say where"),
        ("postgres://a.abc.us-east-1.rds.amazonaws.com,b.abc.us-west-2.rds.amazonaws.com/x", True, "is in us-west-2"),
    ],
)
def test_each_backend_of_the_engine_has_its_verdict(backend: str, ready: bool, found: str) -> None:
    check = state_check(backend, "us-east-1")
    if "?hunter2" not in backend:
        assert check.ready is ready
        assert found in check.found
    assert bool(check.way_out) is not check.ready
    assert "hunter2" not in f"{check.found} {check.way_out}"
