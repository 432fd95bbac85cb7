"""Values of documentation that no stack on AWS may keep, by the rule that the settings apply at an update."""

from __future__ import annotations

from collections.abc import Iterator

from components.settings.placeholders import placeholders
from preflight.account import Account
from preflight.declared import Declared
from preflight.model import Answer, Question, not_asked, ok, stops

_NEEDED = "a value of your own"


class Placeholders:
    """Reads every setting; calls nothing; stops where one is a value of documentation, which AWS refuses or waits for
    without end."""

    name = "placeholder"

    def questions(self, declared: Declared) -> Iterator[Question]:
        found = list(placeholders(declared.settings))
        for key, value, why in found:
            fault, _, way_out = why.partition("; ")
            yield _question(key, f"{value!r} {fault}", way_out)
        if not found:
            yield Question(self.name, "settings", "global", _NEEDED, lambda _: ok("no value of documentation"))


def _question(key: str, found: str, way_out: str) -> Question:
    def ask(account: Account) -> Answer:
        if account.emulated:
            return not_asked("the in-memory AWS takes values of documentation")
        return stops(found, way_out)

    return Question(Placeholders.name, key, "global", _NEEDED, ask, way_out)
