"""The state's bucket and key against the in-memory AWS: made once, put right again, refused in the primary's region."""

from __future__ import annotations

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from aws_emulator import server
from delivery.__main__ import app
from delivery.bootstrap import ALIAS, BootstrapError, Clients, bootstrap, lines
from rehearsal.verification.clients import Clients as Emulated

REGION, PRIMARY, BUCKET = "us-west-2", "us-east-1", "desk-state-of-a-test"


@pytest.fixture
def clients(in_memory_aws: server.RunningServer) -> Clients:
    """Clients of the in-memory AWS."""
    return lambda service, region: Emulated(region, in_memory_aws.environment()).client(service)


def test_bucket_and_key_are_as_the_state_needs_them(clients: Clients) -> None:
    """Versioned, private, TLS alone, encrypted with a rotating multi-region key; a second run changes nothing."""
    made = bootstrap(clients, BUCKET, REGION, PRIMARY)
    s3, kms = clients("s3", REGION), clients("kms", REGION)
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"})
    assert bootstrap(clients, BUCKET, REGION, PRIMARY) == made
    assert s3.get_bucket_location(Bucket=BUCKET)["LocationConstraint"] == REGION
    assert s3.get_bucket_versioning(Bucket=BUCKET)["Status"] == "Enabled"
    assert set(s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"].values()) == {True}
    (rule,) = s3.get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": made.key_arn}
    (statement,) = json.loads(s3.get_bucket_policy(Bucket=BUCKET)["Policy"])["Statement"]
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    key = kms.describe_key(KeyId=ALIAS)["KeyMetadata"]
    assert (key["Arn"], key["MultiRegion"]) == (made.key_arn, True)
    assert kms.get_key_rotation_status(KeyId=key["KeyId"])["KeyRotationEnabled"]
    printed = list(lines(made))
    assert printed[0] == f"stateBackendUrl: s3://{BUCKET}?region={REGION}"
    assert printed[1] == f"stateKeyArn: {made.key_arn}"


def test_the_primarys_region_is_refused() -> None:
    """One line and exit code 2, before any call."""

    def never(*_: object) -> Any:
        raise AssertionError("a client is made")

    with pytest.raises(BootstrapError, match="is the primary's region"):
        bootstrap(never, BUCKET, PRIMARY, PRIMARY)
    result = CliRunner().invoke(app, ["bootstrap", "--bucket", BUCKET, "--region", PRIMARY])
    assert result.exit_code == 2
    assert len(result.output.strip().splitlines()) == 1


def test_a_bucket_in_another_region_is_named(clients: Clients) -> None:
    """A bucket of the account elsewhere is not taken for the state's."""
    clients("s3", "eu-west-1").create_bucket(
        Bucket="desk-state-elsewhere", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    with pytest.raises(BootstrapError, match="is in eu-west-1; name another, or --region eu-west-1"):
        bootstrap(clients, "desk-state-elsewhere", REGION, PRIMARY)


def test_without_credentials_it_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """A profile that does not exist is no traceback."""
    monkeypatch.setenv("AWS_PROFILE", "nope")
    result = CliRunner().invoke(app, ["bootstrap", "--bucket", BUCKET])
    assert result.exit_code == 2
    assert "could not be found" in result.output
