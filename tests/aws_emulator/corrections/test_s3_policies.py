"""Policies of buckets deny under their conditions alone."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

KEY, OTHER = (f"arn:aws:kms:us-east-1:123456789012:key/{name}" for name in ("own", "other"))


@pytest.fixture
def bucket(client):
    name = "denies-by-conditions"
    client("s3").create_bucket(Bucket=name)
    return name


def _deny(client, bucket, action="s3:PutObject", **condition):
    statement = {"Effect": "Deny", "Principal": "*", "Action": action, "Resource": f"arn:aws:s3:::{bucket}/*"}
    if condition:
        statement["Condition"] = condition
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    client("s3").put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))


def _put(client, bucket, **arguments):
    client("s3").put_object(Bucket=bucket, Key="a", Body=b"1", **arguments)


def test_what_is_denied_without_tls_is_written(client, bucket):
    _deny(client, bucket, "s3:*", Bool={"aws:SecureTransport": "false"})
    _put(client, bucket)
    assert client("s3").get_object(Bucket=bucket, Key="a")["Body"].read() == b"1"


def test_an_object_under_another_key_is_denied(client, bucket):
    name = "s3:x-amz-server-side-encryption-aws-kms-key-id"
    _deny(client, bucket, StringNotEquals={name: KEY}, Null={name: "false"})
    _put(client, bucket)
    _put(client, bucket, ServerSideEncryption="aws:kms", SSEKMSKeyId=KEY)
    with pytest.raises(ClientError, match="403"):
        _put(client, bucket, ServerSideEncryption="aws:kms", SSEKMSKeyId=OTHER)


def test_what_is_denied_always_is_denied(client, bucket):
    _deny(client, bucket)
    with pytest.raises(ClientError, match="403"):
        _put(client, bucket)


def test_a_condition_that_is_not_known_is_refused_and_not_guessed(client, bucket):
    _deny(client, bucket, IpAddress={"aws:SourceIp": "10.0.0.0/8"})
    with pytest.raises(ClientError, match="not emulated"):
        _put(client, bucket)
