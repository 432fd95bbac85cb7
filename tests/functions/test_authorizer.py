"""Only a token that the identity provider signed, for this API and for now, opens the Trading API."""

from __future__ import annotations

import base64
import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, x25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from hypothesis import example, given
from hypothesis import strategies as st

from components.settings import Settings, SettingsError
from functions.authorizer.handler import UnauthorizedError, authorized
from functions.authorizer.signature import verified
from functions.authorizer.tokens import Policy, TokenError, account_of, public_keys
from functions.environment import Environment, SettingError
from functions.order_intake.requests import account_id

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


def algorithm_of(key: Any) -> str:
    if isinstance(key, rsa.RSAPrivateKey):
        return "RS256"
    return "ES256" if isinstance(key, ec.EllipticCurvePrivateKey) else "EdDSA"


def spelled(key: Any, header: str, payload: str) -> str:
    """A token whose header and payload are written as given, with a signature that is valid."""
    text = f"{part(header.encode())}.{part(payload.encode())}"
    return f"Bearer {text}.{part(signed(key, text.encode()))}"


def token(key: Any, claims: Any, **header: Any) -> str:
    return spelled(key, json.dumps({"alg": algorithm_of(key), **header}), json.dumps(claims))


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


@pytest.mark.parametrize(
    "header", ["", "Basic abc", "Bearer a.b", "Bearera.b.c", "Bearer\ta.b.c", "Bearer a.b.c.d", "Bearer a b.c.d"]
)
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


@pytest.mark.parametrize("scheme", ["bearer ", "BEARER ", "bEaReR ", "Bearer  ", "bearer     "])
def test_a_scheme_has_no_case_and_one_space_or_more_follow_it(scheme: str):
    given = token(P256, CLAIMS).removeprefix("Bearer ")
    assert account_of(policy(P256), f"{scheme}{given}", clock) == "ACC-1"


@pytest.mark.parametrize(
    ("header", "why"),
    [
        ({"crit": ["x"], "x": 1}, "crit"),
        ({"crit": ["exp"], "exp": 1}, "crit"),
        ({"crit": []}, "crit"),
        ({"crit": None}, "crit"),
        ({"b64": False}, "b64"),
        ({"b64": False, "crit": ["b64"]}, "crit"),
        ({"b64": "true"}, "b64"),
        ({"alg": None}, "names no algorithm"),
        ({"alg": ["EdDSA"]}, "names no algorithm"),
        ({"alg": "none"}, "by none of the keys"),
        ({"alg": "HS256"}, "by none of the keys"),
        ({"alg": "ES256"}, "by none of the keys"),
        ({"alg": "eddsa"}, "by none of the keys"),
    ],
)
@pytest.mark.parametrize("key", [ED25519], ids=["EdDSA"])
def test_a_header_that_asks_for_anything_else_is_refused(key: Any, header: dict[str, Any], why: str):
    with pytest.raises(TokenError, match=why):
        account_of(policy(key), token(key, CLAIMS, **header), clock)


def test_headers_of_key_material_and_type_are_not_read():
    header = {"kid": "7", "typ": "at+jwt", "jku": "https://attacker.example", "jwk": {"kty": "oct"}, "b64": True}
    assert account_of(policy(ED25519), token(ED25519, CLAIMS, **header), clock) == "ACC-1"
    assert account_of(policy(ED25519), token(ED25519, CLAIMS, alg="Ed25519"), clock) == "ACC-1", "RFC 9864's name"


TIMES = ["NaN", "Infinity", "-Infinity", "true", '"1900000060"', "1e400", "-1", "1" + "0" * 300, "[1]", "{}", "1e12"]


@pytest.mark.parametrize("name", ["exp", "nbf", "iat"])
@pytest.mark.parametrize("value", TIMES)
def test_a_time_is_a_finite_number_of_seconds(name: str, value: str):
    others = {key: claim for key, claim in CLAIMS.items() if key != name}
    payload = json.dumps(others)[:-1] + f', "{name}": {value}}}'
    with pytest.raises(TokenError, match=f"the claim {name} is no time|the payload is no JSON"):
        account_of(policy(P256), spelled(P256, '{"alg":"ES256"}', payload), clock)


