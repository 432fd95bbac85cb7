"""Telling a secret in plain text from a setting, by the name under which it stands and by its value.

detect-secrets was tried for the formats of tokens: importing its detectors takes half a second and 23 MB, more than the
rest of the pack, so that the formats stand in `policy.credentials`.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from policy.credentials import FORMAT, HEADER, PAIR, URL
from policy.values import Unknown, has_reference

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
# Words that may follow what a name says without changing that.
_AFTER = frozenset({"value", "string", "text", "plain", "data", "base64", "b64", "prod", "dev", "test", "staging",
    "new", "old", "current", "previous", "primary", "secondary", "default", "live", "env"})  # fmt: skip
# A secret wherever the word stands in a name, as the keywords of detect-secrets: PASSWORD_DB, SECRET_KEY_BASE.
_ANYWHERE = frozenset({"password", "passwords", "passwd", "passphrase", "passcode", "pwd", "secret", "secrets", "token",
    "tokens", "credential", "credentials", "creds", "apikey", "apikeys", "authkey", "accesskey", "secretkey",
    "privatekey", "authtoken", "accesstoken"})  # fmt: skip
# A secret where the word ends the name: elsewhere these have other meanings (AUTH_MODE, PASS_THROUGH).
_LAST = frozenset({"pass", "pw", "auth", "jwt", "bearer", "pat", "salt", "pin", "keytab"})
_STEM = re.compile(r"password(?!less)|passwd|passphrase|secretkey|privatekey|accesskey|apikey|authtoken|accesstoken|"
    r"secret$|token$|(?:db|pg|user|root|admin|mysql|ssh)(?:pass|pwd)$")  # fmt: skip
# What the key is of, or whose: keywords of detect-secrets, and the services of gitleaks' rules.
_BEFORE_KEY = frozenset({"api", "access", "secret", "private", "priv", "encryption", "encrypt", "decryption", "decrypt",
    "crypto", "cipher", "aes", "rsa", "ed25519", "fernet", "signing", "sign", "signature", "master", "root", "shared",
    "hmac", "account", "auth", "ssh", "gpg", "pgp", "tls", "service", "license", "app", "application", "client",
    "consumer", "db", "database", "storage", "session", "cookie", "jwt", "deploy", "integration", "ingest", "write",
    "admin", "webhook", "bot", "wallet", "passphrase",
    "stripe", "sendgrid", "mailgun", "mailchimp", "postmark", "twilio", "datadog", "dd", "algolia", "openai",
    "anthropic", "github", "gitlab", "slack", "paypal", "braintree", "square", "shopify", "newrelic", "relic", "sentry",
    "segment", "mixpanel", "pagerduty", "opsgenie", "okta", "firebase", "fcm", "mapbox", "rollbar", "honeycomb",
    "launchdarkly", "cloudflare", "snyk", "sonar", "plaid", "alchemy", "infura", "etherscan", "coinbase", "kraken",
    "binance", "polygon", "finnhub", "alpaca"})  # fmt: skip
# Keys that are no secret: of a table, an object, a cache, a message; and the half of a pair that everybody may have.
_OPEN_KEY = frozenset({"partition", "sort", "hash", "range", "primary", "foreign", "object", "s3", "cache", "routing",
    "public", "publishable", "idempotency", "tag", "metric", "kms", "group", "lookup", "index", "message", "record",
    "shard", "translation", "state", "backend"})  # fmt: skip
# Words that end the name of a setting about a secret: where it is, how long it is good for, what it is used with.
_ABOUT = frozenset({"arn", "arns", "id", "ids", "name", "names", "path", "paths", "file", "filename", "dir",
    "directory", "location", "url", "uri", "endpoint", "host", "hostname", "port", "domain", "region", "zone",
    "account", "role", "user", "username", "type", "kind", "mode", "format", "class", "ttl", "age", "expiry", "expires",
    "expiration", "lifetime", "duration", "timeout", "interval", "seconds", "minutes", "hours", "days", "ms",
    "length", "min", "max", "size", "count", "limit", "rate", "budget", "rounds", "iterations", "policy", "enabled",
    "disabled", "required", "optional", "allowed", "header", "headers", "prefix", "suffix", "pattern", "regex",
    "provider", "store", "backend", "source", "manager", "engine", "vault", "version", "stage", "rotation",
    "issuer", "audience", "scope", "scopes", "claim", "claims", "algorithm", "alg", "hasher", "encoding",
    "table", "bucket", "queue", "topic", "parameter", "param", "field", "key", "keys", "label", "attribute", "property",
    "cache", "service", "server", "client", "function", "lambda", "method", "flow", "grant", "strategy", "through",
    "validation", "validator", "verification", "exchange", "refresh", "reset", "usage", "metric"})  # fmt: skip
# A first word after the secret that makes the pair a name of its own: Secrets Manager, a store, a policy.
_COMPOUND = frozenset({"manager", "store", "policy", "rotation", "less", "bucket", "cache"})
_MODES = frozenset({"none", "iam", "aws_iam", "basic", "oauth", "oauth2", "jwt", "saml", "oidc", "cognito", "ldap",
    "kerberos", "tls", "mtls", "ssl", "sasl", "scram", "plain", "digest", "enabled", "disabled", "required", "optional",
    "on", "off", "yes", "no", "api_key", "apikey", "true", "false", "null", "bearer", "sigv4"})  # fmt: skip

# A value that only points at where the secret is: a variable, a placeholder, a path of a secret store.
_POINTER = re.compile(
    r"^(arn:|\{\{resolve:|\$\{?\w|<[^>]*>$|%\w+%$|#\{|ssm:|secretsmanager:|vault:|aws-sm:|op://|/aws/|/run/secrets/|"
    r"file:|env:|https?://[^@\s]*$|/[\w./-]+$)",
    re.IGNORECASE,
)
_ALPHABET = re.compile(r"^[A-Za-z0-9+/_=-]{24,}$")
_RANDOM_BITS = 4.1
"""Bits for each character above which a text of letters of both cases and digits is taken for random."""
_SHAPE = re.compile(r"^[\w.=+/-]{10,150}$")
_KEYED_BITS = 3.5
"""The same under a name that speaks of a key, a token or the like (gitleaks, rule generic-api-key)."""
_UUID = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", re.IGNORECASE)


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


# The engine judges each resource several times, once for each of the pack's own policies, and the formats are many.
@lru_cache(maxsize=4096)
def holds_secret(text: str) -> bool:
    """Whether a text has a credential of a known format in it, or a URL or a pair with a password."""
    if FORMAT.search(text):
        return True
    found = [*URL.finditer(text), *filter(_pairs, PAIR.finditer(text)), *HEADER.finditer(text)]
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
        elif holds_secret(line):
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


def _pairs(match: re.Match[str]) -> bool:
    """Whether a pair gives a secret: a number of tokens, as `max_token=3` has it, is none."""
    return "token" not in match[0].lower() or not _mode(match.group(match.lastindex or 0))


def _given(password: str) -> bool:
    """Whether a password is written out, not named by a variable or a placeholder."""
    bare = password.strip("\"'")
    return bool(bare) and not bare.startswith(("$", "{", "<", "%", "*", "=", "`", "(")) and not has_reference(bare)


def _named(name: str, value: str) -> bool:
    """Whether a name says that its value is a secret, and the value is not one that such a name has otherwise."""
    words = _words(name)
    if not words or value.lower() in ("true", "false", "null", "none"):
        return False
    last = words[-1]
    if last in ("id", "ids") and words[-3:-1] == ["access", "key"]:
        return not _mode(value)
    if last in ("secret", "secrets") and re.fullmatch(r"[a-z]+([-/][a-z]+)+", value):
        return False  # The name of a secret.
    place = max((place for place in range(len(words)) if _secret_at(words, place)), default=None)
    if place is None:
        return _of_key(words) and _keyed(value)
    rest = words[place + 1 :]
    if not rest:
        # A count of tokens, a kind of authentication.
        ambiguous = last in _LAST or last in ("token", "tokens", "key", "keys")
        return not (ambiguous and _mode(value))
    if rest[0] in _COMPOUND or rest[-1] in _ABOUT:
        return False
    return not _mode(value) or (value.isdigit() and words[place].startswith(("pass", "pwd")))


def _words(name: str) -> list[str]:
    """The words of a name, in lower case, without those at its end that say nothing."""
    words = [word.lower() for word in _WORDS.findall(name)]
    while len(words) > 1 and (words[-1] in _AFTER or words[-1].isdigit()):
        words.pop()
    return words


def _secret_at(words: list[str], place: int) -> bool:
    """Whether the word at a place says secret: by itself, as the last, or as the key of something."""
    word = words[place]
    if word in ("key", "keys"):
        return place > 0 and words[place - 1] in _BEFORE_KEY
    return word in _ANYWHERE or bool(_STEM.search(word)) or (word in _LAST and place == len(words) - 1)


def _of_key(words: list[str]) -> bool:
    """Whether a name ends with a key of which it is open whether it is secret: SOME_KEY, not PARTITION_KEY."""
    return len(words) > 1 and words[-1] in ("key", "keys", "auth", "access") and words[-2] not in _OPEN_KEY


def _keyed(value: str) -> bool:
    """Whether a value under the name of a key looks like one."""
    if not _SHAPE.match(value) or _UUID.match(value) or "." in value or "/" in value:
        return False
    mixed = any(c.isdigit() for c in value) and any(c.isalpha() for c in value)
    return mixed and _bits(value) >= _KEYED_BITS


def _mode(value: str) -> bool:
    return value.lower() in _MODES or bool(re.fullmatch(r"[\d.]+[smhd]?", value))


def _random(text: str) -> bool:
    """Whether a text is random by its entropy, as keys and tokens are; hexadecimal digests and UUIDs are left out."""
    if not _ALPHABET.match(text) or text.count("-") > 2 or text.count("/") > 2 or text.count("_") > 2:
        return False
    kinds = (any(c.islower() for c in text), any(c.isupper() for c in text), any(c.isdigit() for c in text))
    if not all(kinds):
        return False
    return _bits(text) >= _RANDOM_BITS


def _bits(text: str) -> float:
    """The entropy of a text, in bits for each character."""
    counts = Counter(text)
    return -sum(n / len(text) * math.log2(n / len(text)) for n in counts.values())
