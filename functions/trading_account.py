"""The name of a trading account, as tokens carry it and tables key by it."""

from __future__ import annotations

import re
from typing import TypeGuard

CONTEXT_KEY = "account_id"
"""The authorizer puts the account under this key into the request's context, whatever the token's claim is called: a
claim may be a URL, and what API Gateway takes as a key of the context is documented for no such name."""

_ACCOUNT = re.compile(r"[A-Za-z0-9-]{1,64}")


def is_account(value: object) -> TypeGuard[str]:
    """Whether it names an account: 1 to 64 ASCII letters, digits and hyphens; '#' divides keys of the orders table."""
    return isinstance(value, str) and _ACCOUNT.fullmatch(value) is not None