@pytest.mark.parametrize("exp", [NOW + 1, NOW + 0.5, 253_402_300_799, 4_102_444_800])
def test_a_time_may_have_a_fraction_and_lie_far_ahead(exp: float):
    assert account_of(policy(P256), token(P256, {**CLAIMS, "exp": exp, "nbf": 0, "iat": NOW}), clock) == "ACC-1"


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        ("[" * 4000, "nested too deeply"),
        ("{" + '"a":{' * 1500, "no JSON|nested"),
        ('{"exp":1,"exp":2}', "names a key twice"),
        ('{"x":{"a":1,"a":2}}', "names a key twice"),
        ('{"alg":"ES256","x":NaN}', "no JSON"),
        ('{"x":{"y":[-Infinity]}}', "no JSON"),
        ("null", "no JSON object"),
        ("[]", "no JSON object"),
        ("{", "no JSON"),
        ("\ufeff{}", "no JSON"),
        ('{"exp":' + "9" * 5000 + "}", "no JSON"),
    ],
)
@pytest.mark.parametrize("where", ["header", "payload"])
def test_json_that_two_readers_may_read_differently_is_refused(payload: str, why: str, where: str):
    header, claims = (payload, json.dumps(CLAIMS)) if where == "header" else ('{"alg":"ES256"}', payload)
    with pytest.raises(TokenError, match=why):
        account_of(policy(P256), spelled(P256, header, claims), clock)


def test_claims_in_another_encoding_are_refused():
    header = part(json.dumps({"alg": "ES256"}).encode())
    text = f"{header}.{part(json.dumps(CLAIMS).encode('utf-16'))}"
    with pytest.raises(TokenError, match="no JSON"):
        account_of(policy(P256), f"Bearer {text}.{part(signed(P256, text.encode()))}", clock)


def test_base64url_has_one_spelling():
    given = token(ED25519, CLAIMS)
    # 64 bytes take 86 characters, of which the last one carries 4 bits that must be zero.
    assert given[-1] in "AQgw"
    other = given[:-1] + chr(ord(given[-1]) + 1)
    with pytest.raises(TokenError, match="canonical"):
        account_of(policy(ED25519), other, clock)


def test_a_token_longer_than_the_gateway_lets_through_is_refused_unread():
    with pytest.raises(TokenError, match="over 10240 characters"):
        account_of(policy(P256), token(P256, {**CLAIMS, "x": "x" * 10_240}), clock)


@pytest.mark.parametrize("claim", ["custom:account_id", "https://trading.example/account_id", "sub"])
def test_the_account_may_stand_under_a_name_with_a_namespace(claim: str):
    claims = {**CLAIMS, claim: "ACC-9"}
    event = {"authorizationToken": token(P256, claims), "methodArn": METHOD}
    answer = authorized(policy(P256, ACCOUNT_CLAIM=claim), event, clock)
    assert answer["context"] == {"account_id": "ACC-9"}, "a URL is no documented key of the gateway's context"
    request = {"requestContext": {"authorizer": answer["context"]}}
    assert account_id(request, claim) == "ACC-9"


@pytest.mark.parametrize("account", ["a#b", "a b", "\ud800", "x" * 65, "ACC-1\n", "１"])
def test_an_account_is_let_in_by_the_rule_by_which_order_intake_takes_it(account: str):
    with pytest.raises(TokenError, match="names no trading account"):
        account_of(policy(P256), token(P256, {**CLAIMS, "account_id": account}), clock)


def public_pem(raw: bytes) -> str:
    return (
        ed25519.Ed25519PublicKey.from_public_bytes(raw)
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )


GARBAGE = "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"
UNUSABLE = {
    "RSA of 1,024 bits": pem(rsa.generate_private_key(public_exponent=65537, key_size=1024)),
    "P-384": pem(ec.generate_private_key(ec.SECP384R1())),
    "a curve of OpenSSL alone": pem(ec.generate_private_key(ec.SECP256K1())),
    "X25519": pem(x25519.X25519PrivateKey.generate()),
    "no key in the base64": GARBAGE,
    "no base64": GARBAGE.replace("AAAA", "A*AA"),
    "no end": GARBAGE.partition("-----END")[0],
    "no begin": GARBAGE.partition("-----BEGIN PUBLIC KEY-----")[2],
    "the label of PKCS #1": GARBAGE.replace("PUBLIC", "RSA PUBLIC"),
    "a certificate": GARBAGE.replace("PUBLIC KEY", "CERTIFICATE"),
    "cut off": pem(P256)[:80] + pem(P256)[100:],
    "Ed25519 of small order, 4": public_pem(bytes(32)),
    "Ed25519 of small order, 1": public_pem(bytes([1]) + bytes(31)),
    "Ed25519 of small order, 1, with the other sign": public_pem(bytes([1]) + bytes(30) + bytes([128])),
}


