"""Values of documentation that no stack on AWS may keep, by the rule that the settings apply at an update."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from components.settings.placeholders import placeholders
from preflight.account import Account
from preflight.declared import Declared
from preflight.model import Answer, Question, not_asked, ok, stops, warns

_NEEDED = "a value of your own"


class _Empty(NamedTuple):
    """A setting that may stay empty, with what comes of it and the way out."""

    section: str
    field: str
    key: str
    found: str
    way_out: str


_EMPTY = (
    _Empty("compute", "dns_zone_id", "dnsZoneId", "empty: certificates wait until a person proves the domains",
           "make a public hosted zone, delegate it and set dnsZoneId (docs/first-day.md, step 3)"),
    _Empty("api", "token_keys", "tokenKeys", "empty: the API lets nobody in",
           "set tokenKeys to the public keys of the token issuer, in PEM (docs/first-day.md, step 4)"),
)  # fmt: skip


class Placeholders:
    """Reads every setting; calls nothing; stops where one is a value of documentation, which AWS refuses or waits for
    without end, and warns where one is empty that the platform needs before it serves."""

    name = "placeholder"

    def questions(self, declared: Declared) -> Iterator[Question]:
        found = list(placeholders(declared.settings))
        for key, value, why in found:
            fault, _, way_out = why.partition("; ")
            yield _question(key, f"{value!r} {fault}", way_out)
        for empty in _EMPTY:
            if not getattr(getattr(declared.settings, empty.section), empty.field):
                yield _warning(empty)
        if not found:
            yield Question(self.name, "settings", "global", _NEEDED, lambda _: ok("no value of documentation"))


def _warning(empty: _Empty) -> Question:
    def ask(account: Account) -> Answer:
        if account.emulated:
            return not_asked("the in-memory AWS serves without it")
        return warns(empty.found, empty.way_out)

    return Question(Placeholders.name, empty.key, "global", _NEEDED, ask, empty.way_out)


def _question(key: str, found: str, way_out: str) -> Question:
    def ask(account: Account) -> Answer:
        if account.emulated:
            return not_asked("the in-memory AWS takes values of documentation")
        return stops(found, way_out)

    return Question(Placeholders.name, key, "global", _NEEDED, ask, way_out)
