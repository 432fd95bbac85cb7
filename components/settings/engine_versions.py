"""Versions of the managed engines that the platform may run."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator

# RDS for PostgreSQL release notes: the first minor version of each major version that RDS has. New minor versions come
# each quarter, so that there is no last one here.
FIRST_MINOR_OF_POSTGRES = {15: 2, 16: 1, 17: 1, 18: 1}
# ElastiCache User Guide, "Supported Valkey versions"; Valkey begins at 7.2. A test compares cfn-lint's data.
VALKEY_VERSIONS = ("7.2", "8.0", "8.1", "8.2", "9.0", "9.1")

_POSTGRES = re.compile(r"([0-9]{2})(?:\.(0|[1-9][0-9]?))?", re.ASCII)


def _postgres(version: str) -> str:
    match = _POSTGRES.fullmatch(version)
    if match is None:
        raise ValueError("is not a version of PostgreSQL; write major or major.minor in quotes, such as '17' or '17.6'")
    major = int(match[1])
    if major not in FIRST_MINOR_OF_POSTGRES:
        known = ", ".join(map(str, FIRST_MINOR_OF_POSTGRES))
        raise ValueError(f"has a major version that the platform does not run; choose one of {known}")
    first = FIRST_MINOR_OF_POSTGRES[major]
    # The major alone is RDS's default minor, and matches every minor that RDS upgrades it to.
    if match[2] is not None and int(match[2]) < first:
        raise ValueError(f"is not a version of RDS, which begins at {major}.{first}; choose that or a later one")
    return version


def _valkey(version: str) -> str:
    if version not in VALKEY_VERSIONS:
        known = ", ".join(VALKEY_VERSIONS)
        raise ValueError(f"is not a version of Valkey in ElastiCache; choose one of {known}, in quotes")
    return version


PostgresVersion = Annotated[str, AfterValidator(_postgres)]
ValkeyVersion = Annotated[str, AfterValidator(_valkey)]
