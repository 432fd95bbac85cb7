"""Which failures pass by themselves, compared with what botocore knows of each service."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import botocore
import botocore.session
import pytest
from botocore import exceptions
from botocore.retries.standard import ThrottledRetryableChecker, TransientRetryableChecker

from functions import failures
from tests.functions.aws import refused
from tests.functions.conftest import Platform

SERVICES = ("dynamodb", "kinesis", "kms", "lambda", "s3", "sqs", "sts")
CLOCK = (
    "InvalidSignatureException",
    "RequestExpired",
    "RequestInTheFuture",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
)
CREDENTIALS = (
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidToken",
    "TokenRefreshRequired",
    "UnrecognizedClientException",
)
PERMANENT = (
    "AccessDeniedException",
    "IncompleteSignatureException",
    "ItemCollectionSizeLimitExceededException",
    "KMSAccessDeniedException",
    "KMSDisabledException",
    "KMSInvalidStateException",
    "MissingAuthenticationTokenException",
    "OptInRequired",
    "ResourceNotFoundException",
    "UnknownOperationException",
    "ValidationException",
)
NEVER_SENT = (
    exceptions.ConnectTimeoutError(endpoint_url="https://dynamodb"),
    exceptions.CredentialRetrievalError(provider="container-role", error_msg="none"),
    exceptions.EndpointConnectionError(endpoint_url="https://dynamodb"),
    exceptions.MetadataRetrievalError(error_msg="none"),
    exceptions.NoAuthTokenError(),
    exceptions.NoCredentialsError(),
    exceptions.PartialCredentialsError(provider="env", cred_var="AWS_SECRET_ACCESS_KEY"),
    exceptions.ProxyConnectionError(proxy_url="http://proxy", error="refused"),
    exceptions.SSLError(endpoint_url="https://dynamodb", error="handshake"),
    exceptions.TokenRetrievalError(provider="sso", error_msg="none"),
    exceptions.UnauthorizedSSOTokenError(),
    exceptions.CapacityNotAvailableError(),
)
PERHAPS_SENT = (
    exceptions.ConnectionClosedError(endpoint_url="https://dynamodb"),
    exceptions.HTTPClientError(error="reset"),
    exceptions.IncompleteReadError(actual_bytes=1, expected_bytes=2),
    exceptions.ReadTimeoutError(endpoint_url="https://dynamodb"),
    exceptions.ResponseStreamingError(error="reset"),
    exceptions.ChecksumError(checksum_type="crc32", expected_checksum="1", actual_checksum="2"),
)


def retried_by_botocore() -> set[str]:
    """Error codes of 4xx answers that botocore itself repeats, in any retry mode."""
    found = {*ThrottledRetryableChecker._THROTTLED_ERROR_CODES, *TransientRetryableChecker._TRANSIENT_ERROR_CODES}
    data = json.loads((Path(botocore.__file__).parent / "data" / "_retry.json").read_text())
    general, services = data["definitions"], data["retry"]
    rules = [*general.values()]
    for service in SERVICES:
        rules += services.get(service, {}).get("__default__", {}).get("policies", {}).values()
    # A bad digest of an upload: no function makes such a call.
    return (found | set(_codes(rules))) - {"BadDigest"}


def _codes(rules: list[dict[str, Any]]) -> Iterator[str]:
    for rule in rules:
        response = rule.get("applies_when", {}).get("response", {})
        if "service_error_code" in response:
            yield response["service_error_code"]


@cache
def modelled() -> list[Any]:
    session = botocore.session.get_session()
    return [shape for service in SERVICES for shape in session.get_service_model(service).error_shapes]


def test_every_code_that_botocore_repeats_passes() -> None:
    refusing = sorted(code for code in retried_by_botocore() if not failures.may_pass(refused(code)))
    assert not refusing


def test_every_error_that_a_service_model_calls_throttling_or_retryable_passes() -> None:
    throttling = {
        shape.error_code
        for shape in modelled()
        if "Thrott" in shape.name or "TooManyRequests" in shape.name or shape.metadata.get("retryable")
    }
    assert {"KMSThrottlingException", "KmsThrottled", "RequestThrottled", "ThrottlingException"} <= throttling
    assert not sorted(code for code in throttling if not failures.may_pass(refused(code)))


def test_every_client_error_that_a_service_model_has_is_refused_with_nothing_done() -> None:
    assert all(failures.nothing_was_done(refused(shape.error_code)) for shape in modelled())


@pytest.mark.parametrize("code", PERMANENT)
def test_an_error_that_somebody_must_repair_does_not_pass(code: str) -> None:
    assert not failures.may_pass(refused(code))


@pytest.mark.parametrize(
    ("reasons", "passes"),
    [
        (["None", "TransactionConflict"], True),
        (["ThrottlingError", "ProvisionedThroughputExceeded"], True),
        (["TransactionConflict", "ConditionalCheckFailed"], False),
        (["ValidationError"], False),
        (["None", "ItemCollectionSizeLimitExceeded"], False),
        ([], False),
    ],
)
def test_a_cancelled_transaction_passes_by_its_reasons(reasons: list[str], passes: bool) -> None:
    error = refused("TransactionCanceledException")
    error.response["CancellationReasons"] = [{"Code": reason} for reason in reasons]
    assert failures.may_pass(error) is passes
    assert failures.nothing_was_done(error)


@pytest.mark.parametrize("status", [408, 429])
def test_a_status_that_asks_for_a_repeat_passes_under_any_code(status: int) -> None:
    assert failures.may_pass(refused("SomethingNew", status))
    assert failures.nothing_was_done(refused("SomethingNew", status))


@pytest.mark.parametrize("code", [*CLOCK, *CREDENTIALS, "KMSThrottlingException", "RequestThrottledException"])
@pytest.mark.parametrize("status", [400, 403])
def test_an_order_that_meets_a_passing_refusal_is_repeated_with_success(
    platform: Platform, code: str, status: int
) -> None:
    platform.dynamodb.before("put_item", refused(code, status))
    answer, body = platform.enter()
    assert (answer, body["code"], body["retryable"]) == (503, "unavailable", True)
    assert not platform.orders()
    assert not platform.published()
    assert platform.enter()[0] == 201


@pytest.mark.parametrize("code", PERMANENT)
def test_an_order_that_meets_a_permanent_refusal_is_not_asked_for_again(platform: Platform, code: str) -> None:
    platform.dynamodb.before("put_item", refused(code))
    answer, body = platform.enter()
    assert (answer, body["code"], body["retryable"]) == (500, "internal_error", False)
    assert not platform.orders()


@pytest.mark.parametrize("error", NEVER_SENT, ids=lambda error: type(error).__name__)
def test_an_order_that_was_never_sent_is_repeated_with_success(platform: Platform, error: Exception) -> None:
    platform.dynamodb.before("put_item", error)
    answer, body = platform.enter()
    assert (answer, body["code"], body["retryable"]) == (503, "unavailable", True)
    assert platform.enter()[0] == 201


@pytest.mark.parametrize("error", PERHAPS_SENT, ids=lambda error: type(error).__name__)
def test_an_order_that_may_have_been_stored_has_an_unknown_outcome(platform: Platform, error: Exception) -> None:
    platform.dynamodb.before("put_item", error)
    answer, body = platform.enter()
    assert (answer, body["code"], body["retryable"]) == (503, "outcome_unknown", True)
    assert failures.may_pass(error)


def test_parameters_that_the_sdk_refuses_are_refused_for_ever_and_nothing_is_written(platform: Platform) -> None:
    platform.dynamodb.before("put_item", exceptions.ParamValidationError(report="no such key"))
    answer, body = platform.enter()
    assert (answer, body["code"], body["retryable"]) == (500, "internal_error", False)
    assert not platform.orders()


@pytest.mark.parametrize("operation", ["query", "get_item"])
def test_a_look_at_orders_passes_too(platform: Platform, operation: str) -> None:
    request = {
        "query": ("GET", "/orders", {}),
        "get_item": ("GET", "/orders/{client_order_id}", {"path": {"client_order_id": "A-17"}}),
    }
    method, resource, extra = request[operation]
    platform.dynamodb.before(operation, refused("ExpiredTokenException"))
    status, body = platform.send(method, resource, **extra)
    assert (status, body["code"], body["retryable"]) == (503, "unavailable", True)
