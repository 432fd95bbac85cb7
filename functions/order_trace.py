"""The trace that an order belongs to, as it is handed on in the order's item and in its record.

It is written as X-Ray writes its header (X-Ray Developer Guide, "Tracing header"), with these three fields and no
others: `Root=<trace id>;Parent=<segment id>;Sampled=1`. What is not sampled is not handed on: there is nothing to join.
A process serves one request at a time, so the environment says which.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass

# Lambda sets it before each invocation (AWS Lambda Developer Guide, "Defined runtime environment variables").
VARIABLE = "_X_AMZN_TRACE_ID"

_ROOT = re.compile(r"1-[0-9a-f]{8}-[0-9a-f]{24}")
_PARENT = re.compile(r"[0-9a-f]{16}")
# A header is part of a request, and a client may write one: what is longer than any that Lambda sets is not looked at.
_LONGEST = 512


@dataclass(frozen=True)
class Trace:
    """`root` is the trace's id, `parent` that of the segment under which the next one belongs."""

    root: str
    parent: str

    def header(self) -> str:
        return f"Root={self.root};Parent={self.parent};Sampled=1"


def parse(header: str) -> Trace | None:
    """The sampled trace that a header names; None for one that is not sampled, or says nothing that X-Ray takes."""
    if len(header) > _LONGEST:
        return None
    parts = (field.strip().partition("=") for field in header.split(";"))
    fields = {name: value for name, _, value in parts}
    root, parent = fields.get("Root", ""), fields.get("Parent", "")
    if fields.get("Sampled") != "1" or not (_ROOT.fullmatch(root) and _PARENT.fullmatch(parent)):
        return None
    return Trace(root, parent)


def sampled(variables: Mapping[str, str] = os.environ) -> str | None:
    """The trace of the invocation that runs, where X-Ray samples it."""
    trace = parse(variables.get(VARIABLE, ""))
    return trace.header() if trace else None
