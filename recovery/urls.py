"""Addresses by HTTPS: the one rule for settings and for exports."""

from __future__ import annotations

import re

# RFC 1123, 2.1: labels of letters, digits and hyphens, which neither begin nor end with a hyphen.
LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HTTPS = re.compile(
    rf"https://(?P<host>{LABEL}(?:\.{LABEL})*)(?::(?P<port>[0-9]{{1,5}}))?"
    r"(?P<path>/[A-Za-z0-9._~!$&'()*+,;=:%/-]*)?(?P<query>\?[A-Za-z0-9._~!$&'()*+,;=:%/?-]*)?",
    re.ASCII,
)
_LONGEST = 2048


def is_https(url: str, *, query: bool = False) -> bool:
    """Whether the text is a URL by https of a host with a port that exists, without user information or fragment.

    `query` also allows a query. RFC 6335, 6: ports are 1 to 65535, 0 is reserved.
    """
    found = _HTTPS.fullmatch(url)
    if found is None or len(url) > _LONGEST or (found["query"] and not query):
        return False
    return found["port"] is None or 1 <= int(found["port"]) <= 65_535


def host_of(url: str) -> str:
    """The host of a URL that `is_https` accepts."""
    found = _HTTPS.fullmatch(url)
    return found["host"] if found else ""
