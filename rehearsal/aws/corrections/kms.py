"""KMS: replica keys and the rotation period.

- ReplicateKey: a replica has a multi-Region configuration, description, policy, tags, aliases, grants and deletion of
  its own; the lists of replicas agree in all Regions.
  https://docs.aws.amazon.com/kms/latest/APIReference/API_ReplicateKey.html
- A replica is rotated with its primary; EnableKeyRotation keeps RotationPeriodInDays (365 if not given).
  https://docs.aws.amazon.com/kms/latest/APIReference/API_EnableKeyRotation.html
  https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyRotationStatus.html
- What is encrypted under a multi-Region key can be decrypted: its id is longer than the header of moto's ciphertexts.
  https://docs.aws.amazon.com/kms/latest/developerguide/multi-region-keys-overview.html
"""

from __future__ import annotations

import copy
import json
from functools import cache
from typing import Any

from moto.kms import utils
from moto.kms.models import Key, kms_backends
from moto.kms.responses import KmsResponse
from moto.utilities.utils import get_partition

from rehearsal.aws.corrections._patch import around

DEFAULT_ROTATION_DAYS = 365
"""https://docs.aws.amazon.com/kms/latest/APIReference/API_EnableKeyRotation.html"""


# moto's own form: `mrk-` and a UUID.
_MULTI_REGION_ID_LENGTH = 40


@cache
def install() -> None:
    utils.HEADER_LEN += _MULTI_REGION_ID_LENGTH - utils.KEY_ID_LEN
    utils.CIPHERTEXT_HEADER_FORMAT = f">{_MULTI_REGION_ID_LENGTH}s{utils.IV_LEN}s{utils.TAG_LEN}s"
    around(utils, "_deserialize_ciphertext_blob", _parse_ciphertext)
    around(KmsResponse, "replicate_key", _replicate_key)
    around(Key, "to_dict", _describe)
    around(KmsResponse, "enable_key_rotation", _enable_key_rotation)
    around(KmsResponse, "disable_key_rotation", _disable_key_rotation)
    around(KmsResponse, "get_key_rotation_status", _get_key_rotation_status)


def _parse_ciphertext(original: Any, ciphertext_blob: bytes) -> Any:
    read = original(ciphertext_blob)
    return read._replace(key_id=read.key_id.rstrip("\0"))


def _family(key: Key) -> list[Key]:
    """The primary key and its replicas, over all Regions; the key alone when it is a single-Region key."""
    if not key.multi_region:
        return [key]
    backends = kms_backends[key.account_id].values()
    return [backend.keys[key.id] for backend in backends if key.id in backend.keys]


def _key_of(response: KmsResponse) -> Key:
    return response.kms_backend.keys[response.kms_backend.get_key_id(response._get_param("KeyId"))]


def _replicate_key(_original: Any, response: KmsResponse) -> str:
    backend = response.kms_backend
    key_id = backend.get_key_id(response._get_param("KeyId"))
    response._validate_key_id(key_id)
    primary = backend.keys[key_id]
    region = response._get_param("ReplicaRegion")
    target = kms_backends[response.current_account][region]

    # Key material is shared, as in AWS; a deep copy is not possible because it holds a handle of a C library.
    replica = copy.copy(primary)
    replica.region = region
    replica.arn = f"arn:{get_partition(region)}:kms:{region}:{primary.account_id}:key/{key_id}"
    replica.description = response._get_param("Description") or ""
    replica.policy = response._get_param("Policy") or replica.generate_default_policy()
    replica.aliases, replica.grants, replica.rotations = {}, {}, []
    target.keys[key_id] = replica
    tags = response._get_param("Tags") or []
    if tags:
        target.tagger.tag_resource(key_id, tags)
    return json.dumps(
        {
            "ReplicaKeyMetadata": replica.to_dict()["KeyMetadata"],
            "ReplicaPolicy": replica.policy,
            "ReplicaTags": tags,
        }
    )


def _describe(original: Any, key: Key) -> dict[str, Any]:
    described = original(key)
    if key.multi_region:
        primary_arn = key.multi_region_configuration["PrimaryKey"]["Arn"]
        replicas = [member for member in _family(key) if member.arn != primary_arn]
        described["KeyMetadata"]["MultiRegionConfiguration"] = {
            "MultiRegionKeyType": "PRIMARY" if key.arn == primary_arn else "REPLICA",
            "PrimaryKey": key.multi_region_configuration["PrimaryKey"],
            "ReplicaKeys": [{"Arn": replica.arn, "Region": replica.region} for replica in replicas],
        }
    return described


def _enable_key_rotation(original: Any, response: KmsResponse) -> str:
    answer = original(response)
    key = _key_of(response)
    days = int(response._get_param("RotationPeriodInDays") or DEFAULT_ROTATION_DAYS)
    for member in _family(key):
        member.key_rotation_status = True
        member.rotation_period_in_days = days  # pyright: ignore[reportAttributeAccessIssue]
    return answer


def _disable_key_rotation(original: Any, response: KmsResponse) -> str:
    answer = original(response)
    for member in _family(_key_of(response)):
        member.key_rotation_status = False
    return answer


def _get_key_rotation_status(original: Any, response: KmsResponse) -> str:
    status = json.loads(original(response))
    key = _key_of(response)
    status["KeyId"] = key.id
    if status["KeyRotationEnabled"]:
        status["RotationPeriodInDays"] = getattr(key, "rotation_period_in_days", DEFAULT_ROTATION_DAYS)
    return json.dumps(status)
