from __future__ import annotations

import json
import re

import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def primary(client):
    return client("kms").create_key(MultiRegion=True, Description="primary")["KeyMetadata"]


def test_replicating_a_key_keeps_its_primary(client, primary):
    client("kms").replicate_key(KeyId=primary["KeyId"], ReplicaRegion="us-west-2", Description="replica")
    here = client("kms").describe_key(KeyId=primary["KeyId"])["KeyMetadata"]
    there = client("kms", "us-west-2").describe_key(KeyId=primary["KeyId"])["KeyMetadata"]
    assert here["MultiRegionConfiguration"]["MultiRegionKeyType"] == "PRIMARY"
    assert there["MultiRegionConfiguration"]["MultiRegionKeyType"] == "REPLICA"
    assert there["Arn"] in [key["Arn"] for key in here["MultiRegionConfiguration"]["ReplicaKeys"]]
    assert (here["Description"], there["Description"]) == ("primary", "replica"), "each has its own description"


def test_a_replica_key_keeps_its_tags_and_policy(client, primary):
    tags = [{"TagKey": "Layer", "TagValue": "security"}]
    owner = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": "kms:*"}
    policy = json.dumps({"Version": "2012-10-17", "Id": "own", "Statement": [{**owner, "Resource": "*"}]})
    client("kms").replicate_key(KeyId=primary["KeyId"], ReplicaRegion="us-west-2", Tags=tags, Policy=policy)
    there = client("kms", "us-west-2")
    assert there.list_resource_tags(KeyId=primary["KeyId"])["Tags"] == tags
    assert there.get_key_policy(KeyId=primary["KeyId"], PolicyName="default")["Policy"] == policy


def test_an_alias_of_the_primary_is_not_an_alias_of_its_replica(client, primary):
    client("kms").create_alias(AliasName="alias/only-here", TargetKeyId=primary["KeyId"])
    client("kms").replicate_key(KeyId=primary["KeyId"], ReplicaRegion="us-west-2")
    client("kms", "us-west-2").create_alias(AliasName="alias/only-here", TargetKeyId=primary["KeyId"])
    client("kms", "us-west-2").delete_alias(AliasName="alias/only-here")
    aliases = client("kms").list_aliases(KeyId=primary["KeyId"])["Aliases"]
    assert [alias["AliasName"] for alias in aliases] == ["alias/only-here"]


def test_the_rotation_period_applies_to_the_replicas_too(client, primary):
    client("kms").replicate_key(KeyId=primary["KeyId"], ReplicaRegion="us-west-2")
    client("kms").enable_key_rotation(KeyId=primary["KeyId"], RotationPeriodInDays=180)
    for region in ("us-east-1", "us-west-2"):
        status = client("kms", region).get_key_rotation_status(KeyId=primary["KeyId"])
        assert (status["KeyRotationEnabled"], status["RotationPeriodInDays"]) == (True, 180)


def test_the_id_of_a_multi_region_key_has_the_form_that_other_services_accept(client):
    """`mrk-` and 32 hexadecimal digits: EFS refuses any other form, and KMS finds the key by id and ARN."""
    kms = client("kms", "us-east-1")
    key = kms.create_key(MultiRegion=True)["KeyMetadata"]
    assert re.fullmatch(r"mrk-[0-9a-f]{32}", key["KeyId"])
    for name in (key["KeyId"], key["Arn"]):
        assert kms.describe_key(KeyId=name)["KeyMetadata"]["Arn"] == key["Arn"]
    client("efs", "us-east-1").create_file_system(CreationToken="mrk", Encrypted=True, KmsKeyId=key["Arn"])
    with pytest.raises(ClientError, match="does not exist"):
        kms.describe_key(KeyId="mrk-" + "0" * 32)


def test_a_multi_region_key_decrypts_its_ciphertext(client):
    """The id of such a key is longer than that of any other, and both have to fit into a ciphertext."""
    kms = client("kms")
    for multi_region in (True, False):
        key = kms.create_key(MultiRegion=multi_region)["KeyMetadata"]["Arn"]
        encrypted = kms.encrypt(KeyId=key, Plaintext=b"state")["CiphertextBlob"]
        assert kms.decrypt(KeyId=key, CiphertextBlob=encrypted)["Plaintext"] == b"state"
