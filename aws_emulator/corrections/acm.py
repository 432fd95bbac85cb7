"""ACM: a certificate has a key of the algorithm that was asked for, RSA with 2048 bits where none was.

https://docs.aws.amazon.com/acm/latest/APIReference/API_RequestCertificate.html
"""

from __future__ import annotations

from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from moto.acm.models import CertBundle
from moto.acm.responses import AWSCertificateManagerResponse
from moto.core.responses import ActionResult

from aws_emulator.corrections._patch import around

_CURVES: dict[str, type[ec.EllipticCurve]] = {
    "EC_prime256v1": ec.SECP256R1,
    "EC_secp384r1": ec.SECP384R1,
    "EC_secp521r1": ec.SECP521R1,
}
_EXPONENT = 65537
_MADE_BY_MOTO = "RSA_2048"


@cache
def install() -> None:
    around(AWSCertificateManagerResponse, "request_certificate", _request)


def _request(original: Any, response: AWSCertificateManagerResponse) -> ActionResult:
    answer = original(response)
    algorithm = response._get_param("KeyAlgorithm") or _MADE_BY_MOTO
    bundle = response.acm_backend.get_certificate(answer.result["CertificateArn"])
    # A repeated request is answered with the certificate that is there.
    if algorithm != bundle.describe()["Certificate"]["KeyAlgorithm"]:
        _renew(bundle, _new_key(algorithm))
    return answer


def _new_key(algorithm: str) -> ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey:
    if algorithm in _CURVES:
        return ec.generate_private_key(_CURVES[algorithm]())
    return rsa.generate_private_key(public_exponent=_EXPONENT, key_size=int(algorithm.removeprefix("RSA_")))


def _renew(bundle: CertBundle, key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> None:
    """The same certificate for another key."""
    made = bundle._cert
    builder = (
        x509.CertificateBuilder()
        .subject_name(made.subject)
        .issuer_name(made.issuer)
        .public_key(key.public_key())
        .serial_number(made.serial_number)
        .not_valid_before(made.not_valid_before_utc)
        .not_valid_after(made.not_valid_after_utc)
    )
    for extension in made.extensions:
        builder = builder.add_extension(extension.value, critical=extension.critical)
    bundle._key, bundle._cert = key, builder.sign(key, hashes.SHA256())
    bundle.cert = bundle._cert.public_bytes(serialization.Encoding.PEM)
    bundle.key = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
