"""Names of AWS and of the platform that both settings and exports hold, each with its rule."""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv4Address

# Amazon S3 User Guide, "General purpose bucket naming rules".
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", re.ASCII)
_BUCKET_PREFIXES = ("xn--", "sthree-", "amzn-s3-demo-")
_BUCKET_SUFFIXES = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")
# RFC 7519, 4: a claim's name is any text, and a URI where it is to collide with none. These characters are those of a
# URI without user information (RFC 3986, 2), of which `custom:account_id` and `https://trading.example/account_id` are
# made.
_CLAIM = re.compile(r"[A-Za-z][A-Za-z0-9_.:/?#%~+-]{0,199}", re.ASCII)
_WITHOUT_END = (":", "/", "?", "#", "%")
# RFC 7519, 4.1: they say something else. `sub` may name the account.
REGISTERED_CLAIMS = ("aud", "exp", "iat", "iss", "jti", "nbf")


def is_bucket(name: str) -> bool:
    """Whether S3 takes the name for a general purpose bucket."""
    if not _BUCKET.fullmatch(name) or ".." in name:
        return False
    try:
        IPv4Address(name)
    except AddressValueError:
        return not name.startswith(_BUCKET_PREFIXES) and not name.endswith(_BUCKET_SUFFIXES)
    return False


def is_claim(name: str) -> bool:
    """Whether the text is the name of a claim: a word, or a URI without user information that does not end at a
    separator."""
    return _CLAIM.fullmatch(name) is not None and not name.endswith(_WITHOUT_END)
