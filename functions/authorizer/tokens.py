"""Bearer tokens of an identity provider (JSON Web Tokens, RFC 7519), verified by its public keys.

The keys are settings, not fetched: an identity provider that cannot be reached, or a region that is gone, stops
nobody from trading. What decides how a signature is verified is the key, never the token's own header, so a token
cannot talk the verifier into another algorithm (RFC 8725, 3.1).
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from functions.clock import Clock
from functions.environment import Environment, SettingError

PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey
_PEM = re.compile(r"-----BEGIN PUBLIC KEY-----.*?-----END PUBLIC KEY-----", re.DOTALL)
_BEARER = re.compile(r"Bearer ([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)")
# NIST SP 800-131A: shorter RSA keys are no longer to be used.
_LEAST_RSA_BITS = 2048
# How far the clocks of two well-kept parties may differ.
_LEEWAY_SECONDS = 5
# A P-256 signature is two numbers of 32 bytes (RFC 7518, 3.4).
_HALF = 32


class TokenError(ValueError):
    """The token proves nothing; the text says why, for the log and not for the caller."""


@dataclass(frozen=True)
class Policy:
    """What a token must say: who issued it, for whom, and which claim is the trading account."""

    keys: tuple[PublicKey, ...]
    issuer: str
    audience: str
    account_claim: str

    @classmethod
    def from_environment(cls, environment: Environment) -> Policy:
        """From TOKEN_KEYS, TOKEN_ISSUER, TOKEN_AUDIENCE and ACCOUNT_CLAIM; raises SettingError."""
        return cls(
            public_keys(environment.text("TOKEN_KEYS", "")),
            environment.text("TOKEN_ISSUER"),
            environment.text("TOKEN_AUDIENCE"),
            environment.text("ACCOUNT_CLAIM", "account_id"),
        )


def public_keys(pem: str) -> tuple[PublicKey, ...]:
    """Keys in PEM, one after the other; none of an empty text. Raises SettingError for a key that is not usable."""
    found = [_public_key(block) for block in _PEM.findall(pem)]
    if pem.strip() and not found:
        raise SettingError("TOKEN_KEYS holds no '-----BEGIN PUBLIC KEY-----'; give the keys in PEM")
    return tuple(found)


def account_of(policy: Policy, authorization: str, clock: Clock) -> str:
    """The trading account of the caller; raises TokenError."""
    match = _BEARER.fullmatch(authorization)
    if match is None:
        raise TokenError("the header is not 'Bearer' and a token of three parts")
    header, payload, signature = match.groups()
    _require_signature(policy.keys, f"{header}.{payload}".encode(), _decoded(signature))
    claims = _object(payload)
    _require_claims(policy, claims, clock() / 1000)
    account = claims.get(policy.account_claim)
    if not isinstance(account, str) or not account:
        raise TokenError(f"the token has no claim {policy.account_claim}")
    return account


def _require_signature(keys: Sequence[PublicKey], signed: bytes, signature: bytes) -> None:
    if not keys:
        raise TokenError("TOKEN_KEYS names no key: nobody is let in")
    if not any(_verifies(key, signed, signature) for key in keys):
        raise TokenError("the signature is by none of the keys")


def _require_claims(policy: Policy, claims: Mapping[str, Any], now: float) -> None:
    if claims.get("iss") != policy.issuer:
        raise TokenError("the token is by another issuer")
    audience = claims.get("aud")
    if policy.audience not in (audience if isinstance(audience, list) else [audience]):
        raise TokenError("the token is for another audience")
    if now >= _seconds(claims, "exp") + _LEEWAY_SECONDS:
        raise TokenError("the token has expired")
    if "nbf" in claims and now < _seconds(claims, "nbf") - _LEEWAY_SECONDS:
        raise TokenError("the token is not valid yet")


def _seconds(claims: Mapping[str, Any], name: str) -> float:
    value = claims.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise TokenError(f"the claim {name} is no time")
    return value


def _verifies(key: PublicKey, signed: bytes, signature: bytes) -> bool:
    """RS256, ES256 or EdDSA, as the key is (RFC 7518, 3.1; RFC 8037)."""
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, signed, padding.PKCS1v15(), hashes.SHA256())
        elif isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(signature, signed)
        elif len(signature) == 2 * _HALF:
            r, s = (int.from_bytes(half, "big") for half in (signature[:_HALF], signature[_HALF:]))
            key.verify(encode_dss_signature(r, s), signed, ec.ECDSA(hashes.SHA256()))
        else:
            return False
    except InvalidSignature:
        return False
    return True


def _public_key(pem: str) -> PublicKey:
    try:
        key = load_pem_public_key(pem.encode())
    except ValueError as error:
        raise SettingError(f"TOKEN_KEYS holds a key that cannot be read ({error}); give it in PEM") from error
    if isinstance(key, rsa.RSAPublicKey) and key.key_size >= _LEAST_RSA_BITS:
        return key
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
        return key
    if isinstance(key, ed25519.Ed25519PublicKey):
        return key
    raise SettingError(f"TOKEN_KEYS holds a key that is none of RSA of {_LEAST_RSA_BITS} bits, P-256, Ed25519")


def _decoded(part: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except binascii.Error as error:
        raise TokenError("a part of the token is not base64url") from error


def _object(part: str) -> dict[str, Any]:
    try:
        found = json.loads(_decoded(part))
    except ValueError as error:
        raise TokenError("the claims are no JSON") from error
    if not isinstance(found, dict):
        raise TokenError("the claims are no JSON object")
    return found
