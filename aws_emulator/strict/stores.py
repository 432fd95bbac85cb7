"""Names that services keep for themselves, sizes, and what an account has one of."""

from __future__ import annotations

import re

from aws_emulator.store import Call
from aws_emulator.strict.constraint import Constraint

# S3 User Guide, "General purpose bucket naming rules".
_BUCKET_PREFIXES = ("xn--", "sthree-", "amzn-s3-demo-")
_BUCKET_SUFFIXES = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")
_ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+")
# PostgreSQL Documentation, appendix C, "SQL Key Words": those that are reserved, with or without exceptions.
_POSTGRES_RESERVED_WORDS = """
all analyse analyze and any array as asc asymmetric authorization binary both case cast check collate collation
column concurrently constraint create cross current_catalog current_date current_role current_schema current_time
current_timestamp current_user default deferrable desc distinct do else end except false fetch for foreign freeze
from full grant group having ilike in initially inner intersect into is isnull join lateral leading left like limit
localtime localtimestamp natural not notnull null offset on only or order outer overlaps placing primary references
returning right select session_user similar some symmetric system_user table tablesample then to trailing true union
unique user using variadic verbose when where window with
"""
POSTGRES_RESERVED = frozenset(_POSTGRES_RESERVED_WORDS.split())
# RDS User Guide, "CreateDBInstance", MasterUsername for PostgreSQL: 1 to 63 characters, no reserved word.
_RDS = "https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html"
# Lambda Developer Guide, "Lambda quotas": all variables together.
_ENVIRONMENT_BYTES = 4 * 1024


def _reserved_bucket(call: Call) -> str | None:
    name = str(call.params.get("Bucket", ""))
    if name.startswith(_BUCKET_PREFIXES) or name.endswith(_BUCKET_SUFFIXES) or _ADDRESS.fullmatch(name):
        return f"The specified bucket is not valid: {name} has a form that S3 keeps for itself"
    return None


def _reserved_database(call: Call) -> str | None:
    if "postgres" not in str(call.params.get("Engine", "")):
        return None
    for member in ("DBName", "MasterUsername"):
        name = str(call.params.get(member) or "")
        if name.lower() in POSTGRES_RESERVED:
            return f"{member} {name} cannot be used as it is a reserved word used by the engine"
    return None


def _environment(call: Call) -> str | None:
    variables = (call.params.get("Environment") or {}).get("Variables") or {}
    size = sum(len(f"{name}{value}".encode()) for name, value in variables.items())
    if size > _ENVIRONMENT_BYTES:
        return (
            "Lambda was unable to configure your environment variables because the environment variables you have "
            f"provided exceeded the {_ENVIRONMENT_BYTES} bytes limit: {size}"
        )
    return None


def _second_monitor(call: Call) -> str | None:
    from aws_emulator.additions.ce import MONITOR

    wanted = call.params["AnomalyMonitor"]
    if wanted.get("MonitorDimension") != "SERVICE":
        return None
    if any(record.get("MonitorDimension") == "SERVICE" for record in MONITOR.records(call).values()):
        return "Limit exceeded on dimensional spend monitor creation"
    return None


CONSTRAINTS = (
    Constraint("reserved bucket names", "s3", ("CreateBucket",), "InvalidBucketName",
               "https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html", _reserved_bucket),
    Constraint("reserved names of a database", "rds", ("CreateDBInstance",), "InvalidParameterValue", _RDS,
               _reserved_database),
    Constraint("size of a function's environment", "lambda",
               ("CreateFunction", "UpdateFunctionConfiguration"), "InvalidParameterValueException",
               "https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html", _environment),
    Constraint("one monitor of all services", "ce", ("CreateAnomalyMonitor",), "LimitExceededException",
               "https://docs.aws.amazon.com/cost-management/latest/userguide/getting-started-ad.html",
               _second_monitor),
)  # fmt: skip
