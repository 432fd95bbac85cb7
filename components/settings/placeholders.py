"""Values of documentation, which no update on AWS can use: example domains and addresses, accounts of AWS's examples.

AWS accepts some of them, or waits for them without end: a certificate for a domain that nobody owns is never issued.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING, Any

from pydantic.alias_generators import to_camel

if TYPE_CHECKING:
    from components.settings.root import Settings

# RFC 5737: blocks for documentation.
_DOCUMENTATION = tuple(IPv4Network(block) for block in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24"))
# RFC 2606 and RFC 6761: names that no registry delegates.
_TOP_LEVEL = ("example", "invalid", "localhost", "test")
_DOMAINS = ("example.com", "example.net", "example.org")
# Accounts of AWS's own documentation (AWS Style Guide, example account IDs) and those of one digit.
EXAMPLE_ACCOUNTS = frozenset(
    {"123456789012", "111122223333", "444455556666", "777788889999", "999988887777", "123456789123", "210987654321"}
    | {digit * 12 for digit in "0123456789"}
)
_DOMAIN = re.compile(r"(?:[A-Za-z0-9_-]+\.)+[A-Za-z]{2,63}(?![A-Za-z0-9.@-])", re.ASCII)
_ADDRESS = re.compile(r"(?<![0-9.])(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?![0-9.])", re.ASCII)
_ACCOUNT = re.compile(r"(?<![0-9A-Za-z])[0-9]{12}(?![0-9A-Za-z])", re.ASCII)
# A claim's name is compared with that in a token, and never looked up. A name of a parameter or a key is no address.
_NOT_LOOKED_UP = frozenset({"tokenAccountClaim", "tokenKeys"})

Found = tuple[str, Any, str]
"""Key, value, and what is wrong with the way out."""


def placeholders(settings: Settings) -> Iterator[Found]:
    """Every setting that still has a value of documentation, defaults included."""
    for section in settings.sections():
        for field, value in getattr(settings, section):
            key = to_camel(field)
            if key in _NOT_LOOKED_UP:
                continue
            for item in value if isinstance(value, tuple) else (value,):
                kind = kind_of(item)
                if kind:
                    shown = [str(each) for each in value] if isinstance(value, tuple) else str(value)
                    yield key, shown, f"{kind[0]}, a value of documentation; {kind[1]}"
                    break


def kind_of(value: object) -> tuple[str, str] | None:
    """What a value has of documentation, and the way out; None for a value of one's own."""
    if isinstance(value, IPv4Address | IPv4Network):
        network = IPv4Network(value)
        return _ADDRESS_FOUND if any(network.subnet_of(block) for block in _DOCUMENTATION) else None
    if not isinstance(value, str):
        return None
    if any(account in EXAMPLE_ACCOUNTS for account in _ACCOUNT.findall(value)):
        return "names an account of examples", "set it to the id of your account"
    if any(is_example(domain) for domain in _DOMAIN.findall(value)):
        return "names an example domain", "set it to a name of a domain that you own"
    if any(_is_documentation(address) for address in _ADDRESS.findall(value)):
        return _ADDRESS_FOUND
    return None


_ADDRESS_FOUND = ("names an address for documentation", "set it to an address of your own")


def is_example(domain: str) -> bool:
    """Whether a domain is one for documentation or tests, or lies in one."""
    name = domain.rstrip(".").lower()
    return name.rpartition(".")[2] in _TOP_LEVEL or any(name == d or name.endswith(f".{d}") for d in _DOMAINS)


def is_documentation(address: IPv4Address) -> bool:
    """Whether an address is of a block for documentation."""
    return any(address in block for block in _DOCUMENTATION)


def _is_documentation(text: str) -> bool:
    try:
        return is_documentation(IPv4Address(text))
    except ValueError:
        return False
