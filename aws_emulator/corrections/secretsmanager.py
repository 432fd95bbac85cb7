"""Secrets Manager: a replica is encrypted under the key that was named for its Region, and can become independent; a
rotation ends.

https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ReplicaRegionType.html
https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_StopReplicationToReplica.html

When a rotation has ended, its version is current and the one before it is the previous one; a label of the caller's
own stays where it is. The function's steps are not run: there is no database whose password they could set, so the
value stays.
https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html
"""

from __future__ import annotations

import copy
import json
from functools import cache
from typing import Any

from moto.secretsmanager.exceptions import InvalidRequestException, SecretNotFoundException
from moto.secretsmanager.models import FakeSecret, ReplicaSecret, SecretsManagerBackend, secretsmanager_backends
from moto.secretsmanager.responses import SecretsManagerResponse

from aws_emulator.corrections._patch import around, lacking

_LABELS_OF_AWS = ("AWSPREVIOUS", "AWSCURRENT", "AWSPENDING")


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


def _rotate(original: Any, backend: SecretsManagerBackend, secret_id: str, *args: Any, **kwargs: Any) -> str:
    secret: Any = backend.secrets.get(secret_id)
    before = getattr(secret, "default_version_id", None)
    labels = _own_labels(secret, before)
    answer = original(backend, secret_id, *args, **kwargs)
    after = secret.default_version_id
    if after != before and before in secret.versions:
        earlier, version = secret.versions[before], secret.versions[after]
        for kind in ("secret_string", "secret_binary"):
            if kind in earlier:
                version.setdefault(kind, earlier[kind])
        secret.remove_version_stages_from_old_versions(list(_LABELS_OF_AWS))
        earlier["version_stages"], version["version_stages"] = [*labels, "AWSPREVIOUS"], ["AWSCURRENT"]
    return answer


def _own_labels(secret: Any, version: str | None) -> list[str]:
    stages = secret.versions[version]["version_stages"] if secret and version in secret.versions else []
    return [stage for stage in stages if stage not in _LABELS_OF_AWS]


def make_replica(account: str, source: FakeSecret, region: str) -> None:
    """Makes the secret of that name in another region a replica again, under the key that it has there."""
    secrets: Any = secretsmanager_backends[account][region].secrets
    replica = ReplicaSecret(source, region)
    for key, earlier in [entry for entry in secrets.items() if entry[1].name == source.name]:
        dict.pop(secrets, key)
        if key_id := getattr(earlier, "kms_key_id", None):
            replica.config["KmsKeyId"] = key_id
    source.replicas.append(replica)
    secrets[replica.arn] = replica
