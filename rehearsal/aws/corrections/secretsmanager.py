"""Secrets Manager: replicas that stand by themselves, and rotations that end.

- A replica is encrypted under the key that was named for its Region.
  https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ReplicaRegionType.html
- StopReplicationToReplica makes a replica a secret of its own, with its versions; rotation has to be set up anew.
  https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_StopReplicationToReplica.html
- When a rotation has ended, its version is current, and the one before it is the previous one. The function's steps are
  not run: there is no database whose password they could set, so the value stays.
  https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html
"""

from __future__ import annotations

import copy
from functools import cache
from typing import Any

from moto.core.responses import ActionResult
from moto.secretsmanager.exceptions import InvalidParameterException
from moto.secretsmanager.models import FakeSecret, ReplicaSecret, SecretsManagerBackend, secretsmanager_backends
from moto.secretsmanager.responses import SecretsManagerResponse

from rehearsal.aws.corrections._patch import around, lacking


@cache
def install() -> None:
    around(FakeSecret, "create_replicas", _create_replicas)
    around(SecretsManagerBackend, "rotate_secret", _rotate)
    lacking(SecretsManagerResponse, "stop_replication_to_replica", _stop_replication)


def _create_replicas(original: Any, secret: FakeSecret, replica_regions: Any, *args: Any, **kwargs: Any) -> Any:
    replicas = original(secret, replica_regions, *args, **kwargs)
    for replica, wanted in zip(replicas, replica_regions or [], strict=True):
        if wanted.get("KmsKeyId"):
            replica.config["KmsKeyId"] = wanted["KmsKeyId"]
    return replicas


def _rotate(original: Any, backend: SecretsManagerBackend, secret_id: str, *args: Any, **kwargs: Any) -> str:
    secret: Any = backend.secrets.get(secret_id)
    before = getattr(secret, "default_version_id", None)
    answer = original(backend, secret_id, *args, **kwargs)
    after = secret.default_version_id
    if after != before and before in secret.versions:
        earlier, version = secret.versions[before], secret.versions[after]
        for kind in ("secret_string", "secret_binary"):
            if kind in earlier:
                version.setdefault(kind, earlier[kind])
        secret.remove_version_stages_from_old_versions(["AWSPREVIOUS", "AWSCURRENT"])
        earlier["version_stages"], version["version_stages"] = ["AWSPREVIOUS"], ["AWSCURRENT", "AWSPENDING"]
    return answer


def _stop_replication(response: SecretsManagerResponse) -> ActionResult:
    backend = response.backend
    replica = backend.secrets.get(response._get_param("SecretId"))
    if not isinstance(replica, ReplicaSecret):
        raise InvalidParameterException("The secret is not a replica.")
    return ActionResult({"ARN": stand_alone(backend.account_id, replica).arn})


def stand_alone(account: str, replica: ReplicaSecret) -> FakeSecret:
    """The secret that takes the place of a replica."""
    source, backend = replica.source, secretsmanager_backends[account][replica.region]
    secret = copy.copy(source)
    secret.region, secret.arn, secret.replicas = replica.region, replica.arn, []
    secret.kms_key_id = replica.config["KmsKeyId"]
    secret.versions = copy.deepcopy(source.versions)
    secret.rotation_requested = secret.rotation_enabled = False
    source.replicas = [one for one in source.replicas if one.region != replica.region]
    dict.pop(backend.secrets, replica.arn, None)
    backend.secrets[secret.secret_id] = secret
    return secret


def make_replica(account: str, source: FakeSecret, region: str) -> None:
    """Makes the secret of that name in another region a replica again, under the key that it has there."""
    backend = secretsmanager_backends[account][region]
    earlier: Any = backend.secrets.get(source.name)
    if earlier is not None:
        backend.secrets.pop(source.name)
    replica = ReplicaSecret(source, region)
    if earlier is not None and earlier.kms_key_id:
        replica.config["KmsKeyId"] = earlier.kms_key_id
    source.replicas.append(replica)
    backend.secrets[replica.arn] = replica
