"""Public keys of the identity provider: the one rule for settings and for the authorizer.

The settings refuse a key that this module refuses. The running function skips such a key and reports it, so that one
unusable key never stops the callers whose tokens another key signed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from functions.environment import SettingError

PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey

# RFC 7468: the label of a SubjectPublicKeyInfo. A block ends before the next one begins, also if its own end is lost.
_EDGE = re.compile(r"(?=-----BEGIN )|(?<=-----END PUBLIC KEY-----)")
_BLOCK = re.compile(
    r"-----BEGIN PUBLIC KEY-----[ \t]*\r?\n?[A-Za-z0-9+/=\s]+-----END PUBLIC KEY-----", re.ASCII | re.DOTALL
)
_WAY_OUT = "write it from -----BEGIN PUBLIC KEY----- to -----END PUBLIC KEY-----"
# RFC 7518, 3.3, and NIST SP 800-131A: a shorter RSA key must not be used.
_MIN_RSA_BITS = 2048
# An RSA exponent of 17 digits or more is refused by most verifiers; 65537 is the usual one (NIST SP 800-56B, 6.2).
_MAX_RSA_EXPONENT = 2**32
# RFC 8032, 5.1: the field's prime. RFC 7748, 7: with a key of small order anybody can make valid signatures.
_P = 2**255 - 19
_ORDER_8_Y = 2707385501144840649318225287225658788936804267575313519463743609750303402022
_SMALL_ORDER_Y = frozenset({0, 1, _P - 1, _ORDER_8_Y, _P - _ORDER_8_Y})


@dataclass(frozen=True)
class Keys:
    """The keys that verify tokens, and one sentence for each entry that cannot."""

    usable: tuple[PublicKey, ...]
    unusable: tuple[str, ...]


def read_keys(pem: str) -> Keys:
    """Every key of a text of PEM blocks; never raises."""
    usable: list[PublicKey] = []
    unusable: list[str] = []
    for number, block in enumerate(_blocks(pem), start=1):
        try:
            usable.append(public_key(block))
        except SettingError as error:
            unusable.append(f"key {number}: {error}")
    return Keys(tuple(usable), tuple(unusable))


def public_keys(pem: str) -> tuple[PublicKey, ...]:
    """Keys in PEM, one after the other; none of an empty text. Raises SettingError for a key that is not usable."""
    found = [public_key(block) for block in _blocks(pem)]
    return tuple(found)


def public_key(pem: str) -> PublicKey:
    """The one key of a PEM block: RSA of 2,048 bits or more, P-256 or Ed25519. Raises SettingError."""
    block = pem.strip()
    if not _BLOCK.fullmatch(block):
        raise SettingError(f"TOKEN_KEYS holds a text that is no public key in PEM; give the keys in PEM: {_WAY_OUT}")
    try:
        key = load_pem_public_key(block.encode())
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        reason = str(error).partition("\n")[0].partition(" (")[0] or type(error).__name__
        raise SettingError(f"TOKEN_KEYS holds a key that cannot be read ({reason}); give it in PEM") from error
    if isinstance(key, rsa.RSAPublicKey):
        return _usable_rsa(key)
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
        return key
    if isinstance(key, ed25519.Ed25519PublicKey):
        return _usable_ed25519(key)
    kind = f"EC {key.curve.name}" if isinstance(key, ec.EllipticCurvePublicKey) else type(key).__name__.strip("_")
    raise SettingError(f"{_none_of()}; it is {kind}")


def _usable_rsa(key: rsa.RSAPublicKey) -> rsa.RSAPublicKey:
    if key.key_size < _MIN_RSA_BITS:
        raise SettingError(f"{_none_of()}; it is RSA of {key.key_size} bits")
    if key.public_numbers().e >= _MAX_RSA_EXPONENT:
        raise SettingError("TOKEN_KEYS holds an RSA key whose exponent is over 32 bits; take one with exponent 65537")
    return key


def _usable_ed25519(key: ed25519.Ed25519PublicKey) -> ed25519.Ed25519PublicKey:
    raw = int.from_bytes(key.public_bytes(Encoding.Raw, PublicFormat.Raw), "little")
    if (raw & (2**255 - 1)) % _P in _SMALL_ORDER_Y:
        raise SettingError("TOKEN_KEYS holds an Ed25519 key of small order, for which anybody can sign; make a new key")
    return key


def _none_of() -> str:
    return f"TOKEN_KEYS holds a key that is none of RSA of {_MIN_RSA_BITS} bits, P-256, Ed25519"


def _blocks(pem: str) -> list[str]:
    """The text, divided before each block and after it; a text between blocks is an entry of its own."""
    return [part for part in _EDGE.split(pem) if part.strip()]
