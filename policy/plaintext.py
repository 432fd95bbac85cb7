"""Telling a secret in plain text from a setting, by the name under which it stands and by its value.

detect-secrets was tried for the formats of tokens: importing its detectors takes half a second and 23 MB, more than the
rest of the pack, so that the formats stand here.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from policy.values import Unknown, has_reference

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
# The last word of a name says what it holds; these may follow it without changing that.
_AFTER = frozenset({"value", "string", "text", "plain", "data", "base64", "b64", "prod", "dev", "test", "staging",
    "new", "old", "current", "previous", "primary", "secondary", "default", "live", "env"})  # fmt: skip
_SECRET = frozenset({"password", "passwd", "passphrase", "passcode", "pass", "pwd", "pw", "secret", "secrets", "token",
    "auth", "credential", "credentials", "creds", "jwt", "bearer", "apikey", "authkey", "accesskey", "secretkey",
    "privatekey", "authtoken", "accesstoken", "pat", "salt", "pin", "keytab"})  # fmt: skip
_ENDING = ("password", "passwd", "passphrase", "secret", "apikey", "token", "dbpass", "pgpass", "userpass", "rootpass",
    "adminpass", "mysqlpass", "sshpass", "dbpwd", "pgpwd", "accesskey", "secretkey", "privatekey")  # fmt: skip
_BEFORE_KEY = frozenset({"api", "access", "secret", "private", "encryption", "encrypt", "signing", "sign", "master",
    "shared", "hmac", "account", "auth", "ssh", "service", "license", "app", "client", "storage", "session", "jwt",
    "deploy", "integration", "ingest", "write", "admin"})  # fmt: skip
# Words that a number or a mode may follow: a count of tokens, a kind of authentication.
_AMBIGUOUS = frozenset({"token", "tokens", "auth", "pass", "key", "pin", "pat", "salt", "pw", "jwt", "bearer"})
_MODES = frozenset({"none", "iam", "aws_iam", "basic", "oauth", "oauth2", "jwt", "saml", "oidc", "cognito", "ldap",
    "kerberos", "tls", "mtls", "ssl", "sasl", "scram", "plain", "digest", "enabled", "disabled", "required", "optional",
    "on", "off", "yes", "no", "api_key", "apikey", "true", "false", "null", "bearer", "sigv4"})  # fmt: skip

# Formats of credentials, by the documents of who gives them out: AWS (IAM User Guide, "IAM identifiers"), GitHub,
# GitLab, Slack, Stripe, Google, npm, PyPI, SendGrid, OpenAI, Pulumi, HashiCorp; PEM and JWT (RFC 7468, RFC 7519).
_FORMATS = re.compile(
    r"\b(AKIA|ASIA|ABIA)[A-Z0-9]{16}\b"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY( BLOCK)?-----"
    r"|\beyJ[\w-]{4,}\.[\w-]{3,}\.[\w-]*"
    r"|\bgh[pousr]_[A-Za-z0-9]{30,}|\bgithub_pat_\w{20,}"
    r"|\bgl(pat|ptt|dt|rt|cbt|ft|soat|agent)-[\w-]{20,}"
    r"|\bxox[abeoprs]-[\w-]{10,}|hooks\.slack\.com/services/T\w+/B\w+/\w+"
    r"|\b[rs]k_(live|test)_\w{16,}|\bwhsec_\w{16,}"
    r"|\bAIza[\w-]{35}\b|\bya29\.[\w-]{20,}"
    r"|\bnpm_[A-Za-z0-9]{36}\b|\bpypi-AgEIcHlwaS5vcmc[\w-]{20,}"
    r"|\bSG\.[\w-]{16,}\.[\w-]{16,}"
    r"|\bsk-(proj-|ant-)?[\w-]{32,}|\bpul-[a-f0-9]{40}\b|\b\w{14}\.atlasv1\.[\w-]{60,}"
    r"|\bAccountKey=[A-Za-z0-9+/=]{40,}|\bhv[sb]\.[\w-]{24,}"
)
_URL = re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s/?#@:]*:(?P<password>[^\s/?#@]+)@", re.IGNORECASE)
_PAIR = re.compile(
    r"(?:^|[\s;&?,])(?:password|passwd|pwd|secret|token|api[_-]?key)\s*=\s*(?P<value>[^\s;&,]+)", re.IGNORECASE
)
_HEADER = re.compile(r"\b(?:Basic|Bearer)\s+(?P<value>[A-Za-z0-9+/=_.-]{12,})")
# A value that only points at where the secret is: a variable, a placeholder, a path of a secret store.
_POINTER = re.compile(
    r"^(arn:|\{\{resolve:|\$\{?\w|<[^>]*>$|%\w+%$|#\{|ssm:|secretsmanager:|vault:|aws-sm:|op://|/aws/|/run/secrets/|"
    r"file:|env:|https?://[^@\s]*$|/[\w./-]+$)",
    re.IGNORECASE,
)
_ALPHABET = re.compile(r"^[A-Za-z0-9+/_=-]{24,}$")
_RANDOM_BITS = 4.1
"""Bits for each character above which a text of letters of both cases and digits is taken for random."""


def plaintext_secrets(variables: Mapping[str, Any]) -> Iterator[str]:
    """Names of the variables that hold a secret themselves, rather than the ARN of one. Raises `NotEvaluatedError`."""
    for name, value in variables.items():
        if isinstance(value, Unknown):
            value.refuse()
        if is_secret(str(name), value):
            yield str(name)


def is_secret(name: str, value: Any) -> bool:
    """Whether what stands under a name is a secret in plain text."""
    if isinstance(value, bool) or value is None:
        return False
    text = str(value).strip()
    if not text:
        return False
    if holds_secret(text):
        return True
    if has_reference(text) or _POINTER.match(text):
        return False
    return _named(name, text) or _random(text)


def holds_secret(text: str) -> bool:
    """Whether a text has a credential of a known format in it, or a URL or a pair with a password."""
    if _FORMATS.search(text):
        return True
    found = [*_URL.finditer(text), *_PAIR.finditer(text), *_HEADER.finditer(text)]
    if any(_given(match.group(match.lastindex or 0)) for match in found):
        return True
    if text[:1] in "{[":
        try:
            return _in_document(json.loads(text))
        except ValueError:
            return False
    return False


# `NAME=value`, `export NAME="value"`, `NAME: value`; a quote may be escaped in a script within a script.
_ASSIGNMENT = re.compile(r"^\s*(?:export\s+|set\s+|\$env:)?([A-Za-z_]\w*)\s*[=:]\s*\\?[\"']?([^\"'\s\\]+)\\?[\"']?\s*$")


def in_script(text: str) -> Iterator[str]:
    """What of a start-up script, plain or in base64, is a secret: assignments of one, and lines that hold one."""
    script = _decoded(text)
    for number, line in enumerate(script.splitlines(), 1):
        match = _ASSIGNMENT.match(line)
        if match and _assigned(match[1], match[2]):
            yield match[1]
        elif _FORMATS.search(line) or any(_given(m["password"]) for m in _URL.finditer(line)):
            yield f"line {number}"


def _assigned(name: str, value: str) -> bool:
    computed = "$" in value or value.startswith(("`", "(", "<")) or bool(_POINTER.match(value)) or has_reference(value)
    return _named(name, value) and not computed


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return text


def _in_document(document: Any) -> bool:
    if isinstance(document, Mapping):
        pair = document.get("name"), document.get("value")
        if all(isinstance(part, str) for part in pair) and is_secret(str(pair[0]), pair[1]):
            return True
        return any(
            _in_document(item) if isinstance(item, dict | list) else isinstance(item, str) and is_secret(str(key), item)
            for key, item in document.items()
        )
    if isinstance(document, list):
        return any(_in_document(item) for item in document if isinstance(item, dict | list))
    return False


def _given(password: str) -> bool:
    """Whether a password is written out, not named by a variable or a placeholder."""
    bare = password.strip("\"'")
    return bool(bare) and not bare.startswith(("$", "{", "<", "%", "*")) and not has_reference(bare)


def _named(name: str, value: str) -> bool:
    words = [word.lower() for word in _WORDS.findall(name)]
    while len(words) > 1 and (words[-1] in _AFTER or words[-1].isdigit()):
        words.pop()
    if not words:
        return False
    last = words[-1]
    if last in ("id", "ids") and words[-3:-1] == ["access", "key"]:
        return not _mode(value)
    if last in ("key", "keys") and len(words) > 1:
        return words[-2] in _BEFORE_KEY and not _mode(value)
    if last in ("secret", "secrets") and re.fullmatch(r"[a-z]+([-/][a-z]+)+", value):
        return False  # The name of a secret.
    if last in _SECRET:
        return not (last in _AMBIGUOUS and _mode(value)) and value.lower() not in ("true", "false", "null", "none")
    return last.endswith(_ENDING) and value.lower() not in ("true", "false", "null", "none")


def _mode(value: str) -> bool:
    return value.lower() in _MODES or bool(re.fullmatch(r"[\d.]+[smhd]?", value))


def _random(text: str) -> bool:
    """Whether a text is random by its entropy, as keys and tokens are; hexadecimal digests and UUIDs are left out."""
    if not _ALPHABET.match(text) or text.count("-") > 2 or text.count("/") > 2 or text.count("_") > 2:
        return False
    kinds = (any(c.islower() for c in text), any(c.isupper() for c in text), any(c.isdigit() for c in text))
    if not all(kinds):
        return False
    counts = Counter(text)
    bits = -sum(n / len(text) * math.log2(n / len(text)) for n in counts.values())
    return bits >= _RANDOM_BITS
