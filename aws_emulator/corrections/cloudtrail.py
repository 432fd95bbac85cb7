"""CloudTrail: DeleteTrail takes the name of a trail or its ARN.

https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_DeleteTrail.html
"""

from __future__ import annotations

from functools import cache
from typing import Any

from moto.cloudtrail.models import CloudTrailBackend

from aws_emulator.corrections._patch import around


@cache
def install() -> None:
    around(CloudTrailBackend, "delete_trail", _delete)


def _delete(original: Any, backend: CloudTrailBackend, name: str) -> None:
    original(backend, backend.get_trail(name).trail_name)
