"""Names that PostgreSQL takes without quotes, for the database and its master user."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator

from components.settings.section import matching

# PostgreSQL 17 documentation, appendix C, "SQL Key Words": reserved, and reserved except for functions and types. RDS
# refuses a reserved word (RDS API Reference, CreateDBInstance, `DBName` and `MasterUsername`).
_WORDS = """
all analyse analyze and any array as asc asymmetric authorization binary both case cast check collate collation
column concurrently constraint create cross current_catalog current_date current_role current_schema current_time
current_timestamp current_user default deferrable desc distinct do else end except false fetch for foreign freeze
from full grant group having ilike in initially inner intersect into is isnull join lateral leading left like limit
localtime localtimestamp natural not notnull null offset on only or order outer overlaps placing primary references
returning right select session_user similar some symmetric system_user table tablesample then to trailing true
union unique user using variadic verbose when where window with
"""
RESERVED_WORDS = frozenset(_WORDS.split())
# Databases that stand in each instance (RDS User Guide, "Connecting to a DB instance running PostgreSQL").
_PRESENT = ("rdsadmin", "template0", "template1")


def _is_free(name: str) -> str:
    if name in RESERVED_WORDS:
        raise ValueError("is a reserved word of PostgreSQL, which RDS refuses; choose another name")
    if name in _PRESENT:
        raise ValueError("is a name that RDS uses itself; choose a name of your own")
    return name


# PostgreSQL source, src/backend/parser/gram.y, `RoleSpec`: names that no role may have, beside the reserved words. The
# prefix pg_ is kept for predefined roles (PostgreSQL documentation, CREATE ROLE); RDS keeps rds for its own (RDS User
# Guide, "Understanding the rds_superuser role").
_NO_ROLES = ("none", "public")
_ROLE_PREFIXES = ("pg_", "rds")


def _is_no_reserved_role(name: str) -> str:
    if name in _NO_ROLES or name.startswith(_ROLE_PREFIXES):
        raise ValueError("is a name that PostgreSQL or RDS keeps for itself; choose a name of your own")
    if name in ("admin", "postgres"):
        raise ValueError("is reserved or the first that is guessed; choose a name of your own")
    return name


PostgresName = Annotated[
    str,
    matching(
        r"[a-z][a-z0-9_]{0,62}",
        "is not a name of PostgreSQL; write 1 to 63 lower-case letters, digits and underscores that begin with a "
        "letter",
    ),
    AfterValidator(_is_free),
]
RoleName = Annotated[PostgresName, AfterValidator(_is_no_reserved_role)]
