"""Instance classes of RDS for PostgreSQL and node types of ElastiCache, of the current generations.

RDS User Guide, "DB instance class types", and ElastiCache User Guide, "Supported node types". A test compares both
with cfn-lint's data, which is taken from the services' own answers. A region may lack some of them.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator

_TO_16 = ("large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge")
_BURSTABLE = ("micro", "small", "medium")

DATABASE_SIZES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("t3", "t4g"), (*_BURSTABLE, "large", "xlarge", "2xlarge")),
    **dict.fromkeys(("m6g", "m6gd", "m7g", "r6g", "r6gd", "r7g", "x2g"), _TO_16),
    **dict.fromkeys(("m5", "m5d", "r5", "r5b", "r5d"), (*_TO_16, "24xlarge")),
    **dict.fromkeys(
        ("m6i", "m6id", "m6idn", "m6in", "r6i", "r6id", "r6idn", "r6in"), (*_TO_16, "24xlarge", "32xlarge")
    ),
    **dict.fromkeys(
        ("m7i", "m8a", "m8g", "m8gd", "m9g", "r7i", "r8a", "r8g", "r8gd"), (*_TO_16, "24xlarge", "48xlarge")
    ),
    "x2iedn": ("xlarge", "2xlarge", "4xlarge", "8xlarge", "16xlarge", "24xlarge", "32xlarge"),
}
# Without r6gd, whose nodes ask for data tiering (ElastiCache User Guide, "Data tiering"): the platform has none.
CACHE_SIZES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("t3", "t4g"), _BURSTABLE),
    **dict.fromkeys(("m5", "r5"), ("large", "xlarge", "2xlarge", "4xlarge", "12xlarge", "24xlarge")),
    **dict.fromkeys(("m6g", "m7g", "m8g", "r6g", "r7g", "r8g", "c7gn", "c8gn"), _TO_16),
}


def _known(prefix: str, sizes: dict[str, tuple[str, ...]], value: str) -> str:
    parts = value.split(".")
    if len(parts) != 3 or parts[0] != prefix:
        raise ValueError(f"is not a class of this service; write it like {prefix}.r7g.large")
    family, size = parts[1:]
    if family not in sizes:
        raise ValueError(f"has a family that does not exist here; choose one of {', '.join(sorted(sizes))}")
    if size not in sizes[family]:
        raise ValueError(f"has a size that {family} does not have; choose one of {', '.join(sizes[family])}")
    return value


DbInstanceClass = Annotated[str, AfterValidator(lambda value: _known("db", DATABASE_SIZES, value))]
CacheNodeType = Annotated[str, AfterValidator(lambda value: _known("cache", CACHE_SIZES, value))]
