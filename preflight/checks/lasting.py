"""What cannot be undone once the stack is up: nobody can delete it before its time, AWS Support included."""

from __future__ import annotations

from collections.abc import Iterator

from preflight.account import Account
from preflight.declared import Declared, number
from preflight.model import Answer, Question, ok, warns

_SANDBOX = "read docs/teardown.md before the first update"


class Lasting:
    """Reads Object Lock and vault locks; calls nothing; warns of each that is in compliance mode."""

    name = "cannot be undone"

    def questions(self, declared: Declared) -> Iterator[Question]:
        for lock in declared.of_type(None, "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration"):
            default = (lock.properties.get("rule") or {}).get("defaultRetention") or {}
            bucket = declared.named(lock.properties.get("bucket"))
            name = str(bucket.properties["bucket"]) if bucket else lock.name
            days = number(default.get("days")) or number(default.get("years")) * 365
            yield _question(declared.region_of(lock), f"bucket {name}", str(default.get("mode")), f"{days} days")
        for lock in declared.of_type(None, "aws:backup/vaultLockConfiguration:VaultLockConfiguration"):
            grace = number(lock.properties.get("changeableForDays"))
            mode = "COMPLIANCE" if grace else "GOVERNANCE"
            lasts = f"final after {grace} days of grace" if grace else "may be lifted"
            yield _question(declared.region_of(lock), f"vault {lock.name}", mode, lasts)


def _question(region: str, subject: str, mode: str, lasts: str) -> Question:
    def ask(_: Account) -> Answer:
        if mode == "COMPLIANCE":
            return warns("AWS lets no one delete it before, the root user included", _SANDBOX)
        return ok("a caller with permission to bypass governance may lift it")

    return Question(Lasting.name, subject, region, f"locked, {mode}, {lasts}", ask)
