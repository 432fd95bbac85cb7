"""Why a token is refused."""

from __future__ import annotations


class TokenError(ValueError):
    """The token proves nothing; the text says why, for the log and not for the caller."""
