"""Task definition of the trading services: its container on Fargate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi

from components.security.secrets import Secret
from components.settings import Settings

CONTAINER = "trading-service"
# An unprivileged user id, which the image does not need to define.
_USER = "10001:10001"
_SCRATCH = "scratch"
# Seconds. A task has as long to stop as the load balancer's deregistration delay.
_STOP_SECONDS = 45
_OPEN_FILES = 65536
# Log lines are buffered here while CloudWatch is slow, so that an order never waits for a log.
_LOG_BUFFER = "25m"


def image_of(settings: Settings, own_repository: pulumi.Input[str]) -> pulumi.Output[str]:
    """Return the image by tag or digest, from the repository in the settings or from the platform's own."""
    version = settings.compute.service_image_version
    separator = "@" if version.startswith("sha256:") else ":"
    return pulumi.Output.concat(settings.compute.service_image or own_repository, separator, version)


def container(
    settings: Settings,
    image: pulumi.Input[str],
    log_group: pulumi.Input[str],
    secret: Secret,
    environment: Mapping[str, pulumi.Input[str]],
) -> dict[str, Any]:
    """Return the container definition. ECS injects secrets from Secrets Manager when the task starts."""
    network = settings.network
    return {
        "name": CONTAINER,
        "image": image,
        "essential": True,
        "user": _USER,
        "privileged": False,
        "readonlyRootFilesystem": True,
        "linuxParameters": {"initProcessEnabled": True, "capabilities": {"drop": ["ALL"]}},
        "mountPoints": [{"sourceVolume": _SCRATCH, "containerPath": "/tmp", "readOnly": False}],
        "portMappings": [
            {"name": "api", "containerPort": network.service_port, "hostPort": network.service_port, "protocol": "tcp"},
            {
                "name": "metrics",
                "containerPort": network.metrics_port,
                "hostPort": network.metrics_port,
                "protocol": "tcp",
            },
        ],
        "ulimits": [{"name": "nofile", "softLimit": _OPEN_FILES, "hardLimit": _OPEN_FILES}],
        "stopTimeout": _STOP_SECONDS,
        "environment": [{"name": name, "value": value} for name, value in sorted(environment.items())],
        "secrets": [
            {"name": name, "valueFrom": f"{secret_arn(settings, secret)}:{key}::"}
            for name, key in (("DATABASE_PASSWORD", "password"), ("DATABASE_USER", "username"))
        ],
        "logConfiguration": {
            "logDriver": "awslogs",
            "options": {
                "awslogs-group": log_group,
                "awslogs-region": settings.region.name,
                "awslogs-stream-prefix": CONTAINER,
                "max-buffer-size": _LOG_BUFFER,
                "mode": "non-blocking",
            },
        },
    }


def scratch_volume() -> str:
    """Name of the only volume that a task can write to; it is deleted with the task.

    Fargate creates the volume for root alone, mode 0755, unless the image has the path in a VOLUME. Then the volume
    takes the owner and mode of the image's folder (Amazon ECS Developer Guide, "Using bind mounts"). So the image must
    declare `VOLUME /tmp` after it makes the folder writable; the setting `serviceImage` documents this.
    """
    return _SCRATCH


def secret_arn(settings: Settings, secret: Secret) -> str:
    """Return the secret's ARN without Secrets Manager's random suffix, which is valid in either region (Secrets Manager
    API Reference, GetSecretValue, `SecretId`)."""
    return f"arn:aws:secretsmanager:{settings.region.name}:{settings.general.account_id}:secret:{secret.name}"
