"""Settings of the containers and of the load balancers before them and the engines."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field, field_validator

from components.settings.data import LOG_DAYS
from components.settings.names import CertificateArn, Domain, ZoneId
from components.settings.section import Account, Host, Section, matching

# The grammar of references (distribution/reference, "Grammar"): a host with a port, components of a path, and no tag or
# digest, since these are serviceImageVersion. A first component is a host where it has a dot or a port.
_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_HOST = r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*(?::[0-9]{1,5})?"
_REPOSITORY = re.compile(rf"(?:{_HOST}/)?{_COMPONENT}(?:/{_COMPONENT})*", re.ASCII)
_MOST_REPOSITORY_CHARACTERS = 255
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}", re.ASCII)
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}", re.ASCII)


def _repository(name: str) -> str:
    if not name:
        return name
    last = name.rpartition("/")[2]
    if "@" in name or ":" in last:
        raise ValueError("has a tag or digest; write it as serviceImageVersion, and the repository alone here")
    if not _REPOSITORY.fullmatch(name) or len(name) > _MOST_REPOSITORY_CHARACTERS:
        raise ValueError(
            "is not a repository of images; write it like 123456789012.dkr.ecr.us-east-1.amazonaws.com/team/app"
        )
    port = name.partition("/")[0].partition(":")[2]
    if port and not 1 <= int(port) <= 65535:
        raise ValueError("has a port that does not exist; write one from 1 to 65535")
    return name


def _registry(repository: str) -> str:
    """The host of the registry; empty for a repository of Docker Hub, whose name has none."""
    first, slash, _ = repository.partition("/")
    return first.partition(":")[0] if slash and ("." in first or ":" in first) else ""


def _account_of_registry(repository: str) -> str:
    # Amazon ECR User Guide, "Amazon ECR private registries": ACCOUNT.dkr.ecr.REGION.amazonaws.com.
    account, ecr, _ = _registry(repository).partition(".dkr.ecr")
    return account if ecr else ""


ImageRepository = Annotated[str, AfterValidator(_repository), Host(_registry), Account(_account_of_registry)]
# Elastic Load Balancing API Reference, CreateTargetGroup, `HealthCheckPath`: 1,024 characters at most.
HealthPath = Annotated[
    str, matching(r"/[\x21-\x7e]{0,1023}", "is not a path; write it from its first slash, such as /healthz")
]
TlsPolicy = Annotated[
    str,
    matching(
        r"ELBSecurityPolicy-TLS13-1-[23]-([A-Za-z0-9]+-)*[0-9]{4}-[0-9]{2}",
        "is not a security policy with TLS 1.2 or 1.3 at the least; write ELBSecurityPolicy-TLS13-1-2-2021-06",
    ),
]


class TaskArchitecture(StrEnum):
    """Processor architectures of Fargate."""

    ARM64 = "ARM64"
    X86_64 = "X86_64"


class FixProtocol(StrEnum):
    """Who holds the TLS session of a FIX member."""

    TLS = "TLS"
    """The load balancer, which opens another one to the engine."""
    TCP = "TCP"
    """The engine: the load balancer hands bytes on, which is a few microseconds faster."""


class ComputeSettings(Section):
    """Trading services on Fargate, and the load balancers."""

    service_image: ImageRepository = Field(
        "",
        description="Repository of the trading services' image; empty for the platform's own, trading-engine. It runs "
        "as user 10001 on a read-only root: it must declare VOLUME /tmp, made writable for that user before.",
    )
    service_image_version: str = Field(
        "1.0.0", description="Version of that image: a tag that never moves, or a digest as sha256:..."
    )
    service_architecture: TaskArchitecture = Field(
        TaskArchitecture.X86_64, description="Architecture of that image: ARM64 or X86_64."
    )
    service_cpu: int = Field(2048, description="CPU of a task, in units of 1/1024 vCPU, as Fargate has them.")
    service_memory: int = Field(4096, description="Memory of a task, in MiB, as Fargate has it for serviceCpu.")
    service_health_path: HealthPath = Field(
        "/healthz", description="Path on which a task says that it can take requests."
    )
    service_cpu_percent: int = Field(
        60, description="CPU utilisation at which the services are kept, in percent.", ge=10, le=90
    )
    service_queue_depth: int = Field(
        100, description="Executions waiting for each task; more make the services grow.", ge=1, le=120_000
    )
    service_log_days: int = Field(365, description="How long logs of the services stay in CloudWatch Logs, in days.")
    api_internal: bool = Field(
        False, description="Whether the load balancer of the services has private addresses only."
    )
    api_domain: Domain = Field(
        "api.trading.example",
        description="Name under which clients and FIX members reach the load balancers; the default is of a domain "
        "for documentation (RFC 2606).",
    )
    dns_zone_id: ZoneId = Field(
        "",
        description="Route 53 zone of apiDomain and tradingApiDomain; empty where the primary is to make one for "
        "tradingApiDomain, and a person the records of apiDomain that the stack exports.",
    )
    certificate_arn: CertificateArn = Field(
        "",
        description="ARN of a certificate of ACM in this region to use instead of one that the stack asks for.",
    )
    # Elastic Load Balancing, "Security policies": TLS 1.3 with 1.2 for older clients, or TLS 1.3 alone.
    tls_policy: TlsPolicy = Field(
        "ELBSecurityPolicy-TLS13-1-2-2021-06",
        description="Security policy of the load balancers: TLS 1.3, with 1.2 at the least.",
    )
    fix_protocol: FixProtocol = Field(
        FixProtocol.TLS,
        description="TLS where the load balancer ends a member's TLS session, TCP where the engine does.",
    )

    @field_validator("service_image_version")
    @classmethod
    def _does_not_move(cls, version: str) -> str:
        if version == "latest":
            raise ValueError("names another image tomorrow; write the tag of a release, or its digest as sha256:...")
        if not (_TAG.fullmatch(version) or _DIGEST.fullmatch(version)):
            raise ValueError("is neither a tag nor a digest; write it like 1.4.2, or like sha256: and 64 hex digits")
        return version

    @field_validator("service_log_days")
    @classmethod
    def _retention_exists(cls, days: int) -> int:
        if days not in LOG_DAYS:
            raise ValueError(
                "is not a retention of a year or more that CloudWatch has; choose one of "
                + ", ".join(map(str, LOG_DAYS))
            )
        return days
