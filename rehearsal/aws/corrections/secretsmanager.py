"""Secrets Manager: a replica is encrypted under the key that was named for its Region.

https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ReplicaRegionType.html
"""

from __future__ import annotations

from functools import cache
from typing import Any

from moto.secretsmanager.models import FakeSecret

from rehearsal.aws.corrections._patch import around


@cache
def install() -> None:
    around(FakeSecret, "create_replicas", _create_replicas)


def _create_replicas(original: Any, secret: FakeSecret, replica_regions: Any, *args: Any, **kwargs: Any) -> Any:
    replicas = original(secret, replica_regions, *args, **kwargs)
    for replica, wanted in zip(replicas, replica_regions or [], strict=True):
        if wanted.get("KmsKeyId"):
            replica.config["KmsKeyId"] = wanted["KmsKeyId"]
    return replicas
