"""What libraries for tokens do with the vectors and hostile tokens that the authorizer's verifier is tested with.

Run: `uv run --no-project --with pyjwt==2.15.1 --with joserfc==1.8.0 --with cryptography==50.0.2 python -m
tests.functions.token_libraries`. It prints a table for decision 43: agreements with the vectors, hostile tokens that
are let in, size, and the time of a first import as a multiple of that of `cryptography`, which all of them need.
"""

from __future__ import annotations

import base64
import importlib.util
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import joserfc.jwk
import joserfc.jws
import joserfc.jwt
import jwt
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

from functions.authorizer.keys import read_keys
from functions.authorizer.signature import verified
from functions.authorizer.tokens import Policy, account_of

ISSUER, AUDIENCE = "https://id.example", "trading-api"
ALGORITHMS = ["RS256", "ES256", "EdDSA", "Ed25519"]
VECTORS = Path(__file__).with_name("vectors") / "jws.json"
_STARTS = 9

Verify = Callable[[str, Any], Any]
"""Verifies a token by a public key; raises for one that it refuses."""


def _ours(token: str, key: Any) -> str:
    pem = key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
    policy = Policy(read_keys(pem).usable, ISSUER, AUDIENCE, "account_id")
    return account_of(policy, f"Bearer {token}", lambda: int(time.time() * 1000))


def _pyjwt(token: str, key: Any) -> str:
    options: Any = {"require": ["exp", "iss", "aud"]}
    known = [name for name in ALGORITHMS if name in jwt.algorithms.get_default_algorithms()]
    claims = jwt.decode(token, key, algorithms=known, issuer=ISSUER, audience=AUDIENCE, leeway=5, options=options)
    return claims["account_id"]


def _joserfc(token: str, key: Any) -> str:
    found = joserfc.jwt.decode(token, _jwk(key), algorithms=ALGORITHMS)
    joserfc.jwt.JWTClaimsRegistry(
        leeway=5,
        exp={"essential": True},
        iss={"essential": True, "value": ISSUER},
        aud={"essential": True, "value": AUDIENCE},
    ).validate(found.claims)
    return found.claims["account_id"]


def _signature_ours(token: str, key: Any) -> None:
    verified([key], token)


def _signature_pyjwt(token: str, key: Any) -> None:
    known = [name for name in ALGORITHMS if name in jwt.algorithms.get_default_algorithms()]
    jwt.api_jws.PyJWS().decode(token, key, algorithms=known)


def _signature_joserfc(token: str, key: Any) -> None:
    joserfc.jws.deserialize_compact(token, _jwk(key), algorithms=ALGORITHMS)


VERIFIERS: Mapping[str, tuple[Verify, Verify]] = {
    "own code": (_signature_ours, _ours),
    "PyJWT": (_signature_pyjwt, _pyjwt),
    "joserfc": (_signature_joserfc, _joserfc),
}


def _jwk(key: Any) -> Any:
    pem = key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    kinds = {rsa.RSAPublicKey: "RSA", ec.EllipticCurvePublicKey: "EC", ed25519.Ed25519PublicKey: "OKP"}
    return joserfc.jwk.import_key(pem, next(name for kind, name in kinds.items() if isinstance(key, kind)))


def vectors() -> Iterator[tuple[str, Any, bool, str]]:
    """Name, public key, whether it is valid, and token of each published vector."""
    for group in json.loads(VECTORS.read_text(encoding="utf-8"))["groups"]:
        key: Any = joserfc.jwk.import_key(group["key"]).get_op_key("verify")
        for name, result, token in group["tests"]:
            yield f"{group['source']}: {name}", key, result == "valid", token


