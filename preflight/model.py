"""Questions about an account, and the findings that answer them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from preflight.account import Account
    from preflight.declared import Declared


class Verdict(StrEnum):
    """What an answer means for the update."""

    OK = "ok"
    WARNS = "warns"
    """The update comes up; the line says what to know first."""
    STOPS = "stops"
    """AWS would refuse the update, or the update would wait without end."""
    UNANSWERED = "unanswered"
    """AWS did not answer the question: the call was denied, throttled or failed."""
    NOT_ASKED = "not asked here"
    """The in-memory AWS lacks the call, or the question has no meaning there."""


@dataclass(frozen=True)
class Answer:
    """What was found, what it means, and the way out where there is something to do."""

    verdict: Verdict
    found: str
    way_out: str = ""


@dataclass(frozen=True)
class Question:
    """One thing that the account must offer.

    `needed` is derived from the recorded stack alone. `request` says how a person gets it, for the offline list; empty
    when there is nothing to request. `ask` makes read-only calls and may raise `ClientError`.
    """

    check: str
    subject: str
    region: str
    needed: str
    ask: Callable[[Account], Answer]
    request: str = ""


@dataclass(frozen=True)
class Finding:
    """A question with its answer."""

    check: str
    subject: str
    region: str
    needed: str
    verdict: Verdict
    found: str
    way_out: str

    @classmethod
    def of(cls, question: Question, answer: Answer) -> Finding:
        """The finding of one question."""
        asked = (question.check, question.subject, question.region, question.needed)
        return cls(*asked, answer.verdict, answer.found, answer.way_out)

    def as_json(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "check": self.check,
            "subject": self.subject,
            "region": self.region,
            "needed": self.needed,
            "verdict": self.verdict.value,
            "found": self.found,
            "way_out": self.way_out,
        }


class Check(Protocol):
    """One kind of question: what it reads of the recorded stack, what it calls, how it judges the answer."""

    name: str

    def questions(self, declared: Declared) -> Iterable[Question]:
        """The questions that this stack raises; calls nothing."""
        ...


def ok(found: str) -> Answer:
    """The account offers it."""
    return Answer(Verdict.OK, found)


def warns(found: str, way_out: str) -> Answer:
    """The update comes up, and there is something to know."""
    return Answer(Verdict.WARNS, found, way_out)


def stops(found: str, way_out: str) -> Answer:
    """The update would stop."""
    return Answer(Verdict.STOPS, found, way_out)


def not_asked(reason: str) -> Answer:
    """The question has no meaning here."""
    return Answer(Verdict.NOT_ASKED, reason)
