"""Name servers of a domain, as the public DNS knows them."""

from __future__ import annotations

import dns.exception
import dns.resolver

_SECONDS = 5.0


class LookupFailedError(Exception):
    """The DNS did not answer; the message says why."""


def name_servers(domain: str) -> frozenset[str]:
    """Name servers of a domain without the final dot; empty where the domain has none. Raises `LookupFailedError`."""
    try:
        answer = dns.resolver.resolve(domain, "NS", lifetime=_SECONDS)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return frozenset()
    except dns.exception.DNSException as error:
        raise LookupFailedError(str(error)) from error
    return frozenset(str(record).rstrip(".").lower() for record in answer)
