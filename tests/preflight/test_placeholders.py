"""Values of documentation stop a real stack before it waits for what never comes."""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest

from preflight.account import Account
from preflight.checks.placeholders import Placeholders, is_documentation, is_example
from preflight.declared import Declared
from preflight.model import Verdict


@pytest.mark.parametrize("domain", ["api.trading.example", "a.example.com", "EXAMPLE.org", "x.test", "y.invalid."])
def test_domains_of_documentation_are_known(domain: str) -> None:
    assert is_example(domain)


@pytest.mark.parametrize("domain", ["desk.com", "notexample.com", "example.com.desk.io", "tests.io"])
def test_other_domains_are_not(domain: str) -> None:
    assert not is_example(domain)


@pytest.mark.parametrize(("address", "known"), [("192.0.2.1", True), ("198.51.100.9", True), ("8.8.8.8", False)])
def test_addresses_of_documentation_are_known(address: str, known: bool) -> None:
    assert is_documentation(IPv4Address(address)) is known


def test_the_defaults_stop_and_the_in_memory_aws_takes_them(declared: Declared) -> None:
    questions = list(Placeholders().questions(declared))
    stopped = {question.subject for question in questions if question.ask(Account()).verdict is Verdict.STOPS}
    assert stopped >= {"accountId", "customerGatewayIp", "apiDomain", "tradingApiDomain", "operationsEmails"}
    assert {q.ask(Account(emulated=True)).verdict for q in questions} == {Verdict.NOT_ASKED}
