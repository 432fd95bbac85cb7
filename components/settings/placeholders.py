"""Values of documentation, which no update on AWS can use: example domains and addresses, accounts of AWS's examples.

AWS accepts some of them, or waits for them without end: a certificate for a domain that nobody owns is never issued.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING, Any, get_args

from pydantic.alias_generators import to_camel
from pydantic.fields import FieldInfo

from components.settings.ranges import is_documentation
from components.settings.section import Account, Host

if TYPE_CHECKING:
    from components.settings.root import Settings

# RFC 2606 and RFC 6761: names that no registry delegates.
_TOP_LEVEL = ("example", "invalid", "localhost", "test")
_DOMAINS = ("example.com", "example.net", "example.org")
# Accounts of AWS's own documentation (AWS Style Guide, example account IDs) and those of one digit.
EXAMPLE_ACCOUNTS = frozenset(
    {"123456789012", "111122223333", "444455556666", "777788889999", "999988887777", "123456789123", "210987654321"}
    | {digit * 12 for digit in "0123456789"}
)
Found = tuple[str, Any, str]
"""Key, value, and what is wrong with the way out."""


def placeholders(settings: Settings) -> Iterator[Found]:
    """Every setting that still has a value of documentation, defaults included."""
    for section, declared in settings.sections().items():
        for field, value in getattr(settings, section):
            markers = tuple(_markers(declared.model_fields[field]))
            for item in value if isinstance(value, tuple) else (value,):
                kind = _kind_of(item, markers)
                if kind:
                    shown = [str(each) for each in value] if isinstance(value, tuple) else str(value)
                    yield to_camel(field), shown, f"{kind[0]}, a value of documentation; {kind[1]}"
                    break


_ACCOUNT_FOUND = ("names an account of examples", "set it to the id of your account")
_DOMAIN_FOUND = ("names an example domain", "set it to a name of a domain that you own")
_ADDRESS_FOUND = ("names an address for documentation", "set it to an address of your own")


def _markers(declared: FieldInfo) -> Iterator[object]:
    """What the type of a setting, or that of the items of a list, says of its values."""
    yield from declared.metadata
    for item in get_args(declared.annotation):
        yield from getattr(item, "__metadata__", ())


def _kind_of(value: object, markers: tuple[object, ...]) -> tuple[str, str] | None:
    """What a value has of documentation, and the way out; None for a value of one's own.

    A domain and an account are read only where the type of the setting has one, and never searched for: a path, a
    branch or a name may have the form of a domain.
    """
    if isinstance(value, IPv4Address | IPv4Network):
        return _ADDRESS_FOUND if is_documentation(value) else None
    if not isinstance(value, str):
        return None
    accounts = [_account_of_arn(value), *(marker.of(value) for marker in markers if isinstance(marker, Account))]
    if any(account in EXAMPLE_ACCOUNTS for account in accounts):
        return _ACCOUNT_FOUND
    hosts = [marker.of(value) for marker in markers if isinstance(marker, Host)]
    if any(_is_documentation(host) for host in hosts):
        return _ADDRESS_FOUND
    return _DOMAIN_FOUND if any(host and is_example(host) for host in hosts) else None


def _account_of_arn(value: str) -> str:
    """The account of an ARN: its fifth part (AWS General Reference, "Amazon Resource Names")."""
    parts = value.split(":", 5)
    return parts[4] if len(parts) == 6 and parts[0] == "arn" else ""


def is_example(domain: str) -> bool:
    """Whether a domain is one for documentation or tests, or lies in one."""
    name = domain.rstrip(".").lower()
    return name.rpartition(".")[2] in _TOP_LEVEL or any(name == d or name.endswith(f".{d}") for d in _DOMAINS)


def _is_documentation(text: str) -> bool:
    try:
        return is_documentation(IPv4Address(text))
    except ValueError:
        return False
