"""Addresses of people and of services: one type for each kind, whatever setting holds it."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator

from components.settings.names import TOP_LEVEL
from components.settings.section import Decoded, Host
from recovery.urls import LABEL, host_of, is_https

# RFC 5321, 4.1.2 and 4.5.3.1: words with single full stops between them, 64 characters at most, and a domain name. The
# characters are those that mail systems take without quotes; Amazon SNS refuses others.
_WORD = r"[A-Za-z0-9_+-]+"
_EMAIL = re.compile(rf"(?=[^@]{{1,64}}@){_WORD}(?:\.{_WORD})*@(?:{LABEL}\.)+(?i:{TOP_LEVEL})", re.ASCII)
_MOST_EMAIL_CHARACTERS = 254
MOST_CONTACTS = 100
"""Addresses of one setting. A limit of ours: each is a subscription of several topics, and people confirm each."""
# A host of the internet: with a top-level domain, which is no number.
_INTERNET = re.compile(rf"(?:{LABEL}\.)+(?i:{TOP_LEVEL})", re.ASCII)


def _email(address: str) -> str:
    if not _EMAIL.fullmatch(address) or len(address) > _MOST_EMAIL_CHARACTERS:
        raise ValueError(f"{address!r} is not an address; write it as name@domain")
    return address


def _endpoint(url: str) -> str:
    if not is_https(url, query=True) or not _INTERNET.fullmatch(host_of(url)):
        raise ValueError(
            f"{url!r} is not an address by HTTPS; write https://HOST/PATH with a port from 1 to 65535, if any, and "
            "without a user and a password"
        )
    return url


Email = Annotated[str, AfterValidator(_email), Host(lambda address: address.rpartition("@")[2])]
Emails = Annotated[tuple[Email, ...], Decoded]
Endpoint = Annotated[str, AfterValidator(_endpoint), Host(host_of)]
Endpoints = Annotated[tuple[Endpoint, ...], Decoded]
