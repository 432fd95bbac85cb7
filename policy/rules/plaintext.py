"""Telling a secret in plain text from a setting; rules of several services ask."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from policy.values import Unknown, has_reference

_NAME = re.compile(
    r"(^|_)(PASSWORD|PASSWD|PASSPHRASE|SECRET|SECRET_?KEY|PRIVATE_?KEY|ACCESS_?KEY(_ID)?|API_?KEY|CREDENTIALS?|"
    r"O?AUTH_?TOKEN|ECS_ENGINE_AUTH_DATA)$",
    re.IGNORECASE,
)
# IAM User Guide, "IAM identifiers": prefixes of access key ids; and the first line of a PEM private key.
_VALUE = re.compile(r"^(AKIA|ASIA)[A-Z0-9]{16}$|-----BEGIN [A-Z ]*PRIVATE KEY-----")


def plaintext_secrets(variables: Mapping[str, Any]) -> Iterator[str]:
    """Names of the variables that hold a secret themselves, rather than the ARN of one. Raises `NotEvaluatedError`."""
    for name, value in variables.items():
        if isinstance(value, Unknown):
            value.refuse()
        text = str(value or "")
        if not text or text.startswith("arn:") or has_reference(text):
            continue
        if _NAME.search(name) or _VALUE.search(text):
            yield name
