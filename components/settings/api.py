"""Settings of the Trading API: who may call it, and how fast."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Annotated

from pydantic import Field, field_validator

from components.settings.section import LogDays, Section, SeveralLines, Texts

_CLIENT = re.compile(r"[a-z][a-z0-9-]{1,30}")
_PEM = re.compile(r"\s*-----BEGIN PUBLIC KEY-----([A-Za-z0-9+/=\s]+)-----END PUBLIC KEY-----\s*", re.ASCII)
# With the other variables, what an environment of 4 KB holds (AWS Lambda Developer Guide, "Lambda quotas"): four keys
# of RSA with 2,048 bits, or twice as many as a rotation needs.
_MOST_KEY_CHARACTERS = 3000
# Each order writes twice to its account's part of an index, which takes 1,000 writes a second (DynamoDB Developer
# Guide, "Partitions and data distribution").
_MOST_ORDERS_OF_AN_ACCOUNT = 500


class ApiSettings(Section):
    """Tokens say whose orders they are; API keys say whose rate they count against."""

    token_issuer: str = Field(
        "https://identity.trading.example",
        description="Who issues callers' tokens: their claim iss.",
        pattern=r"^https://[^\s]{3,200}$",
    )
    token_audience: str = Field(
        "trading-api", description="Whom the tokens are for: their claim aud.", pattern=r"^[^\s]{1,200}$"
    )
    token_account_claim: str = Field(
        "account_id",
        description="The claim that names the trading account.",
        pattern=r"^[A-Za-z][A-Za-z0-9_]{0,60}$",
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
        ("desk",), description="Clients of the API: each has a key, the same in both regions.", min_length=1
    )
    api_rate_limit: int = Field(
        10_000, description="Requests per second that the API takes from all clients together.", ge=1
    )
    api_burst_limit: int = Field(5000, description="Requests that the API takes at once before the rate counts.", ge=1)
    api_client_rate_limit: int = Field(
        200,
        description="Requests per second of one client; an account's orders are kept together, which bounds them.",
        ge=1,
        le=_MOST_ORDERS_OF_AN_ACCOUNT,
    )
    api_client_burst_limit: int = Field(
        400, description="Requests of one client that are taken at once before its rate counts.", ge=1
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

    @field_validator("token_keys")
    @classmethod
    def _public_keys(cls, keys: tuple[str, ...]) -> tuple[str, ...]:
        for number, key in enumerate(keys, start=1):
            if "PRIVATE KEY" in key:
                raise ValueError(
                    f"holds a private key as number {number}; take it out everywhere, and name the public one"
                )
            match = _PEM.fullmatch(key)
            if match is None or not _is_base64(match[1]):
                raise ValueError(f"key {number} is not in PEM; write it from -----BEGIN PUBLIC KEY----- to its end")
        if sum(map(len, keys)) > _MOST_KEY_CHARACTERS:
            raise ValueError(f"are more than {_MOST_KEY_CHARACTERS} characters together; name fewer, or shorter ones")
        return keys


def _is_base64(text: str) -> bool:
    try:
        base64.b64decode("".join(text.split()), validate=True)
    except binascii.Error:
        return False
    return True