@pytest.mark.parametrize("bad", UNUSABLE.values(), ids=UNUSABLE)
def test_one_unusable_key_is_named_and_does_not_take_the_good_one_down(bad: str):
    with pytest.raises(SettingError, match="TOKEN_KEYS holds"):
        public_keys(bad)
    with pytest.raises(SettingError, match="TOKEN_KEYS holds"):
        public_keys(f"{pem(P256)}\n{bad}")
    for text in (f"{bad}\n{pem(P256)}", f"{pem(P256)}\n{bad}"):
        both = policy(TOKEN_KEYS=text)
        assert len(both.keys) == 1
        assert len(both.unusable) == 1
        assert account_of(both, token(P256, CLAIMS), clock) == "ACC-1"


@pytest.mark.parametrize("bad", UNUSABLE.values(), ids=UNUSABLE)
def test_settings_refuse_exactly_what_the_authorizer_cannot_use(bad: str):
    with pytest.raises(SettingsError, match=r"trading-platform:tokenKeys"):
        Settings.parse({"tokenKeys": [pem(P256), bad]})
    Settings.parse({"tokenKeys": [pem(P256), pem(RSA)]})
    Settings.parse({"tokenKeys": ["\r\n".join(pem(ED25519).splitlines())]})


@pytest.mark.parametrize("claim", ["custom:account_id", "https://trading.example/account_id", "sub", "acct", "a-b.c~d"])
def test_settings_take_the_claims_that_identity_providers_give(claim: str):
    assert Settings.parse({"tokenAccountClaim": claim}).api.token_account_claim == claim


@pytest.mark.parametrize("claim", ["", "a b", "exp", "iss", "account\n", '"x"', "ключ", "x" * 201, "1a"])
def test_a_claim_that_cannot_be_is_refused_with_the_way_out(claim: str):
    with pytest.raises(SettingsError, match="tokenAccountClaim") as refusal:
        Settings.parse({"tokenAccountClaim": claim})
    assert "; " in str(refusal.value).partition("tokenAccountClaim")[2], "what is wrong, and then what to do"


def jwk(key: dict[str, str]) -> str:
    def number(name: str) -> int:
        return int.from_bytes(base64.urlsafe_b64decode(key[name] + "=="), "big")

    if key["kty"] == "RSA":
        made: Any = rsa.RSAPublicNumbers(number("e"), number("n")).public_key()
    elif key["kty"] == "EC":
        made = ec.EllipticCurvePublicNumbers(number("x"), number("y"), ec.SECP256R1()).public_key()
    else:
        made = ed25519.Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(key["x"] + "=="))
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return made.public_bytes(serialization.Encoding.PEM, form).decode()


VECTORS = [
    pytest.param(group["key"], *test[1:], id=f"{group['source']}: {test[0]}")
    for group in json.loads(Path(__file__).with_name("vectors").joinpath("jws.json").read_text())["groups"]
    for test in group["tests"]
]


@pytest.mark.parametrize(("key", "result", "given"), VECTORS)
def test_published_vectors_are_judged_as_their_authors_do(key: dict[str, str], result: str, given: str):
    keys = public_keys(jwk(key))
    if result == "valid":
        verified(keys, given)
    else:
        with pytest.raises(TokenError):
            verified(keys, given)


@example("Bearer a.b.c")
@given(st.text())
def test_no_header_whatever_ends_in_anything_but_a_refusal(text: str):
    for header in (text, f"Bearer {text}", f"Bearer {part(text.encode(errors='replace'))}.{text}.e30"):
        with pytest.raises(TokenError):
            account_of(policy(P256), header, clock)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(["alg", "crit", "b64", "iss", "aud", "exp", "nbf", "iat", "account_id"])


@given(header=st.dictionaries(NAMES, JSON), claims=st.dictionaries(NAMES, JSON))
def test_no_signed_token_whatever_ends_in_anything_but_an_account_or_a_refusal(header: Any, claims: Any):
    given = spelled(P256, json.dumps({"alg": "ES256", **header}), json.dumps({**CLAIMS, **claims}))
    with contextlib.suppress(TokenError):
        assert account_of(policy(P256), given, clock)


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
