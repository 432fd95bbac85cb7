"""Bearer tokens of an identity provider (JSON Web Tokens, RFC 7519), verified by its public keys.

The keys are settings, not fetched: an identity provider that cannot be reached, or a region that is gone, stops
nobody from trading.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from functions.authorizer.errors import TokenError
from functions.authorizer.keys import PublicKey, public_keys, read_keys
from functions.authorizer.signature import verified
from functions.authorizer.strict_json import json_object
from functions.clock import Clock
from functions.environment import Environment
from functions.trading_account import is_account

__all__ = ["Policy", "TokenError", "account_of", "public_keys"]

# RFC 9110, 11.1 and 11.4: a scheme has no case, and one space or more follow it.
_BEARER = re.compile(r"[Bb][Ee][Aa][Rr][Ee][Rr] +([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)[ \t]*")
# How far the clocks of two well-kept parties may differ.
_LEEWAY_SECONDS = 5
# RFC 3339 ends with the year 9999; no token is meant for later.
_MAX_SECONDS = 253_402_300_799
_TIMES = ("exp", "nbf", "iat")


@dataclass(frozen=True)
class Policy:
    """What a token must say: who issued it, for whom, and which claim is the trading account.

    `unusable` says of each key among the settings that cannot verify why; the others still count.
    """

    keys: tuple[PublicKey, ...]
    issuer: str
    audience: str
    account_claim: str
    unusable: tuple[str, ...] = ()

    @classmethod
    def from_environment(cls, environment: Environment) -> Policy:
        """From TOKEN_KEYS, TOKEN_ISSUER, TOKEN_AUDIENCE and ACCOUNT_CLAIM; raises SettingError."""
        keys = read_keys(environment.text("TOKEN_KEYS", ""))
        return cls(
            keys.usable,
            environment.text("TOKEN_ISSUER"),
            environment.text("TOKEN_AUDIENCE"),
            environment.text("ACCOUNT_CLAIM", "account_id"),
            keys.unusable,
        )


def account_of(policy: Policy, authorization: str, clock: Clock) -> str:
    """The trading account of the caller; raises TokenError."""
    match = _BEARER.fullmatch(authorization)
    if match is None:
        raise TokenError("the header is not 'Bearer' and a token of three parts")
    claims = json_object(verified(policy.keys, match[1]), "payload")
    _require_claims(policy, claims, clock() / 1000)
    account = claims.get(policy.account_claim)
    if not isinstance(account, str) or not account:
        raise TokenError(f"the token has no claim {policy.account_claim}")
    if not is_account(account):
        raise TokenError(f"the claim {policy.account_claim} names no trading account of letters, digits and hyphens")
    return account


def _require_claims(policy: Policy, claims: Mapping[str, Any], now: float) -> None:
    if claims.get("iss") != policy.issuer:
        raise TokenError("the token is by another issuer")
    audience = claims.get("aud")
    if policy.audience not in (audience if isinstance(audience, list) else [audience]):
        raise TokenError("the token is for another audience")
    times = {name: _seconds(claims, name) for name in _TIMES if name in claims or name == "exp"}
    if now >= times["exp"] + _LEEWAY_SECONDS:
        raise TokenError("the token has expired")
    if now < times.get("nbf", now) - _LEEWAY_SECONDS:
        raise TokenError("the token is not valid yet")


def _seconds(claims: Mapping[str, Any], name: str) -> float:
    """A NumericDate (RFC 7519, 2): a finite JSON number of seconds since 1970. NaN would compare false for ever."""
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _MAX_SECONDS:
        raise TokenError(f"the claim {name} is no time")
    return float(value)
