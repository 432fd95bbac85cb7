"""What a rehearsal lifts before it takes its stacks down."""

from __future__ import annotations

from pathlib import Path

from aws_emulator.server import start
from rehearsal.teardown import lift_protections
from rehearsal.verification.clients import Clients

REGION = "us-east-1"
# S3 API Reference, ListObjectVersions: a page has a thousand at most.
MORE_THAN_A_PAGE = 1003


def test_a_bucket_with_more_objects_than_a_page_is_emptied(tmp_path: Path) -> None:
    with start(log=tmp_path / "server.log") as server:
        clients = Clients(REGION, server.client_environment(REGION))
        s3 = clients.client("s3")
        s3.create_bucket(Bucket="records")
        for number in range(MORE_THAN_A_PAGE):
            s3.put_object(Bucket="records", Key=f"{number:05}", Body=b"")
        lift_protections(clients)
        assert "Versions" not in s3.list_object_versions(Bucket="records")
        s3.delete_bucket(Bucket="records")
