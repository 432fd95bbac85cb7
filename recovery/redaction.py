"""URLs as they may be shown: without user information, access tokens, passwords and keys.

A value is shown only where its form is known to hold no secret. A URL that does not have the expected form is hidden
except for its scheme, because a password that is not escaped (`u:p?w@host`) moves the borders of all other parts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl

HIDDEN = "***"
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]{0,20})://(.*)", re.DOTALL)
_HOST = r"(?:[A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?"
_HOSTS = re.compile(rf"(?:{_HOST}(?:,{_HOST})*)?")
# Without an `@` in a URL no part of it is user information, and a path is shown unless it may name a value.
_PATH = re.compile(r"[^=@;&?#\x00-\x1f\x7f]*")
_PLAIN_PATH = re.compile(r"[A-Za-z0-9._~/\\:+-]*")
_PLAIN = re.compile(r"[A-Za-z0-9._-]{1,64}")
# Parameters of the backends that Pulumi accepts which say where the state is and never hold a secret (Pulumi docs,
# "State and backends"; Go CDK, packages s3blob, gcsblob and azureblob; PostgreSQL docs, "Parameter Key Words").
_SHOWN = frozenset({"region", "endpoint", "awssdk", "sslmode", "domain", "protocol", "localemu", "host", "port"})
# Punctuation at the end belongs to the sentence.
_URL_IN_TEXT = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,20}://[^\s\"'<>`]*[^\s\"'<>`),;:\]]")
# `USER:PASSWORD@`, up to the last `@` of the word; the name of a role or user may have an `@`, too.
_ARN = r"arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:[0-9]{12}:[A-Za-z0-9_+=,.@/-]+"
_USER_IN_TEXT = re.compile(rf"(?P<arn>{_ARN})|[^\s\"'<>`@:/]*:(?!//)[^\s\"'<>`]*@")
_IS_ARN = re.compile(_ARN)
_NOUN = (
    r"(?:pass(?:word|wd|phrase|code)|pwd|secret|token|credential|"
    r"(?:access|account|api|auth|client|encryption|private|secret|shared|signing)[_-]?key)"
)
_NAMED = re.compile(rf"(?i)([a-z_-]*{_NOUN}[a-z_-]*)(\s*[=:]\s*)(\"[^\"]*\"|'[^']*'|[^\s,;&)]+)")
# In a value alone, where no other text can follow: to the end of the line, because a password may have spaces.
_NAMED_TO_END = re.compile(
    rf"(?i)([a-z_-]*{_NOUN}[a-z_-]*[\"']?(?:\s*[=:]\s*|\s+(?=[\"']))|\b(?:bearer|basic)\s+)(\S[^\r\n]*)"
)
_SAYS_SECRET = re.compile(rf"(?i){_NOUN}")
_IS_SECRET = re.compile(rf"(?i){_NOUN}s?$")
# Prefixes that services give their tokens so that scanners find them (GitHub Docs, "About authentication to GitHub";
# GitLab, Slack and Pulumi docs on tokens; IAM User Guide, "IAM identifiers"; RFC 7519 in base64url).
_TOKEN = re.compile(r"(?:gh[opsur]_|github_pat_|glpat-|xox[a-z]-|pul-|AKIA|ASIA|eyJ)[A-Za-z0-9_.-]{3,}")
# A user alone before a host with a path: `TOKEN@github.com/owner/name`.
_USER_OF_HOST = re.compile(r"(?<!\S)[^\s/@]+@(?=[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+[:/])")
# A path of HTTP may be a secret: who knows that of a webhook may call it.
_HTTP = re.compile(r"(?i)(https?://[^\s/?]*)/.+", re.DOTALL)
_QUOTED = re.compile(r"'([^']+)'|\"([^\"]+)\"")


def redacted(url: str) -> str:
    """The URL without anything that may be a secret: user information, unknown query parameters and fragments."""
    found = _SCHEME.fullmatch(url)
    if found is None:
        return HIDDEN if "@" in url or not url.isprintable() else url
    scheme, rest = found.groups()
    rest, _, _ = rest.partition("#") if "@" not in rest.partition("#")[2] else (HIDDEN, "", "")
    authority = re.match(r"[^/?]*", rest)
    assert authority is not None, "the pattern matches empty text too"
    user, at, hosts = authority.group().rpartition("@")
    path, _, query = rest[authority.end() :].partition("?")
    if "@" in path or "@" in query or ("@" in user) or not _HOSTS.fullmatch(hosts):
        return f"{scheme}://{HIDDEN}"
    shown_path = path if _PATH.fullmatch(path) and (not at or _PLAIN_PATH.fullmatch(path)) else f"/{HIDDEN}"
    return f"{scheme}://{f'{HIDDEN}@' if at else ''}{hosts}{shown_path}{_query(query)}"


def redacted_text(text: str) -> str:
    """The text with each URL in it redacted, and the value after each name of a secret (`password=`) hidden."""
    return _NAMED.sub(rf"\1\2{HIDDEN}", redacted_urls(text))


def redacted_urls(text: str) -> str:
    """The text with each URL in it redacted, and `USER:PASSWORD@` without a scheme too."""
    return redacted(text) if _SCHEME.fullmatch(text) else redacted_message(text)


def redacted_message(text: str, given: Iterable[str] = ()) -> str:
    """The whole message with the secrets hidden of each URL and each `USER:PASSWORD@` in it.

    `given` are the texts that a person gave and that the message may repeat: as they are, between quotes, or a quoted
    part of one. Their borders are known, so that a password with spaces or quotes in it is found, too.
    """
    for part in sorted(set(given), key=len, reverse=True):
        hidden = redacted_value(part)
        if hidden != part:
            for form in (repr(part), repr(part)[1:-1], part):
                text = text.replace(form, repr(hidden) if form == repr(part) else hidden)
            text = _without_quoted_parts(text, part, hidden)
    text = _URL_IN_TEXT.sub(lambda url: redacted(url.group()), text)
    return _USER_IN_TEXT.sub(lambda found: found.group() if found["arn"] else f"{HIDDEN}@", text)


def _without_quoted_parts(text: str, given: str, hidden: str) -> str:
    """The message without the quoted parts of a given text that are hidden in it."""

    def shown(found: re.Match[str]) -> str:
        part = found[1] or found[2]
        return repr(HIDDEN) if part in given and part not in hidden else found.group()

    return _QUOTED.sub(shown, text)


def redacted_value(text: str) -> str:
    """One value that a person gave, with every secret hidden that it may hold: of a URL its user information and
    parameters, and its path by HTTP; of other text all between its first colon and its last `@`, the value after
    `password=` to the end of its line, and tokens; of a JSON object each value."""
    inner = text.strip()
    if _IS_ARN.fullmatch(inner):
        return text
    if "{" in inner:
        return _redacted_json(inner)
    if _SCHEME.fullmatch(inner):
        return text.replace(inner, _HTTP.sub(rf"\1/{HIDDEN}", redacted(inner)))
    before, at, after = text.rpartition("@")
    if at and ":" in before:
        return _HTTP.sub(rf"\1/{HIDDEN}", f"{HIDDEN}@{after}")
    text = _HTTP.sub(rf"\1/{HIDDEN}", text)
    text = _NAMED_TO_END.sub(rf"\g<1>{HIDDEN}", text)
    return _TOKEN.sub(HIDDEN, _USER_OF_HOST.sub(f"{HIDDEN}@", text))


def redacted_data(value: Any) -> Any:
    """A value of any form: each text in it as `redacted_value` shows it, and of a mapping the keys alone, because no
    setting is a mapping and any of its values may be a secret."""
    if isinstance(value, str):
        hidden = redacted_value(value)
        return value if hidden == value else hidden
    if isinstance(value, Mapping):
        return {redacted_data(key): HIDDEN for key in value}
    if type(value) in (list, tuple):
        return type(value)(map(redacted_data, value))
    return value


def says_secret(name: str) -> bool:
    """Whether a name, such as dbPassword or tokenName, has a word for a secret in it."""
    return _SAYS_SECRET.search(name) is not None


def is_secret(name: str) -> bool:
    """Whether a name is that of a secret, such as dbPassword or apiKey: its last word is one for a secret."""
    return _IS_SECRET.search(name) is not None


def _redacted_json(text: str) -> str:
    """JSON text with an object in it; text that is no JSON is hidden from its first brace on."""
    try:
        return json.dumps(redacted_data(json.loads(text)))
    except (ValueError, RecursionError):
        before = text.partition("{")[0]
        return f"{redacted_value(before) if before else ''}{{{HIDDEN}"


def _query(query: str) -> str:
    if not query:
        return ""
    shown: list[str] = []
    hidden = False
    for key, value in parse_qsl(query, keep_blank_values=True):
        known = key in _SHOWN and _PLAIN.fullmatch(value)
        if key == "endpoint" and not known:
            known, value = True, redacted(value)
        if known:
            shown.append(f"{key}={value}")
        else:
            hidden = True
    return "?" + "&".join([*shown, *([HIDDEN] if hidden else [])])
