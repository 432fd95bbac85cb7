"""Members that AWS makes at creation: identifiers, ARNs, times."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from moto.moto_api._internal import mock_random

from aws_emulator.store.backend import Record
from aws_emulator.store.call import Call

Maker = Callable[[Call, Record], Any]


def arn(service: str, resource: str, *, regional: bool = True) -> Maker:
    """An ARN of this service; `resource` names record members in braces."""
    return lambda call, record: call.arn(service, resource.format(**record), regional=regional)


def hex_id(prefix: str = "", digits: int = 17) -> Maker:
    """An identifier such as `vpc-0123456789abcdef0`: a prefix and random hexadecimal digits."""
    return lambda _call, _record: prefix + mock_random.get_random_hex(digits)


def uuid_id(prefix: str = "") -> Maker:
    """A random UUID."""
    return lambda _call, _record: prefix + str(mock_random.uuid4())


def now(_call: Call | None = None, _record: Record | None = None) -> datetime:
    """The present time, UTC, in whole seconds as most services answer it."""
    return datetime.now(UTC).replace(microsecond=0)


def account(call: Call, _record: Record) -> str:
    """The account of the request."""
    return call.account


def same_as(member: str) -> Maker:
    """The value of another member."""
    return lambda _call, record: record.get(member)


def from_epoch(seconds: float) -> datetime:
    """A time that moto keeps in seconds since 1970."""
    return datetime.fromtimestamp(seconds, UTC)
