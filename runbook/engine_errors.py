"""Reasons of failed commands of the engine."""

from __future__ import annotations

from pulumi import automation

from recovery.redaction import redacted_text

_ERROR = "error:"


def reason(error: automation.CommandError) -> str:
    """One line: the first error that the command printed, or the last that it said at all. Secrets are hidden.

    The engine tells its errors on stdout, among the progress; the SDK puts stdout, stderr and the code into one text.
    """
    lines = [line.strip().removeprefix("stdout:").removeprefix("stderr:").strip() for line in str(error).splitlines()]
    said = [line for line in lines if line]
    errors = (line.partition(_ERROR)[2].strip() for line in said if _ERROR in line)
    return redacted_text(next((line for line in errors if line), said[-1] if said else "it does not say why"))
