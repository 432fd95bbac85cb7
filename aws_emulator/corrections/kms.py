"""KMS: replica keys, ids of multi-Region keys, and the rotation period.

- The id of a multi-Region key is `mrk-` and 32 hexadecimal digits without hyphens; services match it by that form,
  and it fits the header of moto's ciphertexts.
  https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html (key ID)
- ReplicateKey: a replica has a multi-Region configuration, description, policy, tags, aliases, grants and deletion of
  its own; the lists of replicas agree in all Regions.
  https://docs.aws.amazon.com/kms/latest/APIReference/API_ReplicateKey.html
- A replica is rotated with its primary; EnableKeyRotation keeps RotationPeriodInDays (365 if not given).
  https://docs.aws.amazon.com/kms/latest/APIReference/API_EnableKeyRotation.html
  https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyRotationStatus.html
"""

from __future__ import annotations

import copy
import json
import re
from functools import cache
from typing import Any

from moto.kms import models
from moto.kms.models import Key, kms_backends
from moto.kms.responses import KmsResponse
from moto.utilities.utils import get_partition

from aws_emulator.corrections._patch import around

DEFAULT_ROTATION_DAYS = 365
"""https://docs.aws.amazon.com/kms/latest/APIReference/API_EnableKeyRotation.html"""

_MULTI_REGION_ID = re.compile(r"mrk-[0-9a-f]{32}")


@cache
def install() -> None:
    around(models, "generate_key_id", _key_id)
    around(KmsResponse, "_validate_cmk_id", _validate_key_id)
    around(KmsResponse, "replicate_key", _replicate_key)
    around(Key, "to_dict", _describe)
    around(KmsResponse, "enable_key_rotation", _enable_key_rotation)
    around(KmsResponse, "disable_key_rotation", _disable_key_rotation)
    around(KmsResponse, "get_key_rotation_status", _get_key_rotation_status)


def _key_id(original: Any, multi_region: bool = False) -> str:
    key_id: str = original(multi_region)
    return "mrk-" + key_id.removeprefix("mrk-").replace("-", "") if multi_region else key_id


def _validate_key_id(original: Any, response: KmsResponse, key_id: str) -> None:
    """moto takes only its own form of a multi-Region key's id; an ARN with the same id passes the rest of its check."""
    if _MULTI_REGION_ID.fullmatch(key_id):
        key_id = f"arn:{get_partition(response.region)}:kms:{response.region}:{response.current_account}:key/{key_id}"
    original(response, key_id)


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
