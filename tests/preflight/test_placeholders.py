"""Values of documentation stop a real stack before it waits for what never comes, by the rule of the settings."""

from __future__ import annotations

from components.settings.placeholders import placeholders
from preflight.account import Account
from preflight.checks.placeholders import Placeholders
from preflight.declared import Declared
from preflight.model import Verdict
from tests.preflight.test_checks import with_setting


def test_the_defaults_stop_and_the_in_memory_aws_takes_them(declared: Declared) -> None:
    """Each key that the settings refuse at an update is a line of the preflight, with the way out."""
    questions = list(Placeholders().questions(declared))
    stopped = {question.subject for question in questions if question.ask(Account()).verdict is Verdict.STOPS}
    assert stopped == {key for key, _, _ in placeholders(declared.settings)}
    assert stopped >= {"accountId", "customerGatewayIp", "apiDomain", "tradingApiDomain", "operationsEmails"}
    assert all(question.ask(Account()).way_out for question in questions)
    assert {q.ask(Account(emulated=True)).verdict for q in questions} == {Verdict.NOT_ASKED}


def test_settings_of_ones_own_pass(declared: Declared) -> None:
    """A setting with a value of one's own has no line."""
    changed = with_setting(declared, "general", account_id="304958273645")
    assert "accountId" not in {question.subject for question in Placeholders().questions(changed)}
