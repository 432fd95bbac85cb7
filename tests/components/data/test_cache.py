"""D6: the cache, where the settings ask for one."""

from __future__ import annotations

from blueprint import Blueprint

GROUP = "aws:elasticache/replicationGroup:ReplicationGroup"


def test_there_is_no_cache_unless_it_is_asked_for(primary: Blueprint, dr: Blueprint) -> None:
    assert not primary.of_type(GROUP)
    assert not dr.of_type(GROUP)


def test_the_cache_survives_its_zone(with_options: Blueprint) -> None:
    properties = with_options.one(GROUP, "cache").properties
    assert properties["multiAzEnabled"] is True
    assert properties["automaticFailoverEnabled"] is True
    assert properties["numCacheClusters"] == 3


def test_the_cache_is_encrypted_at_rest_and_in_transit(with_options: Blueprint) -> None:
    properties = with_options.one(GROUP, "cache").properties
    assert properties["atRestEncryptionEnabled"] is True
    assert "::database#arn" in properties["kmsKeyId"]
    assert (properties["transitEncryptionEnabled"], properties["transitEncryptionMode"]) == (True, "required")


def test_clients_enter_the_cache_by_iam_and_there_is_no_password(with_options: Blueprint) -> None:
    user = with_options.one("aws:elasticache/user:User", "cache").properties
    assert user["authenticationMode"] == {"type": "iam"}
    assert user["userId"] == user["userName"], "IAM authentication asks that they are one"
    assert "authToken" not in with_options.one(GROUP, "cache").properties
    assert with_options.one(GROUP, "cache").properties["userGroupIds"]


def test_a_region_that_takes_over_has_the_primarys_cache(dr_active: Blueprint, active_with_options: Blueprint) -> None:
    assert not dr_active.of_type(GROUP)
    assert active_with_options.of_type(GROUP)
