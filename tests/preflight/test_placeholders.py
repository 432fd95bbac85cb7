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
    warned = {question.subject for question in questions if question.ask(Account()).verdict is Verdict.WARNS}
    assert warned == {"dnsZoneId", "tokenKeys"}
    assert {question.subject for question in questions if question.request} == stopped | warned
    assert stopped == {key for key, _, _ in placeholders(declared.settings)}
    assert stopped >= {"accountId", "customerGatewayIp", "apiDomain", "tradingApiDomain", "operationsEmails"}
    assert all(question.ask(Account()).way_out for question in questions)
    assert {q.ask(Account(emulated=True)).verdict for q in questions} == {Verdict.NOT_ASKED}


def test_settings_of_ones_own_pass(declared: Declared) -> None:
    """A setting with a value of one's own has no line."""
    changed = with_setting(declared, "general", account_id="304958273645")
    assert "accountId" not in {question.subject for question in Placeholders().questions(changed)}


def test_what_the_first_day_demands_is_a_line_until_it_is_set(declared: Declared) -> None:
    """A zone and the issuer's keys have no value of documentation: an empty one is named, too."""
    changed = with_setting(with_setting(declared, "compute", dns_zone_id="Z0123456789"), "api", token_keys=("key",))
    assert {"dnsZoneId", "tokenKeys"}.isdisjoint(question.subject for question in Placeholders().questions(changed))
