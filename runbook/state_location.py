"""Where the engine keeps its state, and whether that place outlives the primary's region.

The schemes are those that `pulumi login` accepts (Pulumi docs, "State and backends"): https and http for Pulumi Cloud
and a self-hosted service, s3, gs, azblob, postgres and file. A backend whose address names no region of AWS counts as
outside AWS; whether a self-hosted service with a name of its own runs in AWS is not known here.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from urllib.parse import parse_qs, urlsplit

from recovery.check import Check
from recovery.exports import is_region
from recovery.redaction import redacted

_STATE = "state"
_AWS = re.compile(r"(?:^|\.)amazonaws\.com(?:\.cn)?$")
_THIS_MACHINE = ("localhost", "localhost.localdomain", "host.docker.internal")
_SERVICES = ("https", "http")
_DATABASES = ("postgres", "postgresql")


def state_check(backend: str, primary_region: str) -> Check:
    """Whether the engine's state outlives the primary's region; `backend` is the URL of the engine's login.

    The check never shows user information, passwords or keys of the URL.
    """
    way_out = f"keep it in a bucket outside {primary_region}: pulumi login 's3://BUCKET?region=REGION'"
    address = redacted(backend) or "(empty)"
    places = [place for place in _places(backend) if place != _UNKNOWN]
    if not places:
        return Check(_STATE, False, f"{address} does not say where its state is", way_out)
    if all(place == _THIS for place in places):
        return Check(_STATE, False, f"{address} is this machine alone", way_out)
    left = [place for place in places if place not in (_THIS, primary_region)]
    if not left:
        return Check(_STATE, False, f"{address} is in {primary_region}", way_out)
    if left[0] == _OUTSIDE:
        return Check(_STATE, True, f"kept by {address}, outside AWS")
    return Check(_STATE, True, f"{address} is in {left[0]}")


_THIS, _OUTSIDE, _UNKNOWN = "this machine", "outside AWS", "AWS"


def _places(backend: str) -> Sequence[str]:
    """A region, `_THIS`, `_OUTSIDE` or `_UNKNOWN` for each host; nothing where the URL is not one of a backend."""
    try:
        found = urlsplit(backend)
    except ValueError:
        return ()
    query = {name.lower(): values[0].strip() for name, values in parse_qs(found.query).items()}
    hosts = [_host(host) for host in found.netloc.rpartition("@")[2].split(",")]
    match found.scheme:
        case "file":
            return (_THIS,)
        case "gs":
            return (_OUTSIDE,) if hosts[0] else ()
        case "azblob":
            local = query.get("localemu") == "true" or _place(_host(query.get("domain", ""))) == _THIS
            return ((_THIS,) if local else (_OUTSIDE,)) if hosts[0] else ()
        case "s3":
            return _bucket(query) if hosts[0] else ()
        case scheme if scheme in _DATABASES:
            # A host in the query stands over the one before the path; a folder or nothing is a socket of this machine
            # (PostgreSQL documentation, "Connection URIs").
            named = [_host(host) for host in query["host"].split(",")] if query.get("host") else hosts
            return [_THIS if not host or host.startswith("/") else _place(host) for host in named]
        case scheme if scheme in _SERVICES:
            return [_place(hosts[0])] if hosts[0] else ()
        case _:
            return ()


def _bucket(query: dict[str, str]) -> Sequence[str]:
    endpoint = query.get("endpoint", "")
    host = _host(urlsplit(endpoint).netloc.rpartition("@")[2] if "://" in endpoint else endpoint.partition("/")[0])
    if host and not _AWS.search(host):
        return (_place(host),)
    region = query.get("region", "").lower() or (_region_in(host) or "")
    return (region,) if is_region(region) else ()


def _place(host: str) -> str:
    if host in _THIS_MACHINE or host.endswith(".localhost"):
        return _THIS
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return (_region_in(host) or _UNKNOWN) if _AWS.search(host) else _OUTSIDE
    return _THIS if address.is_loopback or address.is_unspecified else _OUTSIDE


def _region_in(host: str) -> str | None:
    """The region that a name of AWS holds, such as my-db-1.abc.us-east-1.rds.amazonaws.com: identifiers come first."""
    return next((label for label in reversed(host.split(".")) if is_region(label)), None)


def _host(text: str) -> str:
    """Name or address without its port, in lower case."""
    bracketed = re.match(r"\[([^\]]*)\]", text)
    return (bracketed.group(1) if bracketed else text if text.startswith("/") else text.partition(":")[0]).lower()
