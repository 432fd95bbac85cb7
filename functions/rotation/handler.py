"""Lambda entry of rotation. Environment: DATABASE_INSTANCE, the identifier of this region's RDS instance."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Mapping
from typing import Any

import boto3
from botocore.config import Config

from functions.rotation.database import DatabaseMaster
from functions.rotation.steps import Rotation, RotationError

logging.getLogger().setLevel(logging.INFO)

# Nobody waits for a rotation, and Secrets Manager repeats one that fails.
_CONFIG = Config(connect_timeout=5, read_timeout=15, retries={"total_max_attempts": 4, "mode": "standard"})


def handle(event: Mapping[str, Any], context: Any) -> None:
    """One step: `Step`, `SecretId`, `ClientRequestToken`. Raises RotationError."""
    instance = os.environ.get("DATABASE_INSTANCE")
    if not instance:
        raise RotationError("DATABASE_INSTANCE is not set; set it on the function")
    secrets = boto3.client("secretsmanager", config=_CONFIG)
    master = DatabaseMaster(
        rds=boto3.client("rds", config=_CONFIG),
        secrets=secrets,
        instance=instance,
        remaining=lambda: context.get_remaining_time_in_millis() / 1000,
        pause=time.sleep,
    )
    Rotation(secrets, master).run(event["Step"], event["SecretId"], event["ClientRequestToken"])
