"""What a failed AWS call says about what was done: nothing, or nobody knows; and whether it may pass by itself."""

from __future__ import annotations

from botocore.exceptions import (
    CapacityNotAvailableError,
    ClientError,
    ConnectionError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    HTTPClientError,
    LoginError,
    MetadataRetrievalError,
    NoAuthTokenError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
    ProxyConnectionError,
    SSLError,
    SSOError,
    TokenRetrievalError,
)

# Too many calls, or a call that meets another one. Services name the same state differently; a test holds these names
# against the retry data and the service models of botocore.
_THROTTLED = frozenset(
    {
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
        "KMSThrottlingException",
        "KmsThrottled",
        "LimitExceededException",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "ReplicatedWriteConflictException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)
# A part of the service does not answer, whatever the status says.
_UNAVAILABLE = frozenset(
    {
        "DependencyTimeoutException",
        "InternalFailure",
        "InternalFailureException",
        "InternalServerError",
        "KMSInternalException",
        "KeyUnavailableException",
        "RequestTimeout",
        "RequestTimeoutException",
        "ServiceUnavailable",
        "ServiceUnavailableException",
    }
)
# The signature was too old or too new when the service read it: the process was frozen after it had signed, or its
# clock had not caught up. Signed anew, the same request is taken (AWS General Reference, "Troubleshoot Signature
# Version 4 signed requests"). A wrong secret key has the same codes; a key that rotates is wrong for a while only.
_CLOCK = frozenset(
    {
        "InvalidSignatureException",
        "RequestExpired",
        "RequestInTheFuture",
        "RequestTimeTooSkewed",
        "SignatureDoesNotMatch",
    }
)
# Credentials that ended or that the service does not know yet, as temporary credentials are while they rotate. The
# DynamoDB Developer Guide ("Error handling") says "OK to retry" of UnrecognizedClientException, and denies it of
# IncompleteSignatureException and MissingAuthenticationTokenException, which are therefore absent here.
_CREDENTIALS = frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        # STS did not reach the identity provider, and asks for a repeat (AWS STS API Reference, "Errors").
        "IDPCommunicationError",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidToken",
        "TokenRefreshRequired",
        "UnrecognizedClientException",
    }
)
_PASSING = _THROTTLED | _UNAVAILABLE | _CLOCK | _CREDENTIALS
# A transaction fails as a whole, and says why for each of its items (DynamoDB API Reference, TransactWriteItems,
# "Errors"). It may pass if no item has a reason that stays: a condition, a validation or the size of a collection.
_CANCELED = "TransactionCanceledException"
_PASSING_REASONS = frozenset({"ProvisionedThroughputExceeded", "ThrottlingError", "TransactionConflict"})
# Not among these codes: KMSInvalidStateException. It is the answer for a key that is pending deletion or import, or
# whose key store is not connected (AWS KMS Developer Guide, "Key states"), which somebody must change.
# 408 Request Timeout and 429 Too Many Requests ask for a repeat under any code (RFC 9110, 15.5.9; RFC 6585, 4).
_PASSING_STATUS = (408, 429)
# The process could not obtain its credentials, which happens before the call leaves.
_NO_CREDENTIALS = (
    CredentialRetrievalError,
    LoginError,
    MetadataRetrievalError,
    NoAuthTokenError,
    NoCredentialsError,
    PartialCredentialsError,
    SSOError,
    TokenRetrievalError,
)
_NOT_CONNECTED = (ConnectTimeoutError, EndpointConnectionError, ProxyConnectionError, SSLError)
# The last two are decisions of the SDK: it holds a call back, or refuses its parameters.
_NEVER_SENT = (*_NO_CREDENTIALS, *_NOT_CONNECTED, CapacityNotAvailableError, ParamValidationError)


def code(error: BaseException) -> str:
    """The service's error code, or the name of the exception where no service answered."""
    return error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__


def nothing_was_done(error: BaseException) -> bool:
    """Whether the call surely changed nothing: it never left, or the service answered that it refuses it (4xx)."""
    if isinstance(error, ClientError):
        return 400 <= _status(error) < 500
    return isinstance(error, _NEVER_SENT)


def may_pass(error: BaseException) -> bool:
    """Whether the same call may succeed later, signed anew, without anybody changing anything."""
    if isinstance(error, ClientError) and code(error) == _CANCELED:
        reasons = _reasons(error)
        return bool(reasons) and reasons <= _PASSING_REASONS
    if isinstance(error, ClientError):
        return code(error) in _PASSING or _status(error) in _PASSING_STATUS or not nothing_was_done(error)
    return not isinstance(error, ParamValidationError)


def is_silent(error: BaseException) -> bool:
    """Whether the service gave no answer of its own: no connection, a 5xx, or a refusal of any call at that rate.

    Another region may answer the same call. The credentials and the request may be right.
    """
    if isinstance(error, ClientError):
        return _status(error) >= 500 or code(error) in _THROTTLED | _UNAVAILABLE
    return isinstance(error, ConnectionError | HTTPClientError)


def _reasons(error: ClientError) -> set[str]:
    """Why a transaction was cancelled: the codes of its items, without those of items that were in order."""
    found = error.response.get("CancellationReasons") or []
    return {reason.get("Code") or "None" for reason in found} - {"None"}


def _status(error: ClientError) -> int:
    return error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
