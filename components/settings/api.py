"""Settings of the Trading API: who may call it, and how fast."""

from __future__ import annotations

import re
from typing import Annotated

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from pydantic import AfterValidator, Field, field_validator

from components.settings.section import Host, LogDays, Section, SeveralLines, Texts, matching
from functions.authorizer.keys import public_key, public_keys
from functions.environment import SettingError
from recovery.names import REGISTERED_CLAIMS, is_claim
from recovery.urls import host_of, is_https

_CLIENT = re.compile(r"[a-z][a-z0-9-]{1,30}")
# Amazon API Gateway Developer Guide, "Quotas for configuring and running a REST API": API keys of an account in a
# region, a quota that AWS does not raise.
_MOST_CLIENTS = 10_000
# The account's quota is 10,000 requests a second until it is raised; the fields of a stage and of a usage plan have no
# limit of their own. A limit of ours, a hundred times as much.
_MOST_REQUESTS = 1_000_000
# With the other variables, what an environment of 4 KB holds (AWS Lambda Developer Guide, "Lambda quotas"): four keys
# of RSA with 2,048 bits, or twice as many as a rotation needs.
_MOST_KEY_CHARACTERS = 3000
# Each order writes twice to its account's part of an index, which takes 1,000 writes a second (DynamoDB Developer
# Guide, "Partitions and data distribution").
_MOST_ORDERS_OF_AN_ACCOUNT = 500


def _issuer(url: str) -> str:
    # OpenID Connect Core 1.0, 2: an issuer is a URL by https with a host, without query and fragment.
    if not is_https(url) or len(url) > _MOST_ISSUER_CHARACTERS:
        raise ValueError(
            "is not an issuer; write its URL as its tokens have it in iss, such as https://id.mycompany.com/realm, "
            "with a port from 1 to 65535, if any"
        )
    return url


_MOST_ISSUER_CHARACTERS = 200
TokenIssuer = Annotated[str, AfterValidator(_issuer), Host(host_of)]
TokenAudience = Annotated[
    str,
    matching(
        r"[\x21-\x7e]{1,200}", "is not an audience; write up to 200 characters without spaces, as tokens have in aud"
    ),
]


class ApiSettings(Section):
    """Tokens say whose orders they are; API keys say whose rate they count against."""

    token_issuer: TokenIssuer = Field(
        "https://identity.trading.example",
        description="Who issues callers' tokens: their claim iss.",
    )
    token_audience: TokenAudience = Field("trading-api", description="Whom the tokens are for: their claim aud.")
    token_account_claim: str = Field(
        "account_id",
        description="The claim that names the trading account: account_id, custom:account_id or a URL.",
    )
    token_keys: Annotated[Texts, SeveralLines()] = Field(
        (),
        description="Public keys of the issuer in PEM: RSA, P-256 or Ed25519. Without one the API lets nobody in; "
        "name the old and the new one while they change.",
        max_length=4,
    )
    token_cache_seconds: int = Field(
        60,
        description="How long a verified token is not verified again, in seconds: so long may a caller go on after it "
        "has expired.",
        ge=0,
        le=300,
    )
    api_clients: Texts = Field(
        ("desk",),
        description="Clients of the API: each has a key, the same in both regions.",
        min_length=1,
        max_length=_MOST_CLIENTS,
    )
    api_rate_limit: int = Field(
        10_000,
        description="Requests per second that the API takes from all clients together.",
        ge=1,
        le=_MOST_REQUESTS,
    )
    api_burst_limit: int = Field(
        5000, description="Requests that the API takes at once before the rate counts.", ge=1, le=_MOST_REQUESTS
    )
    api_client_rate_limit: int = Field(
        200,
        description="Requests per second of one client; an account's orders are kept together, which bounds them.",
        ge=1,
        le=_MOST_ORDERS_OF_AN_ACCOUNT,
    )
    api_client_burst_limit: int = Field(
        400,
        description="Requests of one client that are taken at once before its rate counts.",
        ge=1,
        le=_MOST_REQUESTS,
    )
    api_log_days: LogDays = Field(365, description="How long the API's access logs stay, in days.")

    @field_validator("api_clients")
    @classmethod
    def _client_names(cls, clients: tuple[str, ...]) -> tuple[str, ...]:
        for name in clients:
            if not _CLIENT.fullmatch(name):
                raise ValueError(f"{name!r} is not a name of 2 to 31 lower-case letters, digits and hyphens; rename it")
        if len(set(clients)) != len(clients):
            raise ValueError("names a client twice; remove one")
        return clients

    @field_validator("token_account_claim")
    @classmethod
    def _account_claim(cls, claim: str) -> str:
        if not is_claim(claim):
            raise ValueError(
                "is no name of a claim; write a word or a URI of at most 200 characters: account_id, "
                "custom:account_id, https://trading.example/account_id"
            )
        if claim in REGISTERED_CLAIMS:
            raise ValueError("is a claim that says something else (RFC 7519, 4.1); name the one of the trading account")
        return claim

    @field_validator("token_keys")
    @classmethod
    def _public_keys(cls, keys: tuple[str, ...]) -> tuple[str, ...]:
        for number, key in enumerate(keys, start=1):
            if "PRIVATE KEY" in key:
                raise ValueError(
                    f"holds a private key as number {number}; take it out everywhere, and name the public one"
                )
            try:
                public_key(key)
            except SettingError as error:
                raise ValueError(f"key {number} is not usable: {str(error).removeprefix('TOKEN_KEYS ')}") from error
        if sum(map(len, keys)) > _MOST_KEY_CHARACTERS:
            raise ValueError(f"are more than {_MOST_KEY_CHARACTERS} characters together; name fewer, or shorter ones")
        seen: list[bytes] = []
        for number, key in enumerate(keys, start=1):
            # What signs decides, and not how its text is broken into lines.
            written = public_key(key).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
            if written in seen:
                raise ValueError(f"names key {seen.index(written) + 1} again as number {number}; remove one")
            seen.append(written)
        # As the function reads them: one after the other.
        if len(public_keys("\n".join(keys))) != len(keys):
            raise ValueError("are read as another number of keys than are named; write each from BEGIN to END")
        return keys
