"""Asks all questions side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from preflight.account import Account, unanswered
from preflight.checks import CHECKS
from preflight.declared import Declared
from preflight.model import Answer, Check, Finding, Question, Verdict

# As many calls at a time as one account takes without being throttled: Service Quotas, EC2 and IAM have buckets of
# 20 to 100 requests (EC2 API Reference, "Request throttling").
_AT_ONCE = 16

EXIT_FINE, EXIT_STOPS, EXIT_CANNOT_ASK = 0, 1, 2


def questions_of(declared: Declared, checks: Sequence[Check] = CHECKS) -> list[Question]:
    """Every question that a stack raises, in the order of the checks. Calls nothing."""
    return [question for check in checks for question in check.questions(declared)]


def ask(
    questions: Sequence[Question], account: Account, told: Callable[[Finding], None] = lambda _: None
) -> list[Finding]:
    """Asks, at most `_AT_ONCE` at a time; `told` hears of each finding as it comes. In the order of the questions."""
    findings: dict[int, Finding] = {}
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="preflight") as pool:
        asked = {pool.submit(_answer, question, account): place for place, question in enumerate(questions)}
        for done in as_completed(asked):
            place = asked[done]
            findings[place] = Finding.of(questions[place], done.result())
            told(findings[place])
    return [findings[place] for place in range(len(questions))]


def exit_code(findings: Sequence[Finding]) -> int:
    """1 when something would stop the update; else 2 when a question stays unanswered; else 0."""
    verdicts = {finding.verdict for finding in findings}
    if Verdict.STOPS in verdicts:
        return EXIT_STOPS
    return EXIT_CANNOT_ASK if Verdict.UNANSWERED in verdicts else EXIT_FINE


def _answer(question: Question, account: Account) -> Answer:
    try:
        return question.ask(account)
    except (ClientError, BotoCoreError, ResponseParserError) as error:
        return unanswered(error, account.emulated)
