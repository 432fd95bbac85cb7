"""Retention can be let run out here, and only here."""

from __future__ import annotations

import urllib.request
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from botocore.exceptions import ClientError

from aws_emulator import server
from aws_emulator.retention import RETENTION_PATH


def test_a_locked_object_goes_only_after_its_retention_is_let_run_out() -> None:
    with server.start() as cloud:
        s3 = boto3.client(
            "s3",
            endpoint_url=cloud.endpoint,
            region_name="us-east-1",
            aws_access_key_id="rehearsal",
            aws_secret_access_key="rehearsal",
        )
        s3.create_bucket(Bucket="trades", ObjectLockEnabledForBucket=True)
        stored = s3.put_object(
            Bucket="trades",
            Key="a",
            Body=b"x",
            ObjectLockMode="COMPLIANCE",
            ObjectLockRetainUntilDate=datetime.now(UTC) + timedelta(days=2192),
        )
        with pytest.raises(ClientError):
            s3.delete_object(Bucket="trades", Key="a", VersionId=stored["VersionId"])
        urllib.request.urlopen(urllib.request.Request(cloud.endpoint + RETENTION_PATH, data=b""), timeout=60).close()
        s3.delete_object(Bucket="trades", Key="a", VersionId=stored["VersionId"])
        assert "Versions" not in s3.list_object_versions(Bucket="trades")
