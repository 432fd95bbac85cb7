"""Values of documentation that no real stack may keep: addresses, domains and the account of examples."""

from __future__ import annotations

from collections.abc import Iterator

from components.settings.placeholders import EXAMPLE_ACCOUNTS, is_documentation, is_example
from preflight.account import Account
from preflight.declared import Declared
from preflight.model import Answer, Question, not_asked, ok, stops


class Placeholders:
    """Reads accountId, customerGatewayIp and every domain of the settings; calls nothing; stops where one is a value of
    documentation, which AWS accepts or waits for without end."""

    name = "placeholder"

    def questions(self, declared: Declared) -> Iterator[Question]:
        settings = declared.settings
        account, address = declared.account, settings.network.customer_gateway_ip
        yield _question("accountId", account, account in EXAMPLE_ACCOUNTS, "set it to the id of your account")
        yield _question(
            "customerGatewayIp", str(address), is_documentation(address), "set it to your VPN device's public address"
        )
        for key, domain in (
            ("apiDomain", settings.compute.api_domain),
            ("tradingApiDomain", settings.recovery.trading_api_domain),
            ("tokenIssuer", settings.api.token_issuer.removeprefix("https://").partition("/")[0]),
        ):
            yield _question(key, domain, is_example(domain), "set it to a name of a domain that you own")
        for email in settings.streams.operations_emails:
            _, _, domain = email.partition("@")
            yield _question("operationsEmails", email, is_example(domain), "set it to whom alarms reach")


def _question(key: str, value: str, is_placeholder: bool, way_out: str) -> Question:
    def ask(account: Account) -> Answer:
        if account.emulated:
            return not_asked("the in-memory AWS takes values of documentation")
        return stops(f"{value!r}, a value of documentation", way_out) if is_placeholder else ok(value)

    return Question(Placeholders.name, key, "global", "a value of your own", ask, way_out if is_placeholder else "")
