"""Only a token that the identity provider signed, for this API and for now, opens the Trading API."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from functions.authorizer.handler import UnauthorizedError, authorized
from functions.authorizer.tokens import Policy, TokenError, account_of, public_keys
from functions.environment import Environment, SettingError

NOW = 1_900_000_000
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
P256 = ec.generate_private_key(ec.SECP256R1())
ED25519 = ed25519.Ed25519PrivateKey.generate()
CLAIMS = {"iss": "https://id.example", "aud": "trading-api", "exp": NOW + 60, "account_id": "ACC-1"}
METHOD = "arn:aws:execute-api:us-east-1:123456789012:abc123/v1/POST/orders"


def clock() -> int:
    return NOW * 1000


def pem(key: Any) -> str:
    return (
        key.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )


def part(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def signed(key: Any, text: bytes) -> bytes:
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(text, padding.PKCS1v15(), hashes.SHA256())
    if isinstance(key, ec.EllipticCurvePrivateKey):
        r, s = decode_dss_signature(key.sign(text, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")
    return key.sign(text)


def token(key: Any, claims: Any, algorithm: str = "ES256") -> str:
    text = f"{part(json.dumps({'alg': algorithm}).encode())}.{part(json.dumps(claims).encode())}"
    return f"Bearer {text}.{part(signed(key, text.encode()))}"


def policy(*keys: Any, **variables: str) -> Policy:
    named = {
        "TOKEN_KEYS": "\n".join(pem(key) for key in keys),
        "TOKEN_ISSUER": "https://id.example",
        "TOKEN_AUDIENCE": "trading-api",
    }
    return Policy.from_environment(Environment({**named, **variables}))


@pytest.mark.parametrize("key", [RSA, P256, ED25519], ids=["RS256", "ES256", "EdDSA"])
def test_a_token_of_the_identity_provider_names_the_account(key: Any):
    assert account_of(policy(key), token(key, CLAIMS), clock) == "ACC-1"


def test_keys_are_rotated_by_naming_both_for_a_while():
    both = policy(RSA, P256)
    assert [account_of(both, token(key, CLAIMS), clock) for key in (RSA, P256)] == ["ACC-1", "ACC-1"]


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"iss": "https://other.example"}, "another issuer"),
        ({"aud": "another-api"}, "another audience"),
        ({"aud": None}, "another audience"),
        ({"exp": NOW - 6}, "has expired"),
        ({"exp": "tomorrow"}, "the claim exp is no time"),
        ({"exp": None}, "the claim exp is no time"),
        ({"nbf": NOW + 60}, "not valid yet"),
        ({"account_id": ""}, "no claim account_id"),
        ({"account_id": 7}, "no claim account_id"),
    ],
)
def test_a_token_that_says_anything_else_is_refused(claims: dict[str, Any], why: str):
    with pytest.raises(TokenError, match=why):
        account_of(policy(P256), token(P256, {**CLAIMS, **claims}), clock)


def test_a_token_for_several_audiences_is_for_each_of_them():
    claims = {**CLAIMS, "aud": ["reports", "trading-api"]}
    assert account_of(policy(P256), token(P256, claims), clock) == "ACC-1"


def test_a_signature_by_another_key_proves_nothing():
    other = ec.generate_private_key(ec.SECP256R1())
    with pytest.raises(TokenError, match="by none of the keys"):
        account_of(policy(P256, RSA), token(other, CLAIMS), clock)


def test_the_token_does_not_choose_how_it_is_verified():
    header, payload = (part(json.dumps(each).encode()) for each in ({"alg": "none"}, CLAIMS))
    for signature in (b"x", b"\0" * 64, pem(RSA).encode()):
        with pytest.raises(TokenError, match="by none of the keys"):
            account_of(policy(P256, RSA), f"Bearer {header}.{payload}.{part(signature)}", clock)


@pytest.mark.parametrize("header", ["", "Basic abc", "Bearer a.b", "bearer a.b.c", "Bearer a.b.c.d", "Bearer a b.c.d"])
def test_what_is_no_bearer_token_is_refused(header: str):
    with pytest.raises(TokenError, match="not 'Bearer'"):
        account_of(policy(P256), header, clock)


def test_claims_that_are_no_object_are_refused():
    with pytest.raises(TokenError, match="no JSON object"):
        account_of(policy(P256), token(P256, ["ACC-1"]), clock)


def test_without_a_key_nobody_is_let_in():
    with pytest.raises(TokenError, match="nobody is let in"):
        account_of(policy(), token(P256, CLAIMS), clock)


def test_a_key_that_is_too_weak_or_none_is_refused_when_the_function_starts():
    with pytest.raises(SettingError, match="none of RSA of 2048 bits"):
        public_keys(pem(rsa.generate_private_key(public_exponent=65537, key_size=1024)))
    with pytest.raises(SettingError, match="none of RSA of 2048 bits, P-256"):
        public_keys(pem(ec.generate_private_key(ec.SECP384R1())))
    with pytest.raises(SettingError, match="give the keys in PEM"):
        public_keys("not a key")
    with pytest.raises(SettingError, match="TOKEN_ISSUER is not set"):
        policy(P256, TOKEN_ISSUER="")


def test_a_caller_may_call_the_whole_stage_and_no_other_api():
    event = {"authorizationToken": token(P256, CLAIMS), "methodArn": METHOD}
    answer = authorized(policy(P256), event, clock)
    (statement,) = answer["policyDocument"]["Statement"]
    assert statement["Resource"] == "arn:aws:execute-api:us-east-1:123456789012:abc123/v1/*"
    assert answer["context"] == {"account_id": "ACC-1"}, "order intake finds the account under the claim's name"


def test_a_refused_caller_learns_nothing_but_that():
    event = {"authorizationToken": token(P256, {**CLAIMS, "exp": 1}), "methodArn": METHOD}
    with pytest.raises(UnauthorizedError, match=r"^Unauthorized$"):
        authorized(policy(P256), event, clock)
