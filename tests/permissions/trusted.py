"""Trust policies of services against the keys that each service sends."""

from __future__ import annotations

from collections.abc import Iterator

from components.security.trusts import TRUSTS
from tests.permissions.documents import Document, Kind, listed


def trust_faults(document: Document) -> Iterator[str]:
    """Services that the table does not know, and conditions on keys that a service does not send."""
    if document.kind is not Kind.TRUST:
        return
    for statement in document.statements:
        asked = {key for tests in (statement.get("Condition") or {}).values() for key in tests}
        principal = statement.get("Principal")
        for service in listed(principal.get("Service")) if isinstance(principal, dict) else []:
            known = TRUSTS.get(service)
            if known is None:
                yield f"{document.name}: {service}: no page of TRUSTS names this service; add it with its page"
                continue
            sent = {each.lower() for each in known.keys}
            for key in sorted(key for key in asked if key.lower() not in sent):
                yield f"{document.name}: {service} sends no {key} ({known.page})"
