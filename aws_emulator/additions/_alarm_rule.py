"""The rule of a composite alarm.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html (AlarmRule): ALARM, OK and
INSUFFICIENT_DATA of an alarm's name or ARN, TRUE, FALSE, joined by AND, OR, NOT and parentheses; NOT binds strongest,
then AND, then OR.
"""

import re
from collections.abc import Mapping
from typing import Any

_TOKEN = re.compile(
    r"\s*(?:(?P<state>ALARM|OK|INSUFFICIENT_DATA)\s*\(\s*(?:\"(?P<quoted>[^\"]+)\"|'(?P<single>[^']+)'|(?P<bare>[^()\"']+?))"
    r"\s*\)|(?P<word>AND|OR|NOT|TRUE|FALSE)\b|(?P<paren>[()]))"
)


class InvalidAlarmRuleError(ValueError):
    """The rule does not follow the grammar; the message says where."""


class AlarmRule:
    """A parsed rule. Raises InvalidAlarmRuleError for text that is none."""

    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self._tree = self._either()
        if self._tokens:
            raise InvalidAlarmRuleError(f"unexpected '{_shown(self._tokens[0])}'")

    def holds(self, states: Mapping[str, str]) -> bool:
        """Whether the rule is true for these states, by alarm name and ARN; an alarm that is gone is in none."""
        return _holds(self._tree, states)

    def _take(self, word: str) -> bool:
        if self._tokens and self._tokens[0] == ("word", word):
            self._tokens.pop(0)
            return True
        return False

    def _either(self) -> Any:
        tree = self._both()
        while self._take("OR"):
            tree = ("OR", tree, self._both())
        return tree

    def _both(self) -> Any:
        tree = self._one()
        while self._take("AND"):
            tree = ("AND", tree, self._one())
        return tree

    def _one(self) -> Any:
        if not self._tokens:
            raise InvalidAlarmRuleError("the rule ends too early")
        if self._take("NOT"):
            return ("NOT", self._one())
        token = self._tokens.pop(0)
        if token == ("paren", "("):
            tree = self._either()
            if not self._tokens or self._tokens.pop(0) != ("paren", ")"):
                raise InvalidAlarmRuleError("a parenthesis is not closed")
            return tree
        if token[0] == "state" or token[1] in ("TRUE", "FALSE"):
            return token
        raise InvalidAlarmRuleError(f"unexpected '{_shown(token)}'")


def _tokens(text: str) -> list[Any]:
    tokens: list[Any] = []
    position = 0
    while text[position:].strip():
        match = _TOKEN.match(text, position)
        if match is None:
            raise InvalidAlarmRuleError(f"cannot be read from '{text[position:].strip()[:40]}'")
        if match["state"]:
            tokens.append(("state", match["state"], match["quoted"] or match["single"] or match["bare"]))
        else:
            tokens.append(("word", match["word"]) if match["word"] else ("paren", match["paren"]))
        position = match.end()
    return tokens


def _shown(token: Any) -> str:
    return f"{token[1]}({token[2]})" if token[0] == "state" else token[1]


def _holds(tree: Any, states: Mapping[str, str]) -> bool:
    match tree:
        case ("OR", left, right):
            return _holds(left, states) or _holds(right, states)
        case ("AND", left, right):
            return _holds(left, states) and _holds(right, states)
        case ("NOT", inner):
            return not _holds(inner, states)
        case ("state", state, alarm):
            return states.get(alarm) == state
        case _:
            return tree[1] == "TRUE"
