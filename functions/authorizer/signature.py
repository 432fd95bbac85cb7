"""Verification of a signed token in compact form (JSON Web Signature, RFC 7515) by public keys.

The key decides how a signature is verified, never the token's own header (RFC 8725, 3.1): the header's `alg` must
name the algorithm of a key, and nothing of a key is read from the header. `cryptography` makes the calculation; this
module holds the form. A library for tokens would have to be carried in the archive, and the two usual ones let pass
what is refused here: keys that stand twice, base64url that is not canonical, times that are text.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from functions.authorizer.errors import TokenError
from functions.authorizer.keys import PublicKey
from functions.authorizer.strict_json import json_object

# API Gateway Developer Guide, quotas of REST APIs: all headers of a request have 10,240 bytes together.
MAX_TOKEN_CHARACTERS = 10_240
_COMPACT = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]*)\.([A-Za-z0-9_-]+)")
# A P-256 signature is two numbers of 32 bytes (RFC 7518, 3.4).
_HALF = 32


def verified(keys: Sequence[PublicKey], token: str) -> bytes:
    """The payload of a token that one of the keys signed; raises TokenError."""
    if len(token) > MAX_TOKEN_CHARACTERS:
        raise TokenError(f"the token has over {MAX_TOKEN_CHARACTERS} characters")
    match = _COMPACT.fullmatch(token)
    if match is None:
        raise TokenError("the token is not three parts of base64url")
    header, payload, signature = (_decoded(part) for part in match.groups())
    algorithm = _algorithm(json_object(header, "header"))
    if not keys:
        raise TokenError("TOKEN_KEYS names no key: nobody is let in")
    signed = token.rpartition(".")[0].encode()
    if not any(algorithm in _algorithms(key) and _verifies(key, signed, signature) for key in keys):
        raise TokenError("the signature is by none of the keys")
    return payload


def _algorithm(header: Mapping[str, Any]) -> str:
    """The header's `alg`; raises TokenError for a header that asks for an extension."""
    if "crit" in header:
        raise TokenError("the header names critical extensions (crit), and none is understood")
    if "b64" in header and header["b64"] is not True:
        raise TokenError("the header asks for a payload that is not encoded (b64), which is not understood")
    algorithm = header.get("alg")
    if not isinstance(algorithm, str):
        raise TokenError("the header names no algorithm (alg)")
    return algorithm


def _algorithms(key: PublicKey) -> tuple[str, ...]:
    """Names of the key's algorithm: RFC 7518, 3.1; RFC 8037, 3.1; RFC 9864, 2.2."""
    if isinstance(key, rsa.RSAPublicKey):
        return ("RS256",)
    return ("EdDSA", "Ed25519") if isinstance(key, ed25519.Ed25519PublicKey) else ("ES256",)


def _verifies(key: PublicKey, signed: bytes, signature: bytes) -> bool:
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


def _decoded(part: str) -> bytes:
    """The bytes of a part. Only their one spelling is taken: RFC 4648, 3.5, lets a reader refuse the others."""
    try:
        data = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except binascii.Error as error:
        raise TokenError("a part of the token is not base64url") from error
    if base64.urlsafe_b64encode(data).rstrip(b"=") != part.encode():
        raise TokenError("a part of the token is not canonical base64url")
    return data
