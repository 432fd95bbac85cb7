"""What every section of settings has in common."""

from __future__ import annotations

import json
from ipaddress import IPv4Network
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict
from pydantic.alias_generators import to_camel

# RFC 1918. `IPv4Network.is_private` also counts loopback, link-local and documentation ranges, which a VPC
# cannot or should not use.
RFC1918 = tuple(IPv4Network(block) for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))

# Values that CloudWatch Logs takes (PutRetentionPolicy); shorter ones do not carry an investigation.
LOG_RETENTION_DAYS = (90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)


class Section(BaseModel):
    """Frozen settings that belong together; each field is one flat camelCase key of the stack file."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True, validate_default=True
    )


def _decoded(value: Any) -> Any:
    """The engine hands a program arrays and objects as JSON text."""
    if isinstance(value, str):
        try:
            return json.loads(value)
        except json.JSONDecodeError as error:
            raise ValueError(f"write it as a YAML list or mapping, or as JSON text ({error.msg})") from error
    return value


def _written(value: Any) -> Any:
    """Pydantic says only that a range is wrong; this says how to write it."""
    if not isinstance(value, str):
        return value
    try:
        return IPv4Network(value)
    except ValueError:
        try:
            meant = IPv4Network(value, strict=False)
        except ValueError as error:
            raise ValueError("is not an address range; write it like 10.0.0.0/16") from error
        raise ValueError(f"names an address inside a range; for the range write {meant}") from None


def _private(network: IPv4Network) -> IPv4Network:
    if not any(network.subnet_of(block) for block in RFC1918):
        raise ValueError("is not a private range; choose one inside 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16")
    return network


def _vpc_sized(network: IPv4Network) -> IPv4Network:
    # A VPC is /16 to /28 (VPC User Guide, "VPC CIDR blocks"); nine subnets of a useful size need /20.
    if not 16 <= network.prefixlen <= 20:
        raise ValueError("must be between /16 and /20: a VPC is /16 at most, and nine subnets must fit into it")
    return network


def _kept_by_logs(days: int) -> int:
    if days not in LOG_RETENTION_DAYS:
        raise ValueError(f"is not a retention of CloudWatch Logs; choose {', '.join(map(str, LOG_RETENTION_DAYS))}")
    return days


Cidr = Annotated[IPv4Network, BeforeValidator(_written)]
PrivateCidr = Annotated[Cidr, AfterValidator(_private)]
VpcCidr = Annotated[PrivateCidr, AfterValidator(_vpc_sized)]
Texts = Annotated[tuple[str, ...], BeforeValidator(_decoded)]
LogDays = Annotated[int, AfterValidator(_kept_by_logs)]
Decoded = BeforeValidator(_decoded)