def hostile() -> Iterator[tuple[str, Any, str]]:
    """Name, public key and token of tokens that prove nothing though their signature is valid, or is none."""
    key = ed25519.Ed25519PrivateKey.generate()
    p256, weak = ec.generate_private_key(ec.SECP256R1()), rsa.generate_private_key(65537, 1024)
    public, now = key.public_key(), int(time.time())
    claims = {"iss": ISSUER, "aud": AUDIENCE, "exp": now + 60, "account_id": "ACC-1"}
    head, body = '{"alg":"EdDSA"}', json.dumps(claims)

    def signed(header: str, payload: str | bytes) -> str:
        text = f"{_part(header.encode())}.{_part(payload if isinstance(payload, bytes) else payload.encode())}"
        return f"{text}.{_part(key.sign(text.encode()))}"

    yield "header with crit", public, signed('{"alg":"EdDSA","crit":["x"],"x":1}', body)
    yield "header with b64 false", public, signed('{"alg":"EdDSA","b64":false}', body)
    yield "header with a key twice", public, signed('{"alg":"none","alg":"EdDSA"}', body)
    yield "claims with a key twice", public, signed(head, body[:-1] + ',"account_id":"ACC-2"}')
    for name, exp in (("NaN", "NaN"), ("Infinity", "Infinity"), ("text", f'"{now + 60}"'), ("true", "true"),
                      ("of the year 33658", str(10**12))):  # fmt: skip
        yield f"exp is {name}", public, signed(head, body.replace(str(now + 60), exp))
    yield "nbf is NaN", public, signed(head, body[:-1] + ',"nbf":NaN}')
    yield "iat is text", public, signed(head, body[:-1] + ',"iat":"now"}')
    yield "claims in UTF-16", public, signed(head, body.encode("utf-16"))
    yield "claims after a byte order mark", public, signed(head, b"\xef\xbb\xbf" + body.encode())
    yield "claims nested 100,000 deep", public, signed(head, body[:-1] + ',"x":' + "[" * 100_000 + "]" * 100_000 + "}")
    good = signed(head, body)
    last = good[-1]
    other = chr(ord(last) + 1) if last not in "Zz9_-" else "h"
    yield "base64url with other spare bits", public, good[:-1] + other
    yield "base64url with padding", public, good + "=="
    yield "a line feed within", public, good[:20] + "\n" + good[20:]
    yield "alg none", public, _unsigned("none", body) + "."
    text = _unsigned("ES256", body)
    yield (
        "ES256 signature in DER",
        p256.public_key(),
        f"{text}.{_part(p256.sign(text.encode(), ec.ECDSA(hashes.SHA256())))}",
    )
    text = _unsigned("RS256", body)
    signature = weak.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
    yield "RSA key of 1,024 bits", weak.public_key(), f"{text}.{_part(signature)}"
    small = ed25519.Ed25519PublicKey.from_public_bytes(bytes([1]) + bytes(31))
    text = _unsigned("EdDSA", body)
    yield "Ed25519 key of small order", small, f"{text}.{_part(bytes([1]) + bytes(63))}"


def outcome(verify: Verify, token: str, key: Any) -> str:
    """`in`, `refused`, or the name of an error that is no refusal of the library's own."""
    try:
        verify(token, key)
    except RecursionError:
        return "RecursionError"
    except Exception as error:  # noqa: BLE001 - whatever a library raises is what is looked for
        own = type(error).__module__.partition(".")[0] in ("jwt", "joserfc", "functions")
        return "refused" if own else type(error).__name__
    return "in"


def import_seconds(statement: str) -> float:
    """Median of some first imports, each in a process of its own."""
    took = []
    for _ in range(_STARTS):
        code = f"import time; t = time.perf_counter(); {statement}; print(time.perf_counter() - t)"
        took.append(
            float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)
        )
    return statistics.median(took)


def size_kilobytes(package: str) -> int:
    """Of its Python files."""
    spec = importlib.util.find_spec(package)
    assert spec is not None
    assert spec.submodule_search_locations is not None
    (folder,) = spec.submodule_search_locations
    return sum(path.stat().st_size for path in Path(folder).rglob("*.py")) // 1000


def _unsigned(algorithm: str, body: str) -> str:
    header = json.dumps({"alg": algorithm})
    return f"{_part(header.encode())}.{_part(body.encode())}"


def _part(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def main() -> None:
    published, attacks = list(vectors()), list(hostile())
    print(f"{'vectors (' + str(len(published)) + ')':34}", *(f"{name:>16}" for name in VERIFIERS))
    wrong: dict[str, list[str]] = {}
    for name, (verify, _) in VERIFIERS.items():
        wrong[name] = [
            f"{vector}: {'valid' if valid else 'invalid'}, {found}"
            for vector, key, valid, token in published
            if ((found := outcome(verify, token, key)) == "in") is not valid
        ]
    print(f"{'judged otherwise':34}", *(f"{len(found):>16}" for found in wrong.values()))
    for vector, key, token in attacks:
        print(f"{vector:34}", *(f"{outcome(verify, token, key):>16}" for _, verify in VERIFIERS.values()))
    crypto = "from cryptography.hazmat.primitives.serialization import load_pem_public_key"
    base = import_seconds(crypto)
    imports = {"own code": "import functions.authorizer.tokens", "PyJWT": "import jwt", "joserfc": "import joserfc.jwt"}
    print(
        f"{'first import / cryptography alone':34}",
        *(f"{import_seconds(each) / base:>15.1f}x" for each in imports.values()),
    )
    sizes = [size_kilobytes(package) for package in ("functions.authorizer", "jwt", "joserfc")]
    print(f"{'Python sources, kB':34}", *(f"{size:>16}" for size in sizes))
    for name, lines in wrong.items():
        for line in lines:
            print(f"{name}: {line}")


if __name__ == "__main__":
    main()
