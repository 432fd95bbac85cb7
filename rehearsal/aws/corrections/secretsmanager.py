"""Secrets Manager: a replica is encrypted under the key that was named for its Region, and can become independent.

https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ReplicaRegionType.html
https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_StopReplicationToReplica.html
"""

from __future__ import annotations

import copy
import json
from functools import cache
from typing import Any

from moto.secretsmanager.exceptions import InvalidRequestException, SecretNotFoundException
from moto.secretsmanager.models import FakeSecret, ReplicaSecret
from moto.secretsmanager.responses import SecretsManagerResponse

from rehearsal.aws.corrections._patch import around, lacking


@cache
def install() -> None:
    around(FakeSecret, "create_replicas", _create_replicas)
    lacking(SecretsManagerResponse, "stop_replication_to_replica", _stop_replication)


def _create_replicas(original: Any, secret: FakeSecret, replica_regions: Any, *args: Any, **kwargs: Any) -> Any:
    replicas = original(secret, replica_regions, *args, **kwargs)
    for replica, wanted in zip(replicas, replica_regions or [], strict=True):
        if wanted.get("KmsKeyId"):
            replica.config["KmsKeyId"] = wanted["KmsKeyId"]
    return replicas


def _stop_replication(response: SecretsManagerResponse) -> str:
    """The replica becomes a secret of its own, as it is now; asked in its Region, whatever has become of the other."""
    secrets = response.backend.secrets
    replica = secrets.get(response._get_param("SecretId"))
    if replica is None:
        raise SecretNotFoundException()
    if not isinstance(replica, ReplicaSecret):
        raise InvalidRequestException("The secret is not a replica.")
    source, alone = replica.source, copy.copy(replica.source)
    alone.arn, alone.region, alone.replicas = replica.arn, replica.region, []
    alone.kms_key_id = replica.config["KmsKeyId"]
    alone.versions = copy.deepcopy(source.versions)
    alone.rotation_requested = alone.rotation_enabled = False
    source.replicas = [other for other in source.replicas if other is not replica]
    secrets[replica.arn] = alone
    return json.dumps({"ARN": replica.arn})
